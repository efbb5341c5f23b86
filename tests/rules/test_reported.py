"""What is taken of a cart that a shop's page reports, and which shop is meant."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from inbox.commerce import reported
from inbox.commerce.reported import Choice
from inbox.contract.commerce import Money, Product

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def sold(sku: str, amount: str, currency: str = "EUR") -> Product:
    return Product(id=sku, sku=sku, title=sku.title(), price=Money(amount=Decimal(amount), currency=currency))


@pytest.mark.parametrize(
    ("told", "pieces"),
    [
        ({"lines": [{"sku": "rope", "quantity": 2}, {"sku": "rope"}]}, {"rope": 3}),
        ({"items": [{"sku": "rope", "quantity": 1, "name": "Free!", "price": 0}]}, {"rope": 1}),
        ({"token": "abcdefgh", "lines": [{"sku": "rope", "quantity": True}]}, {}),
        ({"token": "abcdefgh", "lines": [{"sku": "rope", "quantity": -1}, {"sku": "x\n"}, 7, None]}, {}),
        ({"lines": []}, {}),
    ],
)
def test_only_skus_and_pieces_are_taken(told: dict[str, Any], pieces: dict[str, int]) -> None:
    found = reported.read(told)
    assert found is not None
    assert dict(found.pieces) == pieces


@pytest.mark.parametrize("told", [{}, {"items": [{"name": "Rope"}]}, {"token": "short"}, {"lines": "rope"}])
def test_what_names_nothing_is_left_alone(told: dict[str, Any]) -> None:
    assert reported.read(told) is None


def test_prices_are_those_of_the_shop_to_the_last_place() -> None:
    told = reported.read({"token": "t-0000001", "lines": [{"sku": "pin", "quantity": 3}, {"sku": "gone"}]})
    assert told is not None
    cart = reported.cart(told, {"pin": sold("pin", "0.345", "KWD")}, told.cart_id(7), NOW)
    assert cart is not None
    assert cart.total == Money(amount=Decimal("1.035"), currency="KWD")
    assert (cart.id, cart.token) == ("client:7", "t-0000001")
    assert reported.cart(told, {}, "c", NOW) is None


def test_currencies_are_not_mixed() -> None:
    told = reported.read({"lines": [{"sku": "a"}, {"sku": "b"}]})
    assert told is not None
    cart = reported.cart(told, {"a": sold("a", "1.00"), "b": sold("b", "100", "JPY")}, "c", NOW)
    assert cart is not None
    assert [line.id for line in cart.lines] == ["a"]


def test_the_shop_is_the_named_one_or_that_of_the_page_or_the_only_one() -> None:
    two = [Choice(1, "Alpe", "alpe.example"), Choice(2, "Outlet", "outlet.example:8443")]
    assert reported.choose(two, "", "outlet.example") == 2
    assert reported.choose(two, "Alpe", "outlet.example") == 1
    assert reported.choose(two, "2", "") == 2
    assert reported.choose(two, "", "elsewhere.example") is None
    assert reported.choose(two, "Nobody", "alpe.example") is None
    assert reported.choose(two[:1], "", "elsewhere.example") == 1
    assert reported.choose([], "", "") is None
