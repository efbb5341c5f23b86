"""Forgetting what customers said with their ratings; the scores stay for the statistics."""

from collections.abc import Collection

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from inbox.insight.models import Rating
from inbox.threads.models import Episode


def empty(session: Session, thread_ids: Collection[int], identity_ids: Collection[int]) -> None:
    """Take the comments out of ratings of threads and of identities."""
    episodes = select(Episode.id).where(Episode.thread_id.in_(thread_ids))
    session.execute(
        update(Rating)
        .where(or_(Rating.episode_id.in_(episodes), Rating.identity_id.in_(identity_ids)))
        .values(comment="")
        .execution_options(synchronize_session=False)
    )
