"""A team that talks in Slack hears there of customers who wait, and answers them from there."""

from collections.abc import Iterator
from typing import Any

import pytest

from inbox.channels.registry import Registry
from inbox.flows import deliver, notices, team_answers, telling
from inbox.flows.context import Context
from inbox.settings import Settings
from inbox.threads.words import Kind
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.flows.test_slack import App
from tests.peers.slack import Slack
from tests.reading import Customer, Message, rows

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def ctx(settings: Settings, clock: ManualClock) -> Iterator[Context]:
    wishes = {"team_after_minutes": 5, "public_url": "https://desk.example"}
    context = make_context(settings.model_copy(update=wishes), Registry(), clock)
    yield context
    context.stop.set()
    context.db.dispose()


class Desk(App):
    """An app whose team has a channel, in which one customer who waits was told."""

    def __init__(self, ctx: Context, slack: Slack, clock: ManualClock) -> None:
        self.place = slack.channel("helpers")
        super().__init__(ctx, slack, team_channel=self.place)
        slack.held = []
        slack.say(self.anna, self.chat, "Where is <!channel> & my *order*?")
        self.brings()
        clock.forward(minutes=6)
        self.looks_after()
        self.root = slack.conversations[self.place].messages[0]

    def looks_after(self) -> None:
        """One round of what tells the team and works on its answers, and of what sends replies."""
        for step in (notices.sweep, team_answers.work, telling.look, notices.send, deliver.drain):
            step(self.ctx)

    def says(self, who: str, text: str) -> None:
        """A colleague answers below the told customer, and all of it is worked off."""
        self.slack.say(who, self.place, text, thread_ts=self.root["ts"])
        self.brings()
        self.looks_after()
        self.looks_after()
        self.brings()

    def to_anna(self) -> list[str]:
        """What arrived in Anna's chat."""
        messages = self.slack.conversations[self.chat].messages
        return [message["text"] for message in messages if message["user"] != self.anna]

    def below(self) -> list[dict[str, Any]]:
        """What the app wrote below the told customer."""
        messages = self.slack.conversations[self.place].messages
        return [each for each in messages if each.get("thread_ts") == self.root["ts"] and each.get("bot_id")]


@pytest.fixture
def desk(ctx: Context, slack: Slack, clock: ManualClock) -> Desk:
    return Desk(ctx, slack, clock)


def test_a_customer_who_waits_is_told_in_the_teams_channel_and_calls_nobody(desk: Desk) -> None:
    text = desk.root["text"]
    assert "Anna Moretti" in text
    assert "> Where is @channel &amp; my" in text
    assert "<!channel>" not in text
    assert "<https://desk.example/inbox/open/" in text
    assert "thread_ts" not in desk.root


def test_an_agent_answers_from_the_thread(desk: Desk, make: Make) -> None:
    ben = make.agent("Ben")
    desk.says(desk.slack.person("Ben", mail=ben.email), "It leaves today.")
    assert desk.to_anna() == ["It leaves today."]
    [answer] = rows(desk.ctx, Message, Message.kind == Kind.REPLY)
    assert (answer.author_id, answer.body_text) == (ben.id, "It leaves today.")


@pytest.mark.parametrize(
    "who", [{"is_restricted": True}, {"team": "T0ELSE"}, {"mail": "stranger@shop.example"}], ids=str
)
def test_nobody_else_answers_whatever_he_writes(desk: Desk, make: Make, who: dict[str, Any]) -> None:
    ben = make.agent("Ben")
    desk.says(desk.slack.person("Ben", **{"mail": ben.email, **who}), "It leaves today.")
    assert desk.to_anna() == []
    assert rows(desk.ctx, Message, Message.kind == Kind.REPLY) == []
    assert len(desk.below()) == 1, "and he is told so where he wrote it"


def test_what_is_said_in_the_teams_channel_makes_no_customer(desk: Desk) -> None:
    ben = desk.slack.person("Ben")
    said = desk.slack.say(ben, desk.place, "Lunch?")
    desk.slack.react(ben, desk.place, said["ts"], "tada")
    desk.slack.edit(desk.place, said["ts"], "Lunch at one?")
    desk.brings()
    assert len(rows(desk.ctx, Customer)) == 1
    assert len(rows(desk.ctx, Message)) == 1
