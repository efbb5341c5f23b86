"""What can be done with a Shopify order in its present state, and why something cannot. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shops.shopify import states
from inbox.contract.commerce import Can

Data = Mapping[str, Any]


def acts(order: Data) -> tuple[frozenset[Can], dict[Can, str]]:
    """The acts that are possible, and a sentence for each other one."""
    back = refund(order)
    why = {
        Can.NOTE: "",
        Can.REFUND: back,
        Can.REFUND_LINES: back,
        Can.CANCEL: cancel(order),
        Can.EDIT_ADDRESS: address(order),
        Can.RETURN: return_(order),
    }
    return frozenset(can for can, no in why.items() if not no), {can: no for can, no in why.items() if no}


def refund(order: Data) -> str:
    """Why nothing can be given back, or ""."""
    if order["displayFinancialStatus"] in ("AUTHORIZED", "PENDING", "EXPIRED"):
        return "Nothing was paid yet."
    left = Decimal(str(order["netPaymentSet"]["presentmentMoney"]["amount"]))
    return "" if left > 0 else "Everything was given back already, or nothing was paid."


def cancel(order: Data) -> str:
    """Why the order cannot be cancelled, or ""."""
    if order["cancelledAt"]:
        return "The order is cancelled already."
    if order["displayFulfillmentStatus"] in ("FULFILLED", "PARTIALLY_FULFILLED") or _sent(order):
        return "Goods are on their way already."
    if order["returnStatus"] in ("IN_PROGRESS", "RETURN_REQUESTED"):
        return "A return is open."
    return ""


def address(order: Data) -> str:
    """Why the goods cannot be sent elsewhere, or ""."""
    if order["cancelledAt"]:
        return "The order is cancelled."
    if order["displayFulfillmentStatus"] not in states.UNSENT or _sent(order):
        return "The goods are packed or sent already."
    return "" if order["shippingAddress"] else "Nothing of this order is sent to an address."


def return_(order: Data) -> str:
    """Why no goods can come back, or ""."""
    return "" if _sent(order) else "Nothing has been sent yet, so nothing can come back."


def _sent(order: Data) -> bool:
    return any(parcel["displayStatus"] != "CANCELED" for parcel in order["fulfillments"])
