"""Whether a reply may be queued, decided from what a network can do and what is known of an address."""

from datetime import UTC, datetime, timedelta

import pytest

from inbox.channels.words import ChannelState
from inbox.contract import Capabilities, Party
from inbox.threads.answering_rules import (
    NEEDS_REAUTH,
    NEVER_WROTE,
    NO_ADDRESS,
    NOT_PROVED,
    PAUSED,
    TEMPLATES_ONLY,
    WINDOW_CLOSED,
    WINDOW_LATE,
    Address,
    Window,
    judge,
    length,
    offered,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL = Capabilities(can_start=True)
CHAT = Capabilities()
DAY = 24 * 3600
WINDOWED = Capabilities(reply_window=DAY)
PATIENT = Capabilities(reply_window=DAY, late_window=7 * DAY)
APPROVED = Capabilities(reply_window=DAY, templates=True, can_start=True)
ANNA = Party(namespace="pigeon", address="anna")


def wrote(hours: float | None = 1, **more: object) -> Address:
    at = None if hours is None else NOW - timedelta(hours=hours)
    return Address(ANNA, identity_id=1, wrote_at=at, **more)  # type: ignore[arg-type]


CLAIM = Address(ANNA, claim_id=1)


@pytest.mark.parametrize(
    ("can", "state", "address", "usable", "reason"),
    [
        (MAIL, ChannelState.ACTIVE, wrote(), True, None),
        (MAIL, ChannelState.ACTIVE, wrote(None), True, None),
        (MAIL, ChannelState.ACTIVE, None, False, NO_ADDRESS),
        (MAIL, ChannelState.ACTIVE, CLAIM, True, NOT_PROVED),
        (MAIL, ChannelState.PAUSED, wrote(), True, PAUSED),
        (MAIL, ChannelState.NEEDS_REAUTH, wrote(), True, NEEDS_REAUTH),
        (MAIL, ChannelState.ACTIVE, wrote(unreachable="Mailbox full."), True, "Mailbox full."),
        (CHAT, ChannelState.ACTIVE, wrote(), True, None),
        (CHAT, ChannelState.ACTIVE, wrote(None), False, NEVER_WROTE),
        (CHAT, ChannelState.ACTIVE, None, False, NEVER_WROTE),
        (CHAT, ChannelState.ACTIVE, CLAIM, False, NEVER_WROTE),
        (CHAT, ChannelState.ACTIVE, wrote(unreachable="Blocked."), False, "Blocked."),
        (WINDOWED, ChannelState.ACTIVE, wrote(23), True, None),
        (WINDOWED, ChannelState.ACTIVE, wrote(25), False, WINDOW_CLOSED),
        (WINDOWED, ChannelState.PAUSED, wrote(25), False, WINDOW_CLOSED),
    ],
)
def test_whether_and_why(
    can: Capabilities, state: ChannelState, address: Address | None, usable: bool, reason: str | None
) -> None:
    verdict = judge(can, state, address, NOW)
    assert (verdict.usable, verdict.reason) == (usable, reason)


def test_a_window_says_when_it_closes() -> None:
    assert judge(WINDOWED, ChannelState.ACTIVE, wrote(2), NOW).closes_at == NOW + timedelta(hours=22)
    assert judge(CHAT, ChannelState.ACTIVE, wrote(2), NOW).closes_at is None


def test_who_is_offered() -> None:
    here, elsewhere = wrote(), wrote(None)
    assert offered(MAIL, [elsewhere, here, CLAIM]) == [elsewhere, here, CLAIM]
    assert offered(CHAT, [elsewhere, here, CLAIM]) == [here]
    assert offered(CHAT, [elsewhere, CLAIM]) == [elsewhere], "to say why the channel cannot be used"
    assert offered(CHAT, [CLAIM]) == []


@pytest.mark.parametrize(("unit", "expected"), [("characters", 3), ("utf16", 4), ("bytes", 7)])
def test_length_is_counted_as_the_network_counts(unit: str, expected: int) -> None:
    assert length("aé🎉", unit) == expected


@pytest.mark.parametrize(
    ("can", "address", "window", "reason", "closes_in"),
    [
        (MAIL, wrote(1000), None, None, None),
        (WINDOWED, wrote(23), Window.OPEN, None, 1),
        (WINDOWED, wrote(24), Window.OPEN, None, 0),
        (WINDOWED, wrote(25), Window.CLOSED, WINDOW_CLOSED, -1),
        (PATIENT, wrote(23), Window.OPEN, None, 1),
        (PATIENT, wrote(25), Window.LATE, WINDOW_LATE, 6 * 24 - 1),
        (PATIENT, wrote(7 * 24 + 1), Window.CLOSED, WINDOW_CLOSED, -1),
        (APPROVED, wrote(23), Window.OPEN, None, 1),
        (APPROVED, wrote(25), Window.TEMPLATES, TEMPLATES_ONLY, -1),
        (APPROVED, wrote(None), Window.TEMPLATES, TEMPLATES_ONLY, None),
        (APPROVED, CLAIM, Window.TEMPLATES, NOT_PROVED, None),
        (
            APPROVED.model_copy(update={"late_window": 7 * DAY}),
            wrote(25),
            Window.LATE,
            WINDOW_LATE,
            6 * 24 - 1,
        ),
        (APPROVED.model_copy(update={"can_start": False}), wrote(None), None, NEVER_WROTE, None),
    ],
)
def test_what_a_provider_takes_now_and_until_when(
    can: Capabilities, address: Address, window: Window | None, reason: str | None, closes_in: int | None
) -> None:
    verdict = judge(can, ChannelState.ACTIVE, address, NOW)
    closes_at = None if closes_in is None else NOW + timedelta(hours=closes_in)
    assert (verdict.window, verdict.reason, verdict.closes_at) == (window, reason, closes_at)
    assert verdict.usable is (window is not Window.CLOSED and reason != NEVER_WROTE)
