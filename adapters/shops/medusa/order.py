"""What Medusa tells of an order, in our words. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shops.common import moment, version
from adapters.shops.medusa import allowed, states
from adapters.shops.medusa.api import amount, money
from adapters.shops.medusa.config import MedusaConfig
from adapters.shops.medusa.parcels import Places, fulfilments
from adapters.shops.medusa.purse import payments, purse, refunds, state
from adapters.shops.medusa.read import address, line_product
from adapters.shops.medusa.slots import notes, others
from inbox.contract.commerce import Order, OrderLine, OrderState, Refund, Return, ReturnState

Data = Mapping[str, Any]
FIELDS = (
    "id,display_id,custom_display_id,status,version,currency_code,email,customer_id,created_at,metadata,"
    "item_total,shipping_total,tax_total,discount_total,*items,*items.detail,"
    "*shipping_address,*shipping_methods,*fulfillments,*fulfillments.items,*fulfillments.labels,*payment_collections,"
    "*payment_collections.payments,*payment_collections.payments.captures,*payment_collections.payments.refunds,"
    "sales_channel.name,cart.id,promotions.code"
)
"""What is asked of an order, in one call; `payment_status` comes by itself, returns are asked for apart."""


def number(data: Data) -> str:
    """An order's number, as its customer reads it."""
    return str(data.get("custom_display_id") or data["display_id"])


def worth(data: Data) -> Decimal:
    """What an order came to. Medusa's own total sinks with every refund, by credit lines; this one does not."""
    return amount(data["item_total"]) + amount(data["shipping_total"])


def order(config: MedusaConfig, data: Data, returns: list[Data], places: Places) -> Order:
    """An order, with the returns that belong to it."""
    currency, sums = data["currency_code"], purse(data)
    total = money(worth(data), currency)
    shipping = money(data["shipping_total"], currency)
    discount, tax = amount(data["discount_total"] or 0), amount(data["tax_total"] or 0)
    ship_to = address(data["shipping_address"]) if data["shipping_address"] else None
    can, refused = allowed.acts(data, sums)
    cart = data.get("cart") or {}
    return Order(
        id=str(data["id"]),
        number=number(data),
        state=states.ORDER.get(data["status"], OrderState.UNKNOWN),
        payment=state(data, sums, worth(data)),
        raw_state=data["status"],
        placed_at=moment(data["created_at"]),
        lines=tuple(_line(line, currency, left=sums.left > 0) for line in data["items"] or ()),
        total=total,
        shipping=shipping,
        tax=money(tax, currency) if tax else None,
        discount=money(discount, currency) if discount else None,
        refunded=money(sums.refunded, currency) if sums.refunded else None,
        coupons=tuple(one["code"] for one in data.get("promotions") or () if one and one.get("code")),
        fulfilments=fulfilments(data, places),
        refunds=tuple(
            Refund(
                id=str(one["id"]),
                amount=money(one["amount"], currency),
                reason=(one.get("note") or "").partition("[onethread:")[0].strip(),
                at=moment(one["created_at"]),
            )
            for one in refunds(data)
        ),
        returns=tuple(map(_return, returns)),
        ship_to=ship_to,
        sales_channel=(data.get("sales_channel") or {}).get("name") or "",
        buyer_id=data["customer_id"] or (f"email:{data['email'].casefold()}" if data["email"] else ""),
        email=data["email"] or "",
        phone=ship_to.phone if ship_to else "",
        tokens=(str(cart["id"]),) if cart.get("id") else (),
        admin_url=f"{config.admin_url}/orders/{data['id']}" if config.admin_url else "",
        note="\n\n".join(notes(data)),
        allowed=can,
        refused=refused,
        version=version_of(data, returns),
    )


def _line(data: Data, currency: str, *, left: bool) -> OrderLine:
    detail, quantity = data["detail"], int(amount(data["quantity"]))
    returned = int(amount(detail.get("return_received_quantity") or 0))
    return OrderLine(
        id=str(data["id"]),
        product=line_product(data),
        quantity=quantity,
        total=money(data["total"], currency),
        fulfilled=sent(detail),
        refundable=max(0, quantity - returned) if left else 0,
        returned=returned,
    )


def sent(detail: Data) -> int:
    """Pieces that left: goods that are fetched in a store are delivered without having been shipped."""
    return max(int(amount(detail.get(f"{name}_quantity") or 0)) for name in ("shipped", "delivered"))


def _counts(detail: Data) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if name.endswith("_quantity")}


def _return(data: Data) -> Return:
    items = data["items"] or ()
    reasons = [(one.get("reason") or {}).get("label") or one.get("note") or "" for one in items]
    return Return(
        id=str(data["id"]),
        state=states.RETURN.get(data["status"], ReturnState.UNKNOWN),
        raw_state=data["status"],
        lines={str(one["item_id"]): int(amount(one["quantity"])) for one in items},
        reason=next(filter(None, reasons), ""),
        drop_off=f"store:{data['location_id']}" if data.get("location_id") else "",
    )


def version_of(data: Data, returns: list[Data]) -> str:
    """Changes with whatever matters to an act: not with the order's `updated_at`, which parcels and payments leave as
    it is, and not with what our own acts write down beside the order."""
    return version(
        [data["status"], data["version"], data["email"], data["shipping_address"], others(data)],
        [[line["id"], line["quantity"], _counts(line["detail"])] for line in data["items"] or ()],
        [
            [one["id"], [one.get(f"{name}_at") for name in ("packed", "shipped", "delivered", "canceled")]]
            for one in data["fulfillments"] or ()
        ],
        [[one["id"], one.get("captures"), one.get("refunds")] for one in payments(data)],
        [[one["id"], one["status"]] for one in returns if one["status"] != "open"],
    )
