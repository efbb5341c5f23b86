"""Products of a Medusa shop, and what each stock location has of them."""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.medusa import read
from adapters.shops.medusa.api import Api, amount, is_id
from adapters.shops.medusa.parcels import places
from inbox.contract.commerce import Product, StockLevel

_FIELDS = (
    "id,title,sku,thumbnail,manage_inventory,inventory_quantity,*prices,prices.price_rules.attribute,"
    "prices.price_rules.value,product.title,product.handle,product.thumbnail,product.status"
)
_MEMORY = "currency"
_PARTS_MAX = 5
"""Things that make up one set; of larger sets the stock is not reckoned."""


def currency(api: Api) -> str:
    """The currency in which the shop counts by itself (ISO 4217)."""
    known = api.io.memory.get(_MEMORY)
    if isinstance(known, str):
        return known
    data = api.list("stores", limit=1, fields="id,*supported_currencies")
    with understood():
        codes = data["stores"][0]["supported_currencies"]
        code = str(next(one["currency_code"] for one in codes if one["is_default"]) if codes else "").upper()
    api.io.memory[_MEMORY] = code
    return code


def products(api: Api, text: str, limit: int) -> tuple[Product, ...]:
    """Variants whose title, product or sku has the words; drafts are not offered."""
    words = text.strip()
    if not words:
        return ()
    data = api.list("product-variants", q=words, limit=min(limit, 50), fields=_FIELDS)
    with understood():
        code = currency(api)
        return tuple(read.variant(api.config, one, code) for one in data["variants"] if _is_sold(one))


def product(api: Api, product_id: str) -> Product | None:
    """A variant by id, or by sku."""
    data = _variant(api, product_id, _FIELDS)
    with understood():
        return read.variant(api.config, data, currency(api)) if data is not None else None


def stock(api: Api, product_id: str) -> tuple[StockLevel, ...]:
    """What each location has. Of a set there is as much as of its scarcest part."""
    data = _variant(api, product_id, "id,sku,manage_inventory,*inventory_items")
    with understood():
        parts = data["inventory_items"] or [] if data is not None and data["manage_inventory"] else []
        if not parts or len(parts) > _PARTS_MAX:
            return ()
        levels = [_levels(api, part) for part in parts]
        known = places(api)
        everywhere = [place for place in levels[0] if all(place in each for each in levels)]
        return tuple(
            StockLevel(
                location_id=place,
                location=known.names.get(place, place),
                available=max(0, min(each[place][0] for each in levels)),
                on_hand=min(each[place][1] for each in levels),
                incoming=min(each[place][2] for each in levels),
                pickup=place in known.stores,
            )
            for place in everywhere
        )


def _levels(api: Api, part: Any) -> dict[str, tuple[int, int, int]]:
    """Available, on hand and incoming by location, counted in pieces of what it is a part of."""
    needed = max(1, int(amount(part["required_quantity"] or 1)))
    data = api.list(f"inventory-items/{part['inventory_item_id']}/location-levels", limit=200)
    names = ("available_quantity", "stocked_quantity", "incoming_quantity")
    return {
        str(one["location_id"]): _three([int(amount(one[name] or 0)) // needed for name in names])
        for one in data["inventory_levels"]
    }


def _three(found: list[int]) -> tuple[int, int, int]:
    return found[0], found[1], found[2]


def _variant(api: Api, product_id: str, fields: str) -> Any:
    """The shop's own data of a variant, or None."""
    for name in ("id", "sku") if is_id(product_id) else ("sku",):
        data = api.list("product-variants", limit=1, fields=fields, **{name: product_id})
        with understood():
            if data["variants"]:
                return data["variants"][0]
    return None


def _is_sold(data: Any) -> bool:
    return bool((data.get("product") or {}).get("status", "published") == "published")
