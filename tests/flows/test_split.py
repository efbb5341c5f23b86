"""An address turns out to be somebody else's: it leaves with what was written from and to it."""

import pytest
from sqlalchemy import select

from inbox.contract import Party
from inbox.customers import claims
from inbox.customers.models import Claim
from inbox.errors import Conflict, Invalid, NotFound
from inbox.flows import people, triage
from inbox.flows.context import Context
from inbox.flows.reply import NoteRequest, ReplyRequest, note, reply
from inbox.threads.models import ReadMark
from inbox.threads.words import DraftMode, Status
from tests.factories import Make, ManualClock
from tests.invariants import faults
from tests.pictures import differences, picture, without_lines
from tests.reading import Customer, Delivery, Episode, Event, Identity, Message, Thread, rows, the


def identity(ctx: Context, address: str) -> Identity:
    return the(ctx, Identity, Identity.address == address)


def thread_of(ctx: Context, address: str) -> Thread:
    return the(ctx, Thread, Thread.customer_id == identity(ctx, address).customer_id)


def texts(ctx: Context, address: str) -> list[str]:
    found = rows(ctx, Message, Message.thread_id == thread_of(ctx, address).id)
    return [message.body_text for message in sorted(found, key=lambda message: message.seq)]


@pytest.fixture
def channel(ctx: Context, make: Make, clock: ManualClock) -> int:
    """A customer with two addresses, who wrote from both, was answered, and wrote again."""
    channel, ben = make.channel(), make.agent()
    make.inbound(channel, "from mail", "mail")
    clock.forward(minutes=1)
    make.inbound(channel, "from phone", "phone")
    mail, phone = identity(ctx, "mail"), identity(ctx, "phone")
    people.merge(ctx, ben, mail.customer_id, phone.customer_id)
    clock.forward(minutes=1)
    thread_id = thread_of(ctx, "mail").id
    reply(ctx, ben, thread_id, ReplyRequest(channel, "to phone", "r1", to_identity_id=phone.id))
    note(ctx, ben, thread_id, NoteRequest("Likes blue.", "n1"))
    clock.forward(minutes=1)
    make.inbound(channel, "from mail again", "mail")
    return channel


def test_an_address_leaves_with_its_messages(ctx: Context, make: Make, channel: int) -> None:
    made = people.split(ctx, make.agent(), identity(ctx, "phone").id)
    assert texts(ctx, "phone") == ["from phone", "to phone", "Split off from mail by Ben"]
    assert texts(ctx, "mail") == [
        "from mail", "Merged with phone (2 threads, 2 messages) by Ben", "Likes blue.", "from mail again",
        "phone became a customer of its own by Ben",
    ]  # fmt: skip
    customer = the(ctx, Customer, Customer.id == made.customer_id)
    assert (customer.name, thread_of(ctx, "phone").id) == ("phone", made.thread_id)
    assert the(ctx, Delivery).thread_id == made.thread_id
    assert faults(ctx) == []


def test_each_waits_for_what_was_not_answered_in_his_own_thread(
    ctx: Context, make: Make, clock: ManualClock, channel: int
) -> None:
    asked = the(ctx, Message, Message.body_text == "from mail").created_at
    people.split(ctx, make.agent(), identity(ctx, "phone").id)
    assert thread_of(ctx, "phone").waiting_since is None, "he was answered"
    assert thread_of(ctx, "mail").waiting_since == asked, "the answer went to somebody else"


def test_undoing_a_split_restores_everything(ctx: Context, make: Make, channel: int) -> None:
    ben, eva = make.agent(), make.agent("Eva")
    thread = thread_of(ctx, "mail")
    triage.mark_read(ctx, eva, thread.id, 3)
    triage.save_draft(ctx, eva, thread.id, DraftMode.REPLY, triage.DraftFields("Hm"))
    phone = identity(ctx, "phone")
    says(ctx, phone)
    before = without_lines(picture(ctx))
    made = people.split(ctx, ben, phone.id)
    with ctx.db.read() as session:
        marks = session.scalars(select(ReadMark.seq).where(ReadMark.agent_id == eva.id)).all()
    assert len(marks) == 2
    people.undo(ctx, ben, made.merge_id)
    found = differences(before, without_lines(picture(ctx)))
    assert not found, "\n".join(found)
    assert faults(ctx) == []


def says(ctx: Context, who: Identity) -> None:
    party = Party(namespace="email", address="p@a.example", display="p@a.example")
    ctx.db.run(claims.claim, who.customer_id, who.id, party, "typed", ctx.clock())


def test_what_came_since_a_split_comes_back_too(ctx: Context, make: Make, channel: int) -> None:
    ben = make.agent()
    made = people.split(ctx, ben, identity(ctx, "phone").id)
    make.inbound(channel, "phone, later", "phone")
    note(ctx, ben, made.thread_id or 0, NoteRequest("Called back.", "n2"))
    people.undo(ctx, ben, made.merge_id)
    assert {"phone, later", "Called back."} <= set(texts(ctx, "mail"))
    assert the(ctx, Thread, Thread.id == made.thread_id).merged_into_id == thread_of(ctx, "mail").id
    assert len(rows(ctx, Episode, Episode.status == Status.OPEN)) == 1
    assert faults(ctx) == []


def test_an_episode_that_was_only_his_goes_along_with_its_notes(
    ctx: Context, make: Make, clock: ManualClock, channel: int
) -> None:
    ben = make.agent()
    thread = thread_of(ctx, "mail")
    triage.change(ctx, ben, thread.id, triage.Changes(status=Status.RESOLVED))
    clock.forward(days=10)
    make.inbound(channel, "a new question", "phone")
    note(ctx, ben, thread.id, NoteRequest("About the phone.", "n2"))
    newest = rows(ctx, Episode)[-1]
    people.split(ctx, ben, identity(ctx, "phone").id)
    assert texts(ctx, "phone")[-3:] == ["a new question", "About the phone.", "Split off from mail by Ben"]
    assert the(ctx, Episode, Episode.id == newest.id).thread_id == thread_of(ctx, "phone").id
    assert thread_of(ctx, "mail").status is Status.RESOLVED
    assert faults(ctx) == []


def test_claims_go_with_who_made_them(ctx: Context, make: Make, channel: int) -> None:
    says(ctx, identity(ctx, "phone"))
    made = people.split(ctx, make.agent(), identity(ctx, "phone").id)
    assert the(ctx, Claim).customer_id == made.customer_id


def test_the_only_address_cannot_be_split_off(ctx: Context, make: Make) -> None:
    make.inbound(make.channel(), sender="anna")
    with pytest.raises(Invalid):
        people.split(ctx, make.agent(), identity(ctx, "anna").id)
    with pytest.raises(NotFound):
        people.split(ctx, make.agent(), 10**6)


def test_a_split_is_not_undone_below_a_later_merge(ctx: Context, make: Make, channel: int) -> None:
    ben = make.agent()
    made = people.split(ctx, ben, identity(ctx, "phone").id)
    make.inbound(channel, "hello", "third")
    third = identity(ctx, "third").customer_id
    into_it = people.merge(ctx, ben, made.customer_id, third)
    with pytest.raises(Conflict, match="later merge first"):
        people.undo(ctx, ben, made.merge_id)
    people.undo(ctx, ben, into_it.merge_id)
    people.undo(ctx, ben, made.merge_id)
    assert faults(ctx) == []


def test_browsers_are_told_that_both_threads_changed(ctx: Context, make: Make, channel: int) -> None:
    made = people.split(ctx, make.agent(), identity(ctx, "phone").id)
    told = rows(ctx, Event, Event.kind == "thread.split")
    assert {event.thread_id for event in told} == {thread_of(ctx, "mail").id, made.thread_id}
    assert all(event.data["to"] == made.thread_id for event in told)
