"""S15 by a link: a stranger sends somebody the link that goes on in another channel, and learns nothing by it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from inbox.customers.models import Merge, Suggestion
from inbox.flows import deliver, people, receive
from inbox.flows.context import Context
from inbox.threads.words import Kind
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon, news, payload
from tests.reading import Customer, Identity, Message, Wait, rows, the
from tests.web.widget.conftest import Panel, Shop
from tests.web.widget.test_identity import mailbox, thread_of

Visit = Callable[..., Panel]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

PAST = "My order 10412 goes to Elm Street"
LATER = "My card ends in 1234"
VICTIM = {"namespace": "pigeon", "address": "victim", "display": "@victim", "name": "Vera Victim"}


@dataclass
class Lure:
    """A channel that takes link codes, the victim who writes there, and who sends her a link."""

    shop: Shop
    thief: Panel
    channel_id: int
    codes: list[str]
    pigeon: Pigeon

    def past(self) -> None:
        """The victim has written before."""
        self.shop.make.inbound(self.channel_id, PAST, "victim", level="channel", name="Vera Victim")

    def link(self) -> str:
        """The one-time code of a link that the visitor is given."""
        url: str = self.thief.post("/link", {"channel_id": self.channel_id}, 200)["url"]
        return url.rpartition("/")[2]

    def opened(self, code: str) -> None:
        """The victim opens the link."""
        party = {**VICTIM, "level": "channel", "level_reason": "The network tells who wrote."}
        self.shop.make.keep(self.channel_id, payload(news("link", code=code, party=party)))
        receive.drain(self.shop.ctx)

    def later(self) -> None:
        """The victim goes on, and is answered."""
        self.shop.make.inbound(self.channel_id, LATER, "victim", level="channel", name="Vera Victim")
        thread_id = thread_of(self.shop.ctx, LATER)
        self.shop.answer(thread_id, "Dear Vera", channel_id=self.channel_id)

    def told(self) -> list[str]:
        """What the victim was told in her chat besides agents' replies."""
        deliver.drain(self.shop.ctx)
        return [message.text for message in self.pigeon.sent if message.text != "Dear Vera"]

    def proves_mailbox(self) -> None:
        """The visitor proves a mailbox, which is his own."""
        self.thief.post("/email", {"address": "thief@example.com"}, 202)
        self.thief.token = self.thief.post("/email/confirm", {"code": self.codes[-1]}, 200)["token"]

    def shown(self) -> list[str]:
        """What the visitor can read; nothing of the victim is anywhere in his panel."""
        everything = str(self.thief.open())
        for secret in (PAST, LATER, "Dear Vera", "Vera", "victim"):
            assert secret not in everything
        return self.thief.texts()


@pytest.fixture
def lure(
    ctx: Context, shop: Shop, make: Make, visit: Visit, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> Lure:
    pigeon.learns(proves_links=True)
    return Lure(shop, visit(), make.channel(), mailbox(monkeypatch), pigeon)


@pytest.mark.parametrize("session", ["anonymous", "mail_code", "jwt"])
@pytest.mark.parametrize("brought", ["new", "history"])
def test_whoever_sends_a_link_reads_nothing_of_who_opens_it(
    ctx: Context, shop: Shop, lure: Lure, session: str, brought: str
) -> None:
    if brought == "history":
        lure.past()
    if session == "jwt":
        lure.thief.open(jwt=shop.token("thief"))
    lure.thief.write("Thief here")
    shop.receive()
    lure.opened(lure.link())
    if session == "mail_code":
        lure.proves_mailbox()
    lure.later()
    assert lure.shown() == ["Thief here"]

    living = [row for row in rows(ctx, Customer) if row.merged_into_id is None]
    victim = the(ctx, Identity, Identity.address == "victim")
    if brought == "new":
        assert len(living) == 1, "she has gone on there for the first time: one customer"
        assert rows(ctx, Suggestion) == []
        assert lure.told() == []
    else:
        assert len(living) == 2, "she has a past: an agent decides"
        suggestion = the(ctx, Suggestion)
        assert ([each["code"] for each in suggestion.evidence], suggestion.score) == (["linked"], 90)
        assert victim.customer_id in (suggestion.low_id, suggestion.high_id)
        (told,) = lure.told()
        assert "once a colleague has checked that both are yours" in told
        assert "Thief" not in told
        assert thread_of(ctx, PAST) == thread_of(ctx, LATER) != thread_of(ctx, "Thief here")


@pytest.mark.parametrize("session", ["anonymous", "mail_code", "jwt"])
def test_nor_after_an_agent_took_both_for_one(ctx: Context, shop: Shop, lure: Lure, session: str) -> None:
    """What an agent merges is one thread for agents; a visitor reads what he himself has proved."""
    lure.past()
    if session == "jwt":
        lure.thief.open(jwt=shop.token("thief", name="Theo"))
    lure.thief.write("Thief here")
    shop.receive()
    if session == "mail_code":
        lure.proves_mailbox()
    lure.opened(lure.link())
    suggestion = the(ctx, Suggestion)
    people.merge(ctx, shop.agent, suggestion.low_id, suggestion.high_id)
    lure.later()
    assert lure.shown() == ["Thief here"]
    unread = lure.thief.look()["items"][-1]["id"]
    lure.thief.post("/read", {"message_id": unread})
    assert the(ctx, Message, Message.body_text == "Dear Vera").thread_id == thread_of(ctx, "Thief here")


def test_a_link_between_two_whom_an_agent_parted_says_so_and_asks_nobody(
    ctx: Context, shop: Shop, lure: Lure
) -> None:
    lure.past()
    lure.thief.write("Thief here")
    shop.receive()
    lure.opened(lure.link())
    people.reject(ctx, shop.agent, the(ctx, Suggestion).id)
    lure.opened(lure.link())
    assert [text.partition(" ")[0] for text in lure.told()] == ["We", "This"]
    assert "stays separate" in lure.told()[1]
    lines = rows(ctx, Message, Message.kind == Kind.SYSTEM)
    assert [line.system["code"] for line in lines if line.system] == ["link_to_check", "link_without_effect"]
    assert {line.thread_id for line in lines} == {thread_of(ctx, PAST)}
    assert rows(ctx, Wait, Wait.closed_at.is_not(None)) == [], "a line of ours is no answer"


def test_a_mailbox_proved_after_such_a_merge_is_taken_for_another_person(
    ctx: Context, shop: Shop, lure: Lure
) -> None:
    """A proved address in the browser's customer that is not the browser's is somebody's."""
    lure.past()
    lure.thief.write("Thief here")
    shop.receive()
    lure.opened(lure.link())
    suggestion = the(ctx, Suggestion)
    people.merge(ctx, shop.agent, suggestion.low_id, suggestion.high_id)
    lure.proves_mailbox()
    assert lure.shown() == []
    mail = the(ctx, Identity, Identity.address == "thief@example.com")
    assert mail.customer_id != the(ctx, Identity, Identity.address == "victim").customer_id


def test_a_second_link_of_the_same_person_changes_nothing(ctx: Context, shop: Shop, lure: Lure) -> None:
    lure.thief.write("On the site")
    shop.receive()
    lure.opened(lure.link())
    lure.later()
    lure.opened(lure.link())
    assert len(rows(ctx, Merge)) == 1
    assert rows(ctx, Suggestion) == []


def test_a_link_of_a_second_browser_is_a_suggestion(
    ctx: Context, shop: Shop, lure: Lure, visit: Visit
) -> None:
    lure.thief.write("First browser")
    shop.receive()
    lure.opened(lure.link())
    lure.thief = visit()
    lure.thief.write("Second browser")
    shop.receive()
    lure.opened(lure.link())
    assert lure.shown() == ["Second browser"]
    assert [each["code"] for each in the(ctx, Suggestion).evidence] == ["linked"]


def test_a_link_counts_for_a_quarter_of_an_hour(
    ctx: Context, shop: Shop, lure: Lure, clock: ManualClock
) -> None:
    lure.thief.write("On the site")
    shop.receive()
    in_time, too_late = lure.link(), lure.link()
    clock.forward(minutes=14, seconds=59)
    lure.opened(in_time)
    assert len(rows(ctx, Merge)) == 1
    clock.forward(seconds=1)
    lure.opened(too_late)
    assert len(rows(ctx, Merge)) == 1


def test_a_mailbox_code_counts_for_a_quarter_of_an_hour(
    ctx: Context, shop: Shop, lure: Lure, clock: ManualClock
) -> None:
    lure.thief.write("On the site")
    shop.receive()
    asked: dict[str, Any] = lure.thief.post("/email", {"address": "me@example.com"}, 202)
    assert asked["expires_at"] is not None
    clock.forward(minutes=15)
    wrong = lure.thief.refused("POST", "/email/confirm", {"code": lure.codes[-1]})
    assert wrong == (422, "wrong_code")
    lure.thief.post("/email", {"address": "me@example.com"}, 202)
    clock.now += timedelta(minutes=14, seconds=59)
    assert lure.thief.post("/email/confirm", {"code": lure.codes[-1]}, 200)["visitor"]["email_proved"]
