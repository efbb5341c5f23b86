"""Helpers of the e-mail tests: configurations for the peers, and an `Io` that remembers what it was told."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from adapters.email import ADAPTER, EmailConfig
from inbox.contract import Batch, Outgoing, Party, RawItem
from inbox.contract.adapter import Cursor
from inbox.net import Guard, NetIo
from tests.peers.dovecot import CUSTOMER, PASSWORD, SUPPORT, Dovecot


class RecordingIo(NetIo):
    """The real network on loopback. `stop` makes long waits end; `points` are the checkpoints that were passed."""

    def __init__(self, facts: Mapping[str, JsonValue] | None = None) -> None:
        self.points: list[str] = []
        self.secrets: dict[str, str] = {}
        self.stop = False
        super().__init__(
            Guard(allow_private=True),
            facts=facts,
            on_secrets=self.secrets.update,
            checkpoint=self.points.append,
            stopping=lambda: self.stop,
        )


def configured(dovecot: Dovecot | None = None, smtp_port: int = 9, **changes: Any) -> EmailConfig:
    """The support mailbox on the peers, unencrypted, with changes."""
    values: dict[str, Any] = {
        "address": SUPPORT,
        "imap_host": "127.0.0.1",
        "imap_port": dovecot.port if dovecot else 9,
        "imap_security": "plain",
        "imap_password": PASSWORD,
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp_port,
        "smtp_security": "plain",
    }
    return EmailConfig(**values | changes)


def mail(number: int, *, body: str = "", sender: str = CUSTOMER) -> bytes:
    """A small, numbered mail."""
    text = body or f"This is number {number}."
    return (
        f"From: {sender}\r\nTo: {SUPPORT}\r\nSubject: Number {number}\r\n"
        f"Message-ID: <number-{number}@example.org>\r\n\r\n{text}\r\n"
    ).encode()


def number_of(item: RawItem) -> int:
    """Which of `mail` an item is."""
    return int(item.raw.body.split(b"Subject: Number ", 1)[1].split(b"\r\n", 1)[0])


def numbers(items: tuple[RawItem, ...] | list[RawItem]) -> list[int]:
    """Which of `mail` the items are."""
    return [number_of(item) for item in items]


def drain(
    config: EmailConfig, cursor: Cursor | None = None, io: NetIo | None = None
) -> tuple[list[RawItem], Cursor]:
    """Poll over one connection until nothing is left, as a poller process does."""
    poller = ADAPTER.poller(config, io or RecordingIo())
    try:
        items: list[RawItem] = []
        while True:
            batch: Batch = poller.fetch(cursor)
            items += batch.items
            cursor = batch.cursor
            if not batch.more:
                return items, cursor
    finally:
        poller.close()


def reply(**changes: Any) -> Outgoing:
    """A reply to the customer, with changes."""
    values: dict[str, Any] = {
        "idem_key": "k3yk3yk3y",
        "to": Party(namespace="email", address=CUSTOMER),
        "text": "Good day,\n\nit is on its way.",
        "subject": "Where is my order?",
        "sender_name": "Ann",
        "reply_token": "abcdefghijkl",
        "bounce_token": "mnopqrstuvwx",
        "created_at": datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    }
    return Outgoing(**values | changes)
