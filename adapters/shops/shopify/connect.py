"""Trying a Shopify connection, what it may do, and subscribing to the shop's events."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from adapters.shops.common import understood
from adapters.shops.shopify import documents
from adapters.shops.shopify.api import Api, granted, refusals
from inbox.contract import AdapterError, Health, NeedsReauth, Rejected, Setup
from inbox.contract.commerce import Can

READ = ("read_customers", "read_orders")
"""Scopes without which nothing can be shown."""
SCOPES = (
    *(*READ, "read_all_orders", "read_products", "read_inventory", "read_locations", "read_returns"),
    *("read_merchant_managed_fulfillment_orders", "read_fulfillments", "read_store_credit_accounts"),
    *("write_orders", "write_draft_orders", "write_discounts", "write_returns"),
)
"""All that are made use of."""
_NEEDS: Mapping[Can, tuple[str, ...]] = {
    Can.PRODUCT_SEARCH: ("read_products",),
    Can.CART_LINK: ("read_products",),
    Can.STOCK: ("read_products", "read_inventory"),
    Can.LOYALTY: ("read_store_credit_accounts",),
    Can.COUPON: ("write_discounts",),
    Can.DRAFT: ("write_draft_orders", "read_products"),
    Can.RETURN: ("write_returns",),
    **dict.fromkeys(
        (Can.REFUND, Can.REFUND_LINES, Can.CANCEL, Can.EDIT_ADDRESS, Can.NOTE), ("write_orders",)
    ),
}
TOPICS = (
    *("CHECKOUTS_CREATE", "CHECKOUTS_UPDATE", "CARTS_CREATE", "CARTS_UPDATE"),
    *(
        "ORDERS_CREATE",
        "ORDERS_UPDATED",
        "ORDERS_PAID",
        "ORDERS_CANCELLED",
        "ORDERS_EDITED",
        "ORDERS_FULFILLED",
    ),
    *(
        "ORDERS_PARTIALLY_FULFILLED",
        "FULFILLMENTS_CREATE",
        "FULFILLMENTS_UPDATE",
        "FULFILLMENT_EVENTS_CREATE",
    ),
    *("FULFILLMENT_ORDERS_LINE_ITEMS_PREPARED_FOR_PICKUP", "REFUNDS_CREATE", "RETURNS_REQUEST"),
    *("RETURNS_APPROVE", "RETURNS_UPDATE", "RETURNS_CLOSE", "CUSTOMERS_UPDATE", "CUSTOMERS_MERGE"),
    *("CUSTOMERS_DELETE", "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE", "CUSTOMERS_MARKETING_CONSENT_UPDATE"),
    "APP_UNINSTALLED",
)
_BATCH = 10
_LOOKED, _DAY = "subscribed_at", 86_400.0
_PAGES = 10


def check(api: Api) -> Health:
    """Ask which shop it is and what we may. Never raises."""
    try:
        data = api.ask(documents.SHOP)
        with understood():
            shop = data["shop"]
            scopes = [str(one["handle"]) for one in data["currentAppInstallation"]["accessScopes"]]
            facts: dict[str, JsonValue] = {
                "scopes": list(scopes),
                "currency": str(shop["currencyCode"]),
                "country": str(shop["shopAddress"]["countryCodeV2"] or ""),
                "account_name": str(shop["name"]),
            }
            name = str(shop["myshopifyDomain"])
        missing = [scope for scope in READ if not granted(scopes, scope)]
        if missing:
            why = f"The app in Shopify lacks access scopes: {', '.join(missing)}."
            return Health(ok=False, problems=(why,), facts=facts, refused=True)
        facts["personal"] = not api.looks(documents.PEEK)[1]
    except NeedsReauth as error:
        return Health(ok=False, problems=(error.reason,), refused=True)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,))
    if name != api.config.shop_domain:
        return Health(ok=False, problems=(f"These credentials are those of {name}.",), facts=facts)
    return Health(ok=True, facts=facts)


def possible(kind: frozenset[Can], facts: Mapping[str, JsonValue]) -> frozenset[Can]:
    """What is left of `kind` with the scopes that were found."""
    scopes = facts.get("scopes")
    if not isinstance(scopes, list):
        return kind
    return frozenset(can for can in kind if all(granted(scopes, scope) for scope in _NEEDS.get(can, ())))


def subscribe(api: Api, hook_url: str) -> Setup:
    """Have events sent to `hook_url`, those that are not yet. Raises Rejected where the shop wants to send none."""
    there = {str(one["topic"]) for one in _hooks(api) if one["uri"] == hook_url}
    wanted = [topic for topic in TOPICS if topic not in there]
    refused: dict[str, str] = {}
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        data = api.ask(documents.subscribe(batch), uri=hook_url)  # made twice, it is refused as taken
        with understood():
            for number, topic in enumerate(batch):
                if errors := refusals(data[f"t{number}"]):
                    refused[topic] = errors[0]
    missing = [topic for topic, why in refused.items() if "taken" not in why]
    if len(missing) == len(TOPICS):
        raise Rejected(f"The Shopify shop sends no events: {refused[missing[0]]}", code="webhooks")
    step = f"Shopify sends no events about: {', '.join(missing)}." if missing else ""
    return Setup(facts={"hook_url": hook_url}, next_step=step)


def keep_subscribed(api: Api) -> None:
    """Once a day, subscribe again: Shopify drops a subscription whose events nobody took eight times in a row."""
    hook_url, now = api.io.facts.get("hook_url"), api.io.now().timestamp()
    last = api.io.memory.get(_LOOKED)
    if isinstance(hook_url, str) and hook_url and not (isinstance(last, float) and now - last < _DAY):
        api.io.memory[_LOOKED] = now  # also where it is refused: polling goes on
        subscribe(api, hook_url)


def unsubscribe(api: Api) -> None:
    """Take back the subscriptions of this connection; those of others of the same app stay."""
    mine = [str(one["id"]) for one in _hooks(api) if one["uri"] == api.io.facts.get("hook_url")]
    for start in range(0, len(mine), _BATCH):
        batch = mine[start : start + _BATCH]
        api.ask(documents.unsubscribe(len(batch)), **{f"i{n}": name for n, name in enumerate(batch)})


def _hooks(api: Api) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    after = None
    for _ in range(_PAGES):
        data = api.ask(documents.HOOKS, after=after)
        with understood():
            page = data["webhookSubscriptions"]
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
    return found
