"""What a made-up Shopify shop does on mutations: a method for each field of the root."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from graphql import get_directive_values

from tests.shops.shopify import shapes, store
from tests.shops.shopify.reading import Reading
from tests.shops.shopify.store import gid, number


class Acting(Reading):
    """The mutations."""

    def do_refundCreate(self, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        directive = info.schema.get_directive("idempotent")
        assert directive is not None
        words = get_directive_values(directive, info.field_nodes[0], info.variable_values)
        assert words, "Shopify asks for a key"
        key = words["key"]
        if key not in self.once:
            sale = self.sales[input["orderId"]]
            assert input["currency"] == store.CURRENCY
            value = sum((Decimal(one["amount"]) for one in input["transactions"]), Decimal(0))
            if self.refuses or value > sale.total - sale.refunded:
                return _refusal(self.refuses or "Refund amount is more than what is available")
            lines = {
                int(one["lineItemId"].split("/")[-1]): one["quantity"] for one in input["refundLineItems"]
            }
            made = {
                "id": number(),
                "at": datetime.now(UTC),
                "note": input["note"],
                "amount": value,
                "lines": lines,
            }
            sale.refunds.append(made)
            self.changed(sale, "REFUNDS_CREATE", {"id": made["id"], "order_id": sale.id})
            self.once[key] = {"refund": shapes.refund(sale, made), "userErrors": []}
        return self.once[key]

    def do_orderCancel(self, _info: Any, orderId: str, staffNote: str, refundMethod: Any, **_w: Any) -> Any:  # noqa: N803
        sale = self.sales[orderId]

        def cancel() -> None:
            if refundMethod["originalPaymentMethodsRefund"] and sale.total > sale.refunded:
                rest = {"amount": sale.total - sale.refunded, "note": None, "lines": {}}
                sale.refunds.append({"id": number(), "at": datetime.now(UTC), **rest})
            sale.cancelled, sale.staff_note = datetime.now(UTC), staffNote
            self.changed(sale, "ORDERS_CANCELLED", {"id": sale.id})

        self.jobs.append(cancel)
        return {"job": {"id": gid("Job", number()), "done": False}, "orderCancelUserErrors": []}

    def do_orderUpdate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        sale = self.sales[input["id"]]
        if "note" in input:
            sale.note = input["note"]
        if to := input.get("shippingAddress"):
            name = f"{to['firstName']} {to['lastName']}".strip()
            sale.address = {**to, "name": name, "countryCodeV2": to["countryCode"]}
        self.changed(sale, "ORDERS_UPDATED", {"id": sale.id})
        return {"order": self.order(sale), "userErrors": []}

    def do_returnRequest(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        sale = self.sales[input["orderId"]]
        items = [
            (one["fulfillmentLineItemId"], one["quantity"], one["customerNote"])
            for one in input["returnLineItems"]
        ]
        sale.returns.append({"id": number(), "items": items})
        self.changed(sale, "RETURNS_REQUEST", {"id": 1, "order": {"id": sale.id}})
        return {"return": {"id": gid("Return", sale.returns[-1]["id"]), "name": "R1"}, "userErrors": []}

    def do_draftOrderCreate(self, _info: Any, input: dict[str, Any]) -> Any:  # noqa: A002
        prices = {gid("ProductVariant", one): one.price for one in self.variants}
        value = sum((prices[one["variantId"]] * one["quantity"] for one in input["lineItems"]), Decimal(0))
        made = {
            "id": gid("DraftOrder", number()),
            "invoiceUrl": "https://alpe.example/invoices/1",
            "tags": input["tags"],
            "totalPriceSet": shapes.bag(value),
        }
        self.drafts.append(made)
        return {"draftOrder": made, "userErrors": []}

    def do_discountCodeBasicCreate(self, _info: Any, basicCodeDiscount: dict[str, Any]) -> Any:  # noqa: N803
        value = basicCodeDiscount["customerGets"]["value"]
        assert 0 < value.get("percentage", 1) <= 1
        code = basicCodeDiscount["code"].casefold()
        if code in self.codes:
            return _refusal("Code must be unique.")
        basic = {"__typename": "DiscountCodeBasic", "tags": basicCodeDiscount["tags"]}
        self.codes[code] = {"id": gid("DiscountCodeNode", number()), "codeDiscount": basic}
        return {"codeDiscountNode": self.codes[code], "userErrors": []}

    def do_webhookSubscriptionCreate(
        self,
        _info: Any,
        topic: str,
        webhookSubscription: dict[str, Any],  # noqa: N803
    ) -> Any:
        made = {"id": gid("WebhookSubscription", number()), "topic": topic, "uri": webhookSubscription["uri"]}
        if any((one["topic"], one["uri"]) == (topic, made["uri"]) for one in self.hooks):
            return _refusal("Address for this topic has already been taken")
        self.hooks.append(made)
        return {"webhookSubscription": made, "userErrors": []}

    def do_webhookSubscriptionDelete(self, _info: Any, id: str) -> Any:  # noqa: A002
        self.hooks = [one for one in self.hooks if one["id"] != id]
        return {"userErrors": []}


def _refusal(message: str) -> dict[str, Any]:
    return {"userErrors": [{"field": None, "message": message}]}
