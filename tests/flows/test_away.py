"""A customer who left: what he has not seen goes on by one mail, to a proved address, once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels import actions as channels
from inbox.contract import Level, Outgoing, Receipt, Rejected
from inbox.contract.markup import literal
from inbox.customers.models import Identity as IdentityRow
from inbox.events.catalog import EventKind
from inbox.flows import away, deliver
from inbox.flows.away_rules import Unread, carried_files, compose
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.live.picture import messages_by_id
from inbox.outbox import actions as outbox
from inbox.outbox import reports, unseen
from inbox.outbox.words import DeliveryState
from inbox.threads import attachments
from inbox.threads.models import Message as MessageRow
from inbox.threads.words import Kind
from tests.factories import Make
from tests.flows.birds import Owl
from tests.reading import Delivery, Event, Identity, Message, Thread, Wait, rows, the


class Window:
    """A shop with its site and a mailbox, and Anna, who wrote on both."""

    def __init__(self, ctx: Context, make: Make, owl: Owl) -> None:
        self.ctx, self.make, self.owl = ctx, make, owl
        self.site = make.channel("robin", "Site chat", loft="window")
        self.mailbox = make.channel("owl", "Owls", loft="owlery")
        self.ben = make.agent("Ben")
        make.inbound(self.mailbox, "Hello by owl", sender="anna@home", name="Anna", level="mail_auth")
        self.thread_id: int = the(ctx, Thread).id
        self.customer_id: int = self.thread.customer_id
        self.mail: int = the(ctx, Identity).id
        make.inbound(self.site, "Is it warm?", sender="anna-browser", name="Anna", level="channel")
        self.visitor: int = rows(ctx, Identity)[-1].id
        self._join()
        make.inbound(self.site, "Hello?", sender="anna-browser")
        owl.sent.clear()
        self.number = 0

    def _join(self) -> None:
        """One person: the visitor's identity becomes the mail customer's, as a merge leaves it."""

        def story(session: Any) -> None:
            session.execute(
                update(IdentityRow).where(IdentityRow.id == self.visitor).values(customer_id=self.customer_id)
            )

        self.ctx.db.run(story)

    @property
    def thread(self) -> Thread:
        """Anna's thread as it is now."""
        found: Thread = the(self.ctx, Thread, Thread.id == self.thread_id)
        return found

    def answer(self, body: str = "Very.", by: Any = None, files: tuple[int, ...] = ()) -> int:
        """A reply on the site, sent; the id of its delivery."""
        self.number += 1
        asked = ReplyRequest(
            self.site, body, f"a{self.number}", to_identity_id=self.visitor, attachment_ids=files
        )
        reply(self.ctx, by or self.ben, self.thread_id, asked)
        deliver.drain(self.ctx)
        delivery = rows(self.ctx, Delivery)[-1]
        assert delivery.state is DeliveryState.SENT
        return int(delivery.id)

    def leave(self, *deliveries: int, ago: float = 1) -> None:
        """The customer has not looked, and the time is up."""
        for delivery_id in deliveries:
            self.ctx.db.run(unseen.watch, delivery_id, -ago)

    def carry_on(self) -> Outgoing | None:
        """What goes out by owl now."""
        before = len(self.owl.sent)
        away.sweep(self.ctx)
        deliver.drain(self.ctx)
        sent = self.owl.sent[before:]
        assert len(sent) <= 1, "several mails where one is enough"
        return sent[0] if sent else None

    def upload(self, name: str, size: int) -> int:
        body = b"x" * size
        stored = self.ctx.files.put_bytes(body)
        view = self.ctx.db.run(
            attachments.add_upload,
            self.ben.id,
            name=name,
            claimed="application/octet-stream",
            head=body,
            stored=stored,
            now=self.ctx.clock(),
        )
        return int(view["id"])


@pytest.fixture
def window(aviary: Context, make: Make, owl: Owl) -> Window:
    return Window(aviary, make, owl)


def line(ctx: Context) -> Message | None:
    found = [m for m in rows(ctx, Message, Message.kind == Kind.SYSTEM) if m.system["code"] == "continued"]
    assert len(found) <= 1
    return found[0] if found else None


def fate(ctx: Context, delivery_id: int) -> tuple[Any, Any, Any]:
    """Until when it is watched, what it went on with, and what became of it."""
    delivery = the(ctx, Delivery, Delivery.id == delivery_id)
    return delivery.unseen_at, delivery.continued_by_id, delivery.request.get("unseen")


def shown(ctx: Context, message_id: int) -> str | None:
    """What the agent's bubble says about whether a reply was seen."""
    with ctx.db.read() as session:
        delivery = messages_by_id(session, [message_id])[message_id]["delivery"]
    assert delivery is not None
    return delivery["unseen"]


def test_an_unseen_reply_goes_on_by_mail_to_the_same_person(window: Window) -> None:
    delivery = window.answer("Very **warm**.")
    window.leave(delivery)
    mail = window.carry_on()
    assert mail is not None
    assert mail.to.address == "anna@home"
    assert mail.subject == "New messages from Site chat"
    assert "Very **warm**." in mail.text
    assert "**Ben:**" in mail.text
    assert mail.sender_name == "Ben"
    assert not mail.automatic, "a person wrote it"
    assert window.ctx.vault.read_token("reply", mail.reply_token) == window.thread_id
    shown = line(window.ctx)
    assert shown is not None
    assert shown.body_text == "Not seen on Site chat: reply sent on to anna@home"
    assert fate(window.ctx, delivery) == (None, shown.id, "continued")


def test_it_is_a_mail_of_its_own_and_no_answer_to_an_old_one(window: Window) -> None:
    window.leave(window.answer())
    mail = window.carry_on()
    assert mail is not None
    assert (mail.in_reply_to, mail.references, mail.quoted) == ("", (), None)


def test_nothing_goes_on_before_its_time(window: Window) -> None:
    delivery = window.answer()
    window.ctx.db.run(unseen.watch, delivery, 60)
    assert window.carry_on() is None
    assert line(window.ctx) is None


def test_a_reply_starts_to_be_watched_when_it_is_sent(window: Window) -> None:
    delivery = window.answer()
    assert fate(window.ctx, delivery)[0] is not None


def test_all_replies_of_the_thread_go_in_one_mail_in_order(window: Window) -> None:
    mia = window.make.agent("Mia")
    first, second = window.answer("One"), window.answer("Two")
    third = window.answer("Three", by=mia)
    window.leave(first)
    window.ctx.db.run(unseen.watch, third, 100)
    mail = window.carry_on()
    assert mail is not None
    places = [mail.text.index(part) for part in ("**Ben:**", "One", "Two", "**Mia:**", "Three")]
    assert places == sorted(places)
    assert mail.text.count("**Ben:**") == 1
    assert mail.sender_name == "", "from the shop, as two people wrote"
    shown = line(window.ctx)
    assert shown is not None
    assert shown.system["data"]["replies"] == 3
    for delivery in (first, second, third):
        assert fate(window.ctx, delivery) == (None, shown.id, "continued")


def test_a_reply_that_was_seen_stays(window: Window) -> None:
    seen, missed = window.answer("Seen"), window.answer("Missed")
    window.leave(seen, missed)
    window.ctx.db.run(unseen.seen, [seen])
    mail = window.carry_on()
    assert mail is not None
    assert "Seen" not in mail.text
    assert fate(window.ctx, seen) == (None, None, None)


@pytest.mark.parametrize("channel", ["site", "mailbox"])
def test_who_has_answered_anywhere_gets_no_mail(window: Window, channel: str) -> None:
    delivery = window.answer()
    window.leave(delivery)
    sender = "anna-browser" if channel == "site" else "anna@home"
    window.make.inbound(getattr(window, channel), "Thanks!", sender=sender)
    assert window.carry_on() is None
    assert fate(window.ctx, delivery) == (None, None, None)


def test_a_machines_answer_is_none(window: Window) -> None:
    delivery = window.answer()
    window.leave(delivery)
    window.make.inbound(window.mailbox, "I am on holiday", sender="anna@home", automatic="auto-replied")
    assert window.carry_on() is not None


def test_what_was_said_after_the_customers_last_word_goes_on(window: Window) -> None:
    before = window.answer("Before")
    window.make.inbound(window.site, "And?", sender="anna-browser")
    after = window.answer("After")
    window.leave(before, after)
    mail = window.carry_on()
    assert mail is not None
    assert "After" in mail.text
    assert "Before" not in mail.text


def change_identity(ctx: Context, identity_id: int, **values: Any) -> None:
    def story(session: Any) -> None:
        session.execute(update(IdentityRow).where(IdentityRow.id == identity_id).values(**values))

    ctx.db.run(story)


@pytest.mark.parametrize("values", [{"level": Level.CLAIMED}, {"unreachable": "no such mailbox"}])
def test_only_proved_addresses_that_work_are_written_to(window: Window, values: dict[str, Any]) -> None:
    change_identity(window.ctx, window.mail, **values)
    delivery = window.answer()
    window.leave(delivery)
    assert window.carry_on() is None
    assert line(window.ctx) is None
    assert fate(window.ctx, delivery) == (None, None, "no_address")
    told = rows(window.ctx, Event, Event.kind == EventKind.DELIVERY_CHANGED)[-1]
    assert told.message_id == the(window.ctx, Delivery, Delivery.id == delivery).message_id
    assert shown(window.ctx, told.message_id) == "no_address"


def test_the_bubble_says_that_it_went_on_until_it_is_read(window: Window) -> None:
    delivery = window.answer()
    message_id = the(window.ctx, Delivery, Delivery.id == delivery).message_id
    assert shown(window.ctx, message_id) is None
    window.leave(delivery)
    window.carry_on()
    assert shown(window.ctx, message_id) == "continued"
    window.ctx.db.run(
        lambda session: reports.reported(session, outbox.lock(session, delivery), DeliveryState.READ)  # type: ignore[arg-type]
    )
    assert shown(window.ctx, message_id) is None


def test_the_address_that_was_seen_last_is_taken(window: Window) -> None:
    window.make.inbound(window.mailbox, "From work", sender="anna@work", level="channel")
    work = rows(window.ctx, Identity)[-1]
    change_identity(
        window.ctx, work.id, customer_id=window.customer_id, last_seen_at=work.last_seen_at.replace(year=2027)
    )
    window.leave(window.answer())
    mail = window.carry_on()
    assert mail is not None
    assert mail.to.address == "anna@work"


def test_without_a_channel_that_reaches_people_the_agent_is_told_that(window: Window) -> None:
    window.ctx.db.run(channels.pause, window.mailbox)
    delivery = window.answer()
    window.leave(delivery)
    assert window.carry_on() is None
    assert fate(window.ctx, delivery) == (None, None, "no_channel")


def test_the_mailbox_that_the_customer_knows_is_preferred(window: Window, owl: Owl) -> None:
    other = window.make.channel("owl", "Other owls", loft="tower")
    window.make.inbound(other, "To the tower", sender="anna@home", level="mail_auth")
    window.make.inbound(window.site, "Hello?", sender="anna-browser")
    window.leave(window.answer())
    window.carry_on()
    shown = line(window.ctx)
    assert shown is not None
    assert shown.channel_id == other


def test_it_is_no_answer_and_changes_nothing_in_the_list(window: Window) -> None:
    delivery = window.answer("Very.")
    before = window.thread
    waits = [(wait.closed_at, wait.closed_by_id) for wait in rows(window.ctx, Wait)]
    window.leave(delivery)
    window.carry_on()
    after = window.thread
    assert (after.preview, after.subject, after.status) == (before.preview, before.subject, before.status)
    assert (after.waiting_since, after.last_message_at) == (before.waiting_since, before.last_message_at)
    assert [(wait.closed_at, wait.closed_by_id) for wait in rows(window.ctx, Wait)] == waits


def test_the_answer_to_the_mail_lands_in_the_same_thread(window: Window) -> None:
    window.leave(window.answer())
    mail = window.carry_on()
    assert mail is not None
    window.make.inbound(
        window.mailbox, "Thank you", sender="anna@home", level="mail_auth", reply_tokens=[mail.reply_token]
    )
    newest = rows(window.ctx, Message)[-1]
    assert (newest.body_text, newest.thread_id) == ("Thank you", window.thread_id)
    assert newest.notices == []


def test_a_mail_that_cannot_be_delivered_is_shown(window: Window, owl: Owl) -> None:
    def refuse(_message: Outgoing) -> Receipt:
        raise Rejected("550 no such owl")

    owl.answer = refuse
    window.leave(window.answer())
    away.sweep(window.ctx)
    deliver.drain(window.ctx)
    shown = line(window.ctx)
    assert shown is not None
    assert the(window.ctx, Delivery, Delivery.message_id == shown.id).state is DeliveryState.FAILED
    assert window.thread.trouble == "failed"


class TestFiles:
    """Files of unseen replies."""

    def test_they_go_along(self, window: Window) -> None:
        window.leave(window.answer("See", files=(window.upload("a.bin", 10), window.upload("b.bin", 20))))
        mail = window.carry_on()
        assert mail is not None
        assert [file.name for file in mail.files] == ["a.bin", "b.bin"]
        with mail.files[1].open() as stream:
            assert stream.read() == b"x" * 20

    def test_what_does_not_fit_stays_and_is_named(self, window: Window) -> None:
        fits = window.answer("Small", files=(window.upload("small.bin", 900),))
        large = window.answer("Large", files=(window.upload("large_one.bin", 500),))
        window.leave(fits, large)
        mail = window.carry_on()
        assert mail is not None
        assert [file.name for file in mail.files] == ["small.bin"]
        assert "Files that wait for you in the chat: large\\_one.bin" in mail.text


class Crash(BaseException):
    """The process dies."""


def test_a_crash_before_the_commit_sends_nothing_and_the_next_process_sends_once(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = window.answer()
    window.leave(delivery)
    settle = unseen.settle

    def die(*args: Any, **options: Any) -> None:
        settle(*args, **options)
        if "continued_by_id" in options:
            raise Crash

    monkeypatch.setattr(unseen, "settle", die)
    with pytest.raises(Crash):
        away.sweep(window.ctx)
    monkeypatch.undo()
    assert line(window.ctx) is None
    assert fate(window.ctx, delivery)[0] is not None
    assert window.carry_on() is not None
    assert window.carry_on() is None


def test_a_crash_after_the_commit_loses_nothing(window: Window) -> None:
    window.leave(window.answer())
    away.sweep(window.ctx)  # and here it dies; the mail is in the outbox
    assert window.owl.sent == []
    assert window.carry_on() is not None


def test_of_many_processes_one_mails(window: Window) -> None:
    window.leave(window.answer("One"), window.answer("Two"))
    start = threading.Barrier(6)

    def process(_number: int) -> None:
        start.wait()
        away.sweep(window.ctx)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(process, range(6)))
    deliver.drain(window.ctx)
    assert len(window.owl.sent) == 1
    assert line(window.ctx) is not None


def test_reading_and_mailing_at_once_end_in_one_of_both(window: Window) -> None:
    for round_ in range(5):
        delivery = window.answer(f"Round {round_}")
        window.leave(delivery)
        sent = len(window.owl.sent)
        acts: list[Callable[[], Any]] = [
            lambda: away.sweep(window.ctx),
            lambda d=delivery: window.ctx.db.run(unseen.seen, [d]),  # type: ignore[misc]
        ]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda act: act(), acts))
        deliver.drain(window.ctx)
        watched, continued, _ = fate(window.ctx, delivery)
        assert watched is None
        assert (continued is not None) is (len(window.owl.sent) > sent)


def test_a_reply_that_was_taken_back_does_not_go_on(window: Window) -> None:
    delivery = window.answer()
    window.leave(delivery)

    def take_back(session: Any) -> None:
        session.execute(
            update(MessageRow)
            .where(MessageRow.id == the(window.ctx, Delivery, Delivery.id == delivery).message_id)
            .values(removed_at=window.ctx.clock(), body_text="")
        )

    window.ctx.db.run(take_back)
    assert window.carry_on() is None
    assert fate(window.ctx, delivery) == (None, None, None)


def test_the_text_is_in_the_customers_language(window: Window) -> None:
    from inbox.customers.models import Customer

    def speaks(session: Any) -> None:
        session.execute(update(Customer).values(locale="de-AT"))

    window.ctx.db.run(speaks)
    window.ctx.translate = lambda locale, text: f"<{locale}> {text}"
    window.leave(window.answer())
    mail = window.carry_on()
    assert mail is not None
    assert mail.subject == "<de-AT> New messages from Site chat"
    assert mail.text.startswith("<de-AT> ")


def test_a_name_is_no_markup() -> None:
    assert literal("*Ben* [x](http://evil.example)\n_y_") == (
        "\\*Ben\\* \\[x\\]\\(http://evil.example\\) \\_y\\_"
    )
    text = compose([Unread(1, "**B**", "hi")], [], "", lambda text: text)
    assert "**\\*\\*B\\*\\*:**" in text


def test_files_go_along_as_long_as_there_is_room() -> None:
    replies = [
        Unread(1, "", "", (("a", 60),)),
        Unread(2, "", "", (("b", 30), ("c", 30))),
        Unread(3, "", "", (("d", 40),)),
        Unread(4, "", "no files"),
    ]
    assert carried_files(replies, None, None) == [1, 2, 3]
    assert carried_files(replies, None, 100) == [1, 3]
    assert carried_files(replies, 50, None) == [2, 3]
