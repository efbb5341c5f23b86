"""Acts as the API shows them, and lists of them for those who may read the threads."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent
from inbox.commerce import act_rules as rules
from inbox.commerce import acts, limits
from inbox.commerce.act_claims import in_state
from inbox.commerce.models import ShopAct, ShopRow
from inbox.commerce.shapes import ActView
from inbox.commerce.words import ActState
from inbox.contract.commerce import Money
from inbox.customers.models import Customer
from inbox.errors import Invalid
from inbox.shapes import iso, iso_or_null
from inbox.threads.models import Thread
from inbox.threads.queries import visible_to

LIST_MAX = 100
OF_CUSTOMER = 20


def proposed(session: Session, agent: AgentIdentity) -> list[ActView]:
    """What waits for a second person, oldest first, in threads that the agent may read."""
    return views(
        session,
        agent,
        session.scalars(
            select(ShopAct.id)
            .join(Thread, Thread.id == ShopAct.thread_id)
            .where(in_state(ActState.PROPOSED), visible_to(agent))
            .order_by(ShopAct.id)
            .limit(LIST_MAX)
        ).all(),
    )


def of_customer(session: Session, agent: AgentIdentity, customer_id: int) -> list[ActView]:
    """The newest acts for a customer, in threads that the agent may read."""
    found = select(ShopAct.id).where(ShopAct.customer_id == customer_id)
    return views(session, agent, session.scalars(found.order_by(ShopAct.id.desc()).limit(OF_CUSTOMER)).all())


def view(session: Session, agent: AgentIdentity, act_id: int) -> ActView:
    """One act."""
    return views(session, agent, [act_id])[0]


def seen(session: Session, agent: AgentIdentity, act_id: int) -> ActView | None:
    """One act, if the agent may read its thread."""
    found = select(ShopAct.id).join(Thread, Thread.id == ShopAct.thread_id)
    ids = session.scalars(found.where(ShopAct.id == act_id, visible_to(agent))).all()
    return next(iter(views(session, agent, ids)), None)


def views(session: Session, agent: AgentIdentity, ids: Sequence[int]) -> list[ActView]:
    """Acts by id, in that order, as `agent` sees them."""
    asker, decider = aliased(Agent), aliased(Agent)
    rows = session.execute(
        select(
            ShopAct,
            asker.name.label("asker"),
            decider.name.label("decider"),
            ShopRow.name.label("shop"),
            Customer.name.label("customer"),
        )
        .join(asker, asker.id == ShopAct.agent_id)
        .outerjoin(decider, decider.id == ShopAct.decided_by_id)
        .join(ShopRow, ShopRow.id == ShopAct.shop_id)
        .join(Customer, Customer.id == ShopAct.customer_id)
        .where(ShopAct.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    own = _own_limits(session, agent)
    found: dict[int, ActView] = {}
    for row, asker_name, decider_name, shop, customer in rows:
        found[row.id] = _view(row, agent, own, asker_name, decider_name, shop, customer)
    return [found[number] for number in ids if number in found]


def _own_limits(session: Session, agent: AgentIdentity) -> dict[str, rules.Limits]:
    return {kind: limits.of(session, agent, kind) for kind in rules.MONEY} if agent.is_supervisor else {}


def _view(
    row: ShopAct,
    agent: AgentIdentity,
    own: dict[str, rules.Limits],
    asker: str,
    decider: str | None,
    shop: str,
    customer: str,
) -> ActView:
    amount = acts.amount_of(row)
    why_not = _why_not(row, agent, own, amount) if row.state is ActState.PROPOSED else ""
    return {
        "id": row.id,
        "key": row.key,
        "shop_id": row.shop_id,
        "shop": shop,
        "customer_id": row.customer_id,
        "customer": customer,
        "thread_id": row.thread_id,
        "kind": row.kind,
        "order_id": row.order_id,
        "order_number": row.order_number,
        "act": row.act,
        "reason": row.reason,
        "amount": None if amount is None else {"amount": str(amount.amount), "currency": amount.currency},
        "notes": list(row.preview.get("notes", ())),
        "state": row.state.value,
        "agent_id": row.agent_id,
        "agent": asker,
        "decided_by": decider,
        "decide": row.state is ActState.PROPOSED and not why_not,
        "why_not": why_not,
        "result": row.result,
        "error": row.error,
        "created_at": iso(row.created_at),
        "done_at": iso_or_null(row.done_at),
    }


def _why_not(row: ShopAct, agent: AgentIdentity, own: dict[str, rules.Limits], amount: Money | None) -> str:
    """Why an agent may not approve a proposal, or ""."""
    try:
        limits_of_kind = own.get(row.kind, rules.NO_LIMITS)
        rules.require_decider(agent, row.agent_id, acts.act_of(row), amount, limits_of_kind)
    except Invalid as error:
        return error.detail
    return ""
