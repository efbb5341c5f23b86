"""Complete pictures: pages of threads, a thread, its messages, put together from the rooms that keep them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels.registry import Registry
from inbox.customers import queries as customers
from inbox.errors import NotFound
from inbox.outbox.views import add_deliveries
from inbox.shapes import MessagePage, MessageView, ThreadDetail, ThreadPage
from inbox.threads import messages, queries, search
from inbox.threads.answering import reply_channels
from inbox.visits import queries as visits


def thread_page(
    session: Session, agent: AgentIdentity, view: str, *, q: str = "", cursor: str | None = None, limit: int
) -> ThreadPage:
    """A page of a view, or of what `q` finds. Raises Invalid for an unknown view or a foreign cursor."""
    if q.strip():
        page = search.search(session, agent, q, cursor=cursor, limit=limit)
    else:
        page = queries.page(session, agent, view, cursor=cursor, limit=limit)
    found = queries.summaries(session, page.ids)
    items = [found[number] for number in page.ids if number in found]
    queries.add_own(session, agent, items)
    here = visits.online(session, [item["customer"]["id"] for item in items])
    for item in items:
        item["online"] = item["customer"]["id"] in here
    return {"items": items, "next": page.next}


def thread_detail(
    session: Session,
    agent: AgentIdentity,
    thread_id: int,
    *,
    registry: Registry,
    undo_seconds: int | None,
    now: datetime,
) -> ThreadDetail:
    """A thread with everything beside its messages; its id differs from the asked one if that was merged away.

    Raises NotFound, also when the agent may not read it.
    """
    thread_id = queries.require_visible(session, agent, thread_id)
    found = queries.summaries(session, [thread_id])
    if thread_id not in found:
        raise NotFound("There is no such thread.")
    summary = found[thread_id]
    queries.add_own(session, agent, [summary])
    owner = summary["customer"]["id"]
    episodes = queries.episodes(session, thread_id)
    visit = visits.view(session, [owner], now).get(owner)
    return {
        **summary,
        "online": visit is not None and visit["online"],
        "identities": customers.identities(session, [owner]).get(owner, []),
        "episode": episodes[0] if episodes else None,
        "episodes": episodes,
        "channels": reply_channels(session, thread_id, registry=registry, undo_seconds=undo_seconds, now=now),
        "drafts": messages.drafts(session, agent, thread_id),
        "visit": visit,
    }


def message_page(
    session: Session,
    agent: AgentIdentity,
    thread_id: int,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    limit: int,
    html: bool = False,
) -> MessagePage:
    """Messages of a thread by ascending `seq`, the newest unless told otherwise. Raises NotFound.

    Of a thread that was merged away: those of the one where they are now.
    """
    thread_id = queries.require_visible(session, agent, thread_id)
    items = messages.page(
        session, thread_id, before_seq=before_seq, after_seq=after_seq, limit=limit, html=html
    )
    add_deliveries(session, items)
    older = items[0]["seq"] if items and items[0]["seq"] > 1 and after_seq is None else None
    return {"items": items, "next_before_seq": older}


def messages_by_id(session: Session, ids: Iterable[int], *, html: bool = False) -> dict[int, MessageView]:
    """Messages with their deliveries. Visibility is the caller's business."""
    found = messages.by_id(session, ids, html=html)
    add_deliveries(session, list(found.values()))
    return found


def message(session: Session, message_id: int) -> MessageView:
    """One message with its delivery. Visibility is the caller's business. Raises NotFound."""
    found = messages_by_id(session, [message_id], html=True)
    if message_id not in found:
        raise NotFound("There is no such message.")
    return found[message_id]
