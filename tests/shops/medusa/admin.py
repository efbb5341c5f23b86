"""Medusa's Admin API over a `Store`: as strict as the real one with keys, unknown parameters, bodies and fields."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from inbox.contract import HttpResponse
from tests.shops.medusa.fields import UnknownField, picked
from tests.shops.medusa.store import LISBON, PICKUP, PORTO, SHIP, Refusal, Store

Data = dict[str, Any]
Words = dict[str, list[str]]
_FIND = {"fields", "limit", "offset", "order"}
_PLACES = [
    {
        "id": place,
        "name": name,
        "fulfillment_sets": [
            {
                "id": f"fuset_{option}",
                "type": kind,
                "service_zones": [{"id": f"serzo_{option}", "shipping_options": [{"id": option}]}],
            }
        ],
    }
    for place, name, kind, option in (
        (LISBON, "Store Lisbon", "pickup", PICKUP),
        (PORTO, "Store Porto", "shipping", SHIP),
    )
]
_SHOP = {
    "id": "store_1",
    "name": "Trail shop",
    "supported_currencies": [
        {"id": "stocur_1", "currency_code": "usd", "is_default": False},
        {"id": "stocur_2", "currency_code": "eur", "is_default": True},
    ],
}


class Admin:
    """`answer` is one exchange. `routes` are tried in turn."""

    def __init__(self, store: Store, key: str, *, plugin: bool = True) -> None:
        self.store, self.plugin = store, plugin
        self._key = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        self._routes: list[tuple[str, str, set[str], Callable[..., Data]]] = [
            ("GET", "stores", {"q", "id"}, lambda w: self._page("stores", [_SHOP], w)),
            ("GET", "stock-locations", {"q", "id"}, lambda w: self._page("stock_locations", _PLACES, w)),
            ("GET", "customers", {"q", "id", "email", "has_account", "groups"}, self._customers),
            ("GET", "customers/([^/]+)", set(), self._customer),
            ("GET", "orders", {"q", "id", "status", "customer_id", "region_id"}, self._orders),
            ("GET", "orders/([^/]+)", {"version"}, self._order),
            ("POST", "orders/([^/]+)", set(), self._update),
            ("POST", "orders/([^/]+)/cancel", set(), self._cancel),
            ("POST", "payments/([^/]+)/refund", set(), self._refund),
            ("GET", "returns", {"id", "order_id", "status"}, self._returns),
            ("POST", "returns", set(), self._begin),
            ("POST", "returns/([^/]+)/request-items", set(), self._name_items),
            ("POST", "returns/([^/]+)/request", set(), self._ask),
            ("DELETE", "returns/([^/]+)/request", set(), self._unask),
            ("GET", "product-variants", {"q", "id", "sku"}, self._variants),
            ("GET", "inventory-items/([^/]+)/location-levels", {"location_id"}, self._levels),
            ("GET", "promotions", {"q", "id", "code", "campaign_id"}, self._promotions),
            ("POST", "promotions", set(), self._promote),
        ]

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> HttpResponse:
        """The response to a request."""
        if headers.get("Authorization") != self._key:
            return _json(401, {"message": "Unauthorized"})
        parts = urlsplit(url)
        path = parts.path.removeprefix("/admin/")
        words: Words = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            words.setdefault(name.removesuffix("[]"), []).append(value)
        if path == "onethread/carts" and self.plugin and method == "GET":
            return _json(200, self._carts(words))
        for verb, pattern, known, run in self._routes:
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                return self._run(run, found.groups(), known, words, body)
        return HttpResponse(status=404, headers={}, body=f"<pre>Cannot {method} {parts.path}</pre>".encode())

    def _run(
        self, run: Any, ids: tuple[str, ...], known: set[str], words: Words, body: bytes | None
    ) -> HttpResponse:
        unknown = sorted(words.keys() - known - ({"fields"} if ids and not known - {"version"} else _FIND))
        if unknown:
            return _json(
                400,
                {"type": "invalid_data", "message": f"Invalid request: Unrecognized fields: '{unknown[0]}'"},
            )
        try:
            return _json(200, run(*ids, words) if body is None else run(*ids, json.loads(body)))
        except Refusal as refusal:
            return _json(refusal.status, {"type": refusal.kind, "message": str(refusal)})
        except UnknownField as error:
            return _json(400, {"type": "invalid_data", "message": f"Entity does not have property '{error}'"})

    def _page(self, name: str, rows: list[Any], words: Words) -> Data:
        order = words.get("order", [""])[0]
        if order:
            rows = sorted(rows, key=lambda one: one[order.lstrip("-")], reverse=order.startswith("-"))
        limit, offset = int(words.get("limit", ["50"])[0]), int(words.get("offset", ["0"])[0])
        fields = words.get("fields", ["id"])[0]
        page = [picked(one, fields) for one in rows[offset : offset + limit]]
        return {name: page, "count": len(rows), "offset": offset, "limit": limit}

    # People and orders

    def _customers(self, words: Words) -> Data:
        names = ("company_name", "first_name", "last_name", "email", "phone")
        rows = [one for one in self.store.customers.values() if _fits(one, words, ("id", "email"), names)]
        return self._page("customers", rows, words)

    def _customer(self, name: str, words: Words) -> Data:
        return {"customer": picked(_one(self.store.customers, name, "Customer"), words["fields"][0])}

    def _orders(self, words: Words) -> Data:
        names = ("display_id", "custom_display_id", "email")
        rows = [
            one
            for one in self.store.orders.values()
            if _fits(one, words, ("id", "status", "customer_id"), names)
        ]
        page = self._page("orders", rows, words)
        return {**page, "orders": [_with_states(one) for one in page["orders"]]}

    def _order(self, name: str, words: Words) -> Data:
        return {"order": _with_states(picked(_one(self.store.orders, name, "Order"), words["fields"][0]))}

    def _update(self, name: str, body: Data) -> Data:
        _strict(body, "email shipping_address billing_address locale metadata additional_data")
        order = _one(self.store.orders, name, "Order")
        if order["status"] == "canceled":
            raise Refusal(400, "invalid_data", f"Order with id {name} has been canceled.")
        if "shipping_address" in body:
            _strict(
                body["shipping_address"],
                "first_name last_name phone company address_1 address_2 city country_code province "
                "postal_code metadata",
            )
            if body["shipping_address"]["country_code"] != order["shipping_address"]["country_code"]:
                raise Refusal(400, "invalid_data", "Country code cannot be changed")
            order["shipping_address"] = {**order["shipping_address"], **body["shipping_address"]}
        if "metadata" in body:
            order["metadata"] = {**(order["metadata"] or {}), **body["metadata"]}
        return {"order": {"id": name}}

    def _cancel(self, name: str, _body: Data) -> Data:
        _one(self.store.orders, name, "Order")
        return {"order": {"id": self.store.cancel(name)["id"]}}

    def _refund(self, name: str, body: Data) -> Data:
        _strict(body, "amount refund_reason_id note")
        amount = body.get("amount")
        if isinstance(amount, str) or (amount is not None and amount <= 0):
            raise Refusal(400, "invalid_data", "Invalid request: Expected type: 'number' for field 'amount'")
        return {"payment": self.store.refund(name, amount, body.get("note"))}

    # Returns

    def _returns(self, words: Words) -> Data:
        rows = [
            one for one in self.store.returns.values() if _fits(one, words, ("id", "order_id", "status"), ())
        ]
        return self._page("returns", rows, words)

    def _begin(self, body: Data) -> Data:
        _strict(body, "order_id location_id description internal_note no_notification metadata")
        order = _one(self.store.orders, body["order_id"], "Order")
        if any(
            one["order_id"] == order["id"] and one["status"] == "open" for one in self.store.returns.values()
        ):
            raise Refusal(
                400, "invalid_data", f"Order {order['id']} already has an existing active order change"
            )
        made = {"id": self.store.name("return"), "order_id": order["id"], "status": "open", "items": []}
        made |= {"location_id": body.get("location_id"), "metadata": body.get("metadata"), "asked": []}
        self.store.returns[made["id"]] = {**made, "created_at": self.store.now()}
        return {"order": {"id": order["id"]}, "return": {"id": made["id"]}}

    def _name_items(self, name: str, body: Data) -> Data:
        _strict(body, "items")
        asked = _one(self.store.returns, name, "Return")
        lines = {line["id"]: line for line in self.store.orders[asked["order_id"]]["items"]}
        for item in body["items"]:
            _strict(item, "id quantity description internal_note reason_id metadata")
            detail = lines[item["id"]]["detail"]
            if item["quantity"] > detail["fulfilled_quantity"] - detail["return_requested_quantity"]:
                raise Refusal(
                    400, "invalid_data", "Cannot request to return more items than what was fulfilled."
                )
            asked["asked"].append(item)
        return {"return": {"id": name}, "order_preview": {}}

    def _ask(self, name: str, _body: Data) -> Data:
        asked = _one(self.store.returns, name, "Return")
        if asked["status"] != "open" or not asked["asked"]:
            raise Refusal(400, "invalid_data", "Order return request should have at least 1 item.")
        asked["status"] = "requested"
        for item in asked["asked"]:
            row = {"id": self.store.name("retitem"), "item_id": item["id"], "quantity": item["quantity"]}
            asked["items"].append({**row, "note": None, "reason": None})
            for line in self.store.orders[asked["order_id"]]["items"]:
                if line["id"] == item["id"]:
                    line["detail"]["return_requested_quantity"] += item["quantity"]
        return {"return": {"id": name}, "order_preview": {}}

    def _unask(self, name: str, _words: Any) -> Data:
        del self.store.returns[_one(self.store.returns, name, "Return")["id"]]
        return {"id": name, "object": "return", "deleted": True}

    # Goods and codes

    def _variants(self, words: Words) -> Data:
        rows = [
            {**one, "inventory_quantity": self.store.available(one), "product_title": one["product"]["title"]}
            for one in self.store.variants.values()
        ]
        rows = [one for one in rows if _fits(one, words, ("id", "sku"), ("title", "sku", "product_title"))]
        page = self._page("variants", rows, words)
        return {**page, "variants": [_with_rules(one) for one in page["variants"]]}

    def _levels(self, name: str, words: Words) -> Data:
        rows = self.store.levels.get(name)
        if rows is None:
            raise Refusal(404, "not_found", f"Inventory item with id: {name} was not found")
        return {"inventory_levels": rows, "count": len(rows), "offset": 0, "limit": len(rows)}

    def _promotions(self, words: Words) -> Data:
        rows = [one for one in self.store.promotions.values() if _fits(one, words, ("id", "code"), ("code",))]
        return self._page("promotions", rows, words)

    def _promote(self, body: Data) -> Data:
        _strict(
            body,
            "code is_automatic type is_tax_inclusive status campaign_id campaign application_method rules limit "
            "metadata additional_data",
        )
        _strict(body["campaign"], "name campaign_identifier description budget starts_at ends_at")
        method = body["application_method"]
        _strict(
            method, "description value currency_code max_quantity type target_type allocation target_rules"
        )
        if method["type"] == "fixed" and not method.get("currency_code"):
            raise Refusal(400, "invalid_data", "application_method.currency_code is required")
        if any(one["code"] == body["code"] for one in self.store.promotions.values()):
            raise Refusal(400, "invalid_data", f"Promotion with code: {body['code']}, already exists.")
        made = {**body, "id": self.store.name("promo")}
        self.store.promotions[made["id"]] = made
        return {"promotion": {"id": made["id"], "code": made["code"]}}

    def _carts(self, words: Words) -> Data:
        found = [
            one
            for name in ("id", "customer_id", "email")
            if name in words
            for one in self.store.carts.values()
            if [one[name]] == words[name] and (name == "id" or not one["completed_at"])
        ]
        return {"onethread": 1, "carts": found}


def _fits(one: Data, words: Words, exact: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if any(name in words and str(one[name]) not in words[name] for name in exact):
        return False
    text = words.get("q", [""])[0].casefold()
    return not text or any(text in str(one[name]).casefold() for name in parts if one[name] is not None)


def _with_states(order: Data) -> Data:
    """Medusa adds them to whatever was asked for."""
    return {"payment_status": "captured", "fulfillment_status": "not_fulfilled", **order}


def _with_rules(variant: Data) -> Data:
    """A price's rules are what of them was asked for: none, if nothing was."""
    prices = [
        {
            **{name: value for name, value in price.items() if name != "price_rules"},
            "rules": {rule["attribute"]: rule["value"] for rule in price.get("price_rules", ())},
        }
        for price in variant.get("prices", ())
    ]
    return {**variant, "prices": prices}


def _one(rows: Mapping[str, Data], name: str, kind: str) -> Data:
    if name not in rows:
        raise Refusal(404, "not_found", f"{kind} with id: {name} was not found")
    return rows[name]


def _strict(body: Data, known: str) -> None:
    unknown = sorted(body.keys() - set(known.split()))
    if unknown:
        raise Refusal(400, "invalid_data", f"Invalid request: Unrecognized fields: '{unknown[0]}'")


def _json(status: int, data: Any) -> HttpResponse:
    return HttpResponse(
        status=status, headers={"content-type": "application/json"}, body=json.dumps(data).encode()
    )
