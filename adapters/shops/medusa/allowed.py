"""What can be done with a Medusa order in its present state, and why something cannot. Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.medusa.api import amount
from adapters.shops.medusa.purse import Purse
from inbox.contract.commerce import Can

Data = Mapping[str, Any]


def acts(order: Data, sums: Purse) -> tuple[frozenset[Can], dict[Can, str]]:
    """The acts that are possible, and a sentence for each other one."""
    why = {
        Can.REFUND: refund(sums),
        Can.CANCEL: cancel(order),
        Can.EDIT_ADDRESS: address(order),
        Can.NOTE: "A cancelled order takes no notes." if order["status"] == "canceled" else "",
        Can.RETURN: returning(order),
    }
    return frozenset(can for can, no in why.items() if not no), {can: no for can, no in why.items() if no}


def refund(sums: Purse) -> str:
    """Why nothing can be given back, or ""."""
    if sums.captured <= 0:
        return "Nothing was paid."
    return "" if sums.parts else "Everything was given back already."


def cancel(order: Data) -> str:
    """Why the order cannot be cancelled, or ""."""
    if order["status"] == "canceled":
        return "The order is cancelled already."
    if order["status"] in ("completed", "archived"):
        return "The order is completed already."
    return "Goods are packed or on their way already." if _under_way(order) else ""


def address(order: Data) -> str:
    """Why the goods cannot be sent elsewhere, or ""."""
    if order["status"] == "canceled":
        return "The order is cancelled already."
    if not order["shipping_address"]:
        return "The order is not sent to an address."
    return "The goods are packed or sent already." if _under_way(order) else ""


def returning(order: Data) -> str:
    """Why nothing can come back, or ""."""
    if order["status"] == "canceled":
        return "The order is cancelled already."
    return (
        ""
        if any(map(returnable, order["items"] or ()))
        else "Nothing is packed or sent that could come back."
    )


def returnable(line: Data) -> int:
    """Pieces of a line that can come back: those that were packed and are not asked for already."""
    detail = line["detail"]
    packed, asked = (detail.get(f"{name}_quantity") or 0 for name in ("fulfilled", "return_requested"))
    back = detail.get("return_received_quantity") or 0
    return max(0, int(amount(packed) - amount(asked) - amount(back)))


def _under_way(order: Data) -> bool:
    return any(not parcel["canceled_at"] for parcel in order["fulfillments"] or ())
