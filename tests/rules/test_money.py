"""Money is a decimal and a currency, and keeps what it says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inbox.contract.commerce import Money, decimals, total


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [(17980, "EUR", "179.80"), (1999, "JPY", "1999"), (12345, "KWD", "12.345"), (-5, "USD", "-0.05")],
)
def test_minor_units_have_the_places_of_their_currency(units: int, currency: str, amount: str) -> None:
    money = Money.minor(units, currency)
    assert str(money.amount) == amount
    assert money.to_minor() == units


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD", "CLF", "IQD"]))
def test_minor_units_come_back_as_they_went(units: int, currency: str) -> None:
    assert Money.minor(units, currency).to_minor() == units


def test_a_float_is_refused_and_a_text_kept_to_the_last_place() -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": 179.8, "currency": "EUR"})
    assert Money.model_validate({"amount": "179.8", "currency": "EUR"}).amount == Decimal("179.8")


@pytest.mark.parametrize("amount", ["1E+18", "-1E+18", "1E+999", "1E-60", "NaN", "-Infinity"])
def test_what_nobody_can_count_is_no_money(amount: str) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": "EUR"})
    assert str(Money(amount=Decimal("1E+17"), currency="CLF").rounded().amount) == "1" + "0" * 17 + ".0000"


def test_what_is_finer_than_the_currency_is_no_number_of_minor_units() -> None:
    with pytest.raises(ValueError, match="more places"):
        Money(amount=Decimal("1.5"), currency="JPY").to_minor()


def test_currencies_are_never_added_to_one_another() -> None:
    euro, yen = Money.minor(100, "EUR"), Money.minor(100, "JPY")
    with pytest.raises(ValueError, match="EUR"):
        euro.plus(yen)
    assert total([euro, yen, euro]) == (Money.minor(200, "EUR"), yen)


def test_rounding_gives_the_places_of_the_currency() -> None:
    assert str(Money(amount=Decimal("359.600000000000"), currency="EUR").rounded().amount) == "359.60"
    assert decimals("EUR") == 2
