"""Connecting a WooCommerce shop: what a person does there, trying it, and its webhooks."""

from collections.abc import Mapping

from pydantic import JsonValue

from adapters.shops.common import understood
from adapters.shops.woocommerce.api import PAGE_MAX, Api
from inbox.contract import AdapterError, Health, NeedsReauth, Setup, Step, Unreadable
from inbox.contract.commerce import Can

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "customer.updated",
    "customer.deleted",
)
_READING = frozenset({Can.ORDER_SEARCH, Can.PRODUCT_SEARCH, Can.STOCK})
_HOOKS = "webhooks"


def currency(api: Api) -> str:
    """The shop's currency, asked once. Products do not tell theirs."""
    known = api.io.memory.get("currency") or api.io.facts.get("currency")
    if not isinstance(known, str):
        data = api.get("data", "currencies", "current")
        with understood():
            if data is None:
                raise Unreadable("The shop does not tell its currency.")
            known = str(data["code"])
        api.io.memory["currency"] = known
    return known


def check(api: Api) -> Health:
    """Read a little, and find out whether the key may write. Never raises."""
    try:
        data = api.get("data", "currencies", "current")
        api.page("orders", per_page=1, status="any", _fields="id")
        with understood():
            if data is None:
                raise Unreadable("The shop does not tell its currency.")
            facts: dict[str, JsonValue] = {"currency": str(data["code"])}
    except NeedsReauth as error:
        return Health(ok=False, problems=(error.reason,), refused=True)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,))
    try:
        # A batch of nothing changes nothing, but is refused to keys that may only read.
        api.send("POST", "orders", "batch", body={"create": []})
    except NeedsReauth:
        facts["can_write"] = False
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,), facts=facts)
    else:
        facts["can_write"] = True
    return Health(ok=True, facts=facts)


def possible(kind: frozenset[Can], facts: Mapping[str, JsonValue]) -> frozenset[Can]:
    """What is left of `kind` for a key that may only read."""
    return kind & _READING if facts.get("can_write") is False else kind


def connected(api: Api, hook_url: str) -> Setup:
    """Have a webhook for every topic, awake and with our secret: WooCommerce puts those that failed to sleep."""
    secret = api.config.hook_secret.get_secret_value()
    if not hook_url or not secret or api.io.facts.get("can_write") is False:
        return Setup(next_step="Without webhooks, changes are asked for every few minutes.")
    with understood():
        known = {
            str(hook["topic"]): str(hook["id"])
            for hook in api.page(_HOOKS, per_page=PAGE_MAX).items
            if hook["delivery_url"] == hook_url
        }
        made: list[JsonValue] = []
        for topic in TOPICS:
            wanted = {
                "name": f"Onethread {topic}",
                "topic": topic,
                "delivery_url": hook_url,
                "secret": secret,
                "status": "active",
            }
            path = (_HOOKS, known[topic]) if topic in known else (_HOOKS,)
            made.append(str(api.send("PUT" if topic in known else "POST", *path, body=wanted)["id"]))
    return Setup(facts={_HOOKS: made}, next_step="Place an order in the shop, and look at it here.")


def disconnected(api: Api) -> None:
    """Delete the webhooks that were made."""
    made = api.io.facts.get(_HOOKS)
    for name in made if isinstance(made, list) else []:
        if api.get(_HOOKS, str(name)) is not None:
            api.send("DELETE", _HOOKS, str(name), body={}, force="true")


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps; the webhooks are made by us."""
    steps = [
        Step(
            title="Have readable addresses",
            text="In WordPress at **Settings → Permalinks**, choose anything but *Plain*: the REST API needs it.",
        ),
        Step(
            title="Make a key",
            text="At **WooCommerce → Settings → Advanced → REST API**, add a key for a shop manager with the "
            "permissions *Read/Write*. With *Read* alone everything is shown and nothing can be done.",
        ),
    ]
    if hook_url:
        steps.append(
            Step(
                title="See the cart",
                text="WooCommerce shows nobody a customer's cart. The site widget can report it from the shop's "
                "pages: `docs/shops/woocommerce.md` has the lines for it.",
                when="after",
            )
        )
    return tuple(steps)
