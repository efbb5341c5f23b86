"""Telegram's updates through the whole way in, and replies through the whole way out, in one process."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels import actions as channels
from inbox.channels import arranging, envelopes, queries
from inbox.channels.registry import Registry
from inbox.contract import Health
from inbox.customers import codes
from inbox.db.time import utcnow
from inbox.flows import deliver, receive
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.outbox.words import DeliveryState
from inbox.settings import Settings
from inbox.shapes import iso
from inbox.threads.models import Attachment, Reaction
from inbox.threads.words import AttachmentState, Kind
from tests.adapters.telegram.peer import net_io
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.peers.telegram import Telegram
from tests.reading import Customer, Delivery, Envelope, Identity, Message, Thread, blocks, rows, the

GROUP = {"id": -4001, "type": "group", "title": "Berlin branch"}
SUPERGROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Berlin branch"}


class Bot:
    """A connected bot, and the people who write to it."""

    def __init__(self, ctx: Context, telegram: Telegram) -> None:
        self.ctx, self.telegram = ctx, telegram
        self.cursor: Any = None
        self.anna = telegram.person(5_000_000_001, "Anna", last_name="Moretti")
        self.ben = telegram.person(5_000_000_002, "Ben")
        values = {"token": telegram.token, "api_base": telegram.url, "mode": "poll"}
        self.channel_id = arranging.enrol(
            ctx,
            Health(ok=True),
            lambda session: (
                channels.connect(session, ctx.registry, ctx.vault, "telegram", "Bot", values, paused=True).id
            ),
        ).channel_id
        self.looks()

    def looks(self) -> None:
        """One look at Telegram, and what it brings is worked off."""
        with self.ctx.db.read() as session:
            channel = queries.row(session, self.channel_id)
            config = channels.open_config(self.ctx.registry, self.ctx.vault, channel)
        batch = self.ctx.registry.get("telegram").poll(config, self.cursor, net_io(channel.facts))
        self.cursor = batch.cursor
        self.ctx.db.run(
            lambda session: envelopes.keep(
                session, self.ctx.files, self.channel_id, batch.items, self.ctx.clock()
            )
        )
        receive.drain(self.ctx)

    def gets(self, person: dict[str, Any], text: str = "", **fields: Any) -> dict[str, Any]:
        """Somebody writes, and it is here."""
        message = self.telegram.write(person, text, **fields)
        self.looks()
        return message

    def hears(self, kind: str, about: dict[str, Any]) -> None:
        """Another update comes."""
        self.telegram.push(kind, about)
        self.looks()


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as server:
        yield server


@pytest.fixture
def ctx(settings: Settings, clock: ManualClock) -> Iterator[Context]:
    context = make_context(settings, Registry(), clock)
    yield context
    context.stop.set()
    context.db.dispose()


@pytest.fixture
def bot(ctx: Context, telegram: Telegram) -> Bot:
    return Bot(ctx, telegram)


@pytest.fixture
def answer(ctx: Context, bot: Bot, make: Make) -> Callable[..., Any]:
    """Ben's reply in the only thread, sent; its delivery."""
    agent = make.agent("Ben")

    def say(body: str, number: int = 1) -> Any:
        thread = the(ctx, Thread, Thread.last_seq > 0)
        request = ReplyRequest(channel_id=bot.channel_id, body=body, client_msg_id=f"c-{number}")
        message_id = reply(ctx, agent, thread.id, request).message_id
        deliver.drain(ctx)
        return the(ctx, Delivery, Delivery.message_id == message_id)

    return say


def test_a_message_finds_its_customer_and_is_stored_once(ctx: Context, bot: Bot) -> None:
    first = bot.gets(bot.anna, "Where is my order?")
    bot.telegram.push("message", first, number=4_000)
    bot.looks()
    identity = the(ctx, Identity)
    assert (identity.namespace, identity.address, identity.level) == ("telegram", "5000000001", "channel")
    assert the(ctx, Message).body_text == "Where is my order?"
    assert rows(ctx, Envelope)[-1].error == "stored already"


def test_an_album_is_one_message_with_all_its_pictures_and_its_text(ctx: Context, bot: Bot) -> None:
    for number in range(3):
        file_id = bot.telegram.file(bytes([number + 1]) * 50, f"photos/{number}.jpg")
        photo = [{"file_id": file_id, "file_unique_id": f"u{number}", "width": 9, "height": 9}]
        caption = {"caption": "All three are torn"} if number == 1 else {}
        bot.gets(bot.anna, media_group_id="77", photo=photo, **caption)
    message = the(ctx, Message)
    assert message.body_text == "All three are torn"
    assert {found.state for found in rows(ctx, Attachment)} == {AttachmentState.STORED}
    assert len(rows(ctx, Attachment)) == 3


@pytest.mark.parametrize("reason", ["gone", "large"])
def test_a_file_that_cannot_be_had_costs_the_file_and_not_the_message(
    ctx: Context, bot: Bot, reason: str
) -> None:
    file_id = "never-there" if reason == "gone" else bot.telegram.file(bytes(20_000_001), "documents/a")
    bot.gets(
        bot.anna,
        caption="The film",
        document={"file_id": file_id, "file_unique_id": "u", "file_name": "a.mkv"},
    )
    assert the(ctx, Message).body_text == "The film"
    attachment = the(ctx, Attachment)
    assert attachment.state is AttachmentState.MISSING
    assert ("any more" if reason == "gone" else "20 MB") in attachment.problem


def test_an_edit_and_a_reaction_change_the_message_they_are_about(
    ctx: Context, bot: Bot, answer: Callable[..., Any]
) -> None:
    first = bot.gets(bot.anna, "Wehre is it?")
    bot.hears("edited_message", {**first, "text": "Where is it?", "edit_date": first["date"] + 60})
    assert the(ctx, Message).body_text == "Where is it?"
    number = int(answer("It leaves today").external_id.rpartition(":")[2])
    change = {"chat": first["chat"], "message_id": number, "user": bot.anna, "date": first["date"] + 90,
              "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "🎉"}]}  # fmt: skip
    bot.hears("message_reaction", change)
    assert the(ctx, Reaction).emoji == "🎉"


def test_who_blocks_the_bot_is_told_and_who_comes_back_can_be_written_to(
    ctx: Context, bot: Bot, answer: Callable[..., Any]
) -> None:
    first = bot.gets(bot.anna, "Hello")
    member = {"user": bot.telegram.me, "status": "kicked", "until_date": 0}
    change = {"chat": first["chat"], "from": bot.anna, "date": first["date"], "new_chat_member": member,
              "old_chat_member": {"user": bot.telegram.me, "status": "member"}}  # fmt: skip
    bot.hears("my_chat_member", change)
    assert blocks(ctx) == ["The customer has blocked the bot."]
    bot.gets(bot.anna, "I am back")
    assert blocks(ctx) == []


def test_a_reply_to_somebody_who_blocked_the_bot_fails_with_the_reason(
    ctx: Context, bot: Bot, answer: Callable[..., Any]
) -> None:
    bot.gets(bot.anna, "Hello")
    bot.telegram.blocked.add(bot.anna["id"])
    delivery = answer("Hi")
    assert delivery.state is DeliveryState.FAILED
    assert delivery.error == "The customer has blocked the bot."
    assert blocks(ctx) == ["The customer has blocked the bot."]


def test_a_pause_that_telegram_asks_for_puts_the_reply_off(
    ctx: Context, bot: Bot, answer: Callable[..., Any]
) -> None:
    bot.gets(bot.anna, "Hello")
    bot.telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
    assert answer("Hi").state is DeliveryState.QUEUED
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(not_before=utcnow()))
    deliver.drain(ctx)
    assert the(ctx, Delivery).state is DeliveryState.SENT


def test_a_long_reply_is_one_message_here_and_several_there(
    ctx: Context, bot: Bot, answer: Callable[..., Any]
) -> None:
    bot.gets(bot.anna, "Tell me everything")
    text = " ".join(f"word{n}" for n in range(800))
    assert answer(text).state is DeliveryState.SENT
    sent = bot.telegram.made("sendMessage")
    assert " ".join(call.params["text"] for call in sent) == text
    answered = {"message_id": 4, "date": 1, "chat": bot.telegram.chat_of(bot.anna), "from": bot.telegram.me}
    bot.gets(bot.anna, "About the second part", reply_to_message=answered)
    assert len(rows(ctx, Thread)) == 1


def test_a_group_is_one_customer_whoever_writes_there(
    ctx: Context, bot: Bot, answer: Callable[..., Any]
) -> None:
    bot.gets(bot.anna, "Is it back?", chat=GROUP)
    bot.gets(bot.ben, "And the lamp?", chat=GROUP)
    assert the(ctx, Customer).name == "Berlin branch"
    assert [message.sender_name for message in rows(ctx, Message)] == ["Anna Moretti", "Ben"]
    answer("Both are")
    assert bot.telegram.made("sendMessage")[0].params["chat_id"] == str(GROUP["id"])


def test_a_group_that_becomes_a_supergroup_keeps_its_thread(ctx: Context, bot: Bot) -> None:
    bot.gets(bot.anna, "Is it back?", chat=GROUP)
    bot.gets(bot.anna, chat=GROUP, migrate_to_chat_id=SUPERGROUP["id"])
    bot.gets(bot.anna, "Still there?", chat=SUPERGROUP, migrate_from_chat_id=GROUP["id"])
    bot.gets(bot.anna, "Still there?", chat=SUPERGROUP)
    assert the(ctx, Identity).address == str(SUPERGROUP["id"])
    assert [message.body_text for message in rows(ctx, Message)] == ["Is it back?", "Still there?"]


class Owner:
    """The owner of a business account, in whose chats the bot may answer."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.user = bot.telegram.person(99, "Olga", last_name="Owner")
        self.number = 10
        self.connects("BC1")

    def connects(self, name: str, *, is_enabled: bool = True, can_reply: bool = True) -> None:
        """What Telegram tells when the owner connects the bot, or changes that."""
        about = {"id": name, "user": self.user, "user_chat_id": 99, "date": 1, "is_enabled": is_enabled,
                 "rights": {"can_reply": can_reply}}  # fmt: skip
        self.bot.hears("business_connection", about)

    def chat(self, text: str, author: dict[str, Any] | None = None, connection: str = "BC1") -> int:
        """Somebody writes in the owner's chat with Anna: she herself unless told otherwise."""
        self.number += 1
        about = {"message_id": self.number, "date": int(self.bot.ctx.clock().timestamp()), "text": text,
                 "chat": self.bot.telegram.chat_of(self.bot.anna), "from": author or self.bot.anna,
                 "business_connection_id": connection}  # fmt: skip
        self.bot.hears("business_message", about)
        return self.number

    def answered_over(self) -> str | None:
        """The connection over which the last message went out; None for the bot's own chat."""
        found = self.bot.telegram.made("sendMessage")[-1].params.get("business_connection_id")
        return None if found is None else str(found)


@pytest.fixture
def owner(bot: Bot) -> Owner:
    return Owner(bot)


def way(ctx: Context, channel_id: int) -> Any:
    """How the composer offers a channel in the only thread."""
    from inbox.threads import answering

    thread = the(ctx, Thread, Thread.last_seq > 0)
    with ctx.db.read() as session:
        found = answering.reply_channels(
            session, thread.id, registry=ctx.registry, undo_seconds=None, now=ctx.clock()
        )
    (only,) = [each for each in found if each["channel_id"] == channel_id]
    return only


def test_a_business_account_shows_both_sides_and_is_answered_in_its_name(
    ctx: Context, bot: Bot, owner: Owner, answer: Callable[..., Any]
) -> None:
    with ctx.db.read() as session:
        assert queries.row(session, bot.channel_id).facts["business:BC1"]["can_reply"] is True
    number = owner.chat("Size 42?")
    owner.chat("In red.", owner.user)
    assert [(m.kind, m.body_text) for m in rows(ctx, Message)] == [
        (Kind.INBOUND, "Size 42?"),
        (Kind.REPLY, "In red."),
    ]
    assert way(ctx, bot.channel_id)["account"] == "Olga Owner"
    assert answer("And in blue").state is DeliveryState.SENT
    [call] = bot.telegram.made("sendMessage")
    assert (call.params["business_connection_id"], call.params["chat_id"]) == ("BC1", str(bot.anna["id"]))
    deleted = {
        "business_connection_id": "BC1",
        "message_ids": [number],
        "chat": bot.telegram.chat_of(bot.anna),
    }
    bot.hears("deleted_business_messages", deleted)
    assert rows(ctx, Message)[0].removed_at is not None


def test_who_writes_to_the_bot_and_to_the_owner_is_one_person_and_is_answered_where_he_wrote(
    ctx: Context, bot: Bot, owner: Owner, answer: Callable[..., Any], clock: ManualClock
) -> None:
    bot.gets(bot.anna, "To the bot")
    clock.forward(minutes=1)
    owner.chat("To the owner")
    assert the(ctx, Identity).address == str(bot.anna["id"])
    assert the(ctx, Thread).last_seq == 2
    answer("In your chat")
    assert owner.answered_over() == "BC1"
    clock.forward(days=365)
    bot.gets(bot.anna, "To the bot again", date=int(clock().timestamp()))
    answer("As the bot", 2)
    assert owner.answered_over() is None


def test_an_account_that_is_connected_again_knows_its_customers(
    ctx: Context, bot: Bot, owner: Owner, answer: Callable[..., Any]
) -> None:
    owner.chat("Before")
    owner.connects("BC1", is_enabled=False)
    owner.connects("BC2")
    answer("Over the new connection")
    assert owner.answered_over() == "BC2"
    owner.chat("After", connection="BC2")
    assert the(ctx, Customer).name == "Anna Moretti"
    assert [message.place for message in rows(ctx, Message)] == ["BC1", "BC1", "BC2"]


def test_the_composer_knows_what_the_owner_of_a_business_account_allows(
    ctx: Context, bot: Bot, owner: Owner, clock: ManualClock
) -> None:
    from adapters.telegram import business

    owner.chat("Size 42?")
    found = way(ctx, bot.channel_id)
    assert (found["usable"], found["closes_at"]) == (True, iso(clock() + business.WINDOW))
    owner.connects("BC1", can_reply=False)
    assert (way(ctx, bot.channel_id)["usable"], way(ctx, bot.channel_id)["reason"]) == (False, business.MUTE)
    owner.connects("BC1", is_enabled=False)
    assert (way(ctx, bot.channel_id)["usable"], way(ctx, bot.channel_id)["reason"]) == (False, business.GONE)
    owner.connects("BC1")
    assert way(ctx, bot.channel_id)["usable"]
    clock.forward(hours=24, seconds=1)
    assert (way(ctx, bot.channel_id)["usable"], way(ctx, bot.channel_id)["reason"]) == (False, business.LATE)


def test_where_the_owner_allows_no_more_the_chat_with_the_bot_goes_on(
    ctx: Context, bot: Bot, owner: Owner, answer: Callable[..., Any], clock: ManualClock
) -> None:
    bot.gets(bot.anna, "To the bot")
    clock.forward(minutes=1)
    owner.chat("To the owner")
    owner.connects("BC1", is_enabled=False)
    answer("As the bot")
    assert owner.answered_over() is None


def test_who_blocks_the_bot_can_still_be_answered_in_the_owners_chat(
    ctx: Context, bot: Bot, owner: Owner, answer: Callable[..., Any], clock: ManualClock
) -> None:
    first = bot.gets(bot.anna, "To the bot")
    owner.chat("To the owner")
    member = {"user": bot.telegram.me, "status": "kicked", "until_date": 0}
    change = {"chat": first["chat"], "from": bot.anna, "date": first["date"], "new_chat_member": member,
              "old_chat_member": {"user": bot.telegram.me, "status": "member"}}  # fmt: skip
    bot.hears("my_chat_member", change)
    assert blocks(ctx) == ["The customer has blocked the bot."]
    answer("In your chat")
    assert owner.answered_over() == "BC1"


def test_opening_the_chat_alone_makes_no_customer(ctx: Context, bot: Bot) -> None:
    bot.gets(bot.anna, "/start")
    bot.gets(bot.anna, "/start a-code-that-nobody-gave-out")
    assert rows(ctx, Customer) == []


def test_an_unreadable_update_is_shown_to_a_person_and_holds_nothing_up(ctx: Context, bot: Bot) -> None:
    bot.telegram.push("message", {"message_id": 1, "date": "yesterday", "chat": {"id": 5, "type": "private"}})
    bot.gets(bot.anna, "Hello")
    assert [envelope.state for envelope in rows(ctx, Envelope)] == ["failed", "done"]
    assert the(ctx, Message).body_text == "Hello"


def test_who_opens_a_link_from_the_site_and_has_a_past_with_the_bot_is_answered_there(
    ctx: Context, bot: Bot
) -> None:
    bot.gets(bot.ben, "I made the link")
    maker = the(ctx, Identity)
    bot.gets(bot.anna, "I wrote here before")
    code = ctx.db.run(codes.make, codes.LINK, maker.id, ctx.clock(), seconds=900)
    start = [{"type": "bot_command", "offset": 0, "length": 6}]
    bot.gets(bot.anna, f"/start {code}", entities=start)
    deliver.drain(ctx)
    (said,) = bot.telegram.made("sendMessage")
    assert said.params["chat_id"] == str(bot.anna["id"])
    assert said.params["text"].startswith("We connect this chat with the one on our site once a colleague")
    assert len({identity.customer_id for identity in rows(ctx, Identity)}) == 2
