"""What roles may have done alone: reading and setting the limits."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce.act_rules import MONEY, NO_LIMITS, ROLES, Limits
from inbox.commerce.models import ActLimit, OrderRow, ShopAct
from inbox.errors import Invalid

LATELY = 500
"""Orders and acts that tell in which currencies a shop sells."""

Table = Mapping[tuple[str, str, str], Decimal | None]
"""The most by role, kind and currency; None where a row says that there is no limit."""


def of(session: Session, agent: AgentIdentity, kind: str) -> Limits:
    """What an agent may have done alone in acts of a kind."""
    if agent.role not in ROLES:
        return NO_LIMITS
    rows = session.execute(
        select(ActLimit.currency, ActLimit.most).where(ActLimit.role == agent.role, ActLimit.kind == kind)
    )
    return Limits({row.currency: Decimal(row.most) if row.most else None for row in rows})


def table(session: Session) -> Table:
    """Every limit there is."""
    rows = session.execute(select(ActLimit.role, ActLimit.kind, ActLimit.currency, ActLimit.most))
    return {(row.role, row.kind, row.currency): Decimal(row.most) if row.most else None for row in rows}


def currencies(session: Session) -> list[str]:
    """The currencies in which there are limits, or were orders or acts lately, by name."""
    found: set[str] = set(session.scalars(select(ActLimit.currency)))
    for table in (OrderRow, ShopAct):
        found.update(session.scalars(select(table.currency).order_by(table.id.desc()).limit(LATELY)))
    return sorted(code for code in found if len(code) == 3 and code.isupper())


def replace(session: Session, limits: Table) -> None:
    """Set all limits at once. Raises Invalid for roles, kinds or currencies that have none."""
    for role, kind, currency in limits:
        if role not in ROLES or kind not in MONEY or not currency:
            raise Invalid("There is no such limit.")
    session.execute(delete(ActLimit))
    session.add_all(
        ActLimit(role=role, kind=kind, currency=currency, most="" if most is None else str(most))
        for (role, kind, currency), most in limits.items()
    )
