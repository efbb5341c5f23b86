"""WooCommerce's amounts and texts, which come with HTML entities in them. Pure."""

import html
from decimal import Decimal
from typing import Any

from inbox.contract.commerce import Money


def money(amount: Any, currency: str) -> Money:
    """A decimal text, with the places of its currency."""
    return Money(amount=Decimal(amount or 0), currency=currency).rounded()


def text(value: Any) -> str:
    """A text without entities."""
    return html.unescape(str(value or ""))
