"""Writing ratings: asked once per episode, given once, with a comment that may follow."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.errors import Conflict, NotFound
from inbox.insight import rules
from inbox.insight.models import Rating

_rating = cast(Table, Rating.__table__)


@dataclass(frozen=True)
class Rated:
    """What a customer said: `score_is_new` and `comment_is_new` tell what this time added."""

    score: int
    comment: str
    score_is_new: bool
    comment_is_new: bool


def ask(
    session: Session, episode_id: int, channel_id: int, identity_id: int, agent_id: int | None, now: datetime
) -> bool:
    """Ask a customer how satisfied he was with an episode; False when that was asked before."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    asked = session.execute(
        insert(_rating)
        .values(
            episode_id=episode_id,
            channel_id=channel_id,
            identity_id=identity_id,
            agent_id=agent_id,
            comment="",
            asked_at=now,
        )
        .on_conflict_do_nothing(index_elements=["episode_id"])
        .returning(_rating.c.id)
    ).scalar()
    return asked is not None


def rate(
    session: Session, episode_id: int, identity_id: int, score: int, comment: str, now: datetime
) -> Rated:
    """Keep a rating of the customer who was asked; a comment may follow once, and repeating changes nothing.

    Raises Invalid, NotFound when he was not asked about that episode, or Conflict when he has said otherwise.
    """
    comment = rules.check_rating(score, comment)
    rating = session.execute(
        select(Rating)
        .where(Rating.episode_id == episode_id, Rating.identity_id == identity_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()
    if rating is None:
        raise NotFound("There is nothing to rate.")
    score_is_new = rating.score is None
    comment_is_new = bool(comment) and not rating.comment
    if not score_is_new and (rating.score != score or (comment and rating.comment not in ("", comment))):
        raise Conflict("This was rated already.")
    if score_is_new:
        rating.score, rating.rated_at = score, now
    if comment_is_new:
        rating.comment = comment
    session.flush()
    return Rated(score, rating.comment, score_is_new, comment_is_new)
