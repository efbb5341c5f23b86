"""Finding shops: every folder below `adapters/shops/`, and packages of others by entry point.

The core names no kind of shop: kinds are the folders' names, and modules are loaded when first needed. What begins with
an underscore, and every plain module beside the folders, is what they share.
"""

import functools
import importlib
from importlib.metadata import entry_points

from inbox.channels.registry import packages
from inbox.contract.commerce import AnyShop, Shop
from inbox.errors import Invalid

GROUP = "onethread.shops"
PACKAGE = "adapters.shops"


def available() -> list[str]:
    """All kinds of shop that can be connected, sorted."""
    return sorted({*folders(), *(entry.name for entry in entry_points(group=GROUP))})


@functools.cache
def folders() -> dict[str, str]:
    """The package of every kind of shop of this distribution, by kind."""
    found = packages(importlib.import_module(PACKAGE).__path__)
    return {name: f"{PACKAGE}.{name}" for name, _path in found if not name.startswith("_")}


@functools.cache
def load(kind: str) -> AnyShop:
    """The shop of a kind. Raises Invalid for an unknown one."""
    for entry in entry_points(group=GROUP):
        if entry.name == kind:
            return _checked(kind, entry.load())
    if kind not in folders():
        raise Invalid(f"There is no kind of shop “{kind}”. Known: {', '.join(available())}.", "/kind")
    return _checked(kind, importlib.import_module(folders()[kind]).SHOP)


def _checked(kind: str, found: object) -> AnyShop:
    shop = getattr(found, "SHOP", found)
    if not isinstance(shop, Shop) or shop.manifest.key != kind:
        raise Invalid(f"The shop “{kind}” does not follow the contract.", "/kind")
    return shop


class Registry:
    """The kinds of shop of one installation; tests add their own."""

    def __init__(self, extra: dict[str, AnyShop] | None = None) -> None:
        self._extra = extra or {}

    def kinds(self) -> list[str]:
        """All kinds of shop, sorted."""
        return sorted({*available(), *self._extra})

    def get(self, kind: str) -> AnyShop:
        """The shop of a kind. Raises Invalid for an unknown one."""
        return self._extra.get(kind) or load(kind)
