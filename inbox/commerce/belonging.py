"""Whether an order is any business of a customer's: nothing is done to a stranger's order by mistake."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from inbox.commerce import forms
from inbox.commerce.models import EpisodeOrder, ShopLink
from inbox.commerce.words import LinkState
from inbox.contract.commerce import Order
from inbox.customers.models import Identity
from inbox.threads.models import Episode


def is_of(session: Session, shop_id: int, order: Order, customer_id: int, thread_id: int) -> bool:
    """Whether an order's buyer is linked to the customer, or one of his addresses is the order's, or somebody linked
    the order to one of his requests."""
    linked = exists().where(
        ShopLink.customer_id == customer_id,
        ShopLink.shop_id == shop_id,
        ShopLink.buyer_id == order.buyer_id,
        ShopLink.state == LinkState.LINKED,
    )
    about = exists().where(
        Episode.thread_id == thread_id,
        EpisodeOrder.episode_id == Episode.id,
        EpisodeOrder.shop_id == shop_id,
        EpisodeOrder.order_id == order.id,
    )
    wanted = [about]
    if order.buyer_id:
        wanted.append(linked)
    addresses = [text for text in (forms.mail(order.email), forms.number(order.phone)) if text]
    if addresses:
        wanted.append(exists().where(Identity.customer_id == customer_id, Identity.address.in_(addresses)))
    return bool(session.execute(select(or_(*wanted))).scalar())
