"""The requests of one customer over all channels, as his page shows them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, and_, case, func, literal, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.customers.shapes import EpisodeLine, EpisodePage
from inbox.db.base import UtcDateTime
from inbox.shapes import iso, iso_or_null
from inbox.threads import rules
from inbox.threads.models import Episode, Message
from inbox.threads.queries import Place
from inbox.threads.words import Kind

_HEAD = 600
"""Characters of a message that are read for its preview."""


def episodes(session: Session, thread_id: int, *, cursor: str | None, limit: int) -> EpisodePage:
    """A page of a thread's requests, newest first. Raises Invalid for a foreign cursor.

    `rating` is left for the caller to fill in. Visibility is the caller's business.
    """
    query = (
        select(
            Episode.id,
            Episode.thread_id,
            Episode.number,
            type_coerce(Episode.status, String).label("status"),
            Episode.opened_at,
            Episode.resolved_at,
            Episode.reopened_count,
            Episode.first_seq,
            Episode.assignee_id,
            Agent.name.label("assignee"),
        )
        .outerjoin(Agent, Agent.id == Episode.assignee_id)
        .where(Episode.thread_id == thread_id)
        .order_by(Episode.opened_at.desc(), Episode.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        place = Place.decode(cursor, "episode")
        query = query.where(
            tuple_(Episode.opened_at, Episode.id) < tuple_(literal(place.at, UtcDateTime), place.id)
        )
    rows = session.execute(query).all()
    shown = rows[:limit]
    ids = [row.id for row in shown]
    channels, firsts = _channels(session, ids), _firsts(session, thread_id, ids)
    more = len(rows) > limit
    return {
        "items": [_line(row, channels.get(row.id, []), firsts.get(row.id)) for row in shown],
        "next": Place("episode", shown[-1].opened_at, shown[-1].id).encode() if more else None,
    }


def messages_with(session: Session, identity_id: int) -> int:
    """How many messages came from an identity or went to it."""
    found = select(func.count()).select_from(Message).where(Message.identity_id == identity_id)
    return session.execute(found).scalar_one()


def _channels(session: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    """Per episode the channels that were used in it, the first one first."""
    rows = session.execute(
        select(Message.episode_id, Message.channel_id)
        .where(
            Message.episode_id.in_(ids),
            Message.kind.in_((Kind.INBOUND, Kind.REPLY)),
        )
        .group_by(Message.episode_id, Message.channel_id)
        .order_by(Message.episode_id, func.min(Message.seq))
    )
    found: dict[int, list[int]] = {}
    for episode_id, channel_id in rows:
        if channel_id is not None:
            found.setdefault(episode_id, []).append(channel_id)
    return found


def _firsts(session: Session, thread_id: int, ids: Sequence[int]) -> dict[int, Any]:
    """Per episode the customer's first message in it, or whatever came first when he wrote none."""
    his = func.min(case((Message.kind == Kind.INBOUND, Message.seq)))
    first = (
        select(Message.episode_id, func.coalesce(his, func.min(Message.seq)).label("seq"))
        .where(Message.episode_id.in_(ids))
        .group_by(Message.episode_id)
        .subquery()
    )
    rows = session.execute(
        select(
            first.c.episode_id,
            Message.seq,
            Message.subject,
            func.substr(Message.body_text, 1, _HEAD).label("head"),
        ).join(first, and_(Message.thread_id == thread_id, Message.seq == first.c.seq))
    )
    return {row.episode_id: row for row in rows}


def _line(row: Any, channel_ids: list[int], first: Any) -> EpisodeLine:
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "number": row.number,
        "status": row.status,
        "opened_at": iso(row.opened_at),
        "resolved_at": iso_or_null(row.resolved_at),
        "reopened_count": row.reopened_count,
        "seq": first.seq if first else row.first_seq,
        "channel_ids": channel_ids,
        "subject": (first.subject or None) if first else None,
        "preview": rules.preview(first.head) if first else "",
        "assignee_id": row.assignee_id,
        "assignee": row.assignee,
        "rating": None,
    }
