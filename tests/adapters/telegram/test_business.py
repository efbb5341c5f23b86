"""What the facts about business accounts mean for answers in their chats. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.telegram import ADAPTER, business
from adapters.telegram.people import Place
from inbox.contract import Answerable, Party

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told(user_id: int = 99, *, enabled: bool = True, can_reply: bool = True) -> dict[str, Any]:
    return {"user_id": user_id, "name": "Olga Owner", "enabled": enabled, "can_reply": can_reply}


def asked(facts: dict[str, Any], place: str = "BC1", ago: timedelta | None = timedelta(0)) -> Answerable:
    """Whether Anna, who wrote that long ago, can be answered."""
    party = Party(namespace="telegram", address="777", place=place)
    return ADAPTER.may_answer(facts, party, None if ago is None else NOW - ago, NOW)


def test_the_bots_own_chat_is_always_open() -> None:
    assert asked({}, place="", ago=timedelta(days=900)) == Answerable()
    assert asked({"business:BC1": told(enabled=False)}, place="", ago=None) == Answerable()


@pytest.mark.parametrize(
    ("facts", "ago", "reason"),
    [
        ({"business:BC1": told()}, timedelta(hours=24), ""),
        ({"business:BC1": told()}, timedelta(hours=24, seconds=1), business.LATE),
        ({"business:BC1": told()}, None, business.LATE),
        ({"business:BC1": told(can_reply=False)}, timedelta(0), business.MUTE),
        ({"business:BC1": told(enabled=False)}, timedelta(0), business.GONE),
        ({"business:BC1": told(enabled=False), "business:BC2": told()}, timedelta(0), ""),
        ({"business:BC1": told(enabled=False), "business:BC2": told(5)}, timedelta(0), business.GONE),
        ({"business:BC1": "nonsense"}, timedelta(0), ""),
        ({}, timedelta(0), ""),  # the connection is older than the bot's: Telegram itself says no, if it does
    ],
)
def test_a_chat_of_a_business_account_is_open_as_its_owner_and_telegram_say(
    facts: dict[str, Any], ago: timedelta | None, reason: str
) -> None:
    found = asked(facts, ago=ago)
    assert found.reason == reason
    assert found.closes_at == (None if ago is None else NOW - ago + business.WINDOW)


def test_an_answer_seems_to_come_from_the_owner() -> None:
    assert asked({"business:BC1": told()}).account == "Olga Owner"
    assert asked({}).account == ""


def test_only_a_connection_of_the_same_owner_stands_in_for_one_that_has_ended() -> None:
    place = Place(777, "BC1")
    assert business.current(place, {"business:BC1": told(), "business:BC2": told()}) == place
    ended = {"business:BC1": told(enabled=False)}
    assert business.current(place, {**ended, "business:BC2": told(5)}) == place
    assert business.current(place, {**ended, "business:BC2": told()}) == Place(777, "BC2")
    assert business.current(Place(777), {**ended, "business:BC2": told()}) == Place(777)
