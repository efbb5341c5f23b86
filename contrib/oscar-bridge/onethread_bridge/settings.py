"""The bridge's settings: ONETHREAD_BRIDGE in the shop's own."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

_DEFAULTS = {
    "TOKEN": "",
    "HOOK_URL": "",
    "HOOK_SECRET": "",
    "CANCELLED_STATUS": "Cancelled",
    "REFUND": "",
    "PHONE_REGION": "",
    "PICKUP_METHODS": (),
    "SHOP_URL": "",
}


def get(name: str) -> Any:
    """A setting, or its default."""
    return getattr(settings, "ONETHREAD_BRIDGE", {}).get(name, _DEFAULTS[name])


def refunder() -> Any:
    """The shop's own function that moves money, or None: `(order, amount, key, reason) -> reference`.

    It is called inside a transaction, must do nothing a second time for the same `key`, and raises ValueError with a
    sentence where the payment's provider refuses.
    """
    return import_string(get("REFUND")) if get("REFUND") else None
