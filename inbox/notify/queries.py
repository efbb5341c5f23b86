"""Reading what the team was told and what it answered."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from inbox.db.time import utcnow
from inbox.errors import NotFound
from inbox.notify.models import Notice, NoticeAlias, TeamAnswer
from inbox.notify.words import AnswerState, NoticeState, Reason, What

MOVING = (NoticeState.QUEUED, NoticeState.CLAIMED, NoticeState.SENDING)
REFERENCES_MAX = 20


@dataclass(frozen=True)
class Summary:
    """What a channel's page tells about telling the team."""

    last_at: datetime | None = None
    waiting: int = 0
    problem: str | None = None
    problem_at: datetime | None = None


def get(session: Session, notice_id: int) -> Notice:
    """A line as it is in the database now. Raises NotFound."""
    found = session.execute(
        select(Notice).where(Notice.id == notice_id).execution_options(populate_existing=True)
    ).scalar()
    if found is None:
        raise NotFound("There is no such notice.")
    return found


def answer(session: Session, answer_id: int) -> TeamAnswer:
    """An answer as it is in the database now. Raises NotFound."""
    found = session.execute(
        select(TeamAnswer).where(TeamAnswer.id == answer_id).execution_options(populate_existing=True)
    ).scalar()
    if found is None:
        raise NotFound("There is no such answer.")
    return found


def untold(
    channel_id: int, reasons: Collection[Reason]
) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
    """Makes of a wait's id the condition that it was not told on a channel for any of the reasons."""

    def condition(wait_id: ColumnElement[int]) -> ColumnElement[bool]:
        return ~exists().where(
            Notice.wait_id == wait_id, Notice.channel_id == channel_id, Notice.reason.in_(list(reasons))
        )

    return condition


def told_since(session: Session, channel_id: int, what: What, since: datetime) -> int:
    """How many lines of their own of a kind there have been on a channel since a moment."""
    return session.execute(
        select(func.count())
        .select_from(Notice)
        .where(
            Notice.channel_id == channel_id,
            Notice.what == what,
            Notice.created_at > since,
            Notice.state != NoticeState.TOGETHER,
        )
    ).scalar_one()


def root_of(session: Session, channel_id: int, external_ids: Sequence[str]) -> int | None:
    """The id of the root of the line that one of the ids names, nearest first; None when none is ours."""
    wanted = list(external_ids)[:REFERENCES_MAX]
    rows = session.execute(
        select(
            NoticeAlias.external_id, func.coalesce(Notice.root_id, Notice.id).label("root_id"), Notice.what
        )
        .join(Notice, Notice.id == NoticeAlias.notice_id)
        .where(NoticeAlias.channel_id == channel_id, NoticeAlias.external_id.in_(wanted))
    )
    roots = {row.external_id: row.root_id for row in rows if row.what is not What.MANY}
    return next((roots[external_id] for external_id in wanted if external_id in roots), None)


def external_id(session: Session, notice_id: int) -> str:
    """The id under which the network knows a line, or ""."""
    found = select(Notice.external_id).where(Notice.id == notice_id)
    return session.execute(found).scalar() or ""


def is_flying(session: Session, channel_id: int, since: datetime) -> bool:
    """Whether a root is being sent right now, or may have been sent since a moment: its id is not known yet."""
    root = (Notice.channel_id == channel_id, Notice.what == What.WAITS)
    moving = select(Notice.id).where(*root, Notice.state.in_((NoticeState.CLAIMED, NoticeState.SENDING)))
    doubtful = select(Notice.id).where(
        *root, Notice.state == NoticeState.UNCERTAIN, Notice.created_at > since
    )
    return any(session.execute(found.limit(1)).scalar() is not None for found in (moving, doubtful))


def is_known(session: Session, channel_id: int, external_id: str) -> bool:
    """Whether an answer has been taken already."""
    found = select(TeamAnswer.id).where(
        TeamAnswer.channel_id == channel_id, TeamAnswer.external_id == external_id
    )
    return session.execute(found).scalar() is not None


def watched(session: Session, after: int, limit: int) -> list[Notice]:
    """Roots whose place has still to hear what becomes of the thread, above an id."""
    found = select(Notice).where(Notice.watched, Notice.id > after).order_by(Notice.id).limit(limit)
    return list(session.scalars(found))


def written(session: Session, after: int, limit: int) -> list[TeamAnswer]:
    """Answers that are in their threads, and of whose end nothing was told yet, above an id."""
    found = select(TeamAnswer).where(TeamAnswer.state == AnswerState.WRITTEN, TeamAnswer.id > after)
    return list(session.scalars(found.order_by(TeamAnswer.id).limit(limit)))


def answers_among(session: Session, message_ids: Collection[int]) -> dict[int, int]:
    """Those of the messages that are answers from a team's place, each with the root below which it was given."""
    rows = session.execute(
        select(TeamAnswer.message_id, TeamAnswer.root_id).where(TeamAnswer.message_id.in_(message_ids))
    )
    return {row.message_id: row.root_id for row in rows}


def uncertain(session: Session, since: datetime) -> list[Notice]:
    """Lines of uncertain sending that were made since a moment, and may be asked for now."""
    found = select(Notice).where(
        Notice.state == NoticeState.UNCERTAIN, Notice.created_at > since, Notice.not_before <= utcnow()
    )
    return list(session.scalars(found.order_by(Notice.id).limit(50)))


def summary(session: Session, channel_id: int) -> Summary:
    """What there is to tell about a channel's lines to the team."""
    own = Notice.channel_id == channel_id
    last = session.execute(select(func.max(Notice.sent_at)).where(own)).scalar()
    waiting = session.execute(
        select(func.count()).select_from(Notice).where(own, Notice.state.in_(MOVING))
    ).scalar_one()
    wrong = session.execute(
        select(Notice.error, Notice.created_at)
        .where(own, Notice.error.is_not(None))
        .order_by(Notice.id.desc())
        .limit(1)
    ).first()
    problem, problem_at = (None, None) if wrong is None else (wrong.error, wrong.created_at)
    return Summary(last, waiting, problem, problem_at)
