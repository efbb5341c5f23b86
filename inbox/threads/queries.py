"""Reading threads: who may see them, the views of the inbox, and one thread in detail.

Every read passes `visible_to`. Lists are pages by keyset, each part of them one range of one index: what a
page costs does not depend on how many threads there are.
"""

import base64
import binascii
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent
from inbox.channels.models import Channel
from inbox.customers.models import Customer
from inbox.db.base import UtcDateTime, Word
from inbox.db.hints import likely, only_check
from inbox.errors import Invalid, NotFound
from inbox.shapes import EpisodeView, ThreadSummary, iso, iso_or_null
from inbox.threads.models import Draft, Episode, ReadMark, Thread
from inbox.threads.rules import NOBODY_WAITS
from inbox.threads.words import Status

VIEWS = ("mine", "unassigned", "waiting", "open", "closed", "drafts", "failed")
"""The views that are counted, in the order in which they are shown; `all` can be listed besides."""

QUEUES = {"unassigned", "waiting"}
"""Views that begin with the customer who should hear from us first; the others show the newest first."""

COUNTED = 100
"""Counts stop here: nobody needs to know more, and counting everything takes 100 ms."""

EPISODES = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def visible_to(agent: AgentIdentity) -> ColumnElement[bool]:
    """The condition under which `agent` may read a thread; `rules.may_see` is the same in Python."""
    if agent.sees_all:
        return true()
    allowed = [Thread.team_id.is_(None), Thread.assignee_id == agent.id]
    if agent.team_ids:
        allowed.append(Thread.team_id.in_(sorted(agent.team_ids)))
    return only_check(or_(*allowed))


def require_visible(session: Session, agent: AgentIdentity, thread_id: int) -> int:
    """The id of the thread: of one that was merged away, that of the one where its messages are now.

    Raises NotFound unless it exists and the agent may read it; he is not told which.
    """
    sought: int | None = thread_id
    while sought is not None:
        row = session.execute(
            select(Thread.id, Thread.merged_into_id, visible_to(agent).label("visible")).where(
                Thread.id == sought
            )
        ).first()
        if row is None:
            break
        if row.merged_into_id is None and row.visible:
            return int(row.id)
        sought = row.merged_into_id
    raise NotFound("There is no such thread.")


@dataclass(frozen=True)
class Place:
    """A position in a list: the sort key of a thread. `order` tells cursors of different lists apart."""

    order: str
    at: datetime
    id: int

    def encode(self) -> str:
        """The opaque form that clients hand back."""
        text = f"{self.order}.{(self.at - _EPOCH) // _MICROSECOND}.{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str, *orders: str) -> "Place":
        """Read what `encode` wrote in a list of one of `orders`. Raises Invalid for anything else."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
            kind, at, number = text.split(".")
            place = cls(kind, _EPOCH + int(at) * _MICROSECOND, int(number))
        except (binascii.Error, ValueError, OverflowError) as error:
            raise Invalid("That is no cursor of this list.", "/cursor") from error
        if kind not in orders or not 0 <= place.id < 1 << 63:
            raise Invalid("That is no cursor of this list.", "/cursor")
        return place


@dataclass(frozen=True)
class Page:
    """Some threads of a list, in order, and where the next page begins (None: nowhere)."""

    ids: list[int]
    next: str | None


@dataclass(frozen=True)
class _Range:
    """One range of one index: conditions, and leading sort columns that are constant in it."""

    where: tuple[ColumnElement[bool], ...]
    leading: tuple[Any, ...] = field(default=())


def page(session: Session, agent: AgentIdentity, view: str, *, cursor: str | None, limit: int) -> Page:
    """A page of a view. Raises Invalid for an unknown view or a foreign cursor."""
    is_queue = view in QUEUES
    order = "due" if is_queue else "last"
    column = Thread.due_at if is_queue else Thread.last_message_at
    ranges = _ranges(agent, view)
    beyond: list[ColumnElement[bool]] = []
    if cursor is not None:
        place = Place.decode(cursor, order)
        compare = operator.gt if is_queue else operator.lt
        beyond = [compare(tuple_(column, Thread.id), tuple_(literal(place.at, UtcDateTime), place.id))]
    parts: list[Any] = [
        select(Thread.id, column.label("at"))
        .where(*part.where, *beyond)
        .order_by(*(_directed(c, is_queue) for c in (*part.leading, column, Thread.id)))
        .limit(limit + 1)
        for part in ranges
    ]
    rows = session.execute(_merged(parts, is_queue, limit + 1)).all()
    more = len(rows) > limit
    ids = [row.id for row in rows[:limit]]
    return Page(ids, Place(order, rows[limit - 1].at, ids[-1]).encode() if more else None)


def counts(session: Session, agent: AgentIdentity) -> dict[str, int]:
    """Threads per view, each up to `COUNTED` + 1, in one statement."""
    totals = []
    for view in VIEWS:
        parts = [
            select(literal(1)).select_from(Thread).where(*part.where).limit(COUNTED + 1)
            for part in _ranges(agent, view)
        ]
        sizes: list[ColumnElement[int]] = [
            select(func.count()).select_from(part.subquery()).scalar_subquery() for part in parts
        ]
        totals.append(reduce(operator.add, sizes).label(view))
    row = session.execute(select(*totals)).one()
    return {view: min(getattr(row, view), COUNTED + 1) for view in VIEWS}


def summaries(session: Session, ids: Iterable[int]) -> dict[int, ThreadSummary]:
    """Threads by id as a list shows them, without regard to who asks."""
    rows = session.execute(_SUMMARY.where(Thread.id.in_(sorted(set(ids))))).all()
    kinds = {row.last_channel_id: row.channel_kind for row in rows}
    missing = {number for row in rows for number in row.channel_ids} - set(kinds)
    if missing:
        more = session.execute(select(Channel.id, Channel.kind).where(Channel.id.in_(sorted(missing))))
        kinds |= {row.id: row.kind for row in more}
    return {row.id: _summary(row, kinds) for row in rows}


def visible_ids(session: Session, agent: AgentIdentity, ids: Iterable[int]) -> set[int]:
    """Those of the threads that the agent may read."""
    wanted = sorted(set(ids))
    return set(session.scalars(select(Thread.id).where(Thread.id.in_(wanted), visible_to(agent))))


def threads_of(session: Session, customer_ids: Iterable[int]) -> dict[int, int]:
    """The thread of each customer, by the customer's id."""
    rows = session.execute(
        select(Thread.customer_id, Thread.id).where(Thread.customer_id.in_(sorted(set(customer_ids))))
    )
    return {row.customer_id: row.id for row in rows}


def add_own(session: Session, agent: AgentIdentity, items: Sequence[ThreadSummary]) -> None:
    """Add what concerns the asking agent to each summary: how far he has read, whether he has a draft."""
    ids = [item["id"] for item in items]
    marks = select(ReadMark.thread_id, ReadMark.seq).where(
        ReadMark.agent_id == agent.id, ReadMark.thread_id.in_(ids)
    )
    read = {row.thread_id: row.seq for row in session.execute(marks)}
    written = select(Draft.thread_id).where(Draft.agent_id == agent.id, Draft.thread_id.in_(ids))
    drafts = set(session.scalars(written))
    for item in items:
        item["read_seq"] = read.get(item["id"], 0)
        item["draft"] = item["id"] in drafts


def episodes(session: Session, thread_id: int) -> list[EpisodeView]:
    """The newest episodes of a thread, newest first."""
    rows = session.execute(
        select(
            Episode.id,
            Episode.number,
            type_coerce(Episode.status, String).label("status"),
            Episode.opened_at,
            Episode.resolved_at,
            Episode.reopened_count,
        )
        .where(Episode.thread_id == thread_id)
        .order_by(Episode.number.desc())
        .limit(EPISODES)
    )
    return [
        {
            "id": row.id,
            "number": row.number,
            "status": row.status,
            "opened_at": iso(row.opened_at),
            "resolved_at": iso_or_null(row.resolved_at),
            "reopened_count": row.reopened_count,
        }
        for row in rows
    ]


def _ranges(agent: AgentIdentity, view: str) -> list[_Range]:
    """What belongs to a view, as ranges that overlap nowhere.

    The words of partial indexes are written into the statement: with a parameter in their place neither
    database could tell that the index applies.
    """
    match view:
        case "mine":
            return [_Range((Thread.assignee_id == agent.id, Thread.status == _word(Status.OPEN)))]
        case "unassigned":
            is_open, is_free = Thread.status == _word(Status.OPEN), Thread.assignee_id.is_(None)
            return [_Range((likely(is_open), likely(is_free), visible_to(agent)))]
        case "waiting":
            return [_Range((Thread.waiting_since.is_not(None), visible_to(agent)))]
        case "failed":
            return [_Range((Thread.trouble.is_not(None), visible_to(agent)))]
        case "drafts":
            written = select(Draft.thread_id).where(Draft.agent_id == agent.id)
            return [_Range((Thread.id.in_(written), visible_to(agent)))]
        case "open":
            return _by_status(agent, Status.OPEN)
        case "closed":
            return _by_status(agent, Status.RESOLVED)
        case "all":
            return [part for status in Status for part in _by_status(agent, status)]
    raise Invalid(f"There is no view “{view[:40]}”. Known: {', '.join((*VIEWS, 'all'))}.", "/view")


def _by_status(agent: AgentIdentity, status: Status) -> list[_Range]:
    """Visible threads of a status. Who sees some teams only gets a range per team: filtering one range of
    everything would read a hundred thousand threads of others to find his fifty."""
    wanted = Thread.status == _word(status)
    lives = only_check(Thread.merged_into_id.is_(None))
    if agent.sees_all:
        return [_Range((wanted, lives))]
    teams = sorted(agent.team_ids)
    return [
        # "IS NULL" does not tell PostgreSQL that the column is constant: it has to be named in the order.
        _Range((wanted, lives, Thread.team_id.is_(None)), leading=(Thread.team_id,)),
        *(_Range((wanted, lives, Thread.team_id == team)) for team in teams),
        _Range(
            (
                wanted,
                lives,
                Thread.assignee_id == agent.id,
                Thread.team_id.is_not(None),
                Thread.team_id.not_in(teams),
            )
        ),
    ]


def _word(status: Status) -> ColumnElement[Any]:
    return literal(status, Word(Status), literal_execute=True)


def _directed(column: Any, is_queue: bool) -> ColumnElement[Any]:
    ordered: ColumnElement[Any] = column.asc() if is_queue else column.desc()
    return ordered


def _merged(parts: list[Any], is_queue: bool, limit: int) -> Select[Any]:
    if len(parts) == 1:
        only: Select[Any] = parts[0]
        return only
    rows = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(rows).order_by(_directed(rows.c.at, is_queue), _directed(rows.c.id, is_queue)).limit(limit)


_SUMMARY = (
    select(
        Thread.id,
        Thread.customer_id,
        Customer.name.label("customer"),
        type_coerce(Thread.status, String).label("status"),
        Thread.assignee_id,
        Thread.team_id,
        type_coerce(Thread.priority, String).label("priority"),
        Thread.waiting_since,
        Thread.due_at,
        Thread.last_message_at,
        Thread.last_inbound_at,
        Thread.last_seq,
        Thread.preview,
        type_coerce(Thread.preview_kind, String).label("preview_kind"),
        Thread.preview_author_id,
        Agent.name.label("preview_author"),
        Thread.last_channel_id,
        Thread.channel_ids,
        Channel.kind.label("channel_kind"),
        Thread.subject,
        type_coerce(Thread.trouble, String).label("trouble"),
    )
    .join(Customer, Customer.id == Thread.customer_id)
    .outerjoin(Agent, Agent.id == Thread.preview_author_id)
    .outerjoin(Channel, Channel.id == Thread.last_channel_id)
)


def _summary(row: Any, kinds: Mapping[int | None, str]) -> ThreadSummary:
    return {
        "id": row.id,
        "customer": {"id": row.customer_id, "name": row.customer},
        "status": row.status,
        "assignee_id": row.assignee_id,
        "team_id": row.team_id,
        "priority": row.priority,
        "waiting_since": iso_or_null(row.waiting_since),
        "due_at": None if row.due_at >= NOBODY_WAITS else iso(row.due_at),
        "last_message_at": iso(row.last_message_at),
        "last_inbound_at": iso_or_null(row.last_inbound_at),
        "last_seq": row.last_seq,
        "preview": {
            "text": row.preview,
            "kind": row.preview_kind,
            "author": row.preview_author,
            "author_id": row.preview_author_id,
        },
        "channel": None
        if row.last_channel_id is None
        else {"id": row.last_channel_id, "kind": row.channel_kind},
        "wrote_on": [{"id": number, "kind": kinds[number]} for number in row.channel_ids if number in kinds],
        "subject": row.subject,
        "trouble": row.trouble,
    }
