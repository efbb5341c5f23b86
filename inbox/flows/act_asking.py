"""Where an act belongs, and what its shop says of it before anything is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import act_rules as rules
from inbox.commerce import belonging
from inbox.contract import AdapterError, Rejected
from inbox.contract.commerce import Act, Order, Preview
from inbox.customers import lookup as customers
from inbox.errors import Invalid, NotFound, Unavailable
from inbox.flows import shop_calls
from inbox.flows.context import Context
from inbox.threads import lookup
from inbox.threads.queries import require_visible


@dataclass(frozen=True)
class Place:
    """Where an act belongs."""

    customer_id: int
    thread_id: int


def place(session: Session, agent: AgentIdentity, customer_id: int, thread_id: int | None) -> Place:
    customer_id = customers.living(session, customer_id)
    found = lookup.of_customer(session, customer_id)
    if found is None:
        raise NotFound("There is no thread with this customer.")
    found = require_visible(session, agent, found)
    if thread_id is not None and require_visible(session, agent, thread_id) != found:
        raise Invalid("This thread is another customer's.", "/thread_id")
    return Place(customer_id, found)


def ask(ctx: Context, shop_id: int, act: Act) -> tuple[Preview, Order | None]:
    """What the shop says that an act would do, and the order that it is about."""
    with _heard(), shop_calls.call(ctx, shop_id, rules.IN_REQUEST) as (row, shop, config, io):
        rules.needed(act, shop.can(config, row.facts))
        order_id = rules.order_of(act)
        order = shop.order(config, order_id, io) if order_id else None
        if order_id and order is None:
            raise Invalid("The shop has no such order.", "/act/order_id")
        if order is not None and (why := order.refused.get(act.needs)):
            raise Invalid(why, "/act", slug="refused")
        return shop.preview(config, act, io), order


@contextmanager
def _heard() -> Iterator[None]:
    """What a shop says against an act, as the asker hears it."""
    try:
        yield
    except Rejected as error:
        raise Invalid(error.reason, "/act", slug="refused") from error
    except AdapterError as error:
        raise Unavailable(error.reason) from error


def require_own(session: Session, shop_id: int, order: Order | None, place: Place) -> None:
    if order is not None and not belonging.is_of(session, shop_id, order, place.customer_id, place.thread_id):
        raise Invalid(
            "Nothing says that this order is the customer's. Link it to the request first.",
            "/act/order_id",
            slug="not-linked",
        )
