"""Telegram: the processor time of an update from the proof to its customer, and of a reply."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from adapters.telegram import ADAPTER
from adapters.telegram.config import TelegramConfig
from adapters.telegram.hook import HEADER, secret_of
from inbox.clock import utc_now
from inbox.contract import HookRequest, HttpResponse, Inbound, Outgoing, Party, Raw
from inbox.contract.conformance import DeadIo
from inbox.customers import actions as customers
from inbox.db.migrate import upgrade
from inbox.db.work import Database
from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases

RUNS = 1_000
CUSTOMERS = 200
TEXT = "Your order **10412** is on its way.\n\n- boots\n- [track it](https://shop.example/t/10412)"


def measure() -> str:
    """Markdown rows."""
    with Databases(ADMIN_URL or DEFAULT_ADMIN_URL, "bench").scratch() as url:
        upgrade(url)
        db = Database(url)
        whole = _milliseconds(lambda number: _take(db, number))
        db.dispose()
    reply = _milliseconds(_reply)
    return (
        f"| Telegram: an update is proved, read, and its customer found ({CUSTOMERS} customers) "
        f"| {whole:.1f} ms processor time | < 5 ms |\n"
        f"| Telegram: a reply with styles goes out | {reply:.1f} ms processor time | < 2 ms |\n"
    )


def _milliseconds(call: Callable[[int], object]) -> float:
    """Processor time of one call, after a warm-up that loads what is loaded once."""
    for number in range(50):
        call(number)
    began = time.process_time()
    for number in range(RUNS):
        call(number)
    return (time.process_time() - began) / RUNS * 1000


_CONFIG = TelegramConfig.model_validate({"token": "7000000001:" + "x" * 35})
_SECRET = secret_of(_CONFIG)
_UPDATE = (
    '{{"update_id": {n}, "message": {{"message_id": {n}, "date": 1790000000, "text": "Where is my order {n}? 📦", '
    '"chat": {{"id": {who}, "type": "private", "first_name": "Anna", "username": "anna{who}"}}, '
    '"from": {{"id": {who}, "is_bot": false, "first_name": "Anna", "username": "anna{who}", "language_code": "it"}}, '
    '"entities": [{{"type": "bold", "offset": 9, "length": 8}}]}}}}'
)


def _take(db: Database, number: int) -> None:
    body = _UPDATE.format(n=number, who=5_000_000_000 + number % CUSTOMERS).encode()
    ADAPTER.verify(_CONFIG, HookRequest(method="POST", body=body, headers={HEADER: _SECRET}, args={}))
    (item,) = ADAPTER.parse(_CONFIG, Raw(body=body))
    assert isinstance(item, Inbound)
    db.run(customers.identify, item.sender, utc_now())


class _Taker(DeadIo):
    """A Telegram that takes everything at once, so that only our own work is measured."""

    def http(self, method: str, url: str, **_options: Any) -> HttpResponse:
        message = b'{"message_id": 9, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "x"}'
        return HttpResponse(status=200, headers={}, body=b'{"ok": true, "result": ' + message + b"}")


def _reply(number: int) -> None:
    message = Outgoing(
        idem_key=f"{number:026d}",
        to=Party(namespace="telegram", address="5"),
        text=TEXT,
        in_reply_to=":5:1",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    ADAPTER.send(_CONFIG, message, _Taker())
