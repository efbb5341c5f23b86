"""Amounts of money: a decimal number and its currency, never a float."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from inbox.contract.messages import Frozen

DIGITS_MAX = 18
"""Places before the point of an amount."""
PLACES_MAX = 50
"""Places after it: an average has many."""


def _exact(value: object) -> object:
    if isinstance(value, float | bool):
        problem = "an amount is never a float; read JSON with parse_float=Decimal"
        raise ValueError(problem)  # noqa: TRY004 # what pydantic makes a ValidationError of
    return value


def _bounded(value: Decimal) -> Decimal:
    if value and not (value.adjusted() < DIGITS_MAX and int(value.as_tuple().exponent) > -PLACES_MAX):
        problem = "no amount of money has so many places"
        raise ValueError(problem)
    return value


class Money(Frozen):
    """`amount` in major units of `currency` (ISO 4217), exact. JSON carries the amount as a text.

    Less than 10**DIGITS_MAX, so that it can be counted to the last place of every currency.
    """

    amount: Annotated[Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False), AfterValidator(_bounded)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    @classmethod
    def minor(cls, units: int, currency: str) -> "Money":
        """From an integer of minor units: cents of EUR, yen of JPY, fils of KWD (three places)."""
        places = decimals(currency)
        return cls(amount=Decimal(units).scaleb(-places).quantize(_step(places)), currency=currency)

    def to_minor(self) -> int:
        """As an integer of minor units. Raises ValueError where the amount has a finer part."""
        scaled = self.amount.scaleb(decimals(self.currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{self.amount} {self.currency} has more places than the currency")
        return int(scaled)

    def rounded(self) -> "Money":
        """With exactly the places that the currency has; halves go to the even neighbour."""
        amount = self.amount.quantize(_step(decimals(self.currency)))
        return Money(amount=amount, currency=self.currency)

    def plus(self, other: "Money") -> "Money":
        """The sum. Raises ValueError for another currency."""
        _same(self, other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def less(self, other: "Money") -> "Money":
        """The difference. Raises ValueError for another currency."""
        _same(self, other)
        return Money(amount=self.amount - other.amount, currency=self.currency)


def decimals(currency: str) -> int:
    """Places of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217, list one).

    CLDR tells something else for some: how many places people write, as for the Iraqi dinar.
    """
    return _PLACES.get(currency, 2)


def total(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """The sums, one per currency, in the order in which these first occur."""
    sums: dict[str, Decimal] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    return tuple(Money(amount=amount, currency=currency) for currency, amount in sums.items())


_OTHER_THAN_TWO = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_PLACES = {code: places for places, codes in _OTHER_THAN_TWO.items() for code in codes.split()}


def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _same(first: Money, second: Money) -> None:
    if first.currency != second.currency:
        raise ValueError(f"{first.currency} and {second.currency} cannot be added")
