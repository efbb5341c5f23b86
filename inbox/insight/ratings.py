"""What customers said about single episodes."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.insight.models import Rating
from inbox.shapes import iso, iso_or_null
from inbox.threads.models import Episode


def scores(session: Session, episode_ids: Iterable[int]) -> dict[int, int]:
    """The score of each episode that was rated, 1 to 5."""
    rows = session.execute(
        select(Rating.episode_id, Rating.score).where(
            Rating.episode_id.in_(sorted(set(episode_ids))), Rating.score.is_not(None)
        )
    )
    return {episode_id: score for episode_id, score in rows if score is not None}


def of_thread(session: Session, thread_id: int) -> list[dict[str, Any]]:
    """All that was asked and said about a thread's episodes, as JSON for the customer himself."""
    rows = session.scalars(
        select(Rating)
        .join(Episode, Episode.id == Rating.episode_id)
        .where(Episode.thread_id == thread_id)
        .order_by(Rating.id)
    )
    return [
        {
            "episode_id": row.episode_id,
            "score": row.score,
            "comment": row.comment,
            "asked_at": iso(row.asked_at),
            "rated_at": iso_or_null(row.rated_at),
        }
        for row in rows
    ]
