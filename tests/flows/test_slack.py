"""Slack's events through the whole way in, and replies through the whole way out, in one process."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels import actions as channels
from inbox.channels import arranging, envelopes, queries
from inbox.channels.registry import Registry
from inbox.contract import Accept, Raw, RawItem
from inbox.db.time import utcnow
from inbox.flows import deliver, receive, settle
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.outbox.words import DeliveryState
from inbox.settings import Settings
from inbox.threads.models import Attachment, Reaction
from inbox.threads.words import AttachmentState, Kind
from tests.adapters.slack.peer import hook_request, net_io
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.peers.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Fault, Slack
from tests.peers.slack_world import PARTNER
from tests.reading import Customer, Delivery, Envelope, Identity, Message, Thread, blocks, rows, the


class App:
    """A connected app, and the people who write to it. Events wait until they are brought."""

    def __init__(self, ctx: Context, slack: Slack, **values: str) -> None:
        self.ctx, self.slack = ctx, slack
        self.cursor: Any = None
        self.anna = slack.person("Anna Moretti", mail="anna@example.org")
        self.chat = slack.chat(self.anna)
        own = {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "api_base": slack.url, **values}
        with ctx.db.read() as _session:
            config = ctx.registry.get("slack").manifest.config.model_validate(own)
        health = ctx.registry.get("slack").health(config, net_io())
        assert health.ok, health.problems
        self.channel_id = arranging.enrol(
            ctx,
            health,
            lambda session: (
                channels.connect(session, ctx.registry, ctx.vault, "slack", "Slack", own, paused=True).id
            ),
        ).channel_id
        if not values:
            slack.held = []

    def brings(self, *, reverse: bool = False) -> None:
        """Everything that waits comes by signed calls, and is worked off."""
        waiting, self.slack.held = self.slack.held or [], []
        for told in waiting[::-1] if reverse else waiting:
            self.takes(told)
        receive.drain(self.ctx)

    def takes(self, told: dict[str, Any]) -> None:
        """One signed call."""
        with self.ctx.db.read() as session:
            channel = queries.row(session, self.channel_id)
        config = channels.open_config(self.ctx.registry, self.ctx.vault, channel)
        request = hook_request(told)
        verdict = self.ctx.registry.get("slack").verify(config, request)
        assert isinstance(verdict, Accept)
        self.keeps([RawItem(dedupe_key=verdict.dedupe_key, raw=Raw(body=request.body))])

    def looks(self) -> None:
        """One look at the connection, and what it brings is worked off."""
        with self.ctx.db.read() as session:
            channel = queries.row(session, self.channel_id)
        config = channels.open_config(self.ctx.registry, self.ctx.vault, channel)
        batch = self.ctx.registry.get("slack").poll(config, self.cursor, net_io(channel.facts))
        self.keeps(batch.items)
        self.cursor = batch.cursor
        receive.drain(self.ctx)

    def keeps(self, items: Any) -> None:
        self.ctx.db.run(
            lambda session: envelopes.keep(session, self.ctx.files, self.channel_id, items, self.ctx.clock())
        )

    def answers(self, agent: Any, body: str, number: int = 1) -> Any:
        """A reply in the only thread, sent as far as it goes; its delivery."""
        thread = the(self.ctx, Thread, Thread.last_seq > 0)
        request = ReplyRequest(channel_id=self.channel_id, body=body, client_msg_id=f"c-{number}")
        message_id = reply(self.ctx, agent, thread.id, request).message_id
        deliver.drain(self.ctx)
        return the(self.ctx, Delivery, Delivery.message_id == message_id)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        yield server


@pytest.fixture
def ctx(settings: Settings, clock: ManualClock) -> Iterator[Context]:
    context = make_context(settings, Registry(), clock)
    yield context
    context.stop.set()
    context.db.dispose()


@pytest.fixture
def app(ctx: Context, slack: Slack) -> App:
    return App(ctx, slack)


@pytest.fixture
def ben(make: Make, app: App) -> Any:
    return make.agent("Ben")


def test_a_message_that_is_told_eleven_times_is_stored_once_under_its_person(ctx: Context, app: App) -> None:
    app.slack.copies = 11
    app.slack.say(app.anna, app.chat, "Where is my order?")
    app.brings()
    identity = the(ctx, Identity)
    assert (identity.namespace, identity.address, identity.account) == (
        "slack",
        app.anna,
        "1000200030-4000500060",
    )
    assert (identity.name, identity.level) == ("Anna Moretti", "channel")
    assert the(ctx, Message).body_text == "Where is my order?"
    assert len(rows(ctx, Envelope)) == 1
    assert the(ctx, Customer).locale == "it-IT"


def test_a_mention_is_told_as_two_kinds_of_event_and_is_one_message(ctx: Context, app: App) -> None:
    place = app.slack.channel("general", kind="channel")
    said = app.slack.say(app.anna, place, "<@U0BOT0001> help")
    app.slack.push({**said, "type": "app_mention", "channel": place, "event_ts": said["ts"]})
    app.brings()
    assert the(ctx, Message).body_text == "@Shop help"
    assert rows(ctx, Envelope)[-1].error == "stored already"


def test_in_a_public_channel_a_thread_with_the_bot_goes_on_and_others_are_left_out(
    ctx: Context, app: App, clock: ManualClock
) -> None:
    place = app.slack.channel("general", kind="channel")
    asked = app.slack.say(app.anna, place, "<@U0BOT0001> help")
    lunch = app.slack.say(app.anna, place, "Lunch?")
    app.slack.say(app.anna, place, "It is the red one", thread_ts=asked["ts"])
    app.slack.say(app.anna, place, "Soup", thread_ts=lunch["ts"])
    app.brings()
    assert [message.body_text for message in rows(ctx, Message)] == ["@Shop help", "It is the red one"]
    waiting = the(ctx, Envelope, Envelope.state == "new")
    clock.forward(minutes=2)
    with ctx.db.write() as session:
        session.execute(update(Envelope).where(Envelope.id == waiting.id).values(not_before=utcnow()))
    receive.drain(ctx)
    assert the(ctx, Envelope, Envelope.id == waiting.id).state == "ignored"


def test_news_in_the_wrong_order_come_to_the_same(ctx: Context, app: App) -> None:
    said = app.slack.say(app.anna, app.chat, "Wehre is it?")
    app.slack.react(app.anna, app.chat, said["ts"], "tada")
    app.slack.edit(app.chat, said["ts"], "Where is it?")
    app.brings(reverse=True)
    waiting = [envelope for envelope in rows(ctx, Envelope) if envelope.state == "new"]
    assert len(waiting) == 2, "what is about a message that has not come waits for it"
    with ctx.db.write() as session:
        session.execute(update(Envelope).where(Envelope.state == "new").values(not_before=utcnow()))
    receive.drain(ctx)
    assert the(ctx, Message).body_text == "Where is it?"
    assert the(ctx, Reaction).emoji == "🎉"


def test_a_reply_goes_into_the_chat_and_its_echo_makes_no_second_one(
    ctx: Context, app: App, ben: Any
) -> None:
    app.slack.say(app.anna, app.chat, "Where is it?")
    app.brings()
    delivery = app.answers(ben, "On its **way**.")
    assert delivery.state is DeliveryState.SENT
    assert app.slack.conversations[app.chat].messages[-1]["text"] == "On its *way*."
    app.brings()
    app.slack.told_metadata = False
    app.answers(ben, "And once more.", 2)
    app.brings()
    assert [message.kind for message in rows(ctx, Message)] == [Kind.INBOUND, Kind.REPLY, Kind.REPLY]


def test_an_echo_settles_a_reply_of_which_nobody_knew_whether_it_arrived(
    ctx: Context, app: App, ben: Any
) -> None:
    app.slack.say(app.anna, app.chat, "Where is it?")
    app.brings()
    app.slack.fail("chat.postMessage", Fault("cut_after"))
    delivery = app.answers(ben, "On its way.")
    assert delivery.state is DeliveryState.UNCERTAIN
    app.brings()
    assert the(ctx, Delivery, Delivery.id == delivery.id).state is DeliveryState.SENT
    assert len(rows(ctx, Message, Message.kind == Kind.REPLY)) == 1


def test_slack_is_asked_for_a_reply_whose_echo_never_came(
    ctx: Context, app: App, ben: Any, clock: ManualClock
) -> None:
    place = app.slack.channel()
    app.slack.say(app.anna, place, "Where is it?")
    app.brings()
    app.slack.fail("chat.postMessage", Fault("cut_after"), Fault("cut"))
    arrived, lost = app.answers(ben, "On its way."), app.answers(ben, "Since noon.", 2)
    app.slack.held = []
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(settle_at=utcnow()))
    settle.sweep(ctx)
    found = {each.id: each for each in rows(ctx, Delivery)}
    assert found[arrived.id].state is DeliveryState.SENT
    assert found[arrived.id].external_id == f"{place}/{app.slack.conversations[place].messages[-1]['ts']}"
    assert found[lost.id].state is DeliveryState.UNCERTAIN


def test_an_echo_of_a_part_proves_no_more_than_that_part(ctx: Context, app: App, ben: Any) -> None:
    app.slack.say(app.anna, app.chat, "Tell me all")
    app.brings()
    app.slack.fail("chat.postMessage", Fault("pass"), Fault("cut"))
    delivery = app.answers(ben, "word " * 1000)
    app.brings()
    assert the(ctx, Delivery, Delivery.id == delivery.id).state is DeliveryState.UNCERTAIN
    assert len(rows(ctx, Message, Message.kind == Kind.REPLY)) == 1


def test_a_shared_channel_is_one_thread_with_both_sides_in_it(ctx: Context, app: App, ben: Any) -> None:
    place = app.slack.channel("acme-support", shared=True)
    carla, bob = app.slack.person("Carla Conti", team=PARTNER), app.slack.person("Bob Baker")
    root = app.slack.say(carla, place, "Nothing works")
    app.slack.say(bob, place, "I look into it", thread_ts=root["ts"])
    app.slack.say(carla, place, "Thank you", thread_ts=root["ts"])
    app.brings()
    found = rows(ctx, Message)
    assert [(m.kind, m.sender_name) for m in found] == [
        (Kind.INBOUND, "Carla Conti"),
        (Kind.REPLY, "Bob Baker"),
        (Kind.INBOUND, "Carla Conti"),
    ]
    assert the(ctx, Identity).display == "#acme-support"
    assert app.answers(ben, "Solved.").state is DeliveryState.SENT
    assert app.slack.conversations[place].messages[-1]["thread_ts"] == root["ts"]


def test_a_file_comes_with_its_bytes_and_one_of_elsewhere_is_asked_for(ctx: Context, app: App) -> None:
    known = app.slack.file(b"\x89PNG\r\n\x1a\n" + bytes(50))
    hidden = app.slack.file(b"%PDF-1.7 hidden", "plan.pdf", "application/pdf")
    bare = {"id": hidden["id"], "mode": "file_access", "file_access": "check_file_info"}
    app.slack.say(app.anna, app.chat, "Look", subtype="file_share", files=[known, bare])
    app.brings()
    found = rows(ctx, Attachment)
    assert [(file.state, file.size) for file in found] == [
        (AttachmentState.STORED, 58),
        (AttachmentState.STORED, 15),
    ]
    assert found[0].name == "photo.png"


def test_reactions_come_and_go_and_a_message_is_taken_back(ctx: Context, app: App) -> None:
    said = app.slack.say(app.anna, app.chat, "Secret")
    app.slack.react(app.anna, app.chat, said["ts"], "heart")
    app.slack.react(app.anna, app.chat, said["ts"], "+1")
    app.slack.react(app.anna, app.chat, said["ts"], "heart", added=False)
    app.brings()
    assert [reaction.emoji for reaction in rows(ctx, Reaction)] == ["👍"]
    app.slack.delete(app.chat, said["ts"])
    app.brings()
    message = the(ctx, Message, Message.kind == Kind.INBOUND)
    assert (message.body_text, message.removed_at is not None) == ("", True)


def test_a_deactivated_account_is_shown_so(ctx: Context, app: App) -> None:
    app.slack.say(app.anna, app.chat, "Hello")
    app.slack.push({"type": "user_change", "user": app.slack.users[app.anna] | {"deleted": True}})
    app.brings()
    assert blocks(ctx) == ["This person's Slack account was deactivated."]


def test_over_a_connection_of_ours_the_same_comes(ctx: Context, slack: Slack) -> None:
    slack.socket_mode = True
    app = App(ctx, slack, app_token=APP_TOKEN)
    slack.copies = 3
    slack.say(app.anna, app.chat, "Hello")
    app.looks()
    app.looks()
    assert the(ctx, Message).body_text == "Hello"
    assert len(rows(ctx, Envelope)) == 1
