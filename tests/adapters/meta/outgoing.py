"""Helpers: replies to send to the networks that share `adapters/meta`."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.contract import OutFile, Outgoing, Party
from tests.peers.graph_page import PERSON

KEY = "0f8fad5bd9cb469fa16570867728950e"


def reply(
    namespace: str, text: str = "", *, to: str = PERSON, days: float | None = 0.0, **more: Any
) -> Outgoing:
    """A reply to somebody who has been silent for some days, or for nobody knows how long."""
    now = datetime.now(UTC)
    heard = None if days is None else now - timedelta(days=days)
    party = Party(namespace=namespace, address=to)
    return Outgoing(idem_key=KEY, to=party, text=text, created_at=now, heard_at=heard, **more)


def file(
    content: bytes = b"\xff\xd8 a picture", name: str = "shoes.jpg", media_type: str = "image/jpeg"
) -> OutFile:
    """A file to send."""
    return OutFile(name=name, media_type=media_type, size=len(content), open=lambda: io.BytesIO(content))


def large(size: int, name: str, media_type: str) -> OutFile:
    """A file that says it is large, and is never opened."""

    def never() -> io.BytesIO:
        raise AssertionError("it was opened")

    return OutFile(name=name, media_type=media_type, size=size, open=never)
