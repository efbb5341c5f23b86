"""What was ordered at the made-up shop, told as any shop tells of an order."""

import hashlib
from datetime import timedelta

from inbox.contract.commerce import (
    Buyer,
    Can,
    Fulfilment,
    Money,
    Order,
    OrderLine,
    OrderState,
    Payment,
    Progress,
    Refund,
    Return,
    ReturnState,
    Tracking,
    Way,
)
from inbox.demo.shop import goods
from inbox.demo.shop.orders import CURRENCY, Parcel, Person, Sold, price

STORE_ID, STORE = "brixen", "Alpe, Brixen"
HELD_FOR = timedelta(days=7)
SENT_AFTER, THERE_AFTER = timedelta(hours=22), timedelta(days=3)
_PROGRESS = {
    "new": Progress.UNFULFILLED,
    "packed": Progress.PREPARING,
    "sent": Progress.SHIPPED,
    "delivered": Progress.DELIVERED,
    "ready": Progress.READY_FOR_PICKUP,
    "picked_up": Progress.PICKED_UP,
    "cancelled": Progress.CANCELLED,
}
_CARRIERS = {
    "DHL": "DHL",
    "POST": "Österreichische Post",
    "CTT": "CTT",
    "INP": "InPost",
    "COL": "Colissimo",
    "RM": "Royal Mail",
    "EMS": "EMS",
}
_OPEN = ("new", "packed")
_GONE = ("sent", "delivered", "picked_up")


def buyer(person: Person, sold: list[Sold]) -> Buyer:
    """A person as the shop tells about him; `sold` are his orders, newest first."""
    counted = [each for each in sold if each.step != "cancelled"]
    return Buyer(
        id=person.id,
        name=person.name,
        emails=(person.email,),
        phones=(person.phone,) if person.phone else (),
        guest=person.guest,
        since=person.since,
        orders_count=len(counted),
        spent=Money.minor(sum(each.left for each in counted), CURRENCY),
        last_order_at=sold[0].at if sold else None,
        tags=person.tags,
        addresses=(person.address,),
    )


def order(sold: Sold, site: str) -> Order:
    """An order as the shop tells about it; `site` is the shop's address."""
    allowed, refused = _possible(sold)
    told = Order(
        id=sold.number,
        number=sold.number,
        state=_state(sold),
        payment=_payment(sold),
        raw_state=sold.step,
        placed_at=sold.at,
        lines=tuple(_line(sold, key, site) for key in sold.goods),
        total=Money.minor(sold.total, CURRENCY),
        shipping=Money.minor(0, CURRENCY),
        discount=Money.minor(sold.off, CURRENCY) if sold.off else None,
        refunded=Money.minor(sold.refunded, CURRENCY) if sold.refunded else None,
        coupons=(sold.coupon,) if sold.coupon else (),
        fulfilments=_fulfilments(sold, site),
        refunds=_refunds(sold),
        returns=_returns(sold),
        ship_to=sold.to or sold.person.address if sold.way is Way.SHIP else None,
        sales_channel="online",
        buyer_id=sold.person.id,
        email=sold.person.email,
        phone=sold.person.phone,
        tokens=sold.tokens,
        status_url=f"{site}/orders/{sold.number}",
        note=sold.note,
        tags=sold.person.tags,
        allowed=allowed,
        refused=refused,
    )
    return told.model_copy(update={"version": version(told)})


def version(told: Order) -> str:
    """A mark of everything in an order."""
    return hashlib.sha256(told.model_copy(update={"version": ""}).model_dump_json().encode()).hexdigest()[:16]


def _state(sold: Sold) -> OrderState:
    if sold.step == "cancelled":
        return OrderState.CANCELLED
    return OrderState.COMPLETED if sold.step in ("delivered", "picked_up") else OrderState.CONFIRMED


def _payment(sold: Sold) -> Payment:
    if not sold.refunded:
        return Payment.PAID
    return Payment.REFUNDED if sold.left <= 0 else Payment.PARTLY_REFUNDED


def _line(sold: Sold, key: str, site: str) -> OrderLine:
    variant, pieces = sold.goods[key]
    return OrderLine(
        id=key,
        product=goods.told(key, site, variant),
        quantity=pieces,
        total=Money.minor(price(key) * pieces, CURRENCY),
        fulfilled=pieces if sold.step == "picked_up" else sold.sent(key),
        refundable=pieces - sold.paid_back.get(key, 0),
        returned=sold.back.get(key, 0),
    )


def _fulfilments(sold: Sold, site: str) -> tuple[Fulfilment, ...]:
    """Each parcel, and what is still in the house."""
    parcels = [_parcel(sold, number, parcel, site) for number, parcel in enumerate(sold.parcels, start=1)]
    rest = {
        key: count - sold.sent(key) for key, (_variant, count) in sold.goods.items() if count > sold.sent(key)
    }
    return (*parcels, *([_in_house(sold, rest)] if rest else []))


def _parcel(sold: Sold, number: int, parcel: Parcel, site: str) -> Fulfilment:
    there = sold.step == "delivered"
    progress = Progress.DELIVERED if there else Progress.DELAYED if sold.late else Progress.SHIPPED
    carrier = next((name for prefix, name in _CARRIERS.items() if parcel.number.startswith(prefix)), "")
    return Fulfilment(
        id=f"{sold.number}-{number}",
        way=sold.way,
        progress=progress,
        raw_state="delivered" if there else "late" if sold.late else "sent",
        lines=parcel.pieces,
        tracking=(Tracking(number=parcel.number, url=f"{site}/parcels/{parcel.number}", carrier=carrier),),
        shipped_at=sold.at + SENT_AFTER,
        done_at=sold.at + THERE_AFTER if there else None,
    )


def _in_house(sold: Sold, pieces: dict[str, int]) -> Fulfilment:
    in_store = sold.way is Way.PICKUP_STORE
    ready = sold.at + SENT_AFTER
    return Fulfilment(
        id=f"{sold.number}-0",
        way=sold.way,
        progress=_PROGRESS[sold.step],
        raw_state=sold.step,
        lines=pieces,
        store=STORE if in_store else "",
        store_id=STORE_ID if in_store else "",
        ready_at=ready if sold.step in ("ready", "picked_up") else None,
        until=ready + HELD_FOR if sold.step == "ready" else None,
        done_at=sold.at + THERE_AFTER if sold.step == "picked_up" else None,
    )


def _refunds(sold: Sold) -> tuple[Refund, ...]:
    if not sold.refunded:
        return ()
    return (
        Refund(
            id=f"{sold.number}-r1",
            amount=Money.minor(sold.refunded, CURRENCY),
            raw_state="settled",
            reason="; ".join(sold.refund_reasons),
            lines=sold.paid_back,
        ),
    )


def _returns(sold: Sold) -> tuple[Return, ...]:
    found = []
    if sold.back:
        found.append(Return(id=f"{sold.number}-b1", state=ReturnState.RECEIVED, lines=sold.back))
    if sold.asked_back:
        found.append(
            Return(
                id=f"{sold.number}-b2",
                state=ReturnState.REQUESTED,
                lines=sold.asked_back,
                drop_off=sold.drop_off,
            )
        )
    return tuple(found)


def _possible(sold: Sold) -> tuple[frozenset[Can], dict[Can, str]]:
    refused: dict[Can, str] = {}
    if sold.left <= 0:
        for each in (Can.REFUND, Can.REFUND_LINES):
            refused[each] = "All of it was given back already."
    if sold.step not in _OPEN or sold.parcels:
        gone = "It was cancelled." if sold.step == "cancelled" else "It has left the house."
        refused |= {Can.CANCEL: gone, Can.EDIT_ADDRESS: gone}
    if sold.way is not Way.SHIP:
        refused[Can.EDIT_ADDRESS] = "It is picked up in the shop."
    if sold.step not in _GONE and not sold.parcels:
        refused[Can.RETURN] = "The customer does not have it yet."
    possible = {
        Can.REFUND,
        Can.REFUND_LINES,
        Can.CANCEL,
        Can.EDIT_ADDRESS,
        Can.RESHIP,
        Can.NOTE,
        Can.RETURN,
    }
    return frozenset(possible - set(refused)), refused
