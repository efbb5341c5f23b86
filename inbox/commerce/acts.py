"""Acts: entering one once, people's decisions, and small reads. How they are done is in `act_claims`."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.clock import utc_now
from inbox.commerce import act_claims
from inbox.commerce import act_rules as rules
from inbox.commerce.models import ShopAct
from inbox.commerce.words import ActState
from inbox.contract.commerce import Act, Money, Preview
from inbox.db.time import utc_in, utcnow
from inbox.errors import NotFound

_ACT: TypeAdapter[Act] = TypeAdapter(Act)


@dataclass(frozen=True)
class NewAct:
    """An act that an agent confirmed. `preview` is what the shop said then, and what he saw."""

    key: str
    shop_id: int
    customer_id: int
    thread_id: int | None
    episode_id: int | None
    agent_id: int
    act: Act
    order_number: str
    reason: str
    preview: Preview
    state: ActState


def add(session: Session, new: NewAct, owner: str) -> int | None:
    """Enter an act, claimed by `owner` if it is approved; its id, or None where there is one with its key already, or
    another one that keeps its order busy."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    amount = new.preview.amount
    claimed = new.state is ActState.APPROVED
    return session.execute(
        insert(ShopAct)
        .values(
            key=new.key,
            shop_id=new.shop_id,
            customer_id=new.customer_id,
            thread_id=new.thread_id,
            episode_id=new.episode_id,
            agent_id=new.agent_id,
            kind=new.act.kind,
            order_id=rules.order_of(new.act),
            order_number=new.order_number,
            act=new.act.model_dump(mode="json"),
            reason=new.reason,
            amount="" if amount is None else str(amount.amount),
            currency="" if amount is None else amount.currency,
            preview=new.preview.model_dump(mode="json"),
            version=new.preview.version,
            state=new.state,
            result={},
            attempts=1 if claimed else 0,
            looks=0,
            not_before=utcnow(),
            owner=owner if claimed else None,
            lease_until=utc_in(rules.LEASE) if claimed else None,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing()
        .returning(ShopAct.id)
    ).scalar()


def get(session: Session, act_id: int) -> ShopAct:
    """An act as it is in the database now. Raises NotFound."""
    return _one(session, ShopAct.id == act_id)


def lock(session: Session, act_id: int) -> ShopAct:
    """An act, locked until the end of the transaction. Raises NotFound."""
    return _one(session, ShopAct.id == act_id, lock=True)


def by_key(session: Session, key: str) -> ShopAct | None:
    """The act with a key."""
    return session.execute(select(ShopAct).where(ShopAct.key == key)).scalar()


def busy(session: Session, shop_id: int, order_id: str) -> ShopAct | None:
    """The act that keeps others away from an order."""
    return session.execute(
        select(ShopAct).where(
            ShopAct.shop_id == shop_id,
            ShopAct.order_id == order_id,
            ShopAct.kind != "note",
            ShopAct.state.in_(rules.BUSY),
        )
    ).scalar()


def one_at_a_time(session: Session, agent_id: int) -> None:
    """Let an agent's acts be judged one after another until the transaction ends, so that those confirmed at the same
    moment all count towards his limits."""
    session.execute(select(Agent.id).where(Agent.id == agent_id).with_for_update(key_share=True))


def given(session: Session, agent_id: int, shop_id: int, order_id: str, currency: str) -> Decimal:
    """What an agent has given of an order, in a currency."""
    found = session.scalars(
        select(ShopAct.amount).where(
            ShopAct.shop_id == shop_id,
            ShopAct.order_id == order_id,
            ShopAct.agent_id == agent_id,
            ShopAct.kind.in_(rules.MONEY),
            ShopAct.currency == currency,
            ShopAct.state.in_(rules.SPENT),
        )
    )
    return sum((Decimal(amount) for amount in found), Decimal(0))


def made_since(session: Session, agent_id: int, kind: str, since: datetime) -> int:
    """How many acts of a kind an agent had done since then, or wants done."""
    found = select(func.count()).where(
        ShopAct.agent_id == agent_id,
        ShopAct.kind == kind,
        ShopAct.created_at > since,
        ShopAct.state.in_(rules.SPENT),
    )
    return int(session.execute(found).scalar_one())


def act_of(row: ShopAct) -> Act:
    """What is to be done."""
    return _ACT.validate_python(row.act)


def amount_of(row: ShopAct) -> Money | None:
    """What it costs or gives back, as it was agreed to."""
    return Money(amount=Decimal(row.amount), currency=row.currency) if row.amount else None


def preview_of(row: ShopAct) -> Preview:
    """What was agreed to."""
    return Preview.model_validate(row.preview)


def decide(
    session: Session, row: ShopAct, agent_id: int, state: ActState, owner: str | None, why: str
) -> None:
    """Move a locked act by a person's decision; an approved one is claimed by `owner`."""
    row.state, row.decided_by_id, row.decided_at = state, agent_id, utc_now()
    row.error = why or None
    row.owner, row.lease_until = None, None
    if state not in rules.BUSY:
        row.done_at = utc_now()
    session.flush()
    if owner is not None:
        act_claims.claim_one(session, row.id, owner)
        session.refresh(row)


def settle(session: Session, row: ShopAct, note: str, *, done: bool) -> None:
    """End a locked uncertain act by what a person saw in the shop."""
    row.state = ActState.DONE if done else ActState.FAILED
    row.result = {**row.result, "note": note}
    row.error = None if done else note
    row.owner, row.lease_until, row.done_at = None, None, utc_now()
    session.flush()


def forget_proposals(session: Session, before: datetime, limit: int = 100) -> list[int]:
    """Refuse what nobody decided about; the ids."""
    old = (
        select(ShopAct.id)
        .where(act_claims.in_state(ActState.PROPOSED), ShopAct.created_at < before)
        .limit(limit)
    )
    return list(
        session.scalars(
            update(ShopAct)
            .where(ShopAct.id.in_(old), ShopAct.state == ActState.PROPOSED)
            .values(state=ActState.REFUSED, error="Nobody decided in time.", done_at=utc_now())
            .returning(ShopAct.id)
            .execution_options(synchronize_session=False)
        )
    )


def _one(session: Session, which: ColumnElement[bool], *, lock: bool = False) -> ShopAct:
    found = select(ShopAct).where(which).execution_options(populate_existing=True)
    row = session.execute(found.with_for_update() if lock else found).scalar()
    if row is None:
        raise NotFound("There is no such act.")
    return row
