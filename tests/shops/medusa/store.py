"""What a Medusa shop keeps, for tests: with its way of counting, and no more of it than is looked at."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Data = dict[str, Any]
PRICE = 89.9
LISBON, PORTO = "sloc_lisbon", "sloc_porto"
SHIP, PICKUP = "so_parcel", "so_pickup"
SKUS = ("SHOE-42", "ROPE-60")


class Refusal(Exception):
    """An error of the Admin API."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class Store:
    """The shop. `tell` gets the topic and id of what the plugin would send."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell
        self._numbers = itertools.count(1)
        self._start = datetime.now(UTC) - timedelta(hours=1)
        self.customers: dict[str, Data] = {}
        self.carts: dict[str, Data] = {}
        self.orders: dict[str, Data] = {}
        self.returns: dict[str, Data] = {}
        self.promotions: dict[str, Data] = {}
        self.variants = {f"variant_{sku}": self._variant(sku) for sku in SKUS}
        self.levels = {f"iitem_{sku}": [_level(LISBON, 4000), _level(PORTO, 250)] for sku in SKUS}

    def name(self, kind: str) -> str:
        """An id that nothing has yet."""
        return f"{kind}_{next(self._numbers):08d}"

    def now(self) -> str:
        """A moment after every former one."""
        return (self._start + timedelta(milliseconds=next(self._numbers))).isoformat().replace("+00:00", "Z")

    def _variant(self, sku: str) -> Data:
        product = {"id": f"prod_{sku}", "title": f"Thing {sku}", "handle": sku.lower(), "thumbnail": None}
        prices = [
            _price(99, "usd"),
            _price(70, "eur", min_quantity=10),
            _price(75, "eur", rules={"region_id": "reg_1"}),
            _price(PRICE, "eur"),
        ]
        part = {"id": f"pvitem_{sku}", "inventory_item_id": f"iitem_{sku}", "required_quantity": 1}
        return {
            "id": f"variant_{sku}",
            "title": "42",
            "sku": sku,
            "thumbnail": None,
            "manage_inventory": True,
            "prices": prices,
            "inventory_items": [part],
            "product": {**product, "status": "published"},
        }

    # Shoppers

    def register(self, email: str, phone: str, name: str, *, account: bool = True) -> str:
        first, _space, last = name.partition(" ")
        made: Data = {
            "id": self.name("cus"),
            "email": email,
            "first_name": first,
            "last_name": last,
            "phone": phone or None,
        }
        more = {
            "has_account": account,
            "created_at": self.now(),
            "company_name": None,
            "addresses": [],
            "groups": [],
        }
        self.customers[made["id"]] = {**made, **more}
        self._tell("buyer", made["id"])
        return str(made["id"])

    def fill(self, customer_id: str | None, email: str, sku: str, quantity: int) -> str:
        open_ = [one for one in self.carts.values() if one["email"] == email and not one["completed_at"]]
        cart = open_[0] if open_ else self._cart(customer_id, email)
        cart["items"] = [line for line in cart["items"] if line["variant_sku"] != sku]
        if quantity:
            at = self.now()
            line: Data = {
                "id": self.name("cali"),
                "title": "42",
                "product_title": f"Thing {sku}",
                "variant_title": "42",
            }
            line |= {
                "variant_sku": sku,
                "variant_id": f"variant_{sku}",
                "thumbnail": None,
                "quantity": quantity,
            }
            worth = round(PRICE * quantity, 2)
            line |= {"unit_price": PRICE, "total": worth, "original_total": worth}
            cart["items"].append({**line, "created_at": at, "updated_at": at})
        cart["total"] = round(sum(line["total"] for line in cart["items"]), 2)
        self._tell("cart", cart["id"])
        return str(cart["id"])

    def _cart(self, customer_id: str | None, email: str) -> Data:
        at = self.now()
        made: Data = {
            "id": self.name("cart"),
            "email": email,
            "customer_id": customer_id,
            "currency_code": "eur",
        }
        made |= {"created_at": at, "updated_at": at, "completed_at": None, "discount_total": 0, "total": 0}
        made |= {"items": [], "promotions": []}
        self.carts[made["id"]] = made
        return made

    def complete(self, cart_id: str, *, option: str = SHIP) -> Data:
        """Order what is in a cart; the payment is taken at once."""
        cart, at = self.carts[cart_id], self.now()
        cart["completed_at"] = at
        shipping = 0 if option == PICKUP else 4.5
        names = (
            "title",
            "product_title",
            "variant_title",
            "variant_sku",
            "variant_id",
            "thumbnail",
            "quantity",
        )
        items = []
        for line in cart["items"]:
            detail = dict.fromkeys(
                f"{name}_quantity"
                for name in ("fulfilled", "shipped", "delivered", "return_requested", "return_received")
            )
            item: Data = {
                "id": self.name("ordli"),
                **{name: line[name] for name in names},
                "total": line["total"],
            }
            items.append({**item, "detail": {"id": self.name("orditem"), **dict.fromkeys(detail, 0)}})
        total = round(cart["total"] + shipping, 2)
        payment: Data = {"id": self.name("pay"), "amount": total, "currency_code": "eur", "refunds": []}
        payment["captures"] = [{"id": self.name("capt"), "amount": total, "created_at": at}]
        address: Data = {
            "id": self.name("ordaddr"),
            "first_name": "Ana",
            "last_name": "Silva",
            "company": None,
        }
        address |= {"address_1": "Rua Velha 1", "address_2": None, "city": "Lisboa", "province": None}
        address |= {"postal_code": "1000-001", "country_code": "pt", "phone": None}
        order = {
            "id": self.name("order"),
            "display_id": 1000 + next(self._numbers),
            "custom_display_id": None,
            "status": "pending",
            "version": 1,
            "currency_code": "eur",
            "email": cart["email"],
            "customer_id": cart["customer_id"],
            "created_at": at,
            "updated_at": at,
            "metadata": None,
            "item_total": cart["total"],
            "shipping_total": shipping,
            "tax_total": 0,
            "discount_total": 0,
            "items": items,
            "shipping_address": address,
            "shipping_methods": [{"id": self.name("ordsm"), "name": "Any", "shipping_option_id": option}],
            "fulfillments": [],
            "payment_collections": [{"id": self.name("pay_col"), "payments": [payment]}],
            "sales_channel": {"id": "sc_1", "name": "Web"},
            "cart": {"id": cart_id},
            "promotions": [],
        }
        self.orders[order["id"]] = order
        self._tell("cart", cart_id)
        self._tell("order", order["id"])
        return order

    # Clerks

    def pack(self, order_id: str, lines: dict[str, int], *, option: str = SHIP) -> Data:
        order, at = self.orders[order_id], self.now()
        items = [{"id": self.name("fulit"), "line_item_id": name, "quantity": n} for name, n in lines.items()]
        parcel: Data = {
            "id": self.name("ful"),
            "items": items,
            "labels": [],
            "created_at": at,
            "packed_at": at,
        }
        parcel |= {
            "shipped_at": None,
            "delivered_at": None,
            "canceled_at": None,
            "shipping_option_id": option,
        }
        order["fulfillments"].append(parcel)
        self._count(order, lines, "fulfilled")
        return parcel

    def send(self, order_id: str, parcel: Data, number: str) -> None:
        parcel["shipped_at"] = self.now()
        label = {"id": self.name("fulla"), "tracking_number": number, "tracking_url": "#", "label_url": "#"}
        parcel["labels"].append(label)
        self._count(
            self.orders[order_id],
            {one["line_item_id"]: one["quantity"] for one in parcel["items"]},
            "shipped",
        )

    def _count(self, order: Data, lines: dict[str, int], what: str) -> None:
        for line in order["items"]:
            line["detail"][f"{what}_quantity"] += lines.get(line["id"], 0)
        self._tell("order", order["id"])

    def payment(self, payment_id: str) -> tuple[Data, Data]:
        for order in self.orders.values():
            for one in order["payment_collections"][0]["payments"]:
                if one["id"] == payment_id:
                    return order, one
        raise Refusal(404, "not_found", f"Payment with id: {payment_id} was not found")

    def refund(self, payment_id: str, amount: float | None, note: str | None) -> Data:
        order, payment = self.payment(payment_id)
        taken = sum(one["amount"] for one in payment["captures"])
        back = sum(one["amount"] for one in payment["refunds"])
        worth = taken - back if amount is None else amount
        if back + worth > taken + 0.005:
            raise Refusal(400, "invalid_data", "You are not allowed to refund more than the captured amount")
        made = {"id": self.name("ref"), "amount": round(worth, 2), "note": note, "created_at": self.now()}
        payment["refunds"].append(made)
        self._tell("order", order["id"])
        return payment

    def cancel(self, order_id: str) -> Data:
        order = self.orders[order_id]
        if order["status"] == "canceled":
            raise Refusal(400, "invalid_data", f"Order with id {order_id} has been canceled.")
        if any(not parcel["canceled_at"] for parcel in order["fulfillments"]):
            raise Refusal(400, "not_allowed", "All fulfillments must be canceled before canceling an order")
        for payment in order["payment_collections"][0]["payments"]:
            if sum(one["amount"] for one in payment["refunds"]) < payment["captures"][0]["amount"]:
                self.refund(payment["id"], None, None)
        order["status"] = "canceled"
        self._tell("order", order_id)
        return order

    def available(self, variant: Data) -> int:
        levels = self.levels[variant["inventory_items"][0]["inventory_item_id"]]
        return sum(one["available_quantity"] for one in levels)


def _level(place: str, pieces: int) -> Data:
    counts = {"stocked_quantity": pieces + 3, "reserved_quantity": 3, "available_quantity": pieces}
    return {"id": f"ilev_{place}", "location_id": place, "incoming_quantity": 0, **counts}


def _price(
    amount: float, currency: str, *, min_quantity: int | None = None, rules: Data | None = None
) -> Data:
    known = [
        {"id": f"prule_{name}", "attribute": name, "value": value} for name, value in (rules or {}).items()
    ]
    made = {
        "id": f"price_{amount}",
        "amount": amount,
        "currency_code": currency,
        "min_quantity": min_quantity,
    }
    return {**made, "price_rules": known}
