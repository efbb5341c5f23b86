"""How satisfied a customer was: asked when an episode ends, where he wrote; answered once, with a few words."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.channels import lookup as channel_lookup
from inbox.channels import rights
from inbox.customers import lookup as customers
from inbox.errors import NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows.context import Context
from inbox.insight import actions as insight
from inbox.insight import queries as ratings
from inbox.threads import actions as threads
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.threads.models import Episode, Thread


def offer(session: Session, ctx: Context, thread: "Thread", episode: "Episode", now: datetime) -> None:
    """Ask the customer about an episode that has just been resolved, if he wrote where that can be asked.

    Nobody is asked twice about one episode, nor about one in which no person answered him.
    """
    channel_id, identity_id = thread.last_channel_id, thread.last_identity_id
    if channel_id is None or identity_id is None or not _wrote_in(thread, episode):
        return
    channel = channel_lookup.any_state(session, [channel_id]).get(channel_id)
    if channel is None or not rights.can(ctx.registry, channel).site:
        return
    if not channel.config.get("ask_rating", True):
        return
    answered_by = lookup.last_author(session, episode.id)
    if answered_by is not None:
        insight.ask(session, episode.id, channel_id, identity_id, answered_by, now)


def rate(ctx: Context, identity_id: int, episode_id: int, score: int, comment: str = "") -> None:
    """Keep what a customer says about an episode that he was asked about, and show it in the thread.

    A comment may follow once. Raises Invalid, NotFound, or Conflict when he has said otherwise before.
    """
    ctx.db.run(_rate, ctx, identity_id, episode_id, score, comment)


def _rate(
    session: Session, ctx: Context, identity_id: int, episode_id: int, score: int, comment: str
) -> None:
    if not ratings.asked(session, episode_id, identity_id):
        raise NotFound("There is nothing to rate.")
    thread = threads.lock(session, lookup.episode(session, episode_id).thread_id)
    episode = lookup.episode(session, episode_id)
    now = ctx.clock()
    rated = insight.rate(session, episode_id, identity_id, score, comment, now)
    if not (rated.score_is_new or rated.comment_is_new):
        return
    name = customers.name_of(session, identity_id)
    line = threads.append_system(
        session,
        thread,
        episode,
        "rated" if rated.score_is_new else "rating_comment",
        _told(name, rated),
        now,
        name=name,
        score=rated.score,
        comment=rated.comment,
    )
    record(
        session,
        EventKind.EPISODE_RATED,
        thread_id=thread.id,
        message_id=line,
        data={"episode_id": episode_id, "score": rated.score},
    )


def _told(name: str, rated: insight.Rated) -> str:
    if not rated.score_is_new:
        return f"{name} about the rating: {rated.comment}"
    return f"{name} rated this {rated.score} of 5" + (f": {rated.comment}" if rated.comment else "")


def _wrote_in(thread: "Thread", episode: "Episode") -> bool:
    return thread.last_inbound_at is not None and thread.last_inbound_at >= episode.opened_at
