"""One customer as an agent sees him: what is known, his requests over all channels, who may be the same person."""

from datetime import datetime

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.customers import dossier, relations
from inbox.customers.shapes import CustomerDetail, DuplicateView, EpisodePage, MergePage
from inbox.insight.ratings import scores
from inbox.threads import timeline
from inbox.threads.queries import threads_of
from inbox.threads.search import customer_visible_to


def detail(session: Session, agent: AgentIdentity, customer_id: int) -> CustomerDetail:
    """A customer with what is known of him; the id of one who was merged away leads to the survivor.

    Raises NotFound, also when the agent may not see him.
    """
    found = dossier.detail(session, customer_visible_to(agent), customer_id)
    found["thread_id"] = threads_of(session, [found["id"]]).get(found["id"])
    return found


def episodes(
    session: Session, thread_id: int | None, *, cursor: str | None = None, limit: int
) -> EpisodePage:
    """A page of the requests in a customer's thread, newest first. Raises Invalid for a foreign cursor."""
    if thread_id is None:
        return {"items": [], "next": None}
    page = timeline.episodes(session, thread_id, cursor=cursor, limit=limit)
    rated = scores(session, [line["id"] for line in page["items"]])
    for line in page["items"]:
        line["rating"] = rated.get(line["id"])
    return page


def duplicates(session: Session, agent: AgentIdentity, customer_id: int) -> list[DuplicateView]:
    """Customers whom the agent may see and who may be the same person."""
    return relations.duplicates(session, customer_visible_to(agent), customer_id)


def merges(
    session: Session, customer_id: int, *, now: datetime, before: int | None = None, limit: int
) -> MergePage:
    """Merges and splits that a customer was part of, newest first. Visibility is the caller's business."""
    return relations.merges(session, customer_id, now=now, before=before, limit=limit)
