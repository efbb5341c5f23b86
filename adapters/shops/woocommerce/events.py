"""What a WooCommerce shop tells of: by webhooks, which it sends once, and by being asked what changed since."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import JsonValue

from adapters.shops.common import moment, understood
from adapters.shops.woocommerce import read
from adapters.shops.woocommerce.api import PAGE_MAX, Api
from adapters.shops.woocommerce.config import WooCommerceConfig
from inbox.contract import Accept, Challenge, HookRequest, NotAuthentic, Raw, Unreadable
from inbox.contract.commerce import ShopEvent, Sought, Topic

PAGES_MAX = 10
"""Pages of changes that one call to `changes` reads."""
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_DELIVERY = re.compile(r"[A-Za-z0-9._-]{1,100}")
_ID_MAX = 10**18
_SKEW = timedelta(minutes=5)
_FIELDS = "id,customer_id,billing,date_modified_gmt"


def sign(secret: str, body: bytes) -> str:
    """The value of `X-WC-Webhook-Signature`."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def verify(secrets: Sequence[str], request: HookRequest) -> Accept | Challenge:
    """Prove that a holder of one of `secrets` sent it; empty ones prove nothing. Raises NotAuthentic.

    A new webhook is tried by a form that nobody signs (`webhook_id=7`): it is answered and says nothing.
    """
    if request.method != "POST":
        raise NotAuthentic("Webhooks are posted.")
    given = request.headers.get("x-wc-webhook-signature", "")
    if not given and _PING.fullmatch(request.body):
        return Challenge(body="")
    # Each is compared, so that the time does not tell which one fits.
    sent = given.encode("utf-8", "backslashreplace")
    fits = [
        hmac.compare_digest(sign(secret, request.body).encode(), sent)
        for secret in secrets
        if secret and given
    ]
    if not any(fits):
        raise NotAuthentic("The webhook is not signed with the secret of this connection.")
    delivery = request.headers.get("x-wc-webhook-delivery-id", "")
    return Accept(dedupe_key=delivery if _DELIVERY.fullmatch(delivery) else "")


def parse(config: WooCommerceConfig, raw: Raw) -> tuple[ShopEvent, ...]:
    """What a webhook is about; its topic stands in a header. Raises only Unreadable."""
    resource, _, event = raw.headers.get("x-wc-webhook-topic", "").partition(".")
    try:
        data = json.loads(raw.body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The webhook is not JSON.") from error
    if not isinstance(data, dict) or not _is_id(data.get("id")):
        raise Unreadable("The webhook does not say which one it is about.")
    name = str(data["id"])
    if resource == "order":
        return (_order(config, data),)
    if resource == "customer":
        if event == "deleted":
            return (ShopEvent(topic=Topic.FORGET, id=name),)
        who = Sought(emails=_emails(data.get("email")), buyer_ids=(name,))
        return (ShopEvent(topic=Topic.BUYER, id=name, at=_at(data), who=who),)
    if resource == "product":
        return (ShopEvent(topic=Topic.PRODUCT, id=name),)
    raise Unreadable("The webhook is about something unknown.")


def changes(api: Api, since: JsonValue) -> tuple[tuple[ShopEvent, ...], JsonValue]:
    """Orders that changed after `since`: {"at": the newest change seen, "seen": those of that second, …}.

    The shop compares whole seconds, so it is asked for one more, and what was seen is left out. Where more changed
    than one call reads, "page" and "top" say where the next one goes on.
    """
    if not isinstance(since, dict) or moment(since.get("at")) is None:
        return (), {"at": (api.io.now() - _SKEW).isoformat(), "seen": []}
    with understood():
        start = moment(since["at"])
        first, top = int(str(since.get("page", 1))), str(since.get("top") or since["at"])
        before = [str(one) for one in _list(since.get("seen"))]
        fresh = [str(one) for one in _list(since.get("fresh"))]
    after = ((start or api.io.now()) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
    found: list[ShopEvent] = []
    number, pages = first, first
    while number <= pages and number < first + PAGES_MAX:
        page = api.page(
            "orders",
            modified_after=after,
            dates_are_gmt="true",
            status="any",
            per_page=PAGE_MAX,
            page=number,
            _fields=_FIELDS,
        )
        with understood():
            for data in page.items:
                at = str(data["date_modified_gmt"])
                sign_of_it = f"{data['id']}@{at}"
                fresh.append(sign_of_it)
                top = max(top, _iso(at))
                if sign_of_it not in before:
                    found.append(_order(api.config, data))
        number, pages = number + 1, page.pages
    if number <= pages:
        return tuple(found), {**since, "page": number, "top": top, "fresh": [*fresh]}
    last = moment(top)
    kept = [
        one for one in fresh if last and (moment(one.split("@")[1]) or last) >= last - timedelta(seconds=2)
    ]
    return tuple(found), {"at": top, "seen": [*kept]}


def _order(config: WooCommerceConfig, data: Any) -> ShopEvent:
    billing = data.get("billing")
    customer = data.get("customer_id")
    person = billing if isinstance(billing, dict) else {}
    emails = _emails(person.get("email"))
    ids = (str(customer),) if _is_id(customer) else tuple(map(read.guest_id, emails))
    who = Sought(emails=emails, phones=read.phones(config, person.get("phone")), buyer_ids=ids)
    return ShopEvent(topic=Topic.ORDER, id=str(data["id"]), at=_at(data), who=who)


def _emails(value: Any) -> tuple[str, ...]:
    found = read.normal_email(value)
    return (found,) if found else ()


def _at(data: Any) -> Any:
    try:
        return moment(data.get("date_modified_gmt"))
    except OverflowError as error:
        raise Unreadable("A time of the shop cannot be read.") from error


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _ID_MAX


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _iso(text: str) -> str:
    found = moment(text)
    return found.isoformat() if found else ""
