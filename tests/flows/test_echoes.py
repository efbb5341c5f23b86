"""Copies of our own replies: whatever order they and the network's answers come in, each reply is shown once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from inbox.clock import utc_now
from inbox.contract import Outgoing, Receipt, Rejected, TryLater, Uncertain
from inbox.flows import deliver, receive, triage
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.outbox.words import DeliveryState
from inbox.threads.models import MessageAlias
from inbox.threads.words import Kind, Status, Trouble
from tests.factories import Make, ManualClock
from tests.pigeon import PART, Pigeon, payload
from tests.reading import Delivery, Episode, Message, Thread, Wait, rows, the


class Desk:
    """A shop with one channel, one agent and one waiting customer; the network sends copies back."""

    def __init__(self, ctx: Context, make: Make) -> None:
        self.ctx, self.make = ctx, make
        self.channel = make.channel()
        self.ben = make.agent("Ben")
        make.inbound(self.channel)
        self.thread_id = the(ctx, Thread).id

    def reply(self, body: str = "On its way.", key: str = "c1", **more: Any) -> None:
        reply(self.ctx, self.ben, self.thread_id, ReplyRequest(self.channel, body, key, **more))

    def echo(self, text: str = "On its way.", to: str = "anna", **more: Any) -> None:
        recipient = {"role": "to", "party": {"namespace": "pigeon", "address": to}}
        more.setdefault("id", f"net:{text}")
        note = {"from": "shop", "text": text, "outgoing": True, "recipients": [recipient], **more}
        self.make.keep(self.channel, payload(note))
        receive.drain(self.ctx)

    def replies(self) -> list[str]:
        return [message.body_text for message in rows(self.ctx, Message, Message.kind == Kind.REPLY)]

    def states(self) -> list[DeliveryState]:
        return [delivery.state for delivery in rows(self.ctx, Delivery)]

    def known_as(self) -> dict[str, int]:
        """Which message each external id names."""
        with self.ctx.db.read() as session:
            return {row.external_id: row.message_id for row in session.scalars(select(MessageAlias))}


@pytest.fixture
def desk(ctx: Context, make: Make) -> Desk:
    return Desk(ctx, make)


def marked(desk: Desk, how: str) -> dict[str, Any]:
    """What an echo says of itself: our key, or only that our app sent it."""
    return {"idem_key": rows(desk.ctx, Delivery)[-1].idem_key} if how == "key" else {"ours": True}


def fail(error: Exception) -> Callable[[Outgoing], Receipt]:
    def answer(_message: Outgoing) -> Receipt:
        raise error

    return answer


@pytest.mark.parametrize("how", ["key", "ours"])
def test_an_echo_that_comes_before_the_answer_is_the_reply(desk: Desk, pigeon: Pigeon, how: str) -> None:
    def answer(_message: Outgoing) -> Receipt:
        desk.echo(**marked(desk, how), id="net:1")
        assert desk.states() == [DeliveryState.SENT], "the echo is proof enough"
        return Receipt(external_id="net:1", aliases=("net:one",))

    pigeon.answer = answer
    desk.reply()
    deliver.drain(desk.ctx)
    assert (desk.replies(), desk.states()) == (["On its way."], [DeliveryState.SENT])
    message = rows(desk.ctx, Message)[-1].id
    assert {"net:1": message, "net:one": message}.items() <= desk.known_as().items()
    assert the(desk.ctx, Delivery).external_id == "net:1"


@pytest.mark.parametrize("how", ["key", "ours"])
@pytest.mark.parametrize("trouble", [Uncertain("No answer."), TryLater("Try again."), Rejected("Too heavy.")])
def test_what_the_network_shows_to_have_is_not_sent_again_whatever_it_answers(
    desk: Desk, pigeon: Pigeon, how: str, trouble: Exception
) -> None:
    def answer(_message: Outgoing) -> Receipt:
        desk.echo(**marked(desk, how), id="net:1")
        raise trouble

    pigeon.answer = answer
    desk.reply()
    deliver.drain(desk.ctx)
    deliver.drain(desk.ctx)
    assert (desk.replies(), desk.states(), len(pigeon.sent)) == (["On its way."], [DeliveryState.SENT], 1)
    assert the(desk.ctx, Thread).trouble is None


@pytest.mark.parametrize("how", ["key", "ours"])
def test_an_echo_after_the_answer_is_known_by_its_id(desk: Desk, pigeon: Pigeon, how: str) -> None:
    pigeon.answer = lambda _message: Receipt(external_id="net:1")
    desk.reply()
    deliver.drain(desk.ctx)
    for _again in range(2):
        desk.echo(**marked(desk, how), id="net:1")
    assert (desk.replies(), desk.states()) == (["On its way."], [DeliveryState.SENT])


@pytest.mark.parametrize("how", ["key", "ours"])
def test_an_echo_settles_doubt(desk: Desk, pigeon: Pigeon, how: str) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply()
    deliver.drain(desk.ctx)
    assert (desk.states(), the(desk.ctx, Thread).trouble) == ([DeliveryState.UNCERTAIN], Trouble.UNCERTAIN)
    desk.echo(**marked(desk, how), id="net:1")
    assert (desk.states(), the(desk.ctx, Thread).trouble) == ([DeliveryState.SENT], None)
    assert (desk.replies(), the(desk.ctx, Delivery).error) == (["On its way."], None)


def test_an_echo_saves_the_customer_from_what_a_person_sends_again(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply()
    deliver.drain(desk.ctx)
    triage.retry(desk.ctx, desk.ben, the(desk.ctx, Delivery).id)
    desk.echo(**marked(desk, "key"), id="net:1")
    deliver.drain(desk.ctx)
    assert (desk.states(), len(pigeon.sent)) == ([DeliveryState.SENT], 1)


def test_of_two_with_the_same_words_the_older_is_settled_first(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply("Yes.", "c1")
    deliver.drain(desk.ctx)
    desk.reply("Yes.", "c2")
    deliver.drain(desk.ctx)
    desk.echo("Yes.", ours=True, id="net:1")
    assert desk.states() == [DeliveryState.SENT, DeliveryState.UNCERTAIN]
    desk.echo("Yes.", ours=True, id="net:1")
    assert desk.states() == [DeliveryState.SENT, DeliveryState.UNCERTAIN], "the same echo again is none"
    desk.echo("Yes.", ours=True, id="net:2")
    assert desk.states() == [DeliveryState.SENT, DeliveryState.SENT]
    assert desk.replies() == ["Yes.", "Yes."]


def test_marks_and_spaces_do_not_tell_an_echo_apart(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply("It is **on its way**\n\nto you.")
    deliver.drain(desk.ctx)
    desk.echo("It is on its way to you.", ours=True)
    assert (desk.states(), len(desk.replies())) == ([DeliveryState.SENT], 1)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Something else."},
        {"to": "carl"},
        {"sent_at": (utc_now() - timedelta(hours=1)).isoformat()},
        {"ours": False},
    ],
)
def test_what_is_not_the_same_is_shown_as_sent_elsewhere(
    desk: Desk, pigeon: Pigeon, other: dict[str, Any]
) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply()
    deliver.drain(desk.ctx)
    desk.echo(**{"ours": True, **other}, id="net:1", author="Page manager")
    assert desk.states() == [DeliveryState.UNCERTAIN]
    outside = the(desk.ctx, Message, Message.external_id == "net:1")
    assert (outside.kind, outside.author_id, outside.sender_name) == (Kind.REPLY, None, "Page manager")


def test_one_echo_of_several_messages_proves_nothing_of_the_others(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.learns(text_max=PART, splits=True)
    pigeon.answer = fail(Uncertain("Cut off after the first."))
    text = "It left today. " * 4
    desk.reply(text)
    deliver.drain(desk.ctx)
    first, *_rest = pigeon.parts(pigeon.manifest.config(), text)
    desk.echo(first, ours=True, id="net:1")
    assert (desk.states(), len(desk.replies())) == ([DeliveryState.UNCERTAIN], 1)
    assert desk.known_as()["net:1"] == rows(desk.ctx, Message)[-1].id
    desk.make.keep(desk.channel, payload({"state": "read", "external_ids": ["net:1"]}))
    receive.drain(desk.ctx)
    assert desk.states() == [DeliveryState.UNCERTAIN], "that the first was read says nothing of the second"


def test_an_echo_after_resolving_reopens_nothing_and_comes_from_no_customer(
    desk: Desk, pigeon: Pigeon
) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply(resolve=True)
    deliver.drain(desk.ctx)
    before = len(rows(desk.ctx, Message))
    desk.echo(ours=True, id="net:1")
    desk.echo("We also called you.", ours=False, id="net:2")
    assert (the(desk.ctx, Episode).status, the(desk.ctx, Thread).waiting_since) == (Status.RESOLVED, None)
    assert len(rows(desk.ctx, Message)) == before + 1, "only what was sent elsewhere is new"


def test_an_answer_from_elsewhere_that_comes_late_does_not_answer_what_was_asked_after_it(
    desk: Desk, clock: ManualClock
) -> None:
    asked = clock()
    clock.forward(minutes=10)
    desk.make.inbound(desk.channel, "And my refund?", sent_at=clock().isoformat())
    desk.echo("We look into it.", id="net:1", sent_at=(asked + timedelta(minutes=5)).isoformat())
    assert the(desk.ctx, Wait).closed_at is None, "she has asked again since"
    desk.echo("It is refunded.", id="net:2", sent_at=(clock() + timedelta(minutes=1)).isoformat())
    assert the(desk.ctx, Wait).closed_at is not None


def test_a_cancelled_reply_that_arrived_all_the_same_is_not_shown_twice(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.answer = fail(Uncertain("No answer."))
    desk.reply()
    deliver.drain(desk.ctx)
    triage.cancel(desk.ctx, desk.ben, the(desk.ctx, Delivery).id)
    desk.echo(**marked(desk, "key"), id="net:1")
    assert (desk.states(), desk.replies()) == ([DeliveryState.CANCELLED], ["On its way."])
