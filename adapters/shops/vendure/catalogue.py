"""What a Vendure shop sells, and what its stores have."""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.vendure import documents, read
from adapters.shops.vendure.api import Api
from inbox.contract.commerce import Product, StockLevel

_WORDS_MAX = 6


def products(api: Api, text: str, limit: int) -> tuple[Product, ...]:
    """Variants in whose name or sku every word occurs. Needs no search plugin in the shop."""
    words = text.split()[:_WORDS_MAX]
    if not words:
        return ()
    fits = [{"_or": [{"name": {"contains": word}}, {"sku": {"contains": word}}]} for word in words]
    data = api.ask(documents.VARIANTS, filter={"_and": fits, "enabled": {"eq": True}}, take=min(limit, 50))
    with understood():
        return tuple(read.product(api, item) for item in data["productVariants"]["items"])


def product(api: Api, product_id: str) -> Product | None:
    """A variant by id or sku."""
    found = _variant(api, product_id)
    with understood():
        return read.product(api, found) if found else None


def stock(api: Api, product_id: str) -> tuple[StockLevel, ...]:
    """What each stock location has of a variant."""
    found = _variant(api, product_id)
    with understood():
        return tuple(
            StockLevel(
                location_id=str(level["stockLocation"]["id"]),
                location=level["stockLocation"]["name"],
                available=max(0, level["stockOnHand"] - level["stockAllocated"]),
                on_hand=level["stockOnHand"],
            )
            for level in (found["stockLevels"] if found else ())
        )


def _variant(api: Api, product_id: str) -> Any:
    either = {"_or": [{"id": {"eq": product_id}}, {"sku": {"eq": product_id}}]}
    data = api.ask(documents.VARIANTS, filter=either, take=2)
    with understood():
        items = data["productVariants"]["items"]
        return next((item for item in items if str(item["id"]) == product_id), items[0] if items else None)
