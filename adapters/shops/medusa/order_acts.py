"""Cancelling a Medusa order, sending it elsewhere, and notes at it. Each leaves its key in the order's metadata."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shops.medusa import allowed
from adapters.shops.medusa.api import Api, money
from adapters.shops.medusa.purse import purse
from adapters.shops.medusa.slots import adding, told
from inbox.contract import Rejected
from inbox.contract.commerce import AddNote, Address, CancelOrder, Done, EditAddress, Money, Preview

Data = Mapping[str, Any]
_CANCEL, _ADDRESS, _NOTE = "cancel", "address", "note"


def preview_cancel(act: CancelOrder, order: Data) -> Preview:
    """What would be given back. Raises Rejected where it cannot be done as it is wished."""
    why = allowed.cancel(order)
    if why:
        raise Rejected(why)
    if not act.restock:
        raise Rejected("Medusa always frees the stock of a cancelled order.")
    left = money(purse(order).left, order["currency_code"])
    if not act.refund and left.amount > 0:
        raise Rejected("Medusa always gives back what was paid when an order is cancelled.")
    return Preview(amount=left if left.amount > 0 else None, most=left)


def found_cancel(order: Data, key: str) -> Done | None:
    """Whether an act cancelled the order: it says so there beforehand."""
    said = told(order, _CANCEL, key)
    return _cancelled(order, said) if said is not None and order["status"] == "canceled" else None


def _cancelled(order: Data, said: Any) -> Done:
    back = said["amount"]
    currency = str(order["currency_code"]).upper()
    return Done(id=str(order["id"]), amount=Money(amount=Decimal(back), currency=currency) if back else None)


def cancel(api: Api, act: CancelOrder, order: Data, key: str, reason: str) -> Done:
    """Write down who cancels, because Medusa has no place for it in the call, then cancel."""
    back = preview_cancel(act, order).amount
    said = {"amount": str(back.amount) if back else "", "reason": reason[:180]}
    api.prepare(f"orders/{order['id']}", {"metadata": adding(order, _CANCEL, key, said)})
    api.deciding(f"orders/{order['id']}/cancel")
    return _cancelled(order, said)


def preview_address(act: EditAddress, order: Data) -> Preview:
    """Raises Rejected where the goods cannot be sent there."""
    why = allowed.address(order)
    if why:
        raise Rejected(why)
    if not act.to.lines or not act.to.country:
        raise Rejected("An address needs a street and a country (its code, such as PT).")
    if act.to.country.casefold() != (order["shipping_address"]["country_code"] or "").casefold():
        raise Rejected("Medusa does not let an order go to another country than it was taxed for.")
    return Preview(notes=("The shipping price and the taxes stay as they are.",))


def found_address(order: Data, key: str) -> Done | None:
    """Whether an act changed the address: both are written at once."""
    return Done(id=str(order["id"])) if told(order, _ADDRESS, key) is not None else None


def edit_address(api: Api, act: EditAddress, order: Data, key: str, reason: str) -> Done:
    """Change the address and leave the key, in one call."""
    body = {
        "shipping_address": _address(act.to),
        "metadata": adding(order, _ADDRESS, key, reason[:180] or "changed"),
    }
    api.deciding(f"orders/{order['id']}", body)
    return Done(id=str(order["id"]))


def _address(to: Address) -> dict[str, str]:
    first, _space, last = to.name.strip().rpartition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "company": "",
        "address_1": to.lines[0],
        "address_2": ", ".join(to.lines[1:]),
        "city": to.city,
        "province": to.region,
        "postal_code": to.postcode,
        "country_code": to.country.lower(),
        "phone": to.phone,
    }


def preview_note(order: Data) -> Preview:
    """Raises Rejected where the order takes no notes."""
    if order["status"] == "canceled":
        raise Rejected("A cancelled order takes no notes.")
    return Preview(notes=("It stands in the order's metadata: Medusa has no notes at orders.",))


def found_note(order: Data, key: str) -> Done | None:
    """Whether a note was written."""
    return Done(id=str(order["id"])) if told(order, _NOTE, key) is not None else None


def add_note(api: Api, act: AddNote, order: Data, key: str) -> Done:
    """Write it into a slot of its own."""
    api.deciding(f"orders/{order['id']}", {"metadata": adding(order, _NOTE, key, act.text)})
    return Done(id=str(order["id"]))
