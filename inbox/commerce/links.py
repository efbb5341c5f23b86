"""Who is who in the shops: the links between customers and buyers, by evidence and by what agents decide."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.commerce.matching import Known, Match
from inbox.commerce.models import ShopLink
from inbox.commerce.seeking import Own
from inbox.commerce.words import LinkBy, LinkState
from inbox.contract import Level
from inbox.customers.models import Claim, Identity
from inbox.errors import NotFound

LINKS_MAX = 50
"""Links of one customer that are looked at."""


def of_customer(session: Session, customer_id: int, shop_id: int | None = None) -> Sequence[ShopLink]:
    """The links of a customer, rejected ones too, the linked ones first."""
    found = select(ShopLink).where(ShopLink.customer_id == customer_id)
    if shop_id is not None:
        found = found.where(ShopLink.shop_id == shop_id)
    rows = session.scalars(found.order_by(ShopLink.id).execution_options(populate_existing=True)).all()
    ranked = sorted(rows, key=lambda row: (row.state is not LinkState.LINKED, list(LinkBy).index(row.by)))
    return ranked[:LINKS_MAX]


def known(rows: Iterable[ShopLink]) -> list[Known]:
    """Links as `matching` looks at them."""
    return [Known(row.buyer_id, row.by, row.value, row.state, row.agent_id is not None) for row in rows]


def own(session: Session, customer_id: int, doubted: Collection[int] = ()) -> list[Own]:
    """The addresses of a customer, and those that he only claims; `doubted` are identities whose newest message
    proved nothing."""
    rows = session.execute(
        select(Identity.id, Identity.namespace, Identity.address, Identity.level)
        .where(Identity.customer_id == customer_id)
        .order_by(Identity.last_seen_at.desc(), Identity.id)
    )
    found = [Own(row.namespace, row.address, row.level, row.id in doubted) for row in rows]
    claimed = session.execute(
        select(Claim.namespace, Claim.address)
        .where(Claim.customer_id == customer_id)
        .order_by(Claim.id.desc())
    )
    have = {(each.namespace, each.address) for each in found}
    return found + [
        Own(row.namespace, row.address, Level.CLAIMED)
        for row in claimed
        if (row.namespace, row.address) not in have
    ]


def apply(session: Session, customer_id: int, shop_id: int, matches: Iterable[Match], now: datetime) -> bool:
    """Make the links of a customer, who is locked, those that a shop's answer led to; True when any is other now.

    Links by evidence that the shop confirms no more are forgotten. What agents decided meanwhile stays.
    """
    rows = {row.buyer_id: row for row in of_customer(session, customer_id, shop_id)}
    changed = False
    wanted = {match.buyer_id: match for match in matches}
    for match in wanted.values():
        row = rows.get(match.buyer_id)
        if row is None:
            row = ShopLink(
                customer_id=customer_id,
                shop_id=shop_id,
                buyer_id=match.buyer_id,
                by=match.by,
                value=match.value,
                state=match.state,
                verified=match.verified,
                created_at=now,
                changed_at=now,
            )
            session.add(row)
            changed = True
        elif row.agent_id is not None:
            changed |= row.verified != match.verified
            row.verified = match.verified
        elif (row.by, row.value, row.state, row.verified) != (
            match.by,
            match.value,
            match.state,
            match.verified,
        ):
            row.by, row.value, row.state, row.verified = match.by, match.value, match.state, match.verified
            row.changed_at = now
            changed = True
    gone = [
        row
        for row in rows.values()
        if row.buyer_id not in wanted
        and (row.agent_id is None or row.state is LinkState.SUGGESTED)
        and row.state is not LinkState.REJECTED
    ]
    for row in gone:
        session.delete(row)
    session.flush()
    return changed or bool(gone)


def pin(
    session: Session, customer_id: int, shop_id: int, buyer_id: str, agent_id: int, now: datetime
) -> None:
    """An agent says that a buyer is the customer, who is locked."""
    row = session.execute(
        select(ShopLink).where(
            ShopLink.customer_id == customer_id, ShopLink.shop_id == shop_id, ShopLink.buyer_id == buyer_id
        )
    ).scalar()
    if row is None:
        row = ShopLink(customer_id=customer_id, shop_id=shop_id, buyer_id=buyer_id, value="", created_at=now)
        session.add(row)
    row.by, row.state, row.agent_id, row.changed_at = LinkBy.PINNED, LinkState.LINKED, agent_id, now
    session.flush()


def unlink(
    session: Session, customer_id: int, link_id: int, agent_id: int, now: datetime, *, for_good: bool
) -> ShopLink:
    """An agent says that a buyer is not the customer: it is only suggested from now on, or `for_good` never again.

    Raises NotFound for a link that is none of this customer's.
    """
    row = session.execute(
        select(ShopLink)
        .where(ShopLink.id == link_id, ShopLink.customer_id == customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()
    if row is None:
        raise NotFound("There is no such link.")
    row.state = LinkState.REJECTED if for_good else LinkState.SUGGESTED
    row.agent_id, row.changed_at = agent_id, now
    session.flush()
    return row


def forget_buyer(session: Session, shop_id: int, buyer_id: str) -> list[int]:
    """Remove every link to a buyer whom the shop wants forgotten; the customers who had one."""
    gone = session.execute(
        delete(ShopLink)
        .where(ShopLink.shop_id == shop_id, ShopLink.buyer_id == buyer_id)
        .returning(ShopLink.customer_id)
        .execution_options(synchronize_session=False)
    )
    return sorted(set(gone.scalars()))
