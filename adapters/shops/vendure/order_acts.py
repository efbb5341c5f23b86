"""Cancelling a Vendure order, sending it elsewhere, and writing a note at it."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.common import mark
from adapters.shops.vendure import allowed, documents, refunds, states
from adapters.shops.vendure.api import Api
from adapters.shops.vendure.payments import purse
from inbox.contract import Rejected
from inbox.contract.commerce import AddNote, CancelOrder, Done, EditAddress, Preview

Data = Mapping[str, Any]
_REASON_MAX = 180


def preview_cancel(api: Api, act: CancelOrder, order: Data) -> Preview:
    """What is given back. Raises Rejected where the order cannot be cancelled like this."""
    why = allowed.cancel(order)
    if why:
        raise Rejected(why)
    if not act.restock:
        raise Rejected("Vendure always puts the goods of a cancelled order back into stock.")
    sums = purse(order)
    left = sum(rest for _name, rest in sums.parts)
    notes = ["The goods go back into stock."]
    if left and not act.refund:
        notes.append("What was paid is kept.")
    if sums.held:
        notes.append("A payment that is only authorised has to be released in the shop's dashboard.")
    currency = order["currencyCode"]
    return Preview(
        amount=api.money(left if act.refund else 0, currency),
        most=api.money(left, currency),
        notes=tuple(notes),
    )


def cancelled_by(order: Data, key: str) -> bool:
    """Whether this act cancelled the order."""
    return _in_history(order, "ORDER_CANCELLATION", "reason", key) is not None


def found_cancel(api: Api, act: CancelOrder, order: Data, key: str) -> Done | None:
    """What a cancellation did, once the money is given back too."""
    if not cancelled_by(order, key) or (act.refund and purse(order).parts):
        return None
    made = refunds.marked(order, key)
    amount = api.money(sum(one["total"] for one in made), order["currencyCode"]) if made else None
    return Done(id=str(order["id"]), amount=amount, pending=any(one["state"] != "Settled" for one in made))


def cancel(api: Api, act: CancelOrder, order: Data, key: str, reason: str) -> Done:
    """Cancel everything, shipping too, then give back what is left of each payment."""
    if not cancelled_by(order, key):
        wanted = {
            "orderId": str(order["id"]),
            "reason": f"{reason[:_REASON_MAX]} {mark(key)}".strip(),
            "cancelShipping": True,
        }
        api.deciding(documents.CANCEL, input=wanted)
    made = list(refunds.marked(order, key))
    if act.refund:
        parts = purse(order).parts
        made += [refunds.give_back(api, payment, units, key, reason, []) for payment, units in parts]
    amount = api.money(sum(one["total"] for one in made), order["currencyCode"]) if made else None
    return Done(id=str(order["id"]), amount=amount, pending=any(one["state"] != "Settled" for one in made))


def preview_address(act: EditAddress, order: Data) -> Preview:
    """Nothing costs anything. Raises Rejected where goods may be on their way, or the address lacks something."""
    why = allowed.address(order)
    if why:
        raise Rejected(why)
    if not act.to.lines or not act.to.country:
        raise Rejected("An address needs a street and a country (its code, such as PT).")
    return Preview(notes=("The shipping price stays as it is.",))


def moved_by(order: Data, key: str) -> bool:
    """Whether this act changed the address already, and perhaps left the order open for changes."""
    sign = mark(key)
    return any(sign in (change["note"] or "") for change in order["modifications"])


def found_address(order: Data, key: str) -> Done | None:
    """A change of address that is finished."""
    return Done(id=str(order["id"])) if moved_by(order, key) and order["state"] != "Modifying" else None


def edit_address(api: Api, act: EditAddress, order: Data, key: str) -> Done:
    """Open the order for changes, change the address, close it again."""
    name = str(order["id"])
    if not moved_by(order, key):
        api.change(documents.TRANSITION, id=name, state="Modifying")
        to = act.to
        address = {
            "fullName": to.name,
            "streetLine1": to.lines[0],
            "streetLine2": ", ".join(to.lines[1:]),
            "city": to.city,
            "province": to.region,
            "postalCode": to.postcode,
            "countryCode": to.country,
            "phoneNumber": to.phone,
        }
        wanted = {
            "dryRun": False,
            "orderId": name,
            "updateShippingAddress": address,
            "note": mark(key),
            "options": {"freezePromotions": True, "recalculateShipping": False},
        }
        try:
            api.deciding(documents.MODIFY, input=wanted)
        except Rejected:
            _close(api, order)
            raise
    _close(api, order)
    return Done(id=name)


def _close(api: Api, order: Data) -> None:
    """Back to where the order was: to what its payments say, where it was left open by an earlier try."""
    before = order["state"]
    if before not in states.EDITABLE:
        before = "PaymentSettled" if purse(order).paid else "PaymentAuthorized"
    api.change(documents.TRANSITION, id=str(order["id"]), state=before)


def found_note(order: Data, key: str) -> Done | None:
    """The note that an act wrote."""
    entry = _in_history(order, "ORDER_NOTE", "note", key)
    return None if entry is None else Done(id=str(entry["id"]))


def add_note(api: Api, act: AddNote, key: str) -> Done:
    """Write a note that the customer does not see."""
    wanted = {"id": act.order_id, "note": f"{act.text}\n{mark(key)}", "isPublic": False}
    api.deciding(documents.NOTE, input=wanted)
    return Done(id=act.order_id)


def _in_history(order: Data, kind: str, field: str, key: str) -> Data | None:
    sign = mark(key)
    entries = (entry for entry in order["history"]["items"] if entry["type"] == kind)
    return next((entry for entry in entries if sign in (entry["data"].get(field) or "")), None)
