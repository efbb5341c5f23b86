"""Checks of a shop in trouble: slow, limited, broken, locked, talking rubbish. No error shows a secret."""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime

from pydantic import JsonValue

from inbox.contract.adapter import HttpResponse
from inbox.contract.commerce.conformance.case import ShopCase
from inbox.contract.commerce.model import Sought
from inbox.contract.commerce.port import ShopConfig
from inbox.contract.commerce.words import Can
from inbox.contract.conformance.case import CANARY
from inbox.contract.conformance.items import check_error
from inbox.contract.errors import AdapterError, TryLater, Uncertain

Answering = Callable[[], HttpResponse]


class FaultIo:
    """A `ShopIo` whose every exchange goes the same way. `calls` counts them."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.memory: MutableMapping[str, JsonValue] = {}
        self.facts: Mapping[str, JsonValue] = {}
        self.calls = 0

    def now(self) -> datetime:
        """A fixed moment."""
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def connect(self, host: str, port: int, *, timeout: float) -> socket.socket:
        """Raises TryLater."""
        raise TryLater(f"{host} does not answer.")

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10.0,
        max_bytes: int = 1 << 20,
    ) -> HttpResponse:
        """What it was made with."""
        self.calls += 1
        assert CANARY not in url, "a secret stands in an address"
        return self._answer()

    def keep_secrets(self, updates: Mapping[str, str]) -> None:
        """Nothing is kept."""

    def checkpoint(self, name: str) -> None:
        """Nothing kills anybody here."""

    def stopping(self) -> bool:
        """Never."""
        return False

    @contextlib.contextmanager
    def single(self, name: str) -> Iterator[None]:
        """There is one thread."""
        yield


def answered(status: int, body: bytes = b"{}", **headers: str) -> Answering:
    """Every exchange ends like this."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: HttpResponse(status=status, headers=named, body=body)


def failed(error: AdapterError) -> Answering:
    """No exchange succeeds."""

    def fail() -> HttpResponse:
        raise type(error)(error.reason, code=error.code)

    return fail


_TROUBLE: Mapping[str, tuple[Answering, str]] = {
    "not reached": (failed(TryLater("Nobody answers.")), "TryLater"),
    "too slow": (failed(Uncertain("No whole answer in time.", code="timeout")), "TryLater"),
    "HTTP 500": (answered(500, b"oh no"), "TryLater"),
    "HTTP 502 with a page": (answered(502, b"<html>Bad gateway</html>"), "TryLater"),
    "HTTP 503": (answered(503, b""), "TryLater"),
    "HTTP 429": (answered(429, b"", retry_after="7"), "TryLater"),
    "HTTP 401": (answered(401), "NeedsReauth"),
    "HTTP 403": (answered(403), "NeedsReauth"),
    "broken JSON": (answered(200, b'{"data": {'), "Unreadable"),
    "a page in place of JSON": (answered(200, b"<html>Shop</html>"), "Unreadable"),
}
"""What happens, and what reading raises then."""


def check_errors_of_reading(case: ShopCase) -> None:
    """Each kind of trouble becomes the contract's error in every reading call, and none shows a secret."""
    for name, (answer, wanted) in _TROUBLE.items():
        for call, read in _reading(case):
            error = _error(case, read, FaultIo(answer))
            where = f"{call}, {name}"
            assert error is not None, f"{where}: no error"
            assert type(error).__name__ == wanted, f"{where}: {type(error).__name__} in place of {wanted}"
            assert not isinstance(error, TryLater) or "429" not in name or error.after == 7.0, (
                f"{where}: the shop's own pause is lost"
            )


def check_rubbish(case: ShopCase) -> None:
    """JSON of no known form is Unreadable or nothing at all; nothing else is raised."""
    shapes: tuple[JsonValue, ...] = (
        None,
        [],
        {},
        {"data": None},
        {"data": []},
        {"data": {}},
        "text",
        7,
        [[]],
        {"errors": []},
        {"items": 3},
    )
    for shape in shapes:
        for call, read in _reading(case):
            error = _error(case, read, FaultIo(answered(200, json.dumps(shape).encode())))
            assert error is None or type(error).__name__ in ("Unreadable", "NeedsReauth", "Rejected"), (
                f"{call} {shape!r}: {error!r}"
            )


def check_health_in_trouble(case: ShopCase) -> None:
    """The live test says what is wrong without raising and without a secret; only refused credentials are refused."""
    for name, (answer, wanted) in _TROUBLE.items():
        health = case.shop.health(case.canary_config(), FaultIo(answer))
        assert not health.ok, f"{name}: nothing is well"
        assert health.problems, f"{name}: what is wrong is said"
        assert health.refused == (wanted == "NeedsReauth"), f"{name}: refused is for credentials"
        assert CANARY not in health.model_dump_json(), f"{name}: the result shows a secret"


def _reading(case: ShopCase) -> Iterator[tuple[str, Callable[[ShopConfig, FaultIo], object]]]:
    shop, can = case.shop, case.shop.manifest.can
    who = Sought(emails=("ana@people.test",), phones=("+4930901820",), order_numbers=("1001",))
    yield "find", lambda config, io: shop.find(config, who, io)
    yield "buyer", lambda config, io: shop.buyer(config, "1", io)
    yield "orders", lambda config, io: shop.orders(config, "1", io)
    yield "order", lambda config, io: shop.order(config, "1", io)
    if Can.CART_READ in can:
        yield "carts", lambda config, io: shop.carts(config, "1", io)
        yield "cart", lambda config, io: shop.cart(config, "1", io)
    if Can.ORDER_SEARCH in can:
        yield "find_orders", lambda config, io: shop.find_orders(config, "1001", io)
    if Can.PRODUCT_SEARCH in can:
        yield "products", lambda config, io: shop.products(config, "boot", io)
        yield "product", lambda config, io: shop.product(config, "1", io)
    if Can.STOCK in can:
        yield "stock", lambda config, io: shop.stock(config, "1", io)
    if shop.manifest.polls:
        start = shop.changes(
            case.canary_config(), None, FaultIo(answered(200, b'{"at": "2026-01-02T03:04:05Z"}'))
        )[1]
        yield "changes", lambda config, io: shop.changes(config, start, io)


def _error(case: ShopCase, read: Callable[[ShopConfig, FaultIo], object], io: FaultIo) -> AdapterError | None:
    """What a call raised, whose text was looked at for secrets."""
    try:
        read(case.canary_config(), io)
    except AdapterError as error:
        check_error(error)
        assert io.calls, "the shop was asked"
        return error
    return None
