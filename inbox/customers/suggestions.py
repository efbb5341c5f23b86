"""Suggestions that two customers are one person: made from evidence, rejected for good by an agent."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.customers import likeness
from inbox.customers.models import Customer, Identity, Merge, Suggestion
from inbox.customers.words import SuggestionState
from inbox.errors import NotFound


def suggest(
    session: Session, one_id: int, other_id: int, evidence: Sequence[likeness.Evidence], now: datetime
) -> bool:
    """Add evidence that two customers are one person; True when there is something new to decide.

    Nothing happens to a pair that an agent has rejected, or while all signs together weigh too little.
    """
    low, high = sorted((one_id, other_id))
    if low == high or not evidence:
        return False
    known = session.execute(
        select(Suggestion)
        .where(Suggestion.low_id == low, Suggestion.high_id == high)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()
    if known is not None and known.state is SuggestionState.REJECTED:
        return False
    all_signs = likeness.together(() if known is None else known.evidence, [*evidence])
    if conflicts(session, low, high):
        text = "Both have proved different ids of one kind, so they are hardly one person."
        all_signs.append(likeness.sign("conflict", text))
    score = likeness.score(all_signs)
    if score < likeness.SUGGESTED and "conflict" not in {each["code"] for each in all_signs}:
        return False
    if known is None:
        return _insert(session, low, high, all_signs, score, now)
    changed = known.evidence != all_signs or known.state is not SuggestionState.OPEN
    known.evidence, known.score, known.state = all_signs, score, SuggestionState.OPEN
    known.decided_at = known.decided_by_id = None
    session.flush()
    return changed


def reject(session: Session, suggestion_id: int, agent_id: int, now: datetime) -> tuple[int, int]:
    """Reject a suggestion for good and return its two customers. Raises NotFound."""
    row = session.execute(
        select(Suggestion)
        .where(Suggestion.id == suggestion_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()
    if row is None:
        raise NotFound("There is no such suggestion.")
    if row.state is SuggestionState.OPEN:
        row.state, row.decided_at, row.decided_by_id = SuggestionState.REJECTED, now, agent_id
        session.flush()
    return row.low_id, row.high_id


def between(session: Session, one_id: int, other_id: int) -> Suggestion | None:
    """The suggestion about two customers, whatever its state."""
    low, high = sorted((one_id, other_id))
    return session.execute(
        select(Suggestion).where(Suggestion.low_id == low, Suggestion.high_id == high)
    ).scalar()


def about(session: Session, customer_id: int) -> list[Suggestion]:
    """All suggestions about a customer, whatever their state."""
    wanted = or_(Suggestion.low_id == customer_id, Suggestion.high_id == customer_id)
    return list(session.scalars(select(Suggestion).where(wanted).order_by(Suggestion.id)))


def decided_apart(session: Session, one_id: int, other_id: int) -> bool:
    """Whether a person has decided that two customers are not one: by rejecting it, or by undoing a merge."""
    known = between(session, one_id, other_id)
    if known is not None and known.state is SuggestionState.REJECTED:
        return True
    pair = [one_id, other_id]
    merge_undone = ~Merge.is_split & Merge.undone_at.is_not(None)
    split_holds = Merge.is_split & Merge.undone_at.is_(None)
    decided = select(Merge.id).where(
        Merge.survivor_id.in_(pair), Merge.other_id.in_(pair), or_(merge_undone, split_holds)
    )
    return session.execute(decided.limit(1)).first() is not None


def conflicts(session: Session, one_id: int, other_id: int) -> list[tuple[str, str]]:
    """Kinds of ids (namespace, account) of which both customers have proved different ones."""
    proved = proved_ids(session, [one_id, other_id])
    return likeness.conflicts(proved.get(one_id, ()), proved.get(other_id, ()))


def proved_ids(session: Session, customer_ids: Collection[int]) -> dict[int, list[likeness.Proved]]:
    """The identities of customers as they are compared."""
    rows = session.execute(
        select(
            Identity.customer_id, Identity.namespace, Identity.account, Identity.address, Identity.level
        ).where(Identity.customer_id.in_(sorted(set(customer_ids))))
    )
    found: dict[int, list[likeness.Proved]] = {}
    for row in rows:
        each = likeness.Proved(row.namespace, row.account, row.address, row.level)
        found.setdefault(row.customer_id, []).append(each)
    return found


def are_there(session: Session, customer_ids: Collection[int]) -> set[int]:
    """Those of the customers who were neither merged away nor erased."""
    return set(
        session.scalars(
            select(Customer.id).where(
                Customer.id.in_(sorted(set(customer_ids))),
                Customer.merged_into_id.is_(None),
                Customer.erased_at.is_(None),
            )
        )
    )


def _insert(
    session: Session, low: int, high: int, evidence: list[likeness.Evidence], score: int, now: datetime
) -> bool:
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        insert(Suggestion)
        .values(
            low_id=low,
            high_id=high,
            evidence=evidence,
            score=score,
            state=SuggestionState.OPEN,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["low_id", "high_id"])
        .returning(Suggestion.id)
    ).scalar()
    return made is not None
