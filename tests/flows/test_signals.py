"""Signs beside the messages: who is writing, and agents' reactions."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels.models import Channel
from inbox.clock import utc_now
from inbox.contract import NeedsReauth, Rejected, TryLater
from inbox.errors import Invalid, NotFound, Unavailable
from inbox.flows import reply_plan, signals
from inbox.flows.aside import Aside
from inbox.flows.context import Context
from inbox.live import picture
from inbox.threads.models import Reaction
from inbox.threads.words import Kind
from tests.factories import Make
from tests.pigeon import Pigeon
from tests.reading import Event, Identity, Message, Thread, rows, the


class Desk:
    """Anna has written; Ben is about to answer. Calls aside are made at once."""

    def __init__(self, ctx: Context, make: Make) -> None:
        self.ctx, self.make = ctx, make
        self.channel = make.channel()
        self.ben = make.agent("Ben")
        make.inbound(self.channel)
        self.thread_id = the(ctx, Thread).id
        self.message_id = the(ctx, Message).id

    def types(self, **who: Any) -> None:
        signals.agent_types(self.ctx, who.get("agent", self.ben), self.thread_id, self.channel)

    def told(self, kind: str) -> list[Any]:
        return rows(self.ctx, Event, Event.kind == kind)


def at_once(call: Callable[[], None]) -> bool:
    call()
    return True


@pytest.fixture
def desk(ctx: Context, make: Make, pigeon: Pigeon) -> Desk:
    ctx.aside = at_once
    pigeon.learns(typing=True, reactions=True)
    return Desk(ctx, make)


def test_colleagues_and_the_customer_see_that_an_agent_writes(desk: Desk, pigeon: Pigeon) -> None:
    desk.types()
    (event,) = desk.told("agent.typing")
    assert (event.thread_id, event.actor_id, event.message_id) == (desk.thread_id, desk.ben.id, None)
    assert (event.data["name"], event.data["channel_id"]) == ("Ben", desk.channel)
    left = datetime.fromisoformat(event.data["until"]) - utc_now()
    assert timedelta(seconds=4) < left <= timedelta(seconds=6)
    assert pigeon.typed == ["anna"]
    assert pigeon.answering == the(desk.ctx, Message).external_id != ""


def test_signs_that_follow_one_another_fast_count_once(desk: Desk, make: Make, pigeon: Pigeon) -> None:
    for _ in range(5):
        desk.types()
    assert (len(desk.told("agent.typing")), len(pigeon.typed)) == (1, 1)
    desk.types(agent=make.agent("Mia"))
    assert len(desk.told("agent.typing")) == 2, "each colleague counts"
    with desk.ctx.db.write() as session:
        session.execute(update(Event).values(at=utc_now() - timedelta(seconds=4)))
    desk.types()
    assert len(desk.told("agent.typing")) == 3


def test_a_network_that_cannot_is_not_asked(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.learns(typing=False)
    desk.types()
    assert pigeon.typed == []
    assert len(desk.told("agent.typing")) == 1


@pytest.mark.parametrize("trouble", [TryLater("Fog."), Rejected("Blocked.")])
def test_a_network_in_trouble_disturbs_nobody(desk: Desk, pigeon: Pigeon, trouble: Exception) -> None:
    pigeon.trouble = trouble
    desk.types()
    assert len(desk.told("agent.typing")) == 1


def test_who_may_not_see_the_thread_does_not_write_in_it(desk: Desk, ctx: Context, make: Make) -> None:
    with ctx.db.write() as session:
        from inbox.agents import actions as agents

        team = agents.add_team(session, "Shipping", ctx.clock())
        session.execute(update(Thread).values(team_id=team))
    with pytest.raises(NotFound):
        desk.types()
    with pytest.raises(NotFound):
        signals.react(ctx, desk.ben, desk.message_id, ["👍"])
    with pytest.raises(NotFound):
        reply_plan.parts(ctx, desk.ben, desk.thread_id, desk.channel, "psst")


def test_a_customer_who_writes_is_shown_once_in_a_while(desk: Desk, ctx: Context) -> None:
    anna = the(ctx, Identity).id
    for _ in range(3):
        ctx.db.run(signals.customer_types, ctx, anna)
    (event,) = desk.told("customer.typing")
    assert (event.thread_id, event.actor_id, event.data["identity_id"]) == (desk.thread_id, None, anna)


def test_calls_aside_are_few_and_never_wait() -> None:
    aside, begun, end = Aside(2), threading.Barrier(3), threading.Event()

    def slow() -> None:
        begun.wait(5)
        end.wait(5)

    assert aside(slow)
    assert aside(slow)
    begun.wait(5)
    assert not aside(slow), "a third is dropped, not queued"
    end.set()
    for thread in threading.enumerate():
        if thread.name == "aside":
            thread.join(5)
    assert aside(lambda: None), "and the next finds room"


def test_an_agent_reacts_and_the_network_hears_of_it(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    signals.react(ctx, desk.ben, desk.message_id, ["👍"])
    external_id = the(ctx, Message).external_id
    assert pigeon.reactions == [("anna", external_id, ("👍",))]
    with ctx.db.read() as session:
        shown = picture.message(session, desk.message_id)
    assert shown["reactions"] == [{"emoji": "👍", "by": "Ben", "mine": True, "agent_id": desk.ben.id}]
    (event,) = desk.told("message.changed")
    assert (event.message_id, event.actor_id, event.data) == (
        desk.message_id,
        desk.ben.id,
        {"change": "reacted"},
    )


def test_to_the_network_all_agents_are_one(desk: Desk, ctx: Context, make: Make) -> None:
    signals.react(ctx, desk.ben, desk.message_id, ["👍"])
    mia = make.agent("Mia")
    signals.react(ctx, mia, desk.message_id, ["❤"])
    assert [(r.agent_id, r.emoji) for r in rows(ctx, Reaction)] == [(mia.id, "❤")]
    signals.react(ctx, desk.ben, desk.message_id, [])
    assert rows(ctx, Reaction) == []


def test_what_the_network_refuses_is_not_shown(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    for trouble, expected in ((Rejected("No such emoji."), Invalid), (TryLater("Fog."), Unavailable)):
        pigeon.trouble = trouble
        with pytest.raises(expected, match=str(trouble)):
            signals.react(ctx, desk.ben, desk.message_id, ["🦤"])
    assert rows(ctx, Reaction) == []


def test_only_customers_messages_on_channels_that_can_are_reacted_to(
    desk: Desk, ctx: Context, pigeon: Pigeon
) -> None:
    from inbox.flows.reply import NoteRequest, note

    written = note(ctx, desk.ben, desk.thread_id, NoteRequest("VIP", "n1"))
    with pytest.raises(Invalid):
        signals.react(ctx, desk.ben, written.message_id, ["👍"])
    pigeon.learns(reactions=False)
    with pytest.raises(Invalid, match="has no reactions"):
        signals.react(ctx, desk.ben, desk.message_id, ["👍"])
    with pytest.raises(NotFound):
        signals.react(ctx, desk.ben, 987654, ["👍"])


def test_how_a_text_would_be_sent_can_be_seen_before(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    text = "a" * 100
    assert reply_plan.parts(ctx, desk.ben, desk.thread_id, desk.channel, text) == (text,)
    pigeon.learns(splits=True, text_max=40)
    assert reply_plan.parts(ctx, desk.ben, desk.thread_id, desk.channel, text) == (
        "a" * 40,
        "a" * 40,
        "a" * 20,
    )


def test_reactions_of_a_page_cost_one_query(desk: Desk, ctx: Context, make: Make) -> None:
    from tests.live.test_views import statements

    for _ in range(9):
        make.inbound(desk.channel)
    with ctx.db.read() as session:
        with statements(ctx.db.engine) as before:
            picture.message_page(session, desk.ben, desk.thread_id, limit=50)
    for message in rows(ctx, Message, Message.kind == Kind.INBOUND):
        signals.react(ctx, desk.ben, message.id, ["👍", "🎉"])
    with ctx.db.read() as session:
        with statements(ctx.db.engine) as after:
            page = picture.message_page(session, desk.ben, desk.thread_id, limit=50)
    assert [len(message["reactions"]) for message in page["items"]] == [2] * 10
    assert len(after) == len(before)


def test_a_reaction_that_needs_lost_rights_tells_of_them(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    pigeon.trouble = NeedsReauth("The ring was taken off.")
    with pytest.raises(Unavailable, match="ring"):
        signals.react(ctx, desk.ben, desk.message_id, ["👍"])
    assert the(ctx, Channel).state == "needs_reauth"
