"""The made-up shop's bridge: what `docs/shops/bridge.md` asks of a shop, inside this process.

Its address exists nowhere else.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from inbox.contract import HttpResponse
from inbox.contract.commerce import Act, By, Can, Changed, Found, Loyalty, Money, Order, Sought
from inbox.contract.errors import Rejected
from inbox.demo.shop import goods, orders, telling
from inbox.demo.shop.acts import Acts
from inbox.demo.shop.ledger import Ledger

BASE = "https://shop.alpe.example"
ROOT = "/onethread/v1"
CAN = tuple(sorted(set(Can) - {Can.DRAFT}))
CENTS_A_POINT = 2
_ACT: TypeAdapter[Act] = TypeAdapter(Act)
_LIMIT = re.compile(r"[0-9]{1,2}")

Answer = tuple[int, Any]


class Bridge:
    """Answers the bridge's calls; `token` is the key to them."""

    def __init__(self, ledger: Ledger, token: str) -> None:
        self._ledger, self._token = ledger, token
        self._acts = Acts(ledger)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """The answer to one request."""
        told = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        parts = urlsplit(url)
        if url.startswith(f"{goods.PICTURES}/"):
            return _picture(url.removeprefix(f"{goods.PICTURES}/").removesuffix(".png"))
        if not hmac.compare_digest(told.encode(), f"Bearer {self._token}".encode()):
            return _http(401, {"reason": "The token is not ours."})
        if not parts.path.startswith(f"{ROOT}/"):
            return _http(404, {"reason": "There is nothing here."})
        path = [unquote(part) for part in parts.path.removeprefix(f"{ROOT}/").split("/")]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            return _http(*(self._read(path, query) if method == "GET" else self._post(path, body)))
        except ValidationError:
            return _http(400, {"reason": "That is not what the bridge takes."})

    def _read(self, path: list[str], query: Mapping[str, str]) -> Answer:
        ledger = self._ledger
        match path:
            case ["info"]:
                return 200, {"name": "Alpe", "version": "1", "can": CAN}
            case ["buyers", person_id, *rest] if person_id in ledger.people:
                return self._person(person_id, rest, query)
            case ["carts", cart_id]:
                return _found(ledger.cart(cart_id))
            case ["orders"]:
                told = ledger.order(query.get("number", "").lstrip("#"))
                return 200, {"orders": _all([told] if told else [])}
            case ["orders", number]:
                return _found(ledger.order(number))
            case ["products"]:
                found = goods.search(query.get("q", ""), ledger.site, _limit(query, 8))
                return 200, {"products": _all(found)}
            case ["products", key] if goods.product(key) is not None:
                return _found(goods.told(key, ledger.site))
            case ["products", key, "stock"]:
                return 200, {"stock": _all(goods.stock(key))}
            case ["acts", key]:
                return _found(self._acts.done(key))
        return 404, {"reason": "There is nothing here."}

    def _person(self, person_id: str, rest: list[str], query: Mapping[str, str]) -> Answer:
        ledger = self._ledger
        person = ledger.people[person_id]
        match rest:
            case []:
                return _found(ledger.buyer(person))
            case ["carts"]:
                return 200, {"carts": _all(ledger.carts_of(person_id))}
            case ["orders"]:
                cursor, limit = query.get("cursor", "0"), _limit(query, 5)
                start = int(cursor) if cursor.isdecimal() else 0
                own = ledger.orders_of(person_id)
                page: list[Order] = [telling.order(sold, ledger.site) for sold in own[start : start + limit]]
                more = str(start + limit) if len(own) > start + limit else ""
                return 200, {"orders": _all(page), "cursor": more, "note": ""}
            case ["loyalty"] if person.points is not None:
                worth = Money.minor(person.points * CENTS_A_POINT, orders.CURRENCY)
                tier = "Summit" if person.points >= 2000 else "Ridge" if person.points >= 800 else "Valley"
                return _found(Loyalty(points=person.points, worth=worth, tier=tier))
        return 404, {"reason": "There is nothing here."}

    def _post(self, path: list[str], body: bytes) -> Answer:
        asked = json.loads(body, parse_float=str)
        match path:
            case ["find"]:
                return 200, {"found": _all(self._find(Sought.model_validate(asked)))}
            case ["acts", "preview"]:
                act = _ACT.validate_python(asked["act"])
                return _tried(lambda: (200, self._acts.preview(act).model_dump(mode="json")))
            case ["acts"]:
                act = _ACT.validate_python(asked["act"])
                key, version, reason = str(asked["key"]), str(asked["version"]), str(asked["reason"])
                return _tried(
                    lambda: (200, self._acts.perform(act, key, version, reason).model_dump(mode="json"))
                )
        return 404, {"reason": "There is nothing here."}

    def _find(self, who: Sought) -> list[Found]:
        found: dict[str, Found] = {}
        ledger = self._ledger
        numbers = [number for number in who.order_numbers if number in ledger.sold]
        for by, value, person in (
            *((By.ID, each, ledger.people.get(each)) for each in who.buyer_ids),
            *((By.ORDER_NUMBER, each, ledger.sold[each].person) for each in numbers),
            *((By.EMAIL, each, ledger.person(each)) for each in who.emails),
            *(
                (By.PHONE, each, person)
                for each in who.phones
                for person in ledger.people.values()
                if person.phone == each
            ),
        ):
            if person is not None:
                found.setdefault(person.id, Found(buyer=ledger.buyer(person), by=by, value=value))
        return list(found.values())


def _picture(key: str) -> HttpResponse:
    if goods.product(key) is None:
        return _http(404, {"reason": "There is nothing here."})
    body = (Path(__file__).parent / "files" / f"{key}.png").read_bytes()
    return HttpResponse(status=200, headers={"content-type": "image/png"}, body=body)


def _tried(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except Rejected as error:
        return 422, {"reason": error.reason}
    except Changed as error:
        return 409, {"now": error.now.model_dump(mode="json"), "difference": error.difference}


def _found(told: BaseModel | None) -> Answer:
    return (200, told.model_dump(mode="json")) if told else (404, {"reason": "There is nothing here."})


def _all(told: Sequence[BaseModel]) -> list[Any]:
    return [each.model_dump(mode="json") for each in told]


def _limit(query: Mapping[str, str], usual: int) -> int:
    wanted = query.get("limit", "")
    return max(1, min(50, int(wanted))) if _LIMIT.fullmatch(wanted) else usual


def _http(status: int, data: Any) -> HttpResponse:
    return HttpResponse(
        status=status, headers={"content-type": "application/json"}, body=json.dumps(data).encode()
    )
