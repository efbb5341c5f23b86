"""Reading how well customers are served."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from inbox.insight import rules
from inbox.insight.models import Rating
from inbox.sla.models import Wait
from inbox.sla.words import WaitOutcome
from inbox.threads.models import Episode, Message
from inbox.threads.words import Status

UTC = ZoneInfo("UTC")
SHARE = 0.75
DAYS = 7
WAITS_MAX = 1000
"""Newest waits that an expectation looks at."""
ASKED_WITHIN = timedelta(days=7)
"""How long a customer is asked for a rating."""


@dataclass(frozen=True)
class Question:
    """A rating that a customer may give now, and who answered him last."""

    episode_id: int
    agent_id: int | None
    asked_at: datetime


def expectation(session: Session, channel_id: int, now: datetime, zone: ZoneInfo = UTC) -> timedelta | None:
    """In what time three of four first messages on a channel were answered at this time of day, or None.

    Looked at are the last seven days, at the hour that the clocks of `zone` show now, the one before and the one
    after. None means that there are too few to tell.
    """
    rows = session.execute(
        select(Wait.opened_at, Wait.closed_at, Wait.outcome)
        .join(Message, Message.id == Wait.opened_by_id)
        .where(
            Wait.is_first,
            Message.channel_id == channel_id,
            or_(
                *(
                    and_(Wait.opened_at >= start, Wait.opened_at < end)
                    for start, end in rules.band(now, zone, DAYS)
                )
            ),
        )
        .order_by(Wait.opened_at.desc())
        .limit(WAITS_MAX)
    )
    spells = [
        rules.Spell((row.closed_at or now) - row.opened_at, row.outcome is WaitOutcome.ANSWERED)
        for row in rows
    ]
    return rules.usual(spells, SHARE)


def question(session: Session, identity_id: int, now: datetime) -> Question | None:
    """What a customer is asked to rate where he wrote: the newest of his episodes that ended there, if any.

    An episode that was opened again asks nothing until it ends again.
    """
    row = session.execute(
        select(Rating.episode_id, Rating.agent_id, Rating.asked_at)
        .join(Episode, Episode.id == Rating.episode_id)
        .where(
            Rating.identity_id == identity_id,
            Rating.asked_at > now - ASKED_WITHIN,
            Rating.score.is_(None),
            Episode.status == Status.RESOLVED,
        )
        .order_by(Rating.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Question(row.episode_id, row.agent_id, row.asked_at)


def asked(session: Session, episode_id: int, identity_id: int) -> bool:
    """Whether that customer was asked to rate that episode."""
    found = select(Rating.id).where(Rating.episode_id == episode_id, Rating.identity_id == identity_id)
    return session.execute(found).scalar() is not None
