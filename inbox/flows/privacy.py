"""Erasing a person: who he is goes in one transaction, what was written follows in batches.

After the first transaction nobody finds him any more, and a message from one of his addresses makes a new
customer. The batches go on by the record of the erasing, after a crash too, until nothing is left.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import envelopes
from inbox.channels import erase as payloads
from inbox.channels.words import EnvelopeState
from inbox.commerce import erase as shops
from inbox.contract import AdapterError, Inbound
from inbox.customers import erase as people
from inbox.customers import lookup, profile
from inbox.customers.words import ErasureStep
from inbox.db import scrub
from inbox.errors import Conflict, NotAllowed, NotFound, OnethreadError
from inbox.events import erase as events
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.events.rules import anonymous
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.flows.profile import seen_by
from inbox.insight import erase as ratings
from inbox.notify import answers as team_answers
from inbox.outbox import erase as outbox
from inbox.sla import actions as sla
from inbox.threads import actions as threads
from inbox.threads import erase as written
from inbox.threads.words import Status
from inbox.visits import actions as visits
from inbox.visits.lookup import sessions_of

if TYPE_CHECKING:
    from inbox.channels.models import Envelope
    from inbox.customers.models import Erasure

log = structlog.get_logger(__name__)

MESSAGES = 200
PAYLOADS = 50
EVENTS = 500
AT_ONCE = 10.0
"""Seconds that whoever asked for an erasing waits; what is left then is done in the background."""


@dataclass(frozen=True)
class Loose:
    """Payloads after a position up to a last one, and those of them that are the person's."""

    after: int
    last: int
    his: list[int]


NOT_YET = Loose(-1, -1, [])


def erase(ctx: Context, agent: AgentIdentity, customer_id: int) -> bool:
    """Erase a customer for good; True when nothing is left of him, False while the rest is being removed.

    Repeating it goes on where it stopped. Raises NotAllowed, NotFound, or Conflict while a reply to him is
    being sent.
    """
    if not agent.is_admin:
        raise NotAllowed("Only admins erase customers.")
    erasure_id, keys = ctx.db.run(_begin, ctx, agent, customer_id)
    _remove(ctx, keys)
    return _go_on(ctx, erasure_id, time.monotonic() + AT_ONCE)


def go_on(ctx: Context, limit: int = 10) -> int:
    """Finish erasings that were stopped, up to `limit`; returns how many were not done."""
    with ctx.db.read() as session:
        waiting = people.unfinished(session, limit)
    for erasure_id in waiting:
        _go_on(ctx, erasure_id, None)
    return len(waiting)


def _begin(session: Session, ctx: Context, agent: AgentIdentity, customer_id: int) -> tuple[int, list[str]]:
    scrub.overwrite(session)
    living = lookup.living(session, customer_id)
    known = people.of_customer(session, living)
    if known is not None:
        return known.id, []
    living = seen_by(session, agent, living)
    profile.lock(session, living)  # first, as everywhere: nobody is merged with him from now on
    family = people.family(session, living)
    thread_ids = written.threads_of_all(session, family)
    if thread_ids:
        _close(session, ctx, agent, thread_ids)
    if shops.is_busy(session, family):
        raise Conflict("Something is being done in a shop for this customer just now. Try again in a moment.")
    now = ctx.clock()
    identities = people.identity_ids(session, family)
    sought = people.addresses(session, family)
    browsers = [number for identity_id in identities for number in sessions_of(session, identity_id)]
    keys = written.uploads_of(session, browsers)
    shops.forget(session, family, thread_ids, browsers)
    answered = team_answers.forget(session, thread_ids)
    keys += answered.keys + payloads.empty(session, answered.envelope_ids, [])
    visits.forget(session, identities)
    keys += written.close(session, thread_ids, identities, now)
    written.unname(session, written.threads_of_all(session, people.parted_from(session, family)), family)
    ratings.empty(session, thread_ids, identities)
    people.forget(session, family, identities, now)
    _tell(session, living, thread_ids, agent.id, done=False)
    return people.start(session, living, agent.id, sought, now), keys


def _tell(session: Session, customer_id: int, thread_ids: list[int], actor_id: int, *, done: bool) -> None:
    """Note the erasing, and have browsers load the thread again: when it begins, and when nothing is left in it."""
    concerned: list[int | None] = [*thread_ids] or [None]
    for thread_id in concerned:
        record(
            session,
            EventKind.CUSTOMER_ERASED,
            thread_id=thread_id,
            actor_id=actor_id,
            data={"customer_id": customer_id, "done": done},
        )


def _close(session: Session, ctx: Context, agent: AgentIdentity, thread_ids: list[int]) -> None:
    """End what goes on in the threads. All but one are signposts, which hold nothing."""
    for thread_id in sorted({threads.lock(session, number).id for number in thread_ids}):
        thread = threads.lock(session, thread_id)
        if not outbox.stop(session, thread_ids):
            raise Conflict("A reply to this customer is being sent just now. Try again in a moment.")
        episode = threads.newest_episode(session, thread.id)
        if episode is not None and episode.status is not Status.RESOLVED:
            threads.resolve_episode(thread, episode, agent.id, ctx.clock())
            sla.resolved(session, thread, ctx.clock())
    session.flush()


def _go_on(ctx: Context, erasure_id: int, deadline: float | None) -> bool:
    """Work off batches until all is done, the process stops, or it is later than `deadline`."""
    while not ctx.stop.is_set():
        if deadline is not None and time.monotonic() > deadline:
            return False
        loose = _loose(ctx, erasure_id)
        step, keys = ctx.db.run(_batch, ctx, erasure_id, loose)
        _remove(ctx, keys)
        if step is ErasureStep.DONE:
            scrub.finish(ctx.db, ("message", "customer"))
            log.info("customer.erased", erasure=erasure_id)
            return True
    return False


def _batch(
    session: Session, ctx: Context, erasure_id: int, loose: Loose | None
) -> tuple[ErasureStep, list[str]]:
    """One batch of an erasing; what it is at afterwards, and keys of files to remove."""
    scrub.overwrite(session)
    row = people.lock(session, erasure_id)
    keys: list[str] | None
    match row.step:
        case ErasureStep.MESSAGES:
            keys = _messages(session, ctx, row)
        case ErasureStep.PAYLOADS:
            keys = _payloads(session, row, loose)
        case ErasureStep.EVENTS:
            keys = _events(session, row)
        case ErasureStep.DONE:
            return row.step, []
    if keys is None:
        steps = list(ErasureStep)
        row.step, row.position = steps[steps.index(row.step) + 1], 0
        if row.step is ErasureStep.DONE:
            row.sought, row.done_at = [], ctx.clock()
            thread_ids, _identities = _whose(session, row)
            _tell(session, row.customer_id, thread_ids, row.asked_by_id, done=True)
    return row.step, keys or []


def _messages(session: Session, ctx: Context, row: "Erasure") -> list[str] | None:
    thread_ids, identities = _whose(session, row)
    ids = written.message_ids(session, thread_ids, identities, after=row.position, limit=MESSAGES)
    if not ids:
        return None
    locked = [threads.lock(session, number) for number in written.thread_ids_of(session, ids)]
    emptied = written.empty(session, ids, ctx.clock())
    for thread in locked:
        if thread.erased_at is None:
            written.refresh(session, thread)
            record(session, EventKind.THREAD_CHANGED, thread_id=thread.id)
    outbox.empty(session, emptied.message_ids)
    row.position = ids[-1]
    return emptied.keys + payloads.empty(session, emptied.envelope_ids, row.sought)


def _loose(ctx: Context, erasure_id: int) -> Loose | None:
    """The next payloads without a message of their own, and which of them are the person's.

    They are read apart from the transaction, for some have to be parsed. None when there are none left.
    """
    with ctx.db.read() as session:
        row = people.get(session, erasure_id)
        if row.step is not ErasureStep.PAYLOADS:
            return NOT_YET
        names = payloads.mentions(row.sought)
        if names is None:
            return None
        channels = written.channel_ids(session, *_whose(session, row))
        found = written.loose_payloads(session, channels, after=row.position, limit=PAYLOADS)
        sources = receive.sources(session, ctx, {each.channel_id for each in found})
    if not found:
        return None
    his = [
        each.id
        for each in found
        if names.search(_bytes(ctx, each))
        and (each.state is not EnvelopeState.NEW or _is_his(ctx, each, sources[each.channel_id], row.sought))
    ]
    return Loose(row.position, found[-1].id, his)


def _is_his(ctx: Context, envelope: "Envelope", source: receive.Source, sought: list[str]) -> bool:
    """Whether nobody else loses a message when a payload that waits is given up."""
    try:
        items = ctx.parser.parse(source.channel.kind, source.config, envelopes.load(envelope, ctx.files))
    except (AdapterError, OnethreadError):
        return False
    return all(item.sender.address in sought for item in items if isinstance(item, Inbound))


def _payloads(session: Session, row: "Erasure", loose: Loose | None) -> list[str] | None:
    if loose is None:
        return None
    if loose.after != row.position:
        return []  # another process was quicker
    row.position = loose.last
    return payloads.empty(session, loose.his, row.sought)


def _events(session: Session, row: "Erasure") -> list[str] | None:
    thread_ids, _identities = _whose(session, row)
    last = events.empty(session, thread_ids, anonymous, after=row.position, limit=EVENTS)
    if last is None:
        return None
    row.position = last
    return []


def _whose(session: Session, row: "Erasure") -> tuple[list[int], list[int]]:
    """The threads and the identities of whom is erased."""
    family = people.family(session, row.customer_id)
    return written.threads_of_all(session, family), people.identity_ids(session, family)


def _bytes(ctx: Context, envelope: "Envelope") -> bytes:
    try:
        return envelopes.load(envelope, ctx.files).body
    except NotFound:
        return b""  # its file is gone already, and with it whatever it said


def _remove(ctx: Context, keys: list[str]) -> None:
    """Remove files whose rows are gone. One that stays behind after a crash is swept as an orphan."""
    for key in keys:
        ctx.files.remove(key)
