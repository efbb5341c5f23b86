"""Trying a Medusa server, and what a person does there."""

from typing import Any

from pydantic import JsonValue

from adapters.shops.common import understood
from adapters.shops.medusa.api import Api
from adapters.shops.web import sentence
from inbox.contract import AdapterError, Health, NeedsReauth, Step
from inbox.contract.commerce import Can

CARTS = "onethread/carts"
PLUGIN = 1
"""The version of the plugin's answers."""


def check(api: Api) -> Health:
    """Ask the shop for its name, and whether the plugin is there. Never raises."""
    try:
        data = api.list("stores", limit=1, fields="id,name")
        with understood():
            facts: dict[str, JsonValue] = {"account_name": sentence(data["stores"][0]["name"] or "")[:100]}
        told = api.ask(CARTS, limit=1)
        facts["carts"] = isinstance(told, dict) and told.get("onethread") == PLUGIN
    except NeedsReauth as error:
        return Health(ok=False, problems=(error.reason,), refused=True)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,))
    return Health(ok=True, facts=facts)


def possible(kind: frozenset[Can], facts: dict[str, Any]) -> frozenset[Can]:
    """What is left of `kind` without the plugin."""
    return kind - {Can.CART_READ, Can.CART_PUSH} if facts.get("carts") is False else kind


_INSTALL = """cp -r contrib/medusa-plugin/src/api/admin/onethread SHOP/src/api/admin/
cp contrib/medusa-plugin/src/subscribers/onethread.ts SHOP/src/subscribers/"""


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps; the last needs our address."""
    steps = [
        Step(
            title="Make a secret API key",
            text="In Medusa's dashboard, open **Settings → Secret API keys**, make one called Onethread and copy it: "
            "it is shown once.",
        ),
        Step(
            title="Add the plugin",
            text="Medusa's Admin API has no carts. Two small files of Onethread add them; copy them into the shop's "
            "sources and build it anew. Without them, orders and customers are shown all the same.",
            copy_text=_INSTALL,
        ),
    ]
    if hook_url:
        steps.append(
            Step(
                title="Let it tell of carts",
                text="Give the Medusa server this variable, and the secret of events as `ONETHREAD_HOOK_SECRET`; then "
                "start it anew.",
                copy_text=f"ONETHREAD_HOOK_URL={hook_url}",
                when="after",
            )
        )
    return tuple(steps)
