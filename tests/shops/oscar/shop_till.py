"""The till of the tests' shop: every order is paid when it is placed, and money that goes back is noted down."""

import hashlib
from decimal import Decimal
from typing import Any

from oscar.core.loading import get_model


def take(order: Any) -> None:
    """The customer paid by card."""
    kind, _made = get_model("payment", "SourceType").objects.get_or_create(
        code="card", defaults={"name": "Card"}
    )
    source = order.sources.create(source_type=kind, currency=order.currency)
    source.debit(order.total_incl_tax, reference=f"paid-{order.number}")


def give_back(order: Any, amount: Decimal, key: str, reason: str) -> str:
    """What a payment provider would do, with the key as its idempotency key."""
    if order.currency != "EUR":
        raise ValueError("The card's provider pays back in EUR only.")
    return "back-" + hashlib.sha256(key.encode()).hexdigest()[:16]
