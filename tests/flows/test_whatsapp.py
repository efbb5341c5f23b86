"""WhatsApp's calls through the whole way in, and replies through the whole way out, in one process."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.meta.hook import HEADER
from inbox.channels import actions as channels
from inbox.channels import arranging, envelopes, queries
from inbox.channels.registry import Registry
from inbox.contract import Accept, Filled, Health, HookRequest, Raw, RawItem
from inbox.errors import Invalid
from inbox.flows import deliver, receive, templates
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.outbox.words import DeliveryState
from inbox.settings import Settings
from inbox.threads.models import Attachment, Reaction
from inbox.threads.words import AttachmentState, Kind, Status
from tests.adapters.whatsapp.peer import SETTINGS
from tests.adapters.whatsapp.test_templates import SHIPPED, VALUES
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.peers.graph import APP_SECRET, signed, written
from tests.peers.graph_call import Fault
from tests.peers.graph_whatsapp import DAY, WhatsApp
from tests.reading import Customer, Delivery, Envelope, Episode, Identity, Message, Thread, rows, the


class Number:
    """A connected number, and the people who write to it."""

    def __init__(self, ctx: Context, whatsapp: WhatsApp) -> None:
        self.ctx, self.whatsapp = ctx, whatsapp
        self.anna = whatsapp.person("4915112345678", name="Anna Moretti")
        self.ben = whatsapp.person("2348012345678", name="Ben", username="ben.okafor", hidden=True)
        values = {**SETTINGS, "api_base": whatsapp.url}
        self.channel_id = arranging.enrol(
            ctx,
            Health(ok=True),
            lambda session: (
                channels.connect(
                    session, ctx.registry, ctx.vault, "whatsapp", "WhatsApp", values, paused=True
                ).id
            ),
        ).channel_id

    def hears(self, *bodies: dict[str, Any]) -> None:
        """Meta calls, and what it tells is worked off."""
        for body in bodies:
            self._keep(written(body))
        receive.drain(self.ctx)

    def hears_what_happened(self) -> None:
        """What Meta has to tell by itself, in the order in which it happened."""
        waiting, self.whatsapp.graph.waiting = self.whatsapp.graph.waiting, []
        for body in waiting:
            self._keep(body)
        receive.drain(self.ctx)

    def gets(self, person: Any, words: str = "", **fields: Any) -> dict[str, Any]:
        """Somebody writes, and it is here; the call."""
        body = self.whatsapp.write(person, words, **fields)
        self.hears_what_happened()
        return body

    def _keep(self, body: bytes) -> None:
        adapter = self.ctx.registry.get("whatsapp")
        with self.ctx.db.read() as session:
            channel = queries.row(session, self.channel_id)
            config = channels.open_config(self.ctx.registry, self.ctx.vault, channel)
        headers = {HEADER: signed(APP_SECRET, body)}
        verdict = adapter.verify(config, HookRequest(method="POST", body=body, headers=headers, args={}))
        assert isinstance(verdict, Accept)
        item = RawItem(dedupe_key=verdict.dedupe_key, raw=Raw(body=body))
        self.ctx.db.run(
            lambda session: envelopes.keep(session, self.ctx.files, self.channel_id, [item], self.ctx.clock())
        )


@pytest.fixture
def whatsapp() -> Iterator[WhatsApp]:
    with WhatsApp() as server:
        yield server


@pytest.fixture
def ctx(settings: Settings, clock: ManualClock) -> Iterator[Context]:
    context = make_context(settings, Registry(), clock)
    yield context
    context.stop.set()
    context.db.dispose()


@pytest.fixture
def number(ctx: Context, whatsapp: WhatsApp) -> Number:
    return Number(ctx, whatsapp)


@pytest.fixture
def answer(ctx: Context, number: Number, make: Make) -> Callable[..., Any]:
    """An agent's reply in the only thread, handed over; its delivery."""
    agent = make.agent("Carla")

    def say(body: str, number_of: int = 1) -> Any:
        thread = the(ctx, Thread, Thread.last_seq > 0)
        request = ReplyRequest(channel_id=number.channel_id, body=body, client_msg_id=f"c-{number_of}")
        message_id = reply(ctx, agent, thread.id, request).message_id
        deliver.drain(ctx)
        return the(ctx, Delivery, Delivery.message_id == message_id)

    return say


# In


def test_a_message_finds_its_customer_and_is_stored_once(ctx: Context, number: Number) -> None:
    body = number.gets(number.anna, "Where is my order?")
    number.hears(body, {**body, "entry": [*body["entry"], *body["entry"]]})
    identity = the(ctx, Identity)
    assert (identity.namespace, identity.address, identity.level) == (
        "whatsapp",
        number.anna.user_id,
        "channel",
    )
    assert the(ctx, Message).body_text == "Where is my order?"
    assert len(rows(ctx, Envelope)) == 2


def test_who_shows_no_number_is_a_customer_and_is_answered(
    ctx: Context, number: Number, whatsapp: WhatsApp, answer: Callable[..., Any]
) -> None:
    number.gets(number.ben, "Hi")
    assert the(ctx, Customer).name == "Ben"
    assert answer("Hello Ben").state is DeliveryState.SENT
    assert whatsapp.sent[0]["recipient"] == number.ben.user_id


def test_who_was_known_by_his_number_stays_the_same_when_he_has_an_id(ctx: Context, number: Number) -> None:
    user_id, number.anna.user_id = number.anna.user_id, ""
    number.gets(number.anna, "From before")
    assert the(ctx, Identity).address == "+4915112345678"
    number.anna.user_id = user_id
    number.gets(number.anna, "From now on")
    assert the(ctx, Identity).address == user_id
    number.anna.hidden = True
    number.gets(number.anna, "And without a number")
    assert len(rows(ctx, Customer)) == 1
    assert [message.body_text for message in rows(ctx, Message)] == [
        "From before", "From now on", "And without a number",
    ]  # fmt: skip


def test_a_new_number_brings_a_new_id_and_no_new_customer(ctx: Context, number: Number) -> None:
    number.gets(number.anna, "Hello")
    system = {"type": "user_changed_number", "wa_id": "4917700000000", "user_id": "DE.777",
              "previous_user_id": number.anna.user_id, "body": "User Anna changed"}  # fmt: skip
    said = {
        "from": "4915112345678",
        "id": "wamid.SYS",
        "timestamp": "1780000000",
        "type": "system",
        "system": system,
    }
    number.hears(number.whatsapp.body(messages=[said]))
    number.gets(number.whatsapp.person("4917700000000", user_id="DE.777", name="Anna Moretti"), "It is me")
    assert the(ctx, Identity).address == "DE.777"
    assert len(rows(ctx, Message, Message.kind == Kind.INBOUND)) == 2


def test_a_broken_part_is_shown_to_a_person_and_its_neighbours_are_stored(
    ctx: Context, number: Number
) -> None:
    body = number.whatsapp.write(number.anna, "First")
    number.whatsapp.graph.waiting.clear()
    value = body["entry"][0]["changes"][0]["value"]
    [first] = value["messages"]
    value["messages"] = [first, {"type": "text"}, {**first, "id": "wamid.LAST", "text": {"body": "Last"}}]
    number.hears(body)
    assert [message.body_text for message in rows(ctx, Message)] == ["First", "Last"]
    envelope = the(ctx, Envelope)
    assert (envelope.state, "Message 2 of 3" in envelope.error) == ("failed", True)


def test_a_file_is_fetched_and_one_that_is_gone_costs_the_file_only(ctx: Context, number: Number) -> None:
    number.gets(
        number.anna,
        type="image",
        image={**number.whatsapp.file(b"\xff\xd8\xff" + bytes(99)), "caption": "Look"},
    )
    number.gets(number.anna, type="document", document={"id": "999999999999999", "filename": "a.pdf"})
    assert [file.state for file in rows(ctx, Attachment)] == [AttachmentState.STORED, AttachmentState.MISSING]
    assert [message.body_text for message in rows(ctx, Message)] == ["Look", ""]


def test_edits_deletions_and_reactions_are_about_their_message(
    ctx: Context, number: Number, answer: Callable[..., Any]
) -> None:
    first = number.gets(number.anna, "Wehre is it?")["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    edit = {"original_message_id": first, "message": {"type": "text", "text": {"body": "Where is it?"}}}
    number.gets(number.anna, type="edit", edit=edit)
    assert the(ctx, Message).body_text == "Where is it?"
    ours = answer("It leaves today").external_id
    number.gets(number.anna, type="reaction", reaction={"message_id": ours, "emoji": "🎉"})
    assert the(ctx, Reaction).emoji == "🎉"
    number.gets(number.anna, type="revoke", revoke={"original_message_id": first})
    assert rows(ctx, Message)[0].removed_at is not None


def test_what_was_written_in_the_app_answers_the_customer(ctx: Context, number: Number) -> None:
    number.gets(number.anna, "Hello")
    echo = {"from": "15550783881", "to": number.anna.number, "to_user_id": number.anna.user_id, "id": "wamid.ECHO",
            "timestamp": str(int(time.time())), "type": "text", "text": {"body": "From my phone"}}  # fmt: skip
    body = number.whatsapp.body("smb_message_echoes", message_echoes=[echo])
    number.hears(body, {**body, "x": 1})
    assert [(message.kind, message.body_text) for message in rows(ctx, Message)] == [
        (Kind.INBOUND, "Hello"), (Kind.REPLY, "From my phone"),
    ]  # fmt: skip


# Out, and what becomes of it


def test_statuses_in_any_order_and_number_only_ever_go_forward(
    ctx: Context, number: Number, answer: Callable[..., Any]
) -> None:
    number.gets(number.anna, "Hello")
    wamid = answer("Hi").external_id
    states = []
    for state in ("read", "sent", "delivered", "read", "played"):
        body = number.whatsapp.status(wamid, state)
        number.hears(body, body)
        states.append(the(ctx, Delivery).state)
    assert states == [DeliveryState.READ] * 5


def test_a_reply_after_a_day_fails_later_and_the_customer_waits_again(
    ctx: Context, number: Number, answer: Callable[..., Any]
) -> None:
    number.gets(number.anna, "Hello")
    number.anna.wrote_at -= DAY + 60
    assert answer("Too late").state is DeliveryState.SENT
    number.hears_what_happened()
    delivery = the(ctx, Delivery)
    assert (delivery.state, delivery.error) == (
        DeliveryState.FAILED,
        "More than 24 hours have passed since the customer's last message. Send a template to go on.",
    )
    assert the(ctx, Episode).status is Status.OPEN
    assert the(ctx, Identity).unreachable is None, "the window is closed, and not the customer gone"


def test_after_a_day_a_template_goes_on(
    ctx: Context, number: Number, whatsapp: WhatsApp, make: Make, clock: ManualClock
) -> None:
    number.gets(number.anna, "Hello")
    clock.forward(hours=25)
    number.anna.wrote_at -= DAY + 3600
    whatsapp.templates = [SHIPPED]
    agent, thread = make.agent("Carla"), the(ctx, Thread, Thread.last_seq > 0)
    late = ReplyRequest(channel_id=number.channel_id, body="Too late", client_msg_id="c-1")
    with pytest.raises(Invalid, match="only approved templates"):
        reply(ctx, agent, thread.id, late)
    [found] = templates.of_channel(ctx, number.channel_id)
    chosen = Filled(name=found.name, language=found.language, values=VALUES)
    request = ReplyRequest(channel_id=number.channel_id, body="", client_msg_id="c-2", template=chosen)
    reply(ctx, agent, thread.id, request)
    deliver.drain(ctx)
    number.hears_what_happened()
    assert the(ctx, Delivery).state is DeliveryState.SENT
    assert "left on Friday" in the(ctx, Message, Message.kind == Kind.REPLY).body_text
    assert whatsapp.sent[0]["template"]["name"] == "order_shipped"


def test_an_uncertain_reply_settles_by_the_status_that_has_our_word(
    ctx: Context, number: Number, answer: Callable[..., Any]
) -> None:
    number.gets(number.anna, "Hello")
    number.whatsapp.graph.fail("messages", Fault("cut_after"))
    assert answer("Hi").state is DeliveryState.UNCERTAIN
    number.hears(number.whatsapp.status(number.whatsapp.sent[0]["wamid"], "sent"))
    assert the(ctx, Delivery).state is DeliveryState.SENT
    assert len(number.whatsapp.sent) == 1


def test_a_part_that_went_out_does_not_settle_what_is_uncertain_about_the_rest(
    ctx: Context, number: Number, answer: Callable[..., Any]
) -> None:
    number.gets(number.anna, "Hello")
    number.whatsapp.graph.fail("messages", Fault("pass"), Fault("cut"))
    assert answer("x" * 5000).state is DeliveryState.UNCERTAIN
    number.hears(number.whatsapp.status(number.whatsapp.sent[0]["wamid"], "delivered"))
    assert the(ctx, Delivery).state is DeliveryState.UNCERTAIN
    failure = [{"code": 131026, "title": "Message undeliverable"}]
    number.hears(number.whatsapp.status(number.whatsapp.sent[0]["wamid"], "failed", errors=failure))
    assert the(ctx, Delivery).state is DeliveryState.FAILED
