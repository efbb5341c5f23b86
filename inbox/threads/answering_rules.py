"""Decisions about answering: whom a channel reaches, and whether a reply there may be queued. Pure."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inbox.channels.words import ChannelState
from inbox.contract import Answerable, Capabilities, Party

NO_ADDRESS = "The customer has no address on this channel."
NEVER_WROTE = "On this channel only customers who wrote there first can be answered, and this one has not."
PAUSED = "This channel is paused: replies wait until somebody resumes it."
NEEDS_REAUTH = "This channel has to be connected again: replies wait until then."
WINDOW_CLOSED = (
    "The provider takes replies only for a while after the customer's last message; that has passed."
)
WINDOW_LATE = (
    "The provider's window for replies has passed. A person may still answer for a while, a machine may not."
)
TEMPLATES_ONLY = "The provider takes only approved templates here until the customer writes again."
NO_ADAPTER = "The adapter of this channel is not installed."
NOT_PROVED = "Not proved: the customer only said that this address is his."


@dataclass(frozen=True)
class Address:
    """An address at which a customer may be answered on a channel.

    It is an identity, or a claim that `claimed_by` (an identity) made. `wrote_at` is when it last wrote on the
    channel. `unreachable` says why messages cannot arrive.
    """

    party: Party
    identity_id: int | None = None
    claim_id: int | None = None
    claimed_by: int | None = None
    unreachable: str | None = None
    wrote_at: datetime | None = None


class Window(enum.StrEnum):
    """What a provider takes that lets an account answer only for a while."""

    OPEN = "open"
    LATE = "late"
    """What a person writes, though nothing from a machine any more."""
    TEMPLATES = "templates"
    """Nothing but texts that the provider has approved."""
    CLOSED = "closed"


@dataclass(frozen=True)
class Verdict:
    """Whether a reply may be queued, and what the agent should know.

    `window` is what the provider takes now, None where it takes replies always; `closes_at` is when that ends, or
    has ended.
    """

    usable: bool
    reason: str | None = None
    closes_at: datetime | None = None
    window: Window | None = None


def offered(can: Capabilities, addresses: Sequence[Address]) -> list[Address]:
    """Those addresses of the channel's kind that are worth offering, best first.

    A channel that cannot begin a conversation reaches those who wrote on it. If there is none, the last seen
    stands for all, to say why it cannot be used. Claims count only where a stranger can be written to.
    """
    if can.can_start:
        return [*addresses]
    known = [address for address in addresses if address.claim_id is None]
    return [address for address in known if address.wrote_at is not None] or known[:1]


def judge(can: Capabilities, state: ChannelState, address: Address | None, now: datetime) -> Verdict:
    """Whether a reply to `address` may be queued on a channel with that state, to go out at `now`."""
    if address is None:
        return Verdict(False, NO_ADDRESS if can.can_start else NEVER_WROTE)
    if not can.can_start and (address.claim_id is not None or address.wrote_at is None):
        return Verdict(False, NEVER_WROTE)
    window, closes_at = window_of(can, address.wrote_at, now)
    if window is Window.CLOSED:
        return Verdict(False, WINDOW_CLOSED, closes_at, window)
    if address.unreachable and not can.can_start:
        # It did not bounce, as mail does: the customer himself blocked the account or left.
        return Verdict(False, address.unreachable, closes_at, window)
    return Verdict(True, _to_know(state, address, window), closes_at, window)


def window_of(
    can: Capabilities, wrote_at: datetime | None, now: datetime
) -> tuple[Window | None, datetime | None]:
    """What the provider takes at `now` from an account to whom the customer wrote last at `wrote_at`, and until when.

    (None, None) where it takes replies always. What is over comes with the moment at which it ended.
    """
    if can.reply_window is None:
        return None, None
    ended = None
    for window, seconds in ((Window.OPEN, can.reply_window), (Window.LATE, can.late_window)):
        if wrote_at is not None and seconds is not None:
            ended = wrote_at + timedelta(seconds=seconds)
            if now <= ended:
                return window, ended
    return Window.TEMPLATES if can.templates else Window.CLOSED, ended


def _to_know(state: ChannelState, address: Address, window: Window | None) -> str | None:
    """What an agent should know before he writes: what weighs most of it."""
    if address.claim_id is not None:
        return NOT_PROVED
    if state is ChannelState.PAUSED:
        return PAUSED
    if state is ChannelState.NEEDS_REAUTH:
        return NEEDS_REAUTH
    if address.unreachable:
        return address.unreachable
    return {Window.LATE: WINDOW_LATE, Window.TEMPLATES: TEMPLATES_ONLY}.get(window) if window else None


def narrowed(verdict: Verdict, network: Answerable) -> Verdict:
    """A verdict with what the network itself says about this party now."""
    if not verdict.usable:
        return verdict
    moments = [moment for moment in (verdict.closes_at, network.closes_at) if moment is not None]
    closes_at = min(moments, default=None)
    if network.reason:
        return replace(verdict, usable=False, reason=network.reason, closes_at=closes_at)
    return replace(verdict, closes_at=closes_at)


def length(text: str, unit: str) -> int:
    """How long a network counts a text, in the unit of its `text_unit`."""
    match unit:
        case "bytes":
            return len(text.encode())
        case "utf16":
            return len(text.encode("utf-16-le")) // 2
        case _:
            return len(text)
