"""Shops for tests: one in memory, and by kind of shop the real ones and their likes."""

from tests.shops.kiosk import (
    TOKEN,
    Kiosk,
    KioskConfig,
    cart,
    connect,
    eur,
    found_in,
    order,
    product,
    signature,
    signed,
)

__all__ = [
    "TOKEN",
    "Kiosk",
    "KioskConfig",
    "cart",
    "connect",
    "eur",
    "found_in",
    "order",
    "product",
    "signature",
    "signed",
]
