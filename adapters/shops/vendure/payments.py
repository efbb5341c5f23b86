"""What was paid for an order and what was given back, in the shop's integer amounts. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.shops.vendure import states
from inbox.contract.commerce import Payment

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Purse:
    """Sums over an order's payments. `parts` is what can still be given back, by payment id, the most first."""

    paid: int
    held: int
    refunded: int
    parts: tuple[tuple[str, int], ...]

    @property
    def most(self) -> int:
        """What can be given back by one refund: Vendure's refunds belong to one payment each."""
        return self.parts[0][1] if self.parts else 0


def purse(order: Data) -> Purse:
    """The sums of an order."""
    payments = order.get("payments") or []
    paid = [payment for payment in payments if payment["state"] == states.PAID]
    left = [(str(payment["id"]), payment["amount"] - sum(_totals(payment))) for payment in paid]
    return Purse(
        paid=sum(payment["amount"] for payment in paid),
        held=sum(payment["amount"] for payment in payments if payment["state"] == states.HELD),
        refunded=sum(sum(_totals(payment)) for payment in payments),
        parts=tuple(sorted(((name, rest) for name, rest in left if rest > 0), key=lambda part: -part[1])),
    )


def refunds(order: Data) -> Iterator[Data]:
    """Everything that was given back or is being given back."""
    for payment in order.get("payments") or []:
        yield from (refund for refund in payment["refunds"] if refund["state"] != "Failed")


def _totals(payment: Data) -> list[int]:
    return [refund["total"] for refund in payment["refunds"] if refund["state"] != "Failed"]


def state(order: Data, sums: Purse, total: int) -> Payment:
    """What of `total` is paid."""
    if sums.paid:
        if sums.refunded >= sums.paid:
            return Payment.REFUNDED
        if sums.refunded:
            return Payment.PARTLY_REFUNDED
        return Payment.PAID if sums.paid >= total else Payment.PARTLY_PAID
    if sums.held:
        return Payment.AUTHORIZED
    words = {payment["state"] for payment in order.get("payments") or []}
    if not words or "Created" in words:
        return Payment.PENDING if total else Payment.PAID
    if words <= {states.VOIDED, *states.FAILED}:
        return Payment.VOIDED if states.VOIDED in words else Payment.FAILED
    return Payment.UNKNOWN
