"""What a Shopify shop sells, and what its locations have. A product here is one of Shopify's variants."""

from collections.abc import Iterable
from typing import Any

from adapters.shops.common import understood
from adapters.shops.shopify import documents, read
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.ids import beginning, gid, quoted, short
from inbox.contract.commerce import Product, StockLevel

_WORDS_MAX = 6


def products(api: Api, text: str, limit: int) -> tuple[Product, ...]:
    """Variants in which every word is the beginning of one."""
    words = text.split()[:_WORDS_MAX]
    if not words:
        return ()
    data = api.ask(documents.VARIANTS, q=" AND ".join(map(beginning, words)), first=min(limit, 50))
    with understood():
        currency = data["shop"]["currencyCode"]
        return tuple(_product(item, currency) for item in data["productVariants"]["nodes"])


def product(api: Api, product_id: str) -> Product | None:
    """A variant by id or sku."""
    found = by_ids(api, [product_id])
    return found[0] if found else _by_sku(api, product_id)


def by_ids(api: Api, ids: Iterable[str]) -> tuple[Product, ...]:
    """The variants that exist, in the order in which they are asked for."""
    wanted = [name for name in (gid("ProductVariant", one) for one in ids) if name]
    if not wanted:
        return ()
    data = api.ask(documents.VARIANTS_BY_ID, ids=wanted)
    with understood():
        return tuple(_product(item, data["shop"]["currencyCode"]) for item in data["nodes"] if item)


def stock(api: Api, product_id: str) -> tuple[StockLevel, ...]:
    """What each location has of a variant."""
    name = gid("ProductVariant", product_id)
    if not name:
        known = _by_sku(api, product_id)
        name = gid("ProductVariant", known.id) if known else ""
    data = api.ask(documents.STOCK, id=name) if name else {"productVariant": None}
    with understood():
        variant = data["productVariant"]
        levels = variant["inventoryItem"]["inventoryLevels"]["nodes"] if variant else []
        return tuple(_level(level) for level in levels if level["isActive"])


def _by_sku(api: Api, sku: str) -> Product | None:
    data = api.ask(documents.VARIANTS, q=f"sku:{quoted(sku)}", first=10)
    with understood():
        items = [item for item in data["productVariants"]["nodes"] if item["sku"] == sku]
        return _product(items[0], data["shop"]["currencyCode"]) if items else None


def _product(data: Any, currency: str) -> Product:
    parent = data["product"]
    media = (parent["featuredMedia"] or {}).get("preview") or {}
    title = data["title"]
    return Product(
        id=short(data["id"]),
        title=parent["title"],
        variant="" if title == "Default Title" else title,
        sku=data["sku"] or "",
        price=read.money({"amount": data["price"], "currencyCode": currency}),
        image_url=(media.get("image") or {}).get("url") or "",
        url=parent["onlineStoreUrl"] or "",
        available=data["inventoryQuantity"],
    )


def _level(data: Any) -> StockLevel:
    amounts = {one["name"]: one["quantity"] for one in data["quantities"]}
    place = data["location"]
    return StockLevel(
        location_id=short(place["id"]),
        location=place["name"],
        available=amounts.get("available", 0),
        on_hand=amounts.get("on_hand"),
        incoming=amounts.get("incoming"),
        pickup=place["localPickupSettingsV2"] is not None,
    )
