"""Checks of what reaches the network: the live test, sending and polling, where nobody answers and at a real peer."""

import json
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic import JsonValue

from inbox.contract.adapter import Adapter, ChannelConfig, HttpResponse, Io
from inbox.contract.conformance.case import CANARY, Case, Sample
from inbox.contract.conformance.items import check_error
from inbox.contract.errors import AdapterError, TryLater
from inbox.contract.messages import Inbound, Outgoing, Posted


class DeadIo:
    """An `Io` in a world where nobody answers."""

    def __init__(self) -> None:
        self.saved: list[Mapping[str, str]] = []

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """No findings yet."""
        return {}

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
        """Raises TryLater."""
        raise TryLater(f"{urlsplit(url).hostname} does not answer.")

    def keep_secrets(self, updates: Mapping[str, str]) -> None:
        """Remembers them."""
        self.saved.append(updates)

    def checkpoint(self, name: str) -> None:
        """Nothing kills anybody here."""

    def stopping(self) -> bool:
        """Never."""
        return False


def check_health_of_dead_host(case: Case) -> None:
    """A live test of an account whose servers do not answer says so, without raising and without a secret.

    A site's panel asks nobody but us, so there is nothing to be wrong.
    """
    health = case.adapter.health(case.canary_config(), DeadIo())
    assert health.ok == case.adapter.manifest.can.site, "nobody answered"
    assert bool(health.problems) != health.ok, "what is wrong is said"
    assert CANARY not in health.model_dump_json(), "the result of the live test shows a secret"


def check_send_to_dead_host(case: Case) -> None:
    """Sending where nobody answers raises one of the contract's errors, and certainly not "may have been sent"."""
    to = next(item.sender for sample in case.samples for item in _inbound(case, sample))
    message = Outgoing(
        idem_key="k3yk3yk3yk3yk3y", to=to, text="Hello", created_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    if case.adapter.manifest.can.site:
        receipts = {case.adapter.send(case.canary_config(), message, DeadIo()) for _ in range(2)}
        assert len(receipts) == 1, "sent again, a message is the same message"
        return
    try:
        case.adapter.send(case.canary_config(), message, DeadIo())
    except AdapterError as error:
        check_error(error)
        assert type(error).__name__ in ("TryLater", "Rejected", "NeedsReauth"), (
            "nothing was sent, and that is certain"
        )
    else:
        raise AssertionError("a message to nobody was sent")


def check_calls_to_dead_host(case: Case) -> None:
    """Whatever else is asked of a dead host either needs no network or raises one of the contract's errors."""
    adapter, config, io = case.adapter, case.canary_config(), DeadIo()
    found = next(item for sample in case.samples for item in _inbound(case, sample))
    calls: tuple[Callable[[], object], ...] = (
        lambda: adapter.connected(config, "https://shop.example/hooks/x/1", io),
        lambda: adapter.connected(config, "", io),
        lambda: adapter.disconnected(config, io),
        lambda: adapter.typing(config, found.sender, io),
        lambda: adapter.typing(config, found.sender, io, found.external_id),
        lambda: adapter.react(config, found.sender, found.external_id, ("\U0001f44d",), io),
        lambda: _read(adapter, config, io),
    )
    for call in calls:
        try:
            call()
        except AdapterError as error:
            check_error(error)
            assert type(error).__name__ in ("TryLater", "Rejected", "NeedsReauth")
    assert CANARY not in adapter.link_url(config, {"username": "x"}, "code"), "a link shows a secret"


def check_amending_at_dead_host(case: Case) -> None:
    """Changing and taking back a reply where nobody answers raises one of the contract's errors, and certainly not
    "may have been done"; on a site's panel, which reads from us, both are done, as often as they are asked for."""
    adapter, config, can = case.adapter, case.canary_config(), case.adapter.manifest.can
    found = next(item for sample in case.samples for item in _inbound(case, sample))
    posted = Posted(to=found.sender, external_ids=(found.external_id,), text="Hello")
    calls: tuple[tuple[bool, Callable[[], None]], ...] = (
        (can.edit, lambda: adapter.edit(config, posted, "Hello again", DeadIo())),
        (can.delete, lambda: adapter.delete(config, posted, DeadIo())),
    )
    for able, call in (each for each in calls for _ in range(2)):
        done = able and can.site
        try:
            call()
        except AdapterError as error:
            check_error(error)
            assert not done, "our own panel shows what we have"
            assert type(error).__name__ in ("TryLater", "Rejected", "NeedsReauth"), (
                "nothing was changed, and that is certain"
            )
        else:
            assert done, "a message at a dead host was changed"


def _read(adapter: Adapter[Any], config: ChannelConfig, io: Io) -> None:
    with adapter.fetch_media(config, "a-file", io) as chunks:
        for _chunk in chunks:
            pass


def check_poll_of_dead_host(case: Case) -> None:
    """Polling where nobody answers raises one of the contract's errors."""
    if not case.adapter.manifest.can.poll:
        return
    try:
        case.adapter.poll(case.canary_config(), None, DeadIo())
    except AdapterError as error:
        check_error(error)
    else:
        raise AssertionError("polling a dead host brought something")


def _inbound(case: Case, sample: Sample) -> list[Inbound]:
    items = case.adapter.parse(case.parse_config(sample.config), sample.raw)
    return [item for item in items if isinstance(item, Inbound) and not item.outgoing]


class Peer(Protocol):
    """A real or faithful other side of a polled adapter (`open_peer` in `tests/adapters/KIND/peer.py`)."""

    def config(self) -> ChannelConfig:
        """The configuration that reaches it."""
        ...

    def io(self) -> Io:
        """An io that reaches it."""
        ...

    def deliver(self, number: int) -> None:
        """Let a customer's message with this number arrive."""
        ...


def check_cursor_replay(case: Case, peer: Peer) -> None:
    """Polling again from an old cursor brings the same payloads again; from the new one, only what is new."""
    config, io = peer.config(), peer.io()
    _drain(case, config, None, io)
    peer.deliver(1)
    peer.deliver(2)
    start = _drain(case, config, None, io)[1]
    peer.deliver(3)
    peer.deliver(4)
    first, end = _drain(case, config, start, io)
    second, same_end = _drain(case, config, start, io)
    assert len(first) == 2, "two new messages are two payloads"
    assert first == second, "a poll that was not committed brings the same again"
    assert json.loads(json.dumps(end)) == end == same_end, (
        "a cursor is plain JSON and depends on the past alone"
    )
    assert _drain(case, config, end, io)[0] == [], "what was taken is not brought again"


def _drain(
    case: Case, config: ChannelConfig, cursor: dict[str, JsonValue] | None, io: Io
) -> tuple[list[str], dict[str, JsonValue]]:
    keys: list[str] = []
    for _ in range(50):
        batch = case.adapter.poll(config, cursor, io)
        keys += [item.dedupe_key for item in batch.items]
        cursor = batch.cursor
        if not batch.more:
            return keys, cursor
    raise AssertionError("polling has no end")
