"""Searching threads by whose they are and by what was written in them."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from inbox.agents.identity import AgentIdentity
from inbox.customers.models import Customer
from inbox.customers.queries import matching
from inbox.db import fulltext
from inbox.threads.models import Message, Thread
from inbox.threads.queries import Page, Place, visible_to

HITS = 500
"""The newest messages that are looked at, and thereby the depth to which a search can be paged."""

PEOPLE = 50

_GROUPS = ("people", "words")


def customer_visible_to(agent: AgentIdentity) -> ColumnElement[bool]:
    """The condition under which `agent` may see a customer: through his thread."""
    if agent.sees_all:
        return visible_to(agent)
    return exists(select(Thread.id).where(Thread.customer_id == Customer.id, visible_to(agent)))


def search(session: Session, agent: AgentIdentity, q: str, *, cursor: str | None, limit: int) -> Page:
    """Threads of the customers that `q` names, then threads with the newest messages that contain its words.

    Each part is ordered by last activity, newest first. Raises Invalid for a foreign cursor.
    """
    found = {**_with_words(session, agent, q), **_of_people(session, agent, q)}
    places = sorted(found.values(), key=_rank)
    if cursor is not None:
        last = _rank(Place.decode(cursor, *_GROUPS))
        places = [place for place in places if _rank(place) > last]
    shown = places[:limit]
    return Page([place.id for place in shown], shown[-1].encode() if len(places) > limit else None)


def _rank(place: Place) -> tuple[int, float, int]:
    return _GROUPS.index(place.order), -place.at.timestamp(), -place.id


def _of_people(session: Session, agent: AgentIdentity, q: str) -> dict[int, Place]:
    customers = matching(session, q, customer_visible_to(agent), PEOPLE)
    if not customers:
        return {}
    rows = session.execute(
        select(Thread.id, Thread.last_message_at).where(
            Thread.customer_id.in_(customers), Thread.merged_into_id.is_(None), visible_to(agent)
        )
    )
    return {row.id: Place("people", row.last_message_at, row.id) for row in rows}


def _with_words(session: Session, agent: AgentIdentity, q: str) -> dict[int, Place]:
    hits = fulltext.search(session, Message, q)
    if hits is None:
        return {}
    query, number = hits
    newest = (
        query.join(Thread, Thread.id == Message.thread_id)
        .where(visible_to(agent))
        .with_only_columns(Thread.id, Thread.last_message_at)
        .order_by(number.desc())
        .limit(HITS)
    )
    rows: list[tuple[int, datetime]] = [(row.id, row.last_message_at) for row in session.execute(newest)]
    return {thread_id: Place("words", at, thread_id) for thread_id, at in rows}
