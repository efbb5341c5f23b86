"""What was paid for a Medusa order, and what of it can be given back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.shops.medusa import states
from adapters.shops.medusa.api import amount, money
from inbox.contract.commerce import Payment

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Purse:
    """Sums over all payments. `parts` is what is left of each payment, the largest first."""

    captured: Decimal
    refunded: Decimal
    parts: tuple[tuple[str, Decimal], ...]

    @property
    def left(self) -> Decimal:
        """What can be given back altogether."""
        return sum((rest for _name, rest in self.parts), Decimal(0))

    @property
    def most(self) -> Decimal:
        """The most that one refund can give back: Medusa refunds one payment at a time."""
        return self.parts[0][1] if self.parts else Decimal(0)


def payments(order: Data) -> list[Data]:
    """The payments of all collections."""
    return [one for each in order.get("payment_collections") or () for one in each.get("payments") or ()]


def refunds(order: Data) -> list[Data]:
    """What was given back, in the order in which it was."""
    found = [one for payment in payments(order) for one in payment.get("refunds") or ()]
    return sorted(found, key=lambda one: str(one["created_at"]))


def purse(order: Data) -> Purse:
    """The sums of an order."""
    captured = refunded = Decimal(0)
    parts = []
    for payment in payments(order):
        taken = sum((amount(one["amount"]) for one in payment.get("captures") or ()), Decimal(0))
        back = sum((amount(one["amount"]) for one in payment.get("refunds") or ()), Decimal(0))
        captured, refunded = captured + taken, refunded + back
        rest = money(taken - back, order["currency_code"]).amount
        if rest > 0:
            parts.append((str(payment["id"]), rest))
    return Purse(captured, refunded, tuple(sorted(parts, key=lambda part: -part[1])))


def state(order: Data, sums: Purse, total: Decimal) -> Payment:
    """What is paid: what was taken and given back counts, and the shop's own word where nothing was."""
    if sums.captured <= 0:
        return states.PAYMENT.get(str(order.get("payment_status") or ""), Payment.UNKNOWN)
    if sums.refunded >= sums.captured:
        return Payment.REFUNDED
    if sums.refunded > 0:
        return Payment.PARTLY_REFUNDED
    return Payment.PAID if sums.captured >= total else Payment.PARTLY_PAID
