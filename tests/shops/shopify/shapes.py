"""How what a made-up Shopify shop keeps looks in the Admin API: dicts that graphql-core resolves."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.shops.shopify.store import BACK, CURRENCY, PLACE, SHIPPING, Line, Person, Sale, Variant, gid


def amount(value: Decimal) -> dict[str, Any]:
    """As Shopify writes it: without zeros at the end, but with one place."""
    text = f"{value:.2f}"
    return {"amount": text.removesuffix("0"), "currencyCode": CURRENCY}


def bag(value: Decimal) -> dict[str, Any]:
    """An amount in both currencies, which are one here."""
    return {"presentmentMoney": amount(value), "shopMoney": amount(value)}


def pages(items: Iterable[Any]) -> Callable[..., dict[str, Any]]:
    """A connection over items."""
    kept = list(items)

    def resolve(_info: Any, first: int = 250, after: str | None = None, **_other: Any) -> dict[str, Any]:
        start = int(after or 0)
        end = start + first
        info = {"hasNextPage": end < len(kept), "endCursor": str(min(end, len(kept)))}
        return {"nodes": kept[start:end], "pageInfo": info}

    return resolve


def first_of(items: Iterable[Any]) -> Callable[..., list[Any]]:
    """A list of which only the first are wanted."""
    kept = list(items)
    return lambda _info, first=250, **_other: kept[:first]


def variant(data: Variant) -> dict[str, Any]:
    """A variant as the API has it."""
    levels = [
        {
            "isActive": True,
            "location": place,
            "quantities": lambda _info, names, count=count: [
                {"name": name, "quantity": count} for name in names
            ],
        }
        for place, count in zip((PLACE, BACK), data.stock, strict=True)
    ]
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", data),
        "title": "Default Title",
        "sku": data.sku,
        "price": f"{data.price:.2f}",
        "availableForSale": True,
        "inventoryQuantity": sum(data.stock),
        "product": {"id": gid("Product", data), "title": data.title},
        "inventoryItem": {"inventoryLevels": pages(levels)},
    }


def line(sale: Sale, data: Line) -> dict[str, Any]:
    """A line of an order as the API has it."""
    return {
        "id": gid("LineItem", data),
        "title": data.variant.title,
        "sku": data.variant.sku,
        "quantity": data.quantity,
        "refundableQuantity": 0 if sale.cancelled else data.quantity - sale.back(data),
        "variant": lambda _info: variant(data.variant),
        "discountedTotalSet": lambda _info, **_w: bag(data.variant.price * data.quantity),
    }


def order(sale: Sale, person: Callable[[Person], Mapping[str, Any]]) -> dict[str, Any]:
    """An order as the API has it."""
    lines = {one.id: line(sale, one) for one in sale.lines}
    left = {one.id: one.quantity - sale.sent(one) for one in sale.lines}
    sent = sum(sale.sent(one) for one in sale.lines)
    method = {"deliveryMethod": {"methodType": sale.way}}
    packing = {
        "id": gid("FulfillmentOrder", sale),
        "status": "CANCELLED" if sale.cancelled else "OPEN" if any(left.values()) else "CLOSED",
        **method,
        "assignedLocation": {"name": PLACE["name"], "location": PLACE},
        "lineItems": pages(
            {"remainingQuantity": rest, "lineItem": lines[name]} for name, rest in left.items()
        ),
    }
    parcels = [
        {
            "id": gid("Fulfillment", one["id"]),
            "displayStatus": one["status"],
            "createdAt": one["at"].isoformat(),
            "updatedAt": one["at"].isoformat(),
            "location": PLACE,
            "trackingInfo": first_of([{"number": one["number"], "company": "CTT", "url": None}]),
            "fulfillmentOrders": pages([method]),
            "fulfillmentLineItems": pages(
                {
                    "id": gid("FulfillmentLineItem", f"{one['id']}-{piece.id}"),
                    "quantity": quantity,
                    "lineItem": lines[piece.id],
                }
                for piece, quantity in one["lines"]
            ),
        }
        for one in sale.parcels
    ]
    money = "REFUNDED" if sale.refunded >= sale.total else "PARTIALLY_REFUNDED" if sale.refunded else "PAID"
    progress = "FULFILLED" if not any(left.values()) else "PARTIALLY_FULFILLED" if sent else "UNFULFILLED"
    return {
        "__typename": "Order",
        "id": gid("Order", sale),
        "name": sale.name,
        **dict.fromkeys(("createdAt", "processedAt"), sale.at.isoformat()),
        "updatedAt": sale.changed.isoformat(),
        "cancelledAt": sale.cancelled.isoformat() if sale.cancelled else None,
        "displayFinancialStatus": money,
        "displayFulfillmentStatus": progress,
        "returnStatus": "RETURN_REQUESTED" if sale.returns else "NO_RETURN",
        **dict.fromkeys(("currencyCode", "presentmentCurrencyCode"), CURRENCY),
        "email": sale.person.email,
        "note": sale.note,
        "tags": [],
        "discountCodes": [],
        "sourceName": "web",
        "cartToken": sale.token,
        "statusPageUrl": f"https://alpe.example/orders/{sale.id}",
        "cancellation": {"staffNote": sale.staff_note} if sale.cancelled else None,
        "customer": lambda _info: person(sale.person),
        "shippingAddress": sale.address,
        "totalPriceSet": bag(sale.total),
        "totalShippingPriceSet": bag(SHIPPING),
        **dict.fromkeys(("totalTaxSet", "totalDiscountsSet"), bag(Decimal(0))),
        "totalRefundedSet": bag(sale.refunded),
        "netPaymentSet": bag(sale.total - sale.refunded),
        "lineItems": pages(lines.values()),
        "fulfillments": first_of(parcels),
        "fulfillmentOrders": pages([packing]),
        "refunds": first_of(refund(sale, one) for one in sale.refunds),
        "returns": pages(return_(one, lines) for one in sale.returns),
        "suggestedRefund": lambda _info, **wanted: suggested(sale, **wanted),
    }


def refund(sale: Sale, data: Mapping[str, Any]) -> dict[str, Any]:
    """A refund as the API has it."""
    known = {one.id: one for one in sale.lines}
    items = [
        {"quantity": quantity, "lineItem": line(sale, known[name])}
        for name, quantity in data["lines"].items()
    ]
    return {
        "id": gid("Refund", data["id"]),
        "createdAt": data["at"].isoformat(),
        "note": data["note"],
        "totalRefundedSet": bag(data["amount"]),
        "refundLineItems": pages(items),
    }


def return_(data: Mapping[str, Any], lines: Mapping[int, Any]) -> dict[str, Any]:
    """A return as the API has it."""
    items = [
        {
            "__typename": "ReturnLineItem",
            "quantity": quantity,
            "customerNote": note,
            "fulfillmentLineItem": {
                "id": name,
                "quantity": quantity,
                "lineItem": lines[int(name.split("-")[-1])],
            },
        }
        for name, quantity, note in data["items"]
    ]
    return {
        "id": gid("Return", data["id"]),
        "name": "R1",
        "status": "REQUESTED",
        "returnLineItems": pages(items),
    }


def suggested(sale: Sale, **wanted: Any) -> dict[str, Any]:
    """What Shopify would give back."""
    most = sale.total - sale.refunded
    prices = {gid("LineItem", one): one.variant.price for one in sale.lines}
    lines = wanted.get("refundLineItems") or []
    value = sum((prices[one["lineItemId"]] * one["quantity"] for one in lines), Decimal(0))
    value += SHIPPING if wanted.get("refundShipping") else Decimal(0)
    value = most if wanted.get("suggestFullRefund") else min(value, most)
    parent = {"gateway": "bogus", "parentTransaction": {"id": gid("OrderTransaction", sale)}}
    payment = {**parent, "amountSet": bag(value), "maximumRefundableSet": bag(most)}
    return {
        "amountSet": bag(value),
        "maximumRefundableSet": bag(most),
        "suggestedTransactions": [payment] if most else [],
    }
