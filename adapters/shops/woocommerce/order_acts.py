"""Cancelling a WooCommerce order, sending it elsewhere, and writing a note at it."""

from typing import Any

from adapters.shops.common import mark
from adapters.shops.woocommerce import read, refunds, states, texts
from adapters.shops.woocommerce.api import Api, Data
from adapters.shops.woocommerce.reading import RawOrder
from inbox.contract import Rejected
from inbox.contract.commerce import AddNote, CancelOrder, Done, EditAddress, Preview


def preview_cancel(api: Api, act: CancelOrder, raw: RawOrder) -> Preview:
    """What is given back. Raises Rejected where the order cannot be cancelled like this."""
    _allowed(act, raw.data)
    if not act.restock:
        raise Rejected("WooCommerce always puts the goods of a cancelled order back into stock.")
    currency, left = raw.data["currency"], states.left(raw.data)
    given = left if act.refund else 0
    notes = ["The goods go back into stock."]
    if left > 0 and not act.refund:
        notes.append("What was paid is kept.")
    if given and not refunds.moves_money(api, raw.data):
        notes.append("The payment method cannot give money back, so somebody has to pay it out.")
    return Preview(amount=texts.money(given, currency), most=texts.money(left, currency), notes=tuple(notes))


def found_cancel(raw: RawOrder, key: str) -> Done | None:
    """What a cancellation did, once all of it is done: the order bears its key last."""
    if not read.signed_by(raw.data, key):
        return None
    made = refunds.marked(raw, key)
    name = str(raw.data["id"])
    if not made:
        return Done(id=name)
    return refunds.done(made[0], raw.data["currency"]).model_copy(update={"id": name})


def cancel(api: Api, act: CancelOrder, raw: RawOrder, key: str, reason: str) -> Done:
    """Give back what is left, then cancel: the other way round a full refund would make the order “refunded”."""
    order, made = raw.data, refunds.marked(raw, key)
    left = texts.money(states.left(order), order["currency"])
    if act.refund and not made and left.amount > 0:
        made.append(refunds.give_back(api, raw, left, [], key, reason, restock=False))
    body = {"status": "cancelled", "meta_data": [{"key": read.meta_key(key), "value": act.kind}]}
    api.deciding("PUT", "orders", str(order["id"]), body=body)
    name = str(order["id"])
    return refunds.done(made[0], order["currency"]).model_copy(update={"id": name}) if made else Done(id=name)


def preview_address(act: EditAddress, raw: RawOrder) -> Preview:
    """Nothing costs anything. Raises Rejected where goods may be on their way, or the address lacks something."""
    _allowed(act, raw.data)
    if not act.to.lines or not act.to.country:
        raise Rejected("An address needs a street and a country (its code, such as PT).")
    return Preview(notes=("The shipping price stays as it is.",))


def edit_address(api: Api, act: EditAddress, key: str) -> Done:
    """Replace the address to which the goods are sent."""
    to = act.to
    first, _, last = to.name.strip().rpartition(" ")
    shipping = {
        "first_name": first or last,
        "last_name": last if first else "",
        "company": "",
        "address_1": to.lines[0],
        "address_2": ", ".join(to.lines[1:]),
        "city": to.city,
        "state": to.region,
        "postcode": to.postcode,
        "country": to.country,
        "phone": to.phone,
    }
    body = {"shipping": shipping, "meta_data": [{"key": read.meta_key(key), "value": act.kind}]}
    return Done(id=str(api.deciding("PUT", "orders", act.order_id, body=body)["id"]))


def found_address(raw: RawOrder, key: str) -> Done | None:
    """A change of address."""
    return Done(id=str(raw.data["id"])) if read.signed_by(raw.data, key) else None


def found_note(api: Api, act: AddNote, key: str) -> Done | None:
    """The note that an act wrote: notes have no meta keys, so that the mark stands in their text."""
    notes = api.page("orders", act.order_id, "notes", type="internal").items
    return next((_written(one) for one in notes if mark(key) in one["note"]), None)


def add_note(api: Api, act: AddNote, key: str) -> Done:
    """Write a note that the customer does not see."""
    body = {"note": f"{act.text}\n{mark(key)}", "customer_note": False, "added_by_user": True}
    return _written(api.deciding("POST", "orders", act.order_id, "notes", body=body))


def _written(note: Data) -> Done:
    return Done(id=str(note["id"]))


def _allowed(act: CancelOrder | EditAddress, order: Data) -> None:
    why: dict[Any, str] = {**states.refused(order)}
    if act.needs in why:
        raise Rejected(why[act.needs])
