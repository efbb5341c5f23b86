"""Forgetting what shops told of a person; that something was done for him, how much and by whom, stays."""

from collections.abc import Collection

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from inbox.commerce import copies, forgetting
from inbox.commerce.models import CartRow, EpisodeOrder, ShopAct, ShopCopy, ShopLink, ShopRow
from inbox.commerce.words import ActState, LinkState, Part
from inbox.contract.addresses import is_phone
from inbox.contract.commerce import Sought
from inbox.customers.models import Identity
from inbox.threads.models import Episode

UNKNOWN = "Erased with its customer before it was known what came of it."
_GOES_ON = (ActState.APPROVED, ActState.SENDING)
_OPEN = (ActState.PENDING, ActState.UNCERTAIN)
_OF_BUYERS = (Part.BUYER, Part.ORDERS, Part.LOYALTY)


def is_busy(session: Session, customer_ids: Collection[int]) -> bool:
    """Whether something is being done in a shop for these customers just now; such acts are locked."""
    going = (
        select(ShopAct.id)
        .where(ShopAct.customer_id.in_(customer_ids), ShopAct.state.in_(_GOES_ON))
        .with_for_update()
    )
    return session.execute(going).first() is not None


def forget(
    session: Session,
    customer_ids: Collection[int],
    thread_ids: Collection[int],
    session_ids: Collection[int],
) -> None:
    """Remove carts, orders, copies, links and events of customers, who still have their addresses.

    `session_ids` are those of their browsers. Acts that nobody knows the end of are given up.
    """
    mails, phones = _addresses(session, customer_ids)
    links = session.execute(
        select(ShopLink.shop_id, ShopLink.buyer_id, ShopLink.state).where(
            ShopLink.customer_id.in_(customer_ids)
        )
    ).all()
    who = Sought(emails=mails, phones=phones)
    shop_ids = session.scalars(select(ShopRow.id).order_by(ShopRow.id)).all()
    for shop_id in shop_ids:
        known = [link for link in links if link.shop_id == shop_id]
        copies.drop(session, shop_id, _OF_BUYERS, [link.buyer_id for link in known])
        his = [link.buyer_id for link in known if link.state is LinkState.LINKED]
        for buyer_id in his or [""]:
            forgetting.forget_buyer(session, shop_id, buyer_id, who)
    about = select(Episode.id).where(Episode.thread_id.in_(thread_ids))
    acts = update(ShopAct).where(ShopAct.customer_id.in_(customer_ids))
    emptied = {"act": {}, "preview": {}, "result": {}, "reason": "", "order_id": "", "order_number": ""}
    for change in (
        delete(CartRow).where(
            or_(CartRow.customer_id.in_(customer_ids), CartRow.session_id.in_(session_ids))
        ),
        delete(ShopLink).where(ShopLink.customer_id.in_(customer_ids)),
        delete(ShopCopy).where(
            ShopCopy.shop_id.in_(shop_ids),  # its index begins with it
            ShopCopy.part.in_((Part.SEARCH, Part.FLIGHT)),
            ShopCopy.key.in_([str(n) for n in customer_ids]),
        ),
        delete(EpisodeOrder).where(EpisodeOrder.episode_id.in_(about)),
        acts.values(**emptied, error=None),
        acts.where(ShopAct.state == ActState.PROPOSED).values(state=ActState.REFUSED),
        acts.where(ShopAct.state.in_(_OPEN)).values(state=ActState.FAILED, error=UNKNOWN),
    ):
        session.execute(change.execution_options(synchronize_session=False))


def _addresses(session: Session, customer_ids: Collection[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Mailboxes and telephone numbers that these customers had; what they only claimed may be somebody else's."""
    found = session.scalars(
        select(Identity.address).where(Identity.customer_id.in_(customer_ids)).order_by(Identity.id)
    ).all()
    mails = tuple(dict.fromkeys(address for address in found if "@" in address))
    return mails, tuple(dict.fromkeys(address for address in found if is_phone(address)))
