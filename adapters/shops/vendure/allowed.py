"""What can be done with a Vendure order in its present state, and why something cannot. Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.vendure import states
from adapters.shops.vendure.payments import Purse
from inbox.contract.commerce import Can

Data = Mapping[str, Any]


def acts(order: Data, sums: Purse) -> tuple[frozenset[Can], dict[Can, str]]:
    """The acts that are possible, and a sentence for each other one."""
    why = {
        Can.NOTE: "",
        Can.REFUND: refund(order, sums),
        Can.REFUND_LINES: refund(order, sums),
        Can.CANCEL: cancel(order),
        Can.EDIT_ADDRESS: address(order),
    }
    return frozenset(can for can, no in why.items() if not no), {can: no for can, no in why.items() if no}


def refund(order: Data, sums: Purse) -> str:
    """Why nothing can be given back, or ""."""
    if order["state"] in states.NOT_REFUNDABLE:
        return "The payment is not settled yet."
    if not sums.paid:
        return "Nothing was paid."
    return "" if sums.parts else "Everything was given back already."


def cancel(order: Data) -> str:
    """Why the order cannot be cancelled, or ""."""
    if order["state"] == "Cancelled":
        return "The order is cancelled already."
    if any(parcel["state"] in ("Shipped", "Delivered") for parcel in order["fulfillments"] or []):
        return "Goods are on their way already."
    return (
        ""
        if "Cancelled" in order["nextStates"]
        else "The shop does not let an order in this state be cancelled."
    )


def address(order: Data) -> str:
    """Why the goods cannot be sent elsewhere, or ""."""
    if order["state"] in states.EDITABLE and "Modifying" in order["nextStates"] and not order["fulfillments"]:
        return ""
    return "The goods are packed or sent already, or the order is not paid yet."
