"""Messenger's and Instagram's calls the whole way in, and replies the whole way out, in one process."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.meta.hook import HEADER
from inbox.channels import actions as channels
from inbox.channels import arranging, envelopes, queries
from inbox.channels.registry import Registry
from inbox.contract import Accept, Health, HookRequest, Raw, RawItem
from inbox.flows import deliver, receive
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.outbox.words import DeliveryState
from inbox.settings import Settings
from inbox.threads.models import Attachment, Reaction
from inbox.threads.words import AttachmentState, Kind
from tests.adapters.instagram.peer import SETTINGS as INSTAGRAM
from tests.adapters.messenger.peer import SETTINGS as MESSENGER
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.peers.graph import APP_SECRET, signed, written
from tests.peers.graph_call import Fault
from tests.peers.graph_page import PERSON, Account
from tests.peers.graph_page import instagram as make_instagram
from tests.peers.graph_page import page as make_page
from tests.reading import Delivery, Envelope, Identity, Message, Thread, rows, the


class Line:
    """A connected account, and the people who write to it. `account` is the other side."""

    def __init__(self, ctx: Context, kind: str, account: Account) -> None:
        self.ctx, self.kind, self.account = ctx, kind, account
        settings = MESSENGER if kind == "messenger" else INSTAGRAM
        values = {**settings, "access_token": account.graph.token, "api_base": account.url}
        self.channel_id = arranging.enrol(
            ctx,
            Health(ok=True),
            lambda session: (
                channels.connect(session, ctx.registry, ctx.vault, kind, kind, values, paused=True).id
            ),
        ).channel_id

    def hears(self, *bodies: dict[str, Any]) -> None:
        """Meta calls with these, and then with what happened meanwhile; all of it is worked off."""
        waiting, self.account.graph.waiting = self.account.graph.waiting, []
        for body in (*(written(each) for each in bodies), *waiting):
            self._keep(body)
        receive.drain(self.ctx)

    def gets(self, text: str = "", **fields: Any) -> str:
        """Anna writes, and it is here; the message's id."""
        mid = self.account.write(text=text, **fields)
        self.hears()
        return mid

    def _keep(self, body: bytes) -> None:
        adapter = self.ctx.registry.get(self.kind)
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
def ctx(settings: Settings, clock: ManualClock) -> Iterator[Context]:
    clock.now = datetime.now(UTC)  # Meta's clock, which tells until when may be answered, is the real one
    context = make_context(settings, Registry(), clock)
    yield context
    context.stop.set()
    context.db.dispose()


@pytest.fixture
def messenger(ctx: Context) -> Iterator[Line]:
    with make_page() as account:
        yield Line(ctx, "messenger", account)


@pytest.fixture(params=["messenger", "instagram"])
def line(request: pytest.FixtureRequest, ctx: Context) -> Iterator[Line]:
    """Each of the two networks."""
    with make_page() if request.param == "messenger" else make_instagram() as account:
        yield Line(ctx, request.param, account)


Answer = Callable[..., Any]


@pytest.fixture
def answer(ctx: Context, make: Make) -> Answer:
    """An agent's reply in the only thread, handed over; its delivery."""
    agent = make.agent("Carla")

    def say(line: Line, body: str) -> Any:
        thread = the(ctx, Thread, Thread.last_seq > 0)
        request = ReplyRequest(channel_id=line.channel_id, body=body, client_msg_id=body[:20])
        message_id = reply(ctx, agent, thread.id, request).message_id
        deliver.drain(ctx)
        return the(ctx, Delivery, Delivery.message_id == message_id)

    return say


# In


def test_a_message_finds_its_customer_and_is_stored_once(ctx: Context, line: Line) -> None:
    event = line.account.event("message", {"mid": "m_1", "text": "Do you ship to Malta?"})
    one = line.account.batch(event)
    line.hears(one, one, line.account.batch(event, event))
    identity = the(ctx, Identity)
    assert (identity.namespace, identity.account, identity.address, identity.level) == (
        line.kind, line.account.number, PERSON, "channel",
    )  # fmt: skip
    assert the(ctx, Message).body_text == "Do you ship to Malta?"
    assert len(rows(ctx, Envelope)) == 2, "the same call is kept once, another batch by itself"


def test_a_broken_part_is_shown_to_a_person_and_its_neighbours_are_stored(
    ctx: Context, messenger: Line
) -> None:
    event = messenger.account.event
    messenger.hears(
        messenger.account.batch(
            event("message", {"mid": "m_1", "text": "First"}),
            event("message", {"text": "no id"}),
            event("message", {"mid": "m_2", "text": "Last"}),
        )
    )
    assert [message.body_text for message in rows(ctx, Message)] == ["First", "Last"]
    envelope = the(ctx, Envelope)
    assert envelope.state == "failed"
    assert "2 of 3" in envelope.error


def test_a_file_is_fetched_at_once_and_one_that_has_expired_costs_the_file_only(
    ctx: Context, messenger: Line
) -> None:
    for url in (
        messenger.account.file(b"\xff\xd8\xff" + bytes(99)),
        f"{messenger.account.url}/cdn/expired.jpg",
    ):
        messenger.gets("Look", attachments=[{"type": "image", "payload": {"url": url}}])
    assert [file.state for file in rows(ctx, Attachment)] == [AttachmentState.STORED, AttachmentState.MISSING]
    assert [message.body_text for message in rows(ctx, Message)] == ["Look", "Look"]


def test_edits_reactions_and_unsent_messages_are_about_their_message(
    ctx: Context, messenger: Line, answer: Answer
) -> None:
    mid = messenger.gets("Wehre is it?")
    messenger.account.happen("message_edit", {"mid": mid, "text": "Where is it?", "num_edit": 1})
    messenger.hears()
    assert the(ctx, Message).body_text == "Where is it?"
    ours = answer(messenger, "It leaves today").external_id
    messenger.account.happen("reaction", {"mid": ours, "action": "react", "reaction": "love", "emoji": "❤️"})
    messenger.hears()
    assert the(ctx, Reaction).emoji == "❤️"
    messenger.account.happen("message", {"mid": mid, "is_deleted": True})
    messenger.hears()
    unsent = rows(ctx, Message, Message.kind == Kind.INBOUND)[0]
    assert (unsent.body_text, unsent.removed_at is not None) == ("", True)


# Out, and what comes back


def test_a_reply_goes_out_and_its_echo_is_no_second_message(ctx: Context, line: Line, answer: Answer) -> None:
    line.gets("Hello")
    assert answer(line, "Good day").state is DeliveryState.SENT
    line.hears()
    assert [message.body_text for message in rows(ctx, Message)] == ["Hello", "Good day"]
    assert [sent["message"]["text"] for sent in line.account.sent] == ["Good day"]


def test_what_is_written_in_the_network_itself_is_in_the_thread_too(ctx: Context, line: Line) -> None:
    line.gets("Hello")
    line.account.answer_elsewhere("From my phone", app=None)
    line.hears()
    assert [(message.kind, message.body_text) for message in rows(ctx, Message)] == [
        (Kind.INBOUND, "Hello"), (Kind.REPLY, "From my phone"),
    ]  # fmt: skip


def test_an_uncertain_reply_settles_by_its_echo(ctx: Context, messenger: Line, answer: Answer) -> None:
    messenger.gets("Hello")
    messenger.account.graph.fail("messages", Fault("cut_after"))
    assert answer(messenger, "Good day").state is DeliveryState.UNCERTAIN
    messenger.hears()
    assert the(ctx, Delivery).state is DeliveryState.SENT
    assert len(messenger.account.sent) == 1
    assert len(rows(ctx, Message)) == 2


def test_instagrams_echo_has_no_key_and_settles_by_its_words_whether_it_names_the_app_or_not(
    ctx: Context, answer: Answer
) -> None:
    with make_instagram() as account:
        line = Line(ctx, "instagram", account)
        line.gets("Hello")
        for tells_app, text in ((True, "Good day"), (False, "It leaves today")):
            account.tells_app = tells_app
            account.graph.fail("messages", Fault("cut_after"))
            assert answer(line, text).state is DeliveryState.UNCERTAIN
            line.hears()
    assert [delivery.state for delivery in rows(ctx, Delivery)] == [DeliveryState.SENT] * 2
    assert len(rows(ctx, Message)) == 3


@pytest.mark.parametrize(
    ("fault", "state"), [("cut", DeliveryState.UNCERTAIN), ("cut_after", DeliveryState.SENT)]
)
def test_of_several_messages_only_the_last_ones_echo_settles_the_reply(
    ctx: Context, messenger: Line, answer: Answer, fault: str, state: DeliveryState
) -> None:
    messenger.gets("Hello")
    messenger.account.graph.fail("messages", Fault("pass"), Fault(fault))
    assert answer(messenger, "One. " * 500).state is DeliveryState.UNCERTAIN
    messenger.hears()
    assert the(ctx, Delivery).state is state
    assert len(rows(ctx, Message)) == 2


def test_a_watermark_is_about_all_that_was_sent_before(ctx: Context, messenger: Line, answer: Answer) -> None:
    messenger.gets("Hello")
    for text in ("Good day", "It leaves today"):
        assert answer(messenger, text).state is DeliveryState.SENT
    now = int(time.time() * 1000) + 1000
    for kind, state in (("read", DeliveryState.READ), ("delivery", DeliveryState.READ)):
        messenger.account.happen(kind, {"watermark": now})
        messenger.hears()
        assert [delivery.state for delivery in rows(ctx, Delivery)] == [state] * 2


def test_a_reply_that_did_not_arrive_is_not_settled(ctx: Context, messenger: Line, answer: Answer) -> None:
    messenger.gets("Hello")
    messenger.account.graph.fail("messages", Fault("cut"))
    assert answer(messenger, "Good day").state is DeliveryState.UNCERTAIN
    messenger.hears()
    assert the(ctx, Delivery).state is DeliveryState.UNCERTAIN


def test_throttling_is_waited_for_and_nothing_goes_out(messenger: Line, answer: Answer) -> None:
    messenger.gets("Hello")
    messenger.account.graph.refuse("messages", 613)
    assert answer(messenger, "Good day").state is DeliveryState.QUEUED
    assert messenger.account.sent == []


def test_who_has_left_cannot_be_reached(ctx: Context, messenger: Line, answer: Answer) -> None:
    messenger.gets("Hello")
    messenger.account.gone.add(PERSON)
    delivery = answer(messenger, "Good day")
    assert delivery.state is DeliveryState.FAILED
    assert "cannot be written to now" in (delivery.error or "")
