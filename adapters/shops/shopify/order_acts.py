"""Cancelling a Shopify order, sending it elsewhere, asking for goods to come back, and writing a note."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.common import mark
from adapters.shops.shopify import allowed, documents, orders, read
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.ids import short
from inbox.contract import AdapterError, Rejected, Uncertain
from inbox.contract.commerce import AddNote, AskReturn, CancelOrder, Done, EditAddress, Preview

Data = Mapping[str, Any]
_REASON_MAX, _STAFF_MAX, _NOTE_MAX = 180, 200, 5000
_CODE_MAX = 6


def preview_cancel(act: CancelOrder, order: Data) -> Preview:
    """What is given back. Raises Rejected where the order cannot be cancelled."""
    if why := allowed.cancel(order):
        raise Rejected(why)
    left = read.paid(order["netPaymentSet"])
    notes = ["The goods go back into stock."] if act.restock else []
    if left.amount and not act.refund:
        notes.append("What was paid is kept.")
    if act.notify:
        notes.append("Shopify tells the customer by e-mail.")
    nothing = left.less(left)
    return Preview(amount=left if act.refund else nothing, most=left, notes=tuple(notes))


def found_cancel(order: Data, key: str) -> Done | None:
    """A cancellation that Shopify has finished."""
    ours = mark(key) in ((order["cancellation"] or {}).get("staffNote") or "")
    return Done(id=short(order["id"])) if order["cancelledAt"] and ours else None


def cancel(api: Api, act: CancelOrder, order: Data, key: str, reason: str) -> Done:
    """Ask Shopify to cancel, which it does in its own time."""
    sign = mark(key)
    api.deciding(
        documents.CANCEL,
        "job",
        id=order["id"],
        restock=act.restock,
        notify=act.notify,
        back={"originalPaymentMethodsRefund": act.refund},
        note=f"{reason[: _STAFF_MAX - len(sign) - 1]} {sign}".strip(),
    )
    try:
        now = orders.raw_order(api, short(order["id"]))
    except AdapterError:
        now = None  # it is under way all the same
    return (found_cancel(now, key) if now else None) or Done(id=short(order["id"]), pending=True)


def waiting() -> Uncertain:
    """What is said about a cancellation that cannot be seen, or not yet."""
    return Uncertain(
        "The order is not cancelled yet; Shopify cancels in its own time. Look again in a minute."
    )


def preview_address(act: EditAddress, order: Data) -> Preview:
    """Nothing costs anything. Raises Rejected where goods may be on their way, or the address lacks something."""
    if why := allowed.address(order):
        raise Rejected(why)
    if not act.to.lines or not act.to.city or len(act.to.country) != 2:
        raise Rejected("An address needs a street, a city and a country (its code, such as PT).")
    return Preview(notes=("The shipping price stays as it is.",))


def found_address(act: EditAddress, order: Data) -> Done | None:
    """Whether the order goes there."""
    now = order["shippingAddress"]
    return Done(id=short(order["id"])) if now and _same(read.address(now), act) else None


def edit_address(api: Api, act: EditAddress, order: Data) -> Done:
    """Give the order another address."""
    to = act.to
    first, _, last = to.name.rpartition(" ")
    code = to.region.isascii() and to.region.isupper() and len(to.region) <= _CODE_MAX
    address = {
        "firstName": first,
        "lastName": last,
        "address1": to.lines[0],
        "address2": ", ".join(to.lines[1:]),
        "city": to.city,
        "zip": to.postcode,
        "countryCode": to.country,
        "phone": to.phone,
        **({"provinceCode" if code else "province": to.region} if to.region else {}),
    }
    api.deciding(documents.UPDATE, "order", input={"id": order["id"], "shippingAddress": address})
    return Done(id=short(order["id"]))


def _same(now: Any, act: EditAddress) -> bool:
    to = act.to.model_copy(
        update={"lines": (act.to.lines[0], ", ".join(act.to.lines[1:]))} if act.to.lines else {}
    )
    return all(
        tuple(filter(None, getattr(now, part))) == tuple(filter(None, getattr(to, part)))
        for part in ("name", "lines", "city", "postcode", "country")
    )


def preview_return(act: AskReturn, order: Data) -> Preview:
    """Nothing costs anything yet. Raises Rejected where those pieces were not sent, or come back already."""
    if why := allowed.return_(order):
        raise Rejected(why)
    if act.drop_off.startswith("store:"):
        raise Rejected("Shopify does not take a store for a return; leave open where the goods come back to.")
    _packed(act, order)
    return Preview(notes=("The shop's people accept or decline the return in Shopify.",))


def found_return(order: Data, key: str) -> Done | None:
    """The return that an act asked for."""
    sign = mark(key)
    for one in (order.get("returns") or {"nodes": ()})["nodes"]:
        if any(sign in (item["customerNote"] or "") for item in one["returnLineItems"]["nodes"]):
            return Done(id=short(one["id"]))
    return None


def ask_return(api: Api, act: AskReturn, order: Data, key: str, reason: str) -> Done:
    """Make a request that somebody in the shop approves."""
    note = f"{reason[:_REASON_MAX]} {mark(key)}".strip()
    items = [
        {"fulfillmentLineItemId": name, "quantity": quantity, "returnReason": "OTHER", "customerNote": note}
        for name, quantity in _packed(act, order)
    ]
    wanted = {"orderId": order["id"], "returnLineItems": items}
    made = api.deciding(documents.RETURN, "return", input=wanted)
    return Done(id=short(made["id"]))


def _packed(act: AskReturn, order: Data) -> list[tuple[str, int]]:
    """The pieces to come back as lines of the parcels in which they were sent."""
    back = read.returned(order, by="parcel")
    found, wanted = [], dict(act.lines)
    for parcel in order["fulfillments"]:
        for item in parcel["fulfillmentLineItems"]["nodes"] if parcel["displayStatus"] != "CANCELED" else ():
            name = short(item["lineItem"]["id"])
            pieces = min(wanted.get(name, 0), (item["quantity"] or 0) - back[item["id"]])
            if pieces > 0:
                found.append((item["id"], pieces))
                wanted[name] -= pieces
    if any(wanted.values()):
        raise Rejected("There are not as many pieces that could come back.")
    return found


def preview_note(act: AddNote, order: Data) -> Preview:
    """Raises Rejected where an order's note, of which Shopify has one, has no room for more."""
    if len(order["note"] or "") + len(act.text) + len(mark("")) + 2 > _NOTE_MAX:
        raise Rejected("The order's note has no room for more.")
    return Preview()


def found_note(order: Data, key: str) -> Done | None:
    """The note that an act wrote."""
    return Done(id=short(order["id"])) if mark(key) in (order["note"] or "") else None


def add_note(api: Api, act: AddNote, order: Data, key: str) -> Done:
    """Write below what is there."""
    note = f"{order['note'] or ''}\n{act.text} {mark(key)}".strip()
    api.deciding(documents.UPDATE, "order", input={"id": order["id"], "note": note})
    return Done(id=short(order["id"]))
