"""Decisions about acts: what they need, who may have them done alone, who decides, what changed since a preview. Pure.

An act is confirmed by an agent, and maybe by a second person; then it is claimed, put on the wire, and recorded, as
a delivery is. `MOVES` is all that can become of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from inbox.agents.identity import AgentIdentity, Role
from inbox.commerce.words import ActState
from inbox.contract.commerce import (
    Act,
    Can,
    MakeCoupon,
    Money,
    RefundOrder,
)
from inbox.errors import Invalid

LEASE = 60.0
"""Seconds a claim lasts. Longer than any call to a shop may take, so nobody has to renew it."""

IN_REQUEST = 5.0
"""Seconds that a request waits for a shop; what takes longer is done by a worker."""

BY_WORKER = 20.0
"""Seconds that a worker gives a shop for one act."""

GIVE_UP_AFTER = 3600.0
"""Seconds after an act was confirmed, or approved, when one that was always put off fails: nobody waits longer."""

LOOK_UPS = (3.0, 6.0, 12.0, 24.0, 48.0, 96.0)
"""Seconds before each question to the shop whether an uncertain act was done; after the last a person asks."""

PENDING_UPS = (30.0, 120.0, 600.0, 3600.0)
"""Seconds before each question what became of an act that the shop took up; the last repeats."""

PENDING_DAYS = 14
"""Days after which a pending act is not asked about any more: what the order says is what counts."""

DECIDE_DAYS = 7
"""Days after which a proposal that nobody decided is refused."""

PERCENT = "%"
"""Stands for a currency in the limits of coupons: the most per cent that a code may give."""

PER_DAY = "day"
"""Stands for a currency in the limits of coupons: how many an agent may make in 24 hours."""

MONEY = ("refund", "cancel", "reship", "coupon")
"""Kinds that cost the shop something: they need a reason, and have limits."""

ON_ORDER = ("refund", "cancel", "address", "reship", "return")
"""Kinds that change an order: one at a time."""

ROLES = (Role.AGENT, Role.SUPERVISOR)
"""Whose limits can be set; admins have none."""

BUSY = (ActState.PROPOSED, ActState.APPROVED, ActState.SENDING, ActState.UNCERTAIN)
"""States in which an act keeps every other one away from its order."""

SPENT = (*BUSY, ActState.PENDING, ActState.DONE)
"""States in which an act counts towards what its agent has given already."""

REASON_MAX = 500

MOVES: Mapping[ActState, frozenset[ActState]] = {
    ActState.PROPOSED: frozenset({ActState.APPROVED, ActState.REFUSED}),
    ActState.APPROVED: frozenset(
        {
            *(ActState.APPROVED, ActState.SENDING, ActState.PENDING),
            *(ActState.DONE, ActState.FAILED, ActState.REFUSED),
        }
    ),
    ActState.SENDING: frozenset(
        {
            *(ActState.APPROVED, ActState.PENDING, ActState.UNCERTAIN),
            *(ActState.DONE, ActState.FAILED, ActState.REFUSED),
        }
    ),
    ActState.PENDING: frozenset({ActState.DONE, ActState.FAILED}),
    ActState.UNCERTAIN: frozenset({ActState.APPROVED, ActState.PENDING, ActState.DONE, ActState.FAILED}),
    ActState.DONE: frozenset(),
    ActState.FAILED: frozenset(),
    ActState.REFUSED: frozenset(),
}
"""What can become of an act in each state. Writing is fenced by it: whoever comes too late changes nothing."""


@dataclass(frozen=True)
class Limits:
    """What one role may do alone in acts of one kind: the most by currency; None where there is no limit."""

    most: Mapping[str, Decimal | None]

    def covers(self, amount: Money | None) -> bool:
        """Whether an amount may be given alone.

        Zero is never alone. As soon as one currency has a limit, one that nobody thought of, or an amount that the
        shop does not tell, is not covered.
        """
        limited = {code: most for code, most in self.most.items() if code not in (PERCENT, PER_DAY)}
        if not limited:
            return True
        if amount is None:
            return all(most is None for most in limited.values())
        most = limited.get(amount.currency, Decimal(0))
        return most is None or (most > 0 and amount.amount <= most)

    def covers_percent(self, percent: Decimal) -> bool:
        """Whether a code with so many per cent off may be given alone."""
        most = self.most.get(PERCENT)
        return most is None or (most > 0 and percent <= most)

    def covers_another(self, made: int) -> bool:
        """Whether a code may be made alone by whoever has made so many in the last 24 hours."""
        most = self.most.get(PER_DAY)
        return most is None or made < most

    def shown(self, currency: str) -> Money | None:
        """The limit in a currency, to be shown; None where there is none."""
        limited = {code: most for code, most in self.most.items() if code not in (PERCENT, PER_DAY)}
        most = limited.get(currency, Decimal(0)) if limited else None
        return None if most is None else Money(amount=most, currency=currency)


NO_LIMITS = Limits({})


def alone(act: Act, amount: Money | None, limits: Limits, *, given: Decimal, made: int) -> bool:
    """Whether an agent may have an act done without a second person.

    `amount` is what the shop says that it gives or costs; `given` is what the same agent has already given of the
    same order in that currency (or a limit could be passed in small steps), `made` the coupons of his last 24 hours.
    """
    if act.kind not in MONEY:
        return True
    if isinstance(act, MakeCoupon):
        if not limits.covers_another(made):
            return False
        if act.percent is not None:
            return limits.covers_percent(act.percent)
        return limits.covers(act.amount)
    if amount is not None:
        amount = Money(amount=amount.amount + given, currency=amount.currency)
    return limits.covers(amount)


def require_decider(
    agent: AgentIdentity, asker_id: int, act: Act, amount: Money | None, limits: Limits
) -> None:
    """Check that `agent` may approve what another one asked for; `limits` are his own. Raises Invalid."""
    if not agent.is_supervisor:
        raise Invalid("Supervisors and admins decide about this.", slug="not-yours")
    if agent.id == asker_id:
        raise Invalid("Somebody else has to decide about this.", slug="not-yours")
    if not alone(act, amount, limits, given=Decimal(0), made=0):
        raise Invalid("This is more than you may do alone, too.", slug="not-yours")


def needed(act: Act, can: frozenset[Can]) -> None:
    """Check that a connection can do an act. Raises Invalid."""
    if act.needs not in can:
        raise Invalid("This shop's connection cannot do this.", "/act", slug="cannot")


def check(act: Act, reason: str) -> str:
    """The reason, cleaned, of an act that makes sense in itself. Raises Invalid."""
    words = " ".join(reason.split())
    if len(words) > REASON_MAX:
        raise Invalid("Use at most 500 characters.", "/reason")
    if act.kind in MONEY and not words:
        raise Invalid("Say why.", "/reason", slug="reason-needed")
    if isinstance(act, RefundOrder):
        _check_refund(act)
    if isinstance(act, MakeCoupon) and (act.percent is None) == (act.amount is None):
        raise Invalid("A code takes off either per cent or an amount.", "/act/percent")
    if isinstance(act, RefundOrder | MakeCoupon) and act.amount is not None:
        _check_amount(act.amount)
    return words


def _check_refund(act: RefundOrder) -> None:
    parts = bool(act.lines) or act.shipping
    if act.lines is not None and not parts:
        raise Invalid("Choose what is refunded.", "/act/lines")
    if act.amount is not None and parts:
        raise Invalid("Refund either lines or an amount.", "/act/amount")


def _check_amount(amount: Money) -> None:
    if amount.amount <= 0:
        raise Invalid("The amount must be more than nothing.", "/act/amount")
    if amount.amount != amount.rounded().amount:
        raise Invalid("The amount has more places than its currency.", "/act/amount")


def order_of(act: Act) -> str:
    """The id of the order that an act is about, or ""."""
    return getattr(act, "order_id", "")


def parse_most(text: str) -> Decimal | None:
    """A limit as somebody typed it; None for none. Raises Invalid."""
    text = text.strip()
    if not text:
        return None
    try:
        most = Decimal(text.replace(",", ".") if "." not in text else text)
    except InvalidOperation as error:
        raise Invalid("Enter an amount such as 50 or 49.90, or nothing.", "/most") from error
    if not most.is_finite() or not 0 <= most < Decimal(10) ** 12:
        raise Invalid("Enter an amount such as 50 or 49.90, or nothing.", "/most")
    return most


def backoff(attempts: int, jitter: float, wish: float | None = None) -> float:
    """Seconds until the next try after `attempts` of them: 2, 4, 8 … up to five minutes, ± a quarter; `jitter` is in
    [0, 1). The shop's own `wish` is never undercut, up to an hour."""
    seconds = min(2.0 ** min(attempts, 9), 300.0) * (0.75 + jitter / 2)
    return seconds if wish is None else max(min(wish, 3600.0), seconds)


def before(state: ActState) -> tuple[ActState, ...]:
    """The states from which an act can come into `state`."""
    return tuple(earlier for earlier, then in MOVES.items() if state in then)


def next_look(waits: Sequence[float], looks: int) -> float:
    """Seconds before look number `looks` (from 0); the last wait repeats."""
    return waits[min(looks, len(waits) - 1)]
