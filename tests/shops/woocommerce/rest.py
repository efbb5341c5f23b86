"""WooCommerce's REST API over a site in memory, as strict as its documentation: keys, paging, validation, errors.

WordPress leaves out parameters that it does not know; here one is an error, as it would be a mistake of ours.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from inbox.contract import HttpResponse
from tests.shops.woocommerce.site import KEY, SECRET, STATUSES, Refusal, Site, invalid

_ROOT = "/wp-json/wc/v3/"
_LISTED = {"page", "per_page", "offset", "search", "order", "orderby", "include", "_fields"}
_KNOWN: Mapping[str, set[str]] = {
    "orders": _LISTED | {"customer", "status", "modified_after", "dates_are_gmt"},
    "customers": _LISTED | {"email", "role"},
    "products": _LISTED | {"sku", "status"},
    "variations": _LISTED,
    "coupons": _LISTED | {"code"},
    "webhooks": _LISTED,
    "refunds": _LISTED,
    "notes": {"type"},
}
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_KINDS = ("orders", "customers", "products", "coupons", "webhooks")


class Rest:
    """The API. `asked` is what was called."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.asked: list[str] = []

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        parts = urlsplit(url)
        self.asked.append(f"{method} {parts.path.removeprefix(_ROOT)}")
        more: dict[str, str] = {}
        try:
            self._authorize(method, headers)
            data = self._route(method, parts.path, parts.query, json.loads(body) if body else {}, more)
        except Refusal as error:
            return HttpResponse(status=error.status, headers={}, body=json.dumps(error.body).encode())
        return HttpResponse(status=200, headers=more, body=json.dumps(data, default=str).encode())

    def _authorize(self, method: str, headers: Mapping[str, str]) -> None:
        wanted = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if headers.get("Authorization") != wanted:
            raise Refusal(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        if self._site.read_only and method != "GET":
            text = "The API key provided does not have write permissions."
            raise Refusal(401, "woocommerce_rest_authentication_error", text)

    def _route(self, method: str, path: str, asked: str, body: Any, more: dict[str, str]) -> Any:
        if not path.startswith(_ROOT):
            raise _no_route()
        steps = [unquote(step) for step in path.removeprefix(_ROOT).split("/")]
        query = dict(parse_qsl(asked, keep_blank_values=True, strict_parsing=bool(asked)))
        if method == "GET":
            return self._read(steps, query, more)
        if method == "DELETE" and steps[0] == "webhooks" and query == {"force": "true"}:
            return self._site.hooks.known.pop(self._one("webhooks", steps[1])["id"])
        if steps == ["orders", "batch"]:
            assert (method, body) == ("POST", {"create": []})
            return {}
        return self._write(method, steps, body)

    def _read(self, steps: list[str], query: dict[str, str], more: dict[str, str]) -> Any:
        match steps:
            case ["data", "currencies", "current"]:
                return {"code": "EUR", "name": "Euro", "symbol": "&euro;"}
            case ["payment_gateways", "stripe" | "cod" as name]:
                return {"id": name, "method_supports": ["products"] + ["refunds"] * (name == "stripe")}
            case ["products", name, "variations"]:
                parent = self._one("products", name)["id"]
                some = [one for one in self._site.products.values() if one["parent_id"] == parent]
                return self._list("variations", some, query, more)
            case ["orders", name, "refunds"]:
                made = self._site.refunds.get(self._one("orders", name)["id"], [])
                return self._list("refunds", made, query, more)
            case ["orders", name, "notes"]:
                assert query == {"type": "internal"}
                return self._site.notes.get(self._one("orders", name)["id"], [])[::-1]
            case [kind] if kind in _KINDS:
                return self._list(kind, list(self._all(kind).values()), query, more)
            case [kind, name] if kind in _KINDS:
                return self._one(kind, name)
        raise _no_route()

    def _write(self, method: str, steps: list[str], body: Any) -> Any:
        match method, steps:
            case "POST", ["orders", name, "refunds"]:
                return self._site.refund(self._one("orders", name), body)
            case "POST", ["orders", name, "notes"]:
                return self._site.note(self._one("orders", name), body)
            case "PUT", ["orders", name]:
                return self._site.edit(self._one("orders", name), body)
            case "POST", ["orders"]:
                return self._site.order(body)
            case "POST", ["coupons"]:
                return self._site.coupon(body)
            case "POST", ["webhooks"]:
                return self._site.hooks.save(self._site.number(), body)
            case "PUT", ["webhooks", name]:
                return self._site.hooks.save(self._one("webhooks", name)["id"], body)
        raise _no_route()

    def _all(self, kind: str) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = (
            self._site.hooks.known if kind == "webhooks" else getattr(self._site, kind)
        )
        return found

    def _one(self, kind: str, name: str) -> Any:
        if not name.isdecimal():
            raise _no_route()
        found = self._all(kind).get(int(name))
        if found is None:
            raise Refusal(404, f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.")
        return found

    def _list(self, kind: str, items: list[Any], query: dict[str, str], more: dict[str, str]) -> list[Any]:
        assert set(query) <= _KNOWN[kind], f"{kind} has no such parameter: {query}"
        size, page = _count(query, "per_page", 10), _count(query, "page", 1)
        if not 1 <= size <= 100:
            raise invalid("per_page")
        for name, value in query.items():
            keep = self._filter(kind, name, value)
            items = [one for one in items if keep(one)]
        if kind == "orders":
            items.sort(key=lambda one: one["date_created_gmt"], reverse=query.get("order", "desc") == "desc")
        start = _count(query, "offset", (page - 1) * size)
        more |= {"x-wp-total": str(len(items)), "x-wp-totalpages": str(-(-len(items) // size))}
        fields = query.get("_fields", "").split(",") if "_fields" in query else None
        shown = items[start : start + size]
        return [{key: one[key] for key in fields} for one in shown] if fields else shown

    def _filter(self, kind: str, name: str, value: str) -> Callable[[Any], bool]:
        """What a parameter leaves. Raises Refusal for a value that is none."""
        match name:
            case "customer" if not value.isdecimal():
                raise invalid(name)
            case "customer":
                return lambda one: one["customer_id"] == int(value)
            case "email" if not _EMAIL.fullmatch(value):
                raise invalid(name)
            case "email":
                return lambda one: one["email"].lower() == value.lower()
            case "status" if kind == "orders" and value not in STATUSES.split():
                raise invalid(name)
            case "status":
                return lambda one: one["status"] == value or (value == "any" and one["status"] != "trash")
            case "role":
                return lambda one: value in ("all", one["role"])
            case "sku" | "code":
                return lambda one: one[name] == value
            case "include":
                return lambda one: str(one["id"]) in value.split(",")
            case "modified_after":
                assert datetime.fromisoformat(value).tzinfo is None
                return lambda one: one["date_modified_gmt"] > value
            case "search":
                return lambda one: _is_in(value, kind, one)
        return lambda _one: True


def _no_route() -> Refusal:
    return Refusal(404, "rest_no_route", "No route was found matching the URL and request method.")


def _count(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    if not text.isdecimal():
        raise invalid(name)
    return int(text)


def _is_in(words: str, kind: str, one: Any) -> bool:
    """As MySQL's LIKE with what was asked for between two percent signs, which WordPress escapes itself."""
    if kind == "orders":
        index = [" ".join(map(str, one[part].values())) for part in ("billing", "shipping")]
        index += [line["name"] for line in one["line_items"]]
        return words == str(one["id"]) or any(words.lower() in text.lower() for text in index)
    return words.lower() in one["name"].lower()
