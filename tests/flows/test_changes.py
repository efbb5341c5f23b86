"""What networks tell about messages and people that are there already, in whatever order it comes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels.models import Channel
from inbox.clock import utc_now
from inbox.contract import TryLater, Uncertain
from inbox.db.time import utcnow
from inbox.flows import deliver, receive
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.live import picture
from inbox.outbox.words import DeliveryState
from inbox.shapes import MessageView
from inbox.threads import search
from inbox.threads.models import Attachment, MessageVersion, Reaction
from inbox.threads.words import AttachmentState, Kind
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon, news, note, payload
from tests.reading import (
    Customer,
    Delivery,
    Envelope,
    Event,
    Identity,
    Message,
    Thread,
    Wait,
    blocks,
    rows,
    the,
)


class Loft:
    """A channel on which Anna wrote one message, in:1."""

    def __init__(self, ctx: Context, make: Make) -> None:
        self.ctx, self.make = ctx, make
        self.channel = make.channel()
        self.ben = make.agent("Ben")
        self.brings(note(1, "anna", "Where is my order?", subject="Order 10412"))

    def brings(self, *items: dict[str, Any], key: str = "") -> None:
        """A payload with these items, worked off."""
        self.make.keep(self.channel, payload(*items), key)
        receive.drain(self.ctx)

    def looks_again(self) -> None:
        """What is parked is worked on once more."""
        with self.ctx.db.write() as session:
            session.execute(update(Envelope).where(Envelope.state == "new").values(not_before=utcnow()))
        receive.drain(self.ctx)

    @property
    def thread(self) -> Any:
        return rows(self.ctx, Thread)[0]

    def shown(self, number: int = 1) -> MessageView:
        """How a browser sees the message in:<number>."""
        message = the(self.ctx, Message, Message.external_id == f"in:{number}")
        with self.ctx.db.read() as session:
            return picture.message(session, message.id)

    def changes(self) -> list[str]:
        """What browsers were told of changed messages."""
        return [event.data["change"] for event in rows(self.ctx, Event, Event.kind == "message.changed")]

    def finds(self, words: str) -> bool:
        """Whether a search finds Anna's thread by these words."""
        with self.ctx.db.read() as session:
            return bool(search.search(session, self.ben, words, cursor=None, limit=5).ids)


@pytest.fixture
def loft(ctx: Context, make: Make) -> Loft:
    return Loft(ctx, make)


def edit(text: str, sender: str = "anna", number: int = 1, **more: Any) -> dict[str, Any]:
    return news("edit", external_id=f"in:{number}", sender=sender, text=text, **more)


def removal(*numbers: int) -> dict[str, Any]:
    return news("removal", external_ids=[f"in:{number}" for number in numbers])


def reacted(*emoji: str, sender: str = "anna", external_id: str = "in:1", **more: Any) -> dict[str, Any]:
    return news("reacted", external_id=external_id, sender=sender, emoji=list(emoji), **more)


def at(clock: ManualClock, **delta: float) -> str:
    return (clock() + timedelta(**delta)).isoformat()


# --- edits


def test_an_edit_replaces_the_text_and_keeps_what_it_said(loft: Loft, clock: ManualClock) -> None:
    clock.forward(minutes=1)
    loft.brings(edit("Where is order 10413?", html="<p onclick='x()'>Where is <b>order 10413</b>?</p>"))
    shown = loft.shown()
    assert (shown["body_text"], shown["body_html"]) == (
        "Where is order 10413?",
        "<p>Where is <b>order 10413</b>?</p>",
    )
    assert (shown["edited_at"], shown["versions"]) == ("2026-03-02T09:01:00.000000Z", 1)
    (before,) = rows(loft.ctx, MessageVersion)
    assert (before.body_text, before.replaced_at) == ("Where is my order?", clock())
    assert loft.thread.preview == "Where is order 10413?"
    assert loft.changes() == ["edited"]


def test_the_same_content_again_is_no_edit(loft: Loft) -> None:
    loft.brings(edit("Where is my order?"))
    assert loft.shown()["edited_at"] is None
    assert loft.changes() == []
    assert rows(loft.ctx, Envelope)[-1].error == "the edit changes nothing"


def test_an_edit_of_an_older_message_leaves_the_list_row_alone(loft: Loft) -> None:
    loft.brings(note(2, "anna", "Hello?"))
    loft.brings(edit("Where is order 10413?"))
    assert loft.thread.preview == "Hello?"


def test_a_search_finds_the_new_words_and_not_the_old_ones(loft: Loft) -> None:
    loft.brings(edit("Parcel unopened"))
    assert loft.finds("parcel")
    assert not loft.finds("where")


@pytest.mark.parametrize("sender", ["mallory", "luca"])
def test_nobody_edits_what_another_wrote(loft: Loft, sender: str) -> None:
    loft.brings(note(2, "luca", "Hi"))
    loft.brings(edit("I owe Mallory money", sender=sender))
    assert loft.shown()["body_text"] == "Where is my order?"
    assert rows(loft.ctx, Envelope)[-1].error == "only its author may edit a message"


def test_an_answer_written_elsewhere_is_edited_by_the_account_and_by_no_customer(loft: Loft) -> None:
    to = {"role": "to", "party": {"namespace": "pigeon", "address": "anna"}}
    loft.brings(note(2, "Loft One", "It leves today", outgoing=True, recipients=[to]))
    loft.brings(edit("I get it for nothing", number=2))
    assert loft.shown(2)["body_text"] == "It leves today"
    loft.brings(edit("It leaves today", sender="Loft One", number=2))
    assert loft.shown(2)["body_text"] == "It leaves today"


def test_a_message_of_another_channel_is_another_message(loft: Loft, make: Make) -> None:
    other = make.channel(name="Other loft", loft="Loft Two")
    make.keep(other, payload(edit("Changed from elsewhere")))
    receive.drain(loft.ctx)
    assert loft.shown()["body_text"] == "Where is my order?"


def test_an_older_edit_that_comes_late_does_not_win(loft: Loft, clock: ManualClock) -> None:
    clock.forward(minutes=10)
    loft.brings(edit("third", at=at(clock, minutes=-1)))
    loft.brings(edit("second", at=at(clock, minutes=-2)))
    assert loft.shown()["body_text"] == "third"


def test_an_edit_that_overtakes_its_message_waits_for_it(loft: Loft) -> None:
    loft.brings(edit("Has it left?", number=2))
    parked = rows(loft.ctx, Envelope)[-1]
    assert (parked.state, parked.error) == ("new", "edit of a message that has not come: in:2")
    loft.brings(note(2, "anna", "Has it lef"))
    loft.looks_again()
    assert loft.shown(2)["body_text"] == "Has it left?"
    assert [envelope.state for envelope in rows(loft.ctx, Envelope)] == ["done"] * 3


def test_what_is_parked_does_not_hold_up_its_neighbours(loft: Loft) -> None:
    loft.brings(edit("?", number=7), note(2, "anna", "Hello?"), edit("Where is order 10413?"))
    assert [message.body_text for message in rows(loft.ctx, Message)] == ["Where is order 10413?", "Hello?"]
    loft.looks_again()
    assert len(rows(loft.ctx, Message)) == 2
    assert loft.shown()["versions"] == 1


def test_after_a_day_a_parked_edit_is_given_up_with_its_reason(loft: Loft, clock: ManualClock) -> None:
    loft.brings(edit("?", number=7))
    clock.forward(hours=25)
    loft.looks_again()
    given_up = rows(loft.ctx, Envelope)[-1]
    assert given_up.state == "ignored"
    assert given_up.error == "edit of a message that has not come: in:7; waited for in vain"


def test_former_versions_do_not_grow_without_end(loft: Loft) -> None:
    for number in range(55):
        loft.brings(edit(f"Version {number}"))
    assert loft.shown()["versions"] == 50
    assert rows(loft.ctx, MessageVersion)[-1].body_text == "Version 53"


# --- taking back


def test_what_is_taken_back_is_gone_and_the_line_stays(loft: Loft, clock: ManualClock) -> None:
    loft.brings(edit("Where is my second order?"))
    loft.brings(removal(1))
    shown = loft.shown()
    assert (shown["body_text"], shown["body_html"], shown["quoted_text"], shown["subject"]) == (
        "",
        None,
        None,
        None,
    )
    assert (shown["removed_at"], shown["versions"], shown["seq"]) == ("2026-03-02T09:00:00.000000Z", 0, 1)
    assert rows(loft.ctx, MessageVersion) == []
    assert (loft.thread.preview, loft.thread.subject) == ("", None)
    assert not loft.finds("order")
    assert loft.changes() == ["edited", "removed"]


def test_who_took_his_question_back_is_still_owed_an_answer(loft: Loft) -> None:
    loft.brings(removal(1))
    assert the(loft.ctx, Wait).closed_at is None
    assert loft.thread.waiting_since is not None


def test_taking_back_twice_is_once_and_an_edit_brings_nothing_back(loft: Loft) -> None:
    loft.brings(removal(1))
    loft.brings(removal(1))
    loft.brings(edit("Still here"))
    assert loft.shown()["body_text"] == ""
    assert loft.changes() == ["removed"]


def test_a_file_leaves_the_store_unless_somebody_else_uses_it(loft: Loft) -> None:
    file = {"name": "a.txt", "content": "hello", "size": 5, "media_type": "text/plain"}
    loft.brings(note(2, "anna", "", files=[file, {**file, "name": "b.txt"}]))
    kept, gone = rows(loft.ctx, Attachment)
    with loft.ctx.db.write() as session:
        session.add(
            Attachment(
                uploaded_by_id=loft.ben.id,
                name="copy.txt",
                media_type="text/plain",
                storage_key=kept.storage_key,
                state=AttachmentState.STORED,
                created_at=loft.ctx.clock(),
            )
        )
    loft.brings(removal(2))
    assert loft.shown(2)["attachments"] == []
    assert [key for key in loft.ctx.files.keys(older_than=0) if key == gone.storage_key] == []
    assert loft.ctx.files.read(kept.storage_key) == b"hello"


def test_a_removal_that_overtakes_its_message_waits_for_it(loft: Loft) -> None:
    loft.brings(removal(1, 2))
    assert loft.shown()["removed_at"] is not None, "what is there goes at once"
    loft.brings(note(2, "anna", "My card number is"))
    loft.looks_again()
    assert loft.shown(2)["body_text"] == ""
    assert rows(loft.ctx, Envelope)[1].state == "done"


# --- reactions


def test_a_reaction_is_shown_and_replaced_by_the_next(loft: Loft) -> None:
    loft.brings(reacted("👍", "🎉"))
    assert [(r["emoji"], r["by"], r["mine"]) for r in loft.shown()["reactions"]] == [
        ("👍", "anna", False),
        ("🎉", "anna", False),
    ]
    loft.brings(reacted("❤"))
    assert [r["emoji"] for r in loft.shown()["reactions"]] == ["❤"]
    loft.brings(reacted())
    assert loft.shown()["reactions"] == []
    assert loft.changes() == ["reacted"] * 3


def test_a_customer_reacts_to_our_reply(loft: Loft) -> None:
    reply(loft.ctx, loft.ben, loft.thread.id, ReplyRequest(loft.channel, "On its way.", "c1"))
    deliver.drain(loft.ctx)
    loft.brings(reacted("👍", external_id=the(loft.ctx, Delivery).external_id))
    assert the(loft.ctx, Reaction).message_id == the(loft.ctx, Message, Message.kind == Kind.REPLY).id


def test_an_older_reaction_and_one_of_a_stranger_change_nothing(loft: Loft, clock: ManualClock) -> None:
    loft.brings(note(2, "mallory", "Hi"))
    clock.forward(minutes=10)
    loft.brings(reacted("👍", at=at(clock, minutes=-1)))
    loft.brings(reacted("👎", at=at(clock, minutes=-2)))
    loft.brings(reacted("👎", sender="mallory"))
    loft.brings(reacted("👎", sender="nobody"))
    assert [r["emoji"] for r in loft.shown()["reactions"]] == ["👍"]


def test_nobody_fills_a_message_with_reactions(loft: Loft) -> None:
    loft.brings(reacted(*(chr(0x1F600 + number) for number in range(40)), "x" * 500))
    assert len(rows(loft.ctx, Reaction)) == 10


def changed(change: str, *emoji: str, **more: Any) -> dict[str, Any]:
    return reacted(*emoji, change=change, **more)


def emoji_of(loft: Loft) -> list[str]:
    return [reaction["emoji"] for reaction in loft.shown()["reactions"]]


def test_a_network_may_tell_of_one_reaction_at_a_time(loft: Loft) -> None:
    loft.brings(changed("added", "👍"))
    loft.brings(changed("added", "🎉"))
    assert emoji_of(loft) == ["👍", "🎉"]
    loft.brings(changed("removed", "👍"))
    assert emoji_of(loft) == ["🎉"]
    assert loft.changes() == ["reacted"] * 3


def test_a_reaction_that_is_there_is_not_added_twice(loft: Loft, clock: ManualClock) -> None:
    loft.brings(changed("added", "👍"))
    loft.brings(changed("added", "👍"))
    assert emoji_of(loft) == ["👍"]
    assert loft.changes() == ["reacted"]


def test_a_removal_that_overtakes_its_reaction_waits_for_it(loft: Loft, clock: ManualClock) -> None:
    loft.brings(changed("removed", "👍", at=at(clock, minutes=-1)))
    assert the(loft.ctx, Envelope, Envelope.state == "new").error == "removal of a reaction that has not come"
    loft.brings(changed("added", "👍", at=at(clock, minutes=-2)))
    loft.looks_again()
    assert emoji_of(loft) == []
    assert [envelope.state for envelope in rows(loft.ctx, Envelope)] == ["done"] * 3


def test_a_removal_waits_a_little_and_not_for_ever(loft: Loft, clock: ManualClock) -> None:
    loft.brings(changed("removed", "👍"))
    clock.forward(minutes=5)
    loft.looks_again()
    assert "waited for in vain" in rows(loft.ctx, Envelope)[-1].error


def test_a_removal_leaves_what_was_put_there_again_later(loft: Loft, clock: ManualClock) -> None:
    loft.brings(changed("added", "👍", at=at(clock, minutes=-9)))
    loft.brings(changed("added", "👍", at=at(clock, minutes=-5)))
    loft.brings(changed("removed", "👍", at=at(clock, minutes=-7)))
    assert emoji_of(loft) == ["👍"]
    loft.brings(changed("removed", "👍", at=at(clock, minutes=-3)))
    assert emoji_of(loft) == []


def test_nobody_fills_a_message_with_reactions_one_by_one(loft: Loft) -> None:
    for number in range(12):
        loft.brings(changed("added", chr(0x1F600 + number)))
    assert len(rows(loft.ctx, Reaction)) == 10


# --- people


def test_who_blocked_us_is_shown_so_until_he_writes_again(loft: Loft) -> None:
    loft.brings(news("reachable", party="anna", reachable=False, reason="She blocked the loft."))
    assert blocks(loft.ctx) == ["She blocked the loft."]
    line = rows(loft.ctx, Message)[-1]
    assert (line.kind, line.system["code"]) == (Kind.SYSTEM, "unreachable")
    assert rows(loft.ctx, Event)[-1].kind == "customer.changed"
    loft.brings(news("reachable", party="anna", reachable=False))
    assert len(rows(loft.ctx, Message)) == 2, "it is said once"
    loft.brings(note(2, "anna", "I am back"))
    assert blocks(loft.ctx) == []


def test_who_unblocks_us_is_shown_so(loft: Loft) -> None:
    loft.brings(news("reachable", party="anna", reachable=False))
    loft.brings(news("reachable", party="anna", reachable=True))
    assert blocks(loft.ctx) == []
    assert [m.system["code"] for m in rows(loft.ctx, Message, Message.kind == Kind.SYSTEM)] == [
        "unreachable",
        "reachable",
    ]


def test_news_about_nobody_makes_nobody(loft: Loft) -> None:
    loft.brings(news("reachable", party="nobody", reachable=False))
    loft.brings(news("moved", old="nobody", new="somewhere"))
    loft.brings(reacted("👍", sender="nobody"))
    assert len(rows(loft.ctx, Identity)) == 1


def test_a_conversation_that_moves_stays_the_same(loft: Loft) -> None:
    loft.brings(news("moved", old="anna", new="anna-2"))
    loft.brings(note(2, "anna-2", "Still me"))
    assert the(loft.ctx, Identity).address == "anna-2"
    assert loft.thread.last_seq == 2


def test_who_has_written_from_the_new_address_already_becomes_one_with_the_old(loft: Loft) -> None:
    loft.brings(note(2, "anna-2", "Still me"))
    assert len(rows(loft.ctx, Thread)) == 2
    loft.brings(news("moved", old="anna", new="anna-2"))
    owners = {identity.customer_id for identity in rows(loft.ctx, Identity)}
    assert len(owners) == 1
    living = the(loft.ctx, Customer, Customer.merged_into_id.is_(None))
    messages = rows(loft.ctx, Message, Message.kind == Kind.INBOUND)
    assert {message.thread_id for message in messages} == {
        the(loft.ctx, Thread, Thread.customer_id == living.id).id
    }


def test_news_about_the_account_are_merged_into_what_is_known(loft: Loft) -> None:
    loft.brings(news("account", facts={"name": "Loft", "can_reply": True}))
    loft.brings(news("account", facts={"can_reply": False}))
    assert the(loft.ctx, Channel).facts == {"name": "Loft", "can_reply": False}
    loft.brings(news("account", facts={"can_reply": False}))
    assert rows(loft.ctx, Envelope)[-1].error == "nothing new about the account"


# --- reports on our own messages


def send(loft: Loft, *texts: str) -> list[str]:
    """Replies of ours, sent; their external ids."""
    for number, text in enumerate(texts, start=len(rows(loft.ctx, Delivery))):
        reply(loft.ctx, loft.ben, loft.thread.id, ReplyRequest(loft.channel, text, f"k{number}"))
    deliver.drain(loft.ctx)
    return [delivery.external_id for delivery in rows(loft.ctx, Delivery)]


def test_read_up_to_here_is_true_for_all_that_came_before(loft: Loft) -> None:
    ids = send(loft, "one", "two", "three")
    loft.brings({"state": "read", "external_ids": [*ids[:2], "never heard of"]})
    assert [delivery.state for delivery in rows(loft.ctx, Delivery)] == [
        DeliveryState.READ,
        DeliveryState.READ,
        DeliveryState.SENT,
    ]


def test_a_failure_concerns_one_message_under_all_its_names(loft: Loft) -> None:
    ids = send(loft, "one", "two")
    loft.brings({"state": "failed", "external_ids": ids, "reason": "Gone."})
    assert [delivery.state for delivery in rows(loft.ctx, Delivery)] == [
        DeliveryState.FAILED,
        DeliveryState.SENT,
    ]


def test_good_news_that_overtake_our_own_note_are_looked_at_again(loft: Loft, pigeon: Pigeon) -> None:
    """The provider is quicker with "delivered" than we are with writing down what it called the message."""
    fine = pigeon.answer

    def hasty(message: Any) -> Any:
        loft.brings({"state": "delivered", "external_ids": [f"out:{message.idem_key}"]})
        return fine(message)

    pigeon.answer = hasty
    send(loft, "one")
    assert the(loft.ctx, Delivery).state is DeliveryState.SENT
    loft.looks_again()
    assert the(loft.ctx, Delivery).state is DeliveryState.DELIVERED


def test_news_of_a_message_that_is_none_of_ours_wait_a_minute_at_most(loft: Loft, clock: ManualClock) -> None:
    loft.brings({"state": "delivered", "external_ids": ["out:elsewhere"]})
    clock.forward(minutes=2)
    loft.looks_again()
    assert rows(loft.ctx, Envelope)[-1].state == "ignored"


def to_anna(state: str, up_to: datetime, **more: Any) -> dict[str, Any]:
    return {"state": state, "to": "anna", "up_to": up_to.isoformat(), **more}


def test_up_to_a_moment_is_true_for_all_that_went_to_that_party_before(loft: Loft, make: Make) -> None:
    other = make.channel(name="Second loft", loft="Loft Two")
    make.inbound(loft.channel, sender="carl")
    carls = rows(loft.ctx, Thread)[-1].id
    make.inbound(other, sender="anna")
    send(loft, "one", "two")
    reply(loft.ctx, loft.ben, carls, ReplyRequest(loft.channel, "to Carl", "k7"))
    reply(loft.ctx, loft.ben, loft.thread.id, ReplyRequest(other, "elsewhere", "k8"))
    deliver.drain(loft.ctx)
    moment = utc_now()
    send(loft, "one", "two", "three")
    loft.brings(to_anna("delivered", moment))
    loft.brings(to_anna("read", moment))
    loft.brings(to_anna("delivered", moment))
    states = [delivery.state for delivery in rows(loft.ctx, Delivery)]
    assert states == [DeliveryState.READ] * 2 + [DeliveryState.SENT] * 5
    assert "brings nothing new" in rows(loft.ctx, Envelope)[-1].error
    loft.brings(to_anna("read", utc_now()))
    assert rows(loft.ctx, Delivery)[-1].state is DeliveryState.READ


def test_a_moment_that_comes_before_our_own_answer_is_looked_at_again(loft: Loft, pigeon: Pigeon) -> None:
    fine = pigeon.answer

    def hasty(message: Any) -> Any:
        loft.brings(to_anna("read", utc_now()))
        return fine(message)

    pigeon.answer = hasty
    send(loft, "one")
    assert the(loft.ctx, Delivery).state is DeliveryState.SENT
    loft.looks_again()
    assert the(loft.ctx, Delivery).state is DeliveryState.READ


def test_a_moment_proves_nothing_of_what_is_uncertain(loft: Loft, pigeon: Pigeon) -> None:
    def cut(_message: Any) -> Any:
        raise Uncertain("No answer.")

    pigeon.answer = cut
    send(loft, "one")
    loft.brings(to_anna("read", utc_now()))
    loft.brings({"state": "read", "to": "nobody", "up_to": utc_now().isoformat()})
    assert the(loft.ctx, Delivery).state is DeliveryState.UNCERTAIN
    assert {envelope.state for envelope in rows(loft.ctx, Envelope)} == {"done", "ignored"}


def test_good_news_by_our_own_mark_end_doubt_and_tell_the_name(loft: Loft, pigeon: Pigeon) -> None:
    def cut(_message: Any) -> Any:
        raise Uncertain("No answer.")

    pigeon.answer = cut
    send(loft, "one")
    token = pigeon.sent[0].bounce_token
    loft.brings({"state": "sent", "tokens": [token], "external_ids": ["net:1"]})
    assert (the(loft.ctx, Delivery).state, the(loft.ctx, Delivery).external_id) == (
        DeliveryState.SENT,
        "net:1",
    )
    loft.brings({"state": "read", "external_ids": ["net:1"]})
    assert the(loft.ctx, Delivery).state is DeliveryState.READ


# --- albums

PHOTO = {"content": "hello", "size": 5, "media_type": "text/plain"}


def part(number: int, text: str = "", **more: Any) -> dict[str, Any]:
    return note(number, "anna", text, group="g1", files=[{**PHOTO, "name": f"{number}.txt"}], **more)


@pytest.mark.parametrize("order", [(11, 12, 13), (13, 12, 11), (12, 13, 11)])
def test_an_album_is_one_message_with_its_files_in_their_order(loft: Loft, order: tuple[int, ...]) -> None:
    for number in order:
        loft.brings(part(number, "Three photos" if number == 12 else ""))
    album = rows(loft.ctx, Message)[-1]
    assert (len(rows(loft.ctx, Message)), album.seq, album.body_text) == (2, 2, "Three photos")
    with loft.ctx.db.read() as session:
        shown = picture.message(session, album.id)
    assert [file["name"] for file in shown["attachments"]] == ["11.txt", "12.txt", "13.txt"]
    assert loft.thread.preview == "Three photos"
    assert loft.changes() == ["joined", "joined"]


def test_parts_that_arrive_at_once_are_one_message(loft: Loft, backend: str) -> None:
    import threading
    from concurrent.futures import ThreadPoolExecutor

    from inbox.db.work import Database

    for number in range(11, 17):
        loft.make.keep(loft.channel, payload(part(number, "Six photos" if number == 14 else "")))
    barrier = threading.Barrier(4)

    def worker(number: int) -> None:
        own = Context(**{**vars(loft.ctx), "owner": f"worker{number}", "db": Database(loft.ctx.db.url)})
        barrier.wait()
        while receive.drain(own, 1):
            pass
        own.db.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(worker, range(4)))
    album = the(loft.ctx, Message, Message.seq == 2)
    assert album.body_text == "Six photos"
    assert [(a.message_id, a.part) for a in sorted(rows(loft.ctx, Attachment), key=lambda a: a.position)] == [
        (album.id, f"in:{number}") for number in range(11, 17)
    ]


def test_a_late_part_joins_although_somebody_wrote_in_between(loft: Loft, clock: ManualClock) -> None:
    loft.brings(part(11, "Two photos"))
    reply(loft.ctx, loft.ben, loft.thread.id, ReplyRequest(loft.channel, "Thank you.", "c1"))
    clock.forward(minutes=5)
    loft.brings(part(12))
    assert [message.body_text for message in rows(loft.ctx, Message)] == [
        "Where is my order?",
        "Two photos",
        "Thank you.",
    ]
    assert loft.thread.waiting_since is None, "nobody begins to wait by a later part"
    assert loft.thread.preview == "Thank you."
    assert len(rows(loft.ctx, Attachment)) == 2


def test_a_part_that_comes_twice_is_there_once(loft: Loft) -> None:
    for number in (11, 12, 12, 11):
        loft.brings(part(number))
    assert len(rows(loft.ctx, Attachment)) == 2


def test_somebody_elses_album_of_the_same_name_is_another(loft: Loft) -> None:
    loft.brings(part(11))
    loft.brings({**part(12), "from": "mallory"})
    assert len(rows(loft.ctx, Thread)) == 2
    assert [a.message_id for a in rows(loft.ctx, Attachment)] == [m.id for m in rows(loft.ctx, Message)[1:]]


def test_of_an_album_one_part_can_be_taken_back(loft: Loft) -> None:
    for number, text in ((11, "Two photos"), (12, "")):
        loft.brings(part(number, text))
    loft.brings(removal(12))
    assert [a.part for a in rows(loft.ctx, Attachment)] == ["in:11"]
    assert (loft.shown(11)["body_text"], loft.shown(11)["removed_at"]) == ("Two photos", None)
    loft.brings(removal(11))
    assert loft.shown(11)["removed_at"] is not None
    assert rows(loft.ctx, Attachment) == []


def test_the_part_that_brought_the_text_takes_it_along(loft: Loft) -> None:
    for number, text in ((11, ""), (12, "My card number is")):
        loft.brings(part(number, text))
    loft.brings(removal(12))
    assert (loft.shown(11)["body_text"], loft.shown(11)["removed_at"]) == ("", None)


def test_an_answer_to_an_album_refers_to_a_message_that_the_network_knows(loft: Loft, pigeon: Pigeon) -> None:
    loft.brings(part(11, aliases=[]))
    loft.brings(part(12, aliases=[]))
    send(loft, "Thank you.")
    assert pigeon.sent[-1].in_reply_to in ("in:11", "in:12")
    assert all("group" not in reference for reference in pigeon.sent[-1].references)


# --- what a payload costs when it comes again


def test_files_of_a_payload_that_comes_again_are_not_fetched_again(
    loft: Loft, monkeypatch: pytest.MonkeyPatch
) -> None:
    loft.brings(part(11), edit("?", number=7))
    monkeypatch.setattr(type(loft.ctx.files), "put_bytes", _refuse)
    loft.looks_again()
    assert len(rows(loft.ctx, Attachment)) == 1


def _refuse(*_arguments: Any) -> Iterator[bytes]:
    raise TryLater("Nothing is stored twice.")


def test_the_language_that_the_network_tells_is_kept_once(loft: Loft, clock: ManualClock) -> None:
    clock.forward(minutes=2)
    loft.brings(note(2, "anna", "Ciao", locale="it"))
    clock.forward(minutes=2)
    loft.brings(note(3, "anna", "Hello", locale="en-GB"))
    assert the(loft.ctx, Customer).locale == "it"
    loft.brings(note(4, "luca", "Hi", locale="<script>"))
    assert rows(loft.ctx, Customer)[-1].locale is None


def test_who_of_a_group_wrote_is_shown_with_each_message(loft: Loft) -> None:
    loft.brings(note(2, "The Morettis", "Hello", author="Anna"), note(3, "The Morettis", "Hi", author="Luca"))
    assert [message.sender_name for message in rows(loft.ctx, Message)[1:]] == ["Anna", "Luca"]
    assert len(rows(loft.ctx, Identity, Identity.address == "the morettis")) == 1


def test_all_channels_that_a_customer_wrote_on_are_shown_the_last_used_first(loft: Loft, make: Make) -> None:
    second = make.channel(name="Second loft", loft="Loft Two")
    make.inbound(second, sender="anna")
    with loft.ctx.db.read() as session:
        page = picture.thread_page(session, loft.ben, "open", limit=5)
    assert page["items"][0]["wrote_on"] == [
        {"id": second, "kind": "pigeon"},
        {"id": loft.channel, "kind": "pigeon"},
    ]
    loft.brings(note(2, "anna", "Back here"))
    assert loft.thread.channel_ids == [loft.channel, second]
