"""Forgetting payloads: the row stays, so that the same payload is not taken a second time; its contents go."""

import re
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels.models import Envelope
from inbox.channels.words import EnvelopeState


def empty(session: Session, envelope_ids: Collection[int], sought: Sequence[str]) -> list[str]:
    """Take everything out of payloads and return the keys of their files.

    One that waits, or could not be read, is given up: nobody could read it now.
    """
    names = mentions(sought)
    rows = session.scalars(
        select(Envelope).where(Envelope.id.in_(envelope_ids)).execution_options(populate_existing=True)
    ).all()
    keys = [row.body_key for row in rows if row.body_key is not None]
    for row in rows:
        row.headers, row.meta, row.body, row.body_key, row.size, row.error = {}, {}, b"", None, 0, None
        if row.state in (EnvelopeState.FAILED, EnvelopeState.NEW):
            row.state, row.owner = EnvelopeState.IGNORED, None
        if names is not None and names.search(row.dedupe_key.encode()):
            row.dedupe_key = f"erased:{row.id}"
    return keys


def mentions(sought: Sequence[str]) -> "re.Pattern[bytes] | None":
    """A pattern that finds one of the addresses in a payload, and not as a part of a longer one."""
    if not sought:
        return None
    either = b"|".join(re.escape(address.encode("utf-8", "surrogatepass")) for address in sought)
    return re.compile(rb"(?<![\w.+-])(?:" + either + rb")(?![\w-])", re.IGNORECASE)
