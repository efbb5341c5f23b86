"""A reply that answers the one message an agent chose."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inbox.clock import utc_now
from inbox.errors import Invalid
from inbox.flows import deliver, receive, triage
from inbox.flows.context import Context
from inbox.flows.reply import KeyReused, NoteRequest, ReplyRequest, note, reply
from inbox.live import picture
from inbox.threads import messages
from inbox.threads.words import DraftMode, Kind
from tests.factories import Make
from tests.pigeon import Pigeon, news, payload
from tests.reading import Delivery, Message, Thread, rows, the


class Desk:
    """Anna has asked two things."""

    def __init__(self, ctx: Context, make: Make, pigeon: Pigeon) -> None:
        self.ctx, self.make, self.pigeon = ctx, make, pigeon
        self.channel = make.channel()
        self.ben = make.agent("Ben")
        make.inbound(self.channel, "Where is my order?")
        make.inbound(self.channel, "And do you have it in blue?")
        self.thread_id = the(ctx, Thread).id
        self.first, self.second = (each.id for each in rows(ctx, Message, Message.kind == Kind.INBOUND))

    def answers(self, message_id: int | None, key: str = "c1", **more: Any) -> int:
        asked = ReplyRequest(
            more.pop("channel", self.channel), "Yes.", key, in_reply_to_message_id=message_id, **more
        )
        return reply(self.ctx, self.ben, self.thread_id, asked).message_id

    def goes_out(self) -> Any:
        with self.ctx.db.write() as session:
            session.execute(update(Delivery).values(not_before=utc_now() - timedelta(seconds=1)))
        deliver.drain(self.ctx)
        return self.pigeon.sent[-1]

    def wire(self, message_id: int) -> str:
        """The id under which Anna's network knows a message."""
        external_id = the(self.ctx, Message, Message.id == message_id).external_id
        return str(external_id).replace("in:", "wire:")


@pytest.fixture
def desk(ctx: Context, make: Make, pigeon: Pigeon) -> Desk:
    pigeon.learns(answers=True)
    return Desk(ctx, make, pigeon)


def test_the_network_is_told_which_message_is_answered(desk: Desk) -> None:
    desk.answers(desk.first)
    sent = desk.goes_out()
    assert (sent.in_reply_to, sent.chosen) == (desk.wire(desk.first), True)
    assert sent.quoted.text == "Where is my order?", "and where an earlier message is quoted, it is that one"


def test_without_a_choice_it_is_the_newest(desk: Desk) -> None:
    desk.answers(None)
    sent = desk.goes_out()
    assert (sent.in_reply_to, sent.chosen) == (desk.wire(desk.second), False)


def test_everybody_sees_what_was_answered(desk: Desk, ctx: Context) -> None:
    message_id = desk.answers(desk.first)
    with ctx.db.read() as session:
        shown = picture.message(session, message_id)["answers"]
    assert shown is not None
    assert (shown["id"], shown["seq"], shown["channel_id"]) == (desk.first, 1, desk.channel)
    assert (shown["author"], shown["address"], shown["text"]) == ("anna", "anna", "Where is my order?")


def test_what_she_took_back_since_is_neither_answered_nor_shown(desk: Desk, ctx: Context) -> None:
    message_id = desk.answers(desk.first)
    external_id = the(ctx, Message, Message.id == desk.first).external_id
    desk.make.keep(desk.channel, payload(news("removal", external_ids=(external_id,))))
    receive.drain(ctx)
    sent = desk.goes_out()
    assert (sent.in_reply_to, sent.chosen) == (desk.wire(desk.second), False)
    with ctx.db.read() as session:
        shown = picture.message(session, message_id)["answers"]
    assert shown is not None
    assert shown["text"] == ""


def test_only_a_message_that_this_can_be_the_answer_to(
    desk: Desk, ctx: Context, make: Make, pigeon: Pigeon
) -> None:
    other = make.channel(name="Doves", loft="Loft Two")
    make.inbound(other, "Hello from elsewhere", "anna")
    make.inbound(desk.channel, "I am somebody else", "boris")
    *_, elsewhere, foreign = (each.id for each in rows(ctx, Message, Message.kind == Kind.INBOUND))
    noted = note(ctx, desk.ben, desk.thread_id, NoteRequest("VIP", "n1")).message_id
    for message_id, said in (
        (foreign, "not in this thread"),
        (987654, "not in this thread"),
        (noted, "not in this thread"),
        (elsewhere, "another channel"),
    ):
        with pytest.raises(Invalid, match=said) as caught:
            desk.answers(message_id)
        assert caught.value.pointer == "/in_reply_to_message_id"
    with pytest.raises(Invalid, match="another address"):
        desk.answers(desk.first, reply_to="anna-at-work")
    pigeon.learns(answers=False)
    with pytest.raises(Invalid, match="cannot be given as the answer"):
        desk.answers(desk.first)
    assert rows(ctx, Delivery) == []


def test_the_same_key_with_another_choice_is_another_message(desk: Desk) -> None:
    first = desk.answers(desk.first)
    assert desk.answers(desk.first) == first
    with pytest.raises(KeyReused):
        desk.answers(desk.second)


def test_a_draft_remembers_the_choice_and_undo_brings_it_back(desk: Desk, ctx: Context) -> None:
    def chosen() -> Any:
        with ctx.db.read() as session:
            draft = messages.drafts(session, desk.ben, desk.thread_id)["reply"]
        return None if draft is None else draft["answers"] and draft["answers"]["id"]

    fields = triage.DraftFields(channel_id=desk.channel, in_reply_to_message_id=desk.first)
    triage.save_draft(ctx, desk.ben, desk.thread_id, DraftMode.REPLY, fields)
    assert chosen() == desk.first, "also before anything is written"
    desk.answers(desk.first)
    assert chosen() is None
    triage.edit(ctx, desk.ben, the(ctx, Delivery).id)
    assert chosen() == desk.first
