"""What is Oscar's own: tracking numbers in notes, statuses that every shop makes up."""

from decimal import Decimal

import pytest

from adapters.shops.oscar import SHOP, read, states
from adapters.shops.oscar.config import OscarConfig
from inbox.contract.commerce import Can, Payment, Tracking


@pytest.mark.parametrize(
    ("notes", "wanted"),
    [
        ("DHL JD014600003", Tracking(number="JD014600003", carrier="DHL")),
        ("JD014600003", Tracking(number="JD014600003")),
        (
            "DHL JD014600003 https://t.example/JD014600003",
            Tracking(number="JD014600003", url="https://t.example/JD014600003", carrier="DHL"),
        ),
        ("handed to the courier at noon", None),
        ("", None),
    ],
)
def test_a_tracking_number_is_read_from_an_events_notes(notes: str, wanted: Tracking | None) -> None:
    assert read.tracking(notes) == ((wanted,) if wanted else ())


@pytest.mark.parametrize(
    ("debited", "refunded", "wanted"),
    [
        ("0.00", "0.00", Payment.PENDING),
        ("5.00", "0.00", Payment.PARTLY_PAID),
        ("10.00", "0.00", Payment.PAID),
        ("10.00", "0.01", Payment.PARTLY_REFUNDED),
        ("10.00", "10.00", Payment.REFUNDED),
    ],
)
def test_what_is_paid_is_told_by_the_sources(debited: str, refunded: str, wanted: Payment) -> None:
    money = {"known": True, "allocated": "0.00", "debited": debited, "refunded": refunded}
    assert states.payment(money, Decimal("10.00")) is wanted
    assert states.payment({**money, "known": False}, Decimal("10.00")) is Payment.UNKNOWN


def test_a_shop_that_moves_no_money_offers_no_refunds() -> None:
    config = OscarConfig.model_validate({"bridge_url": "https://shop.example/support/", "token": "t" * 20})
    assert Can.REFUND not in SHOP.can(config, {"can_refund": False, "can_cancel": True})
    assert Can.CANCEL not in SHOP.can(config, {"can_refund": True, "can_cancel": False})
    assert SHOP.can(config, {"can_refund": True, "can_cancel": True}) == SHOP.manifest.can
