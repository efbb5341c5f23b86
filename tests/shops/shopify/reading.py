"""What a made-up Shopify shop answers to queries: a method for each field of the root."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.shops.shopify import shapes, store
from tests.shops.shopify.shapes import amount, pages
from tests.shops.shopify.state import DOMAIN, State
from tests.shops.shopify.store import Person, Sale, gid


class Reading(State):
    """The queries."""

    def do_shop(self, _info: Any) -> Any:
        return {
            "name": "Alpe",
            "myshopifyDomain": DOMAIN,
            "currencyCode": store.CURRENCY,
            "shopAddress": {"countryCodeV2": "DE"},
        }

    def do_currentAppInstallation(self, _info: Any) -> Any:
        return {"accessScopes": [{"handle": scope} for scope in self.scopes]}

    def person(self, one: Person) -> dict[str, Any]:
        """A customer as the API has him."""
        sales = [sale for sale in reversed(self.sales.values()) if sale.person is one and self._shown(sale)]
        spent = sum((sale.total for sale in sales), Decimal(0))
        consent = {"state": "NOT_SUBSCRIBED", "updatedAt": None}
        address = {"name": one.name, "phone": one.address_phone, "countryCodeV2": "DE"}
        phone = {
            "phoneNumber": one.phone,
            "smsMarketingConsent": consent,
            "whatsAppMarketingConsent": consent,
        }
        return {
            "__typename": "Customer",
            "id": gid("Customer", one),
            "displayName": one.name,
            "locale": "pt",
            "state": one.state,
            "createdAt": "2026-01-01T00:00:00Z",
            "tags": ["VIP"],
            "numberOfOrders": str(len(sales)),
            "amountSpent": amount(spent),
            "lastOrder": lambda _info: self.order(sales[0]) if sales else None,
            "statistics": {"rfmGroup": "LOYAL"},
            "defaultEmailAddress": {"emailAddress": one.email, "marketingState": "SUBSCRIBED"},
            "defaultPhoneNumber": phone if one.phone else None,
            "addressesV2": pages([address] if one.address_phone else []),
            "storeCreditAccounts": pages([{"balance": amount(one.credit)}] if one.credit else []),
            "orders": pages(self.order(sale) for sale in sales),
        }

    def order(self, sale: Sale) -> dict[str, Any]:
        """An order as the API has it."""
        return shapes.order(sale, self.person)

    def _shown(self, sale: Sale) -> bool:
        return "read_all_orders" in self.scopes or sale.at > datetime.now(UTC) - timedelta(days=60)

    def do_customer(self, _info: Any, id: str) -> Any:  # noqa: A002 - Shopify's word
        return self.person(self.people[id]) if id in self.people else None

    def do_customerByIdentifier(self, info: Any, identifier: dict[str, str]) -> Any:
        [(by, value)] = identifier.items()
        if by == "id":
            return self.do_customer(info, value)
        for one in self.people.values():
            kept = one.email.casefold() if by == "emailAddress" else one.phone
            if kept and kept == value.casefold():
                return self.person(one)
        return None

    def do_customers(self, info: Any, query: str = "", **words: Any) -> Any:
        wanted = _phrase(query)[1] if query else ""
        found = [
            one
            for one in self.people.values()
            if any(wanted in text for text in (one.email, one.address_phone))
        ]
        return pages(self.person(one) for one in found)(info, **words)

    def do_order(self, _info: Any, id: str) -> Any:  # noqa: A002
        found = self.sales.get(id)
        return self.order(found) if found and self._shown(found) else None

    def do_orders(self, info: Any, query: str = "", **words: Any) -> Any:
        sales = [sale for sale in self.sales.values() if self._shown(sale)]
        since = re.fullmatch(r"updated_at:>='([^']+)'", query)
        if since:
            start = datetime.fromisoformat(since[1])
            found = sorted((one for one in sales if one.changed >= start), key=lambda one: one.changed)
        else:
            name, text = _phrase(query)
            assert name == "name", query
            found = [one for one in sales if one.name.removeprefix("#").casefold().startswith(text)]
        return pages(self.order(one) for one in found)(info, **words)

    def do_fulfillmentOrder(self, _info: Any, id: str) -> Any:  # noqa: A002
        named = id.replace("FulfillmentOrder", "Order")
        return {"id": id, "orderId": named} if named in self.sales else None

    def do_productVariants(self, info: Any, query: str, **words: Any) -> Any:
        if query.startswith("sku:"):
            text = _phrase(query)[1]
            found = [one for one in self.variants if one.sku.casefold().startswith(text)]
        else:
            starts = [_beginning(part) for part in query.split(" AND ")]
            texts = {one.sku: f"{one.title} {one.sku}".casefold().split() for one in self.variants}
            found = [
                one
                for one in self.variants
                if all(any(text.startswith(word) for text in texts[one.sku]) for word in starts)
            ]
        return pages(map(shapes.variant, found))(info, **words)

    def do_productVariant(self, _info: Any, id: str) -> Any:  # noqa: A002
        return next((shapes.variant(one) for one in self.variants if gid("ProductVariant", one) == id), None)

    def do_nodes(self, info: Any, ids: list[str]) -> Any:
        return [self.do_productVariant(info, one) for one in ids]

    def do_draftOrders(self, info: Any, query: str, **words: Any) -> Any:
        _name, text = _phrase(query)
        return pages(one for one in self.drafts if any(text in tag for tag in one["tags"]))(info, **words)

    def do_codeDiscountNodeByCode(self, _info: Any, code: str) -> Any:
        return self.codes.get(code.casefold())

    def do_webhookSubscriptions(self, info: Any, **words: Any) -> Any:
        return pages(self.hooks)(info, **words)


def _phrase(query: str) -> tuple[str, str]:
    """The name and the text of a search for one phrase in quotes: others are none that we mean to make."""
    found = re.fullmatch(r'(?:(\w+):)?"((?:[^"\\]|\\.)*)"', query)
    assert found, query
    return found[1] or "", re.sub(r"\\(.)", r"\1", found[2]).casefold()


def _beginning(word: str) -> str:
    """What words begin with in a search for a word with a star."""
    assert re.fullmatch(r"(?:[^\\:()\"'*<>=\s]|\\.)*\*", word), word
    return re.sub(r"\\(.)", r"\1", word[:-1]).casefold()
