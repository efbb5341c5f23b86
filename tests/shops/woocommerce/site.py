"""A WooCommerce site in memory: what happens in it, what it checks before it does something, and its webhooks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.shops.woocommerce.hooks import URL, Hooks, Refusal, invalid

KEY, SECRET = "ck_of_these_tests", "cs_of_these_tests"
TAX = Decimal("0.19")
STATUSES = "any trash pending processing on-hold completed cancelled refunded failed"


class Site:
    """The shop. Everything is kept as the API shows it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
        self.read_only = False
        self.customers: dict[int, dict[str, Any]] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.coupons: dict[int, dict[str, Any]] = {}
        self.hooks = Hooks(self.number)
        self._last = 1000

    # What happens in the shop

    def number(self) -> int:
        self._last += 1
        return self._last

    def tick(self) -> str:
        """The time of the next thing that happens: a minute later."""
        self.now += timedelta(seconds=61)
        return self.now.strftime("%Y-%m-%dT%H:%M:%S")

    def register(self, email: str, name: str, phone: str = "") -> dict[str, Any]:
        first, _, last = name.partition(" ")
        at, number = self.tick(), self.number()
        address = _address(first_name=first, last_name=last)
        self.customers[number] = {
            "id": number,
            "date_created_gmt": at,
            "date_modified_gmt": at,
            "email": email,
            "first_name": first,
            "last_name": last,
            "role": "customer",
            "username": email.split("@", maxsplit=1)[0],
            "billing": {**address, "email": email, "phone": phone},
            "shipping": dict(address),
            "meta_data": [],
        }
        self.hooks.tell("customer.updated", self.customers[number])
        return self.customers[number]

    def stock_up(self, sku: str, name: str, price: str, **more: Any) -> dict[str, Any]:
        number = self.number()
        self.products[number] = {
            "id": number,
            "name": name,
            "sku": sku,
            "price": price,
            "status": "publish",
            "type": "simple",
            "permalink": f"{URL}/product/{number}/",
            "parent_id": 0,
            "attributes": [],
            "images": [],
            "manage_stock": True,
            "stock_quantity": 500,
            "stock_status": "instock",
            **more,
        }
        return self.products[number]

    def place(self, lines: Mapping[int, int], person: Mapping[str, Any], customer: int = 0) -> dict[str, Any]:
        """An order that is paid at the checkout."""
        order = self.order(
            {
                "customer_id": customer,
                "billing": person,
                "shipping": {key: value for key, value in person.items() if key != "email"},
                "line_items": [{"product_id": name, "quantity": count} for name, count in lines.items()],
                "shipping_lines": [{"method_id": "flat_rate", "method_title": "Flat Rate", "total": "5.00"}],
            }
        )
        order |= {"status": "processing", "date_paid_gmt": self.tick(), "payment_method": "stripe"}
        self.change(order)
        return order

    def change(self, order: dict[str, Any]) -> None:
        order["date_modified_gmt"] = self.tick()
        self.hooks.tell("order.updated", order)

    # What is done

    def order(self, body: Any) -> dict[str, Any]:
        at, number = self.tick(), self.number()
        lines = [self._line(wanted) for wanted in body["line_items"]]
        shipping = [
            {"id": self.number(), **one, "total_tax": "0.00", "taxes": [], "meta_data": []}
            for one in body.get("shipping_lines", [])
        ]
        cost = sum((Decimal(one["total"]) for one in shipping), Decimal(0))
        tax = sum((Decimal(line["total_tax"]) for line in lines), Decimal(0))
        goods = sum((Decimal(line["total"]) for line in lines), Decimal(0))
        self.orders[number] = {
            "id": number,
            "number": str(number),
            "order_key": f"wc_order_{number}",
            "currency": "EUR",
            "status": body.get("status", "pending"),
            "customer_id": body.get("customer_id", 0),
            "date_created_gmt": at,
            "date_modified_gmt": at,
            "date_paid_gmt": None,
            "date_completed_gmt": None,
            "payment_method": "",
            "created_via": "rest-api",
            "discount_total": "0.00",
            "discount_tax": "0.00",
            "shipping_tax": "0.00",
            "customer_note": "",
            "shipping_total": str(cost),
            "total_tax": str(tax),
            "total": str(goods + tax + cost),
            "billing": {**_address(), "email": "", **body.get("billing", {})},
            "shipping": {**_address(), **body.get("shipping", {})},
            "line_items": lines,
            "shipping_lines": shipping,
            "coupon_lines": [{"id": self.number(), **one} for one in body.get("coupon_lines", [])],
            "refunds": [],
            "meta_data": _meta(body),
            "payment_url": f"{URL}/checkout/order-pay/{number}/?pay_for_order=true&key=wc_order_{number}",
        }
        self.hooks.tell("order.created", self.orders[number])
        return self.orders[number]

    def _line(self, wanted: Any) -> dict[str, Any]:
        product = self.products.get(wanted.get("variation_id") or wanted["product_id"])
        if product is None or type(wanted["quantity"]) is not int:
            raise Refusal(400, "woocommerce_rest_invalid_product_id", "Product is invalid.")
        product["stock_quantity"] -= wanted["quantity"]
        net = Decimal(product["price"]) * wanted["quantity"]
        tax = (net * TAX).quantize(Decimal("0.01"))
        return {
            "id": self.number(),
            "name": product["name"],
            "sku": product["sku"],
            "product_id": wanted["product_id"],
            "variation_id": wanted.get("variation_id", 0),
            "quantity": wanted["quantity"],
            "total": str(net),
            "total_tax": str(tax),
            "meta_data": [],
            "taxes": [{"id": 75, "total": str(tax), "subtotal": str(tax)}],
            "image": {"id": "", "src": ""},
        }

    def refund(self, order: dict[str, Any], body: Any) -> dict[str, Any]:
        if not isinstance(body["amount"], str) or type(body["api_refund"]) is not bool:
            raise invalid("amount, api_refund")
        amount, done = Decimal(body["amount"]), sum(abs(Decimal(one["total"])) for one in order["refunds"])
        if not 0 < amount <= Decimal(order["total"]) - done:
            raise Refusal(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.")
        known = {line["id"] for line in (*order["line_items"], *order["shipping_lines"])}
        items = []
        for item in body["line_items"]:
            if item["id"] not in known or type(item["quantity"]) is not int:
                raise invalid("line_items")
            assert isinstance(item["refund_total"], str)
            source = {"id": 1, "key": "_refunded_item_id", "value": str(item["id"])}
            items.append({"id": self.number(), "quantity": -item["quantity"], "meta_data": [source]})
        refund = {
            "id": self.number(),
            "date_created_gmt": self.tick(),
            "amount": body["amount"],
            "reason": body["reason"],
            "refunded_by": 1,
            "refunded_payment": body["api_refund"],
            "meta_data": _meta(body),
            "line_items": items,
        }
        self.refunds.setdefault(order["id"], []).insert(0, refund)
        told = {"id": refund["id"], "reason": refund["reason"], "total": f"-{body['amount']}"}
        order["refunds"].append(told)
        if done + amount == Decimal(order["total"]):
            order["status"] = "refunded"
        self.change(order)
        return refund

    def note(self, order: dict[str, Any], body: Any) -> dict[str, Any]:
        note = {
            "id": self.number(),
            "date_created_gmt": self.tick(),
            "note": body["note"],
            "author": "Desk" if body.get("added_by_user") else "system",
            "customer_note": body["customer_note"],
        }
        self.notes.setdefault(order["id"], []).append(note)
        return note

    def edit(self, order: dict[str, Any], body: Any) -> dict[str, Any]:
        assert set(body) <= {"status", "shipping", "meta_data"}
        if body.get("status", "pending") not in STATUSES.split()[2:]:
            raise invalid("status")
        assert set(body.get("shipping", {})) <= set(_address())
        order["status"] = body.get("status", order["status"])
        order["shipping"] |= body.get("shipping", {})
        order["meta_data"] += _meta(body)
        self.change(order)
        return order

    def coupon(self, body: Any) -> dict[str, Any]:
        code = body["code"].lower()
        if any(one["code"] == code for one in self.coupons.values()):
            raise Refusal(
                400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists."
            )
        if body["discount_type"] not in ("percent", "fixed_cart", "fixed_product"):
            raise invalid("discount_type")
        assert datetime.fromisoformat(body["date_expires"]).utcoffset() is not None
        Decimal(body["amount"])
        number = self.number()
        self.coupons[number] = {**body, "id": number, "code": code, "meta_data": _meta(body)}
        return self.coupons[number]


def _meta(body: Any) -> list[dict[str, Any]]:
    return [{"id": number, **one} for number, one in enumerate(body.get("meta_data", []), start=1)]


def _address(**known: str) -> dict[str, str]:
    names = "first_name last_name company address_1 address_2 city state postcode country phone"
    return {**dict.fromkeys(names.split(), ""), **known}
