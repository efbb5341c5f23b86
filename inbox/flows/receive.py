"""The way in: a kept envelope becomes a message in its customer's one thread.

One envelope, one transaction. What cannot be read is kept as failed, for a person to see, and its neighbours
go on; what fails for a reason outside the payload (disk, database, adapter's network) is tried again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.channels import lookup as channel_lookup
from inbox.channels import queries as channel_queries
from inbox.channels.parsing import ParserUnavailable
from inbox.channels.words import EnvelopeState, Side
from inbox.contract import AdapterError, Broken, Ignored, Inbound, Item, NeedsReauth, StatusChange, Unreadable
from inbox.errors import NotAllowed, NotFound, OnethreadError
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.files import StoreFull
from inbox.flows import changes, completing, inbound, incoming_files, reports, team_answers
from inbox.flows.changes import NotYet
from inbox.flows.context import Context

if TYPE_CHECKING:
    from inbox.channels.models import Channel, Envelope

log = structlog.get_logger(__name__)

BATCH = 20
ATTEMPTS_MAX = 50
"""Tries after which an envelope that always meets trouble around it is shown to a person."""

HELD_SECONDS = 60.0
"""Between looks at an envelope whose files need rights that the channel does not have."""

BLAMELESS = (StoreFull, ParserUnavailable)
"""Troubles that are certainly not an envelope's own: every other one meets them too, for as long as they last."""

BLAMELESS_MAX = timedelta(days=7)
"""Age at which an envelope is shown to a person although only such trouble kept it from being read."""

PARKED_MAX = 600.0
"""Longest time, in seconds, between looks at an envelope that is about something which has not come yet."""


@dataclass(frozen=True)
class Source:
    """The channel of an envelope, and its configuration without secrets, as adapters parse with it."""

    channel: "Channel"
    config: dict[str, Any]


class ClaimLost(OnethreadError):
    """Another process took the envelope over; this one's transaction must not be committed."""


@dataclass(frozen=True)
class _Read:
    """An item and its files, which are already in the store."""

    item: Item
    files: incoming_files.Kept = incoming_files.NOTHING


def drain(ctx: Context, limit: int = 200) -> int:
    """Work off due envelopes, up to `limit`; returns how many were taken."""
    taken = 0
    while taken < limit and not ctx.stop.is_set():
        batch = ctx.db.run(_claim, ctx, min(BATCH, limit - taken))
        if not batch:
            break
        for envelope, source in batch:
            receive(ctx, envelope, source)
        taken += len(batch)
    return taken


def receive(ctx: Context, envelope: "Envelope", source: Source) -> None:
    """Work off one claimed envelope and record what came of it."""
    try:
        raw = envelopes.load(envelope, ctx.files)
        items = completing.complete(
            ctx, source.channel, ctx.parser.parse(source.channel.kind, source.config, raw)
        )
        read = [_Read(item, incoming_files.store(ctx, source.channel, item)) for item in items]
        ctx.db.run(_receive, ctx, source.channel, envelope, read)
    except Unreadable as error:
        _fail(ctx, envelope, error.reason)
    except ClaimLost:
        log.warning("envelope.claim_lost", envelope=envelope.id)
    except NeedsReauth as error:
        _hold(ctx, envelope, error.reason)
    except (AdapterError, OnethreadError, OSError) as error:
        _put_back(ctx, envelope, error)


def retry(ctx: Context, agent: AgentIdentity, envelope_id: int) -> None:
    """Have a failed payload read again. Raises NotAllowed or NotFound."""
    if not agent.is_supervisor:
        raise NotAllowed("Only supervisors and admins work on payloads.")

    def story(session: Session) -> None:
        if not envelopes.reopen(session, envelope_id):
            raise NotFound("There is no failed payload with that number.")

    ctx.db.run(story)


def retry_all(ctx: Context, agent: AgentIdentity, channel_id: int) -> int:
    """Have all failed payloads of a channel read again, and return how many. Raises NotAllowed or NotFound."""
    if not agent.is_supervisor:
        raise NotAllowed("Only supervisors and admins work on payloads.")

    def story(session: Session) -> int:
        channel_queries.channel(session, channel_id)
        return envelopes.reopen_failed(session, channel_id)

    return ctx.db.run(story)


def sources(session: Session, ctx: Context, channel_ids: Collection[int]) -> dict[int, Source]:
    """Where payloads of these channels come from, whatever state the channels are in."""
    found = channel_lookup.any_state(session, channel_ids)
    return {
        channel_id: Source(channel, channels.public_config(ctx.registry, channel).model_dump(mode="json"))
        for channel_id, channel in found.items()
    }


def recover(ctx: Context) -> None:
    """Give back the claims of a dead predecessor: this process alone works on the database."""
    ctx.db.run(envelopes.release, ctx.owner)


def _claim(session: Session, ctx: Context, limit: int) -> "list[tuple[Envelope, Source]]":
    """Due envelopes, each with where it came from, which is noted once for all of a channel."""
    batch = envelopes.claim(session, ctx.owner, limit)
    found = sources(session, ctx, {envelope.channel_id for envelope in batch})
    for channel_id in found:
        channels.note_in(session, channel_id)
    return [(envelope, found[envelope.channel_id]) for envelope in batch]


def _receive(
    session: Session, ctx: Context, channel: "Channel", envelope: "Envelope", read: Sequence[_Read]
) -> None:
    """The one transaction of an envelope.

    An item about something that has not come yet does not hold up its neighbours: they are stored, and the
    envelope is looked at again later, when it finds them stored already. Nor does one that cannot be read, which
    leaves the envelope for a person to see.
    """
    broken = [part.item.reason for part in read if isinstance(part.item, Broken)]
    reasons: list[str] = []
    parked: list[str] = []
    stored = 0
    for part in read:
        try:
            reason = _apply(session, ctx, channel, envelope, part)
        except NotYet as error:
            if ctx.clock() - envelope.received_at < error.patience:
                parked.append(str(error))
                continue
            reason = f"{error}; waited for in vain"
            stored += error.partly
        stored += reason is None
        if reason is not None:
            reasons.append(reason)
    if parked:
        seconds = min(2.0 ** min(envelope.attempts, 10), PARKED_MAX)
        kept = envelopes.put_back(session, envelope.id, ctx.owner, seconds, "; ".join(parked)[:2000])
    elif broken:
        reason = "; ".join(broken)[:2000]
        kept = envelopes.finish(session, envelope.id, ctx.owner, EnvelopeState.FAILED, reason)
        _tell_failed(session, envelope)
    else:
        state = EnvelopeState.DONE if stored else EnvelopeState.IGNORED
        kept = envelopes.finish(session, envelope.id, ctx.owner, state, "; ".join(reasons)[:2000] or None)
    if not kept:
        raise ClaimLost("The claim was lost.")


def _apply(
    session: Session, ctx: Context, channel: "Channel", envelope: "Envelope", part: _Read
) -> str | None:
    match part.item:
        case Inbound(place="team"):
            return team_answers.take(session, ctx, channel, envelope.id, part.item, part.files)
        case Inbound():
            return inbound.store(session, ctx, channel, envelope.id, part.item, part.files)
        case StatusChange():
            return reports.apply(session, ctx, channel, part.item)
        case Ignored() | Broken():
            return part.item.reason
        case _:
            return changes.apply(session, ctx, channel, part.item)


def _fail(ctx: Context, envelope: "Envelope", reason: str) -> None:
    def story(session: Session) -> None:
        if envelopes.finish(session, envelope.id, ctx.owner, EnvelopeState.FAILED, reason):
            _tell_failed(session, envelope)

    log.warning("envelope.failed", envelope=envelope.id, channel=envelope.channel_id, reason=reason)
    ctx.db.run(story)


def _tell_failed(session: Session, envelope: "Envelope") -> None:
    data = {"envelope_id": envelope.id, "channel_id": envelope.channel_id}
    record(session, EventKind.ENVELOPE_FAILED, data=data)


def _hold(ctx: Context, envelope: "Envelope", reason: str) -> None:
    """A file cannot be fetched without rights: the payload waits, however long, until the channel has them again."""

    def story(session: Session) -> None:
        envelopes.put_back(session, envelope.id, ctx.owner, HELD_SECONDS, reason)
        channels.needs_reauth(session, envelope.channel_id, reason)

    log.warning("envelope.held", envelope=envelope.id, channel=envelope.channel_id, reason=reason)
    ctx.db.run(story)


def _put_back(ctx: Context, envelope: "Envelope", error: Exception) -> None:
    reason, blameless = str(error), isinstance(error, BLAMELESS)
    age = ctx.clock() - envelope.received_at
    log.warning("envelope.put_back", envelope=envelope.id, attempts=envelope.attempts, reason=reason)
    if age > BLAMELESS_MAX if blameless else envelope.attempts >= ATTEMPTS_MAX:
        _fail(ctx, envelope, reason)
        return
    # Tries that do not count cannot measure how long it has been waiting, so its age does.
    seconds = age.total_seconds() / 4 if blameless else 2.0 ** min(envelope.attempts, 6)

    def story(session: Session) -> None:
        envelopes.put_back(
            session, envelope.id, ctx.owner, min(max(seconds, 2.0), 60.0), reason, counts=not blameless
        )
        channels.note_error(session, envelope.channel_id, reason, Side.IN)

    ctx.db.run(story)
