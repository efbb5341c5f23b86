"""Payloads that could not be read: they wait here for a person."""

from typing import Annotated, Literal

from flask import Response
from pydantic import Field
from typing_extensions import TypedDict

from inbox.agents.words import Role
from inbox.channels import queries as channels
from inbox.errors import Invalid
from inbox.flows import receive
from inbox.shapes import Moment, iso
from inbox.threads.attachments import POLICY, disposition
from inbox.web.api.table import Limit, Query, Text, route
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Payloads"


class EnvelopeQuery(Query):
    """Which payloads."""

    state: Literal["failed"] = "failed"
    limit: Limit = 50
    cursor: Annotated[Text, Field(max_length=40)] | None = None


class EnvelopeView(TypedDict):
    """A payload. `size` in bytes."""

    id: int
    channel_id: int
    received_at: Moment
    size: int
    attempts: int
    state: Literal["new", "done", "ignored", "failed"]
    error: str | None


class EnvelopePage(TypedDict):
    """A page of payloads, newest first."""

    items: list[EnvelopeView]
    next: str | None


class Reopened(TypedDict):
    """How many payloads are read again."""

    reopened: int


@route(
    "GET",
    "/envelopes",
    tag=TAG,
    query=EnvelopeQuery,
    answers={200: EnvelopePage},
    role=Role.SUPERVISOR,
)
def list_envelopes(query: EnvelopeQuery) -> EnvelopePage:
    """List payloads that could not be read, newest first."""
    before = None if query.cursor is None else _number(query.cursor)
    with context().db.read() as session:
        found = channels.failed_payloads(session, before=before, limit=query.limit + 1)
    shown = found[: query.limit]
    items: list[EnvelopeView] = [
        {
            "id": payload.id,
            "channel_id": payload.channel_id,
            "received_at": iso(payload.received_at),
            "size": payload.size,
            "attempts": payload.attempts,
            "state": payload.state.value,
            "error": payload.error,
        }
        for payload in shown
    ]
    return {"items": items, "next": str(shown[-1].id) if len(found) > query.limit else None}


@route(
    "POST",
    "/envelopes/<id:envelope_id>/retry",
    tag=TAG,
    answers={204: None},
    errors=(404,),
    role=Role.SUPERVISOR,
)
def retry_envelope(envelope_id: int) -> None:
    """Have a payload read again."""
    receive.retry(context(), me(), envelope_id)


@route(
    "POST",
    "/channels/<id:channel_id>/envelopes/retry",
    tag=TAG,
    answers={200: Reopened},
    errors=(404,),
    role=Role.SUPERVISOR,
)
def retry_envelopes(channel_id: int) -> Reopened:
    """Have all payloads of a channel that could not be read, read again."""
    return {"reopened": receive.retry_all(context(), me(), channel_id)}


@route(
    "GET",
    "/envelopes/<id:envelope_id>/raw",
    tag=TAG,
    answers={200: bytes},
    errors=(404,),
    role=Role.SUPERVISOR,
    gives="application/octet-stream",
)
def download_envelope(envelope_id: int) -> Response:
    """Download a payload as it came."""
    ctx = context()
    with ctx.db.read() as session:
        channel_id = channels.channel_of_payload(session, envelope_id)
        body = channels.raw_payload(session, ctx.files, channel_id, envelope_id)
    response = Response(body, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = disposition("attachment", f"payload-{envelope_id}.bin")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor) >= 1 << 63:
        raise Invalid("That is no cursor of this list.", "/cursor")
    return int(cursor)
