"""Providers that let us answer only for a while, and the approved texts that they take after it."""

from datetime import timedelta
from typing import Any

import pytest

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.contract import Filled, NeedsReauth, Outgoing, Receipt, Rejected, Template, TemplateField, TryLater
from inbox.errors import Invalid, NotFound, Unavailable
from inbox.flows import deliver, templates, triage
from inbox.flows.context import Context
from inbox.flows.reply import KeyReused, ReplyRequest, Written, reply
from inbox.flows.shelf import CHANNELS, Shelf
from inbox.live import picture
from inbox.outbox.words import DeliveryState
from inbox.shapes import ReplyChannel, iso
from inbox.threads.answering_rules import TEMPLATES_ONLY, WINDOW_CLOSED, WINDOW_LATE
from inbox.threads.words import DraftMode, Kind
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon
from tests.reading import Delivery, Message, Thread, rows, the

DAY = 24 * 3600
SHIPPED = Template(
    name="shipped",
    language="en",
    text="Hello {{1}}, your order {{number}} is on its way.",
    fields=(TemplateField(name="1", example="Anna"), TemplateField(name="number", example="10412")),
    kind="Utility",
)
PAUSED = Template(name="sale", language="en", text="Everything must go.", problem="The provider paused it.")
CHOSEN = Filled(name="shipped", language="en", values={"1": "Anna", "number": "10412"})
SAYS = "Hello Anna, your order 10412 is on its way."


class Desk:
    """A network with a window of a day. Anna has written there."""

    def __init__(self, ctx: Context, make: Make, pigeon: Pigeon) -> None:
        self.ctx, self.make, self.pigeon = ctx, make, pigeon
        pigeon.learns(reply_window=DAY, can_start=False)
        pigeon.approved = (SHIPPED, PAUSED)
        self.channel, self.ben = make.channel(), make.agent("Ben")
        make.inbound(self.channel)
        self.thread_id = the(ctx, Thread).id

    def way(self) -> ReplyChannel:
        with self.ctx.db.read() as session:
            (way,) = picture.thread_detail(
                session,
                self.ben,
                self.thread_id,
                registry=self.ctx.registry,
                undo_seconds=None,
                now=self.ctx.clock(),
            )["channels"]
        return way

    def reply(self, body: str = "It leaves tomorrow.", key: str = "c1", **more: Any) -> Written:
        return reply(self.ctx, self.ben, self.thread_id, ReplyRequest(self.channel, body, key, **more))

    def send(self, template: Filled = CHOSEN, key: str = "t1", **more: Any) -> Written:
        return self.reply("", key, template=template, **more)

    def draft(self) -> Any:
        with self.ctx.db.read() as session:
            return picture.messages.drafts(session, self.ben, self.thread_id)["reply"]


@pytest.fixture
def desk(ctx: Context, make: Make, pigeon: Pigeon) -> Desk:
    return Desk(ctx, make, pigeon)


def problem(desk: Desk, **more: Any) -> tuple[str, str, str]:
    with pytest.raises(Invalid) as error:
        desk.reply(**more)
    return error.value.detail, error.value.pointer, error.value.slug


# --- windows


def test_a_right_of_the_account_and_not_of_its_kind_keeps_the_window_open_for_persons(
    desk: Desk, clock: ManualClock, make: Make
) -> None:
    heard = clock()
    clock.forward(hours=25)
    assert (desk.way()["window"], desk.way()["usable"], desk.way()["reason"]) == (
        "closed",
        False,
        WINDOW_CLOSED,
    )
    assert problem(desk) == (WINDOW_CLOSED, "/channel_id", "window-closed")
    patient = make.channel(name="Patient", loft="Loft Two", patient=7 * DAY)
    with desk.ctx.db.write() as session:
        session.get_one(Channel, desk.channel).state = ChannelState.REMOVED
    make.inbound(patient)
    clock.forward(hours=25)
    way = desk.way()
    assert (way["usable"], way["window"], way["reason"]) == (True, "late", WINDOW_LATE)
    assert way["closes_at"] == iso(heard + timedelta(hours=25, days=7))
    desk.channel = patient
    desk.reply()
    deliver.drain(desk.ctx)
    assert desk.pigeon.sent[0].heard_at == heard + timedelta(hours=25)


def test_settings_that_do_not_fit_any_more_take_no_thread_away(desk: Desk) -> None:
    with desk.ctx.db.write() as session:
        session.get_one(Channel, desk.channel).config = {"loft": "Loft One", "patient": "a while"}
    assert desk.way()["window"] == "open"


def test_an_answer_for_later_has_to_be_in_time_then(desk: Desk, clock: ManualClock) -> None:
    assert problem(desk, send_after=clock() + timedelta(hours=25))[0] == WINDOW_CLOSED
    desk.reply(key="c2", send_after=clock() + timedelta(hours=23))


def test_what_was_heard_elsewhere_does_not_count(desk: Desk, make: Make, clock: ManualClock) -> None:
    heard = clock()
    other = make.channel(name="Second loft", loft="Loft Two")
    clock.forward(hours=1)
    make.inbound(other)
    make.inbound(desk.channel, sender="carl")
    desk.reply()
    deliver.drain(desk.ctx)
    assert desk.pigeon.sent[0].heard_at == heard


# --- templates


def test_after_the_window_only_a_template_goes_out(desk: Desk, clock: ManualClock) -> None:
    desk.pigeon.learns(templates=True)
    clock.forward(hours=25)
    assert (desk.way()["usable"], desk.way()["window"], desk.way()["reason"], desk.way()["default"]) == (
        True,
        "templates",
        TEMPLATES_ONLY,
        True,
    )
    assert problem(desk) == (TEMPLATES_ONLY, "/template", "template-needed")
    assert not desk.send().replayed
    assert desk.send().replayed
    deliver.drain(desk.ctx)
    message = the(desk.ctx, Message, Message.kind == Kind.REPLY)
    assert message.body_text == SAYS
    (sent,) = desk.pigeon.sent
    assert (sent.text, sent.template) == (SAYS, CHOSEN)
    with pytest.raises(KeyReused):
        desk.send(CHOSEN.model_copy(update={"values": {"1": "Carl", "number": "1"}}))


@pytest.mark.parametrize(
    ("template", "more", "pointer", "slug"),
    [
        (CHOSEN.model_copy(update={"name": "lost"}), {}, "/template", "template-unknown"),
        (CHOSEN.model_copy(update={"language": "de"}), {}, "/template", "template-unknown"),
        (Filled(name="sale", language="en"), {}, "/template", "template-unusable"),
        (
            CHOSEN.model_copy(update={"values": {"1": " ", "number": "1"}}),
            {},
            "/template/values/1",
            "template-incomplete",
        ),
        (
            CHOSEN.model_copy(update={"values": {**CHOSEN.values, "a/b": "c"}}),
            {},
            "/template/values/a~1b",
            "template-incomplete",
        ),
        (CHOSEN, {"body": "And this."}, "/body", ""),
        (CHOSEN, {"attachment_ids": (1,)}, "/attachment_ids", ""),
    ],
)
def test_what_is_wrong_with_a_template_is_said_by_its_field(
    desk: Desk, template: Filled, more: dict[str, Any], pointer: str, slug: str
) -> None:
    desk.pigeon.learns(templates=True)
    assert problem(desk, **{"body": "", "template": template, **more})[1:] == (pointer, slug)
    assert rows(desk.ctx, Delivery) == []


def test_a_channel_without_templates_takes_none(desk: Desk) -> None:
    assert problem(desk, body="", template=CHOSEN)[1:] == ("/template", "template-unknown")
    assert (templates.of_channel(desk.ctx, desk.channel), desk.pigeon.asked) == ((), 0)


def test_a_template_comes_back_into_the_draft_beside_what_was_typed(desk: Desk) -> None:
    desk.pigeon.learns(templates=True)

    def keep(**fields: Any) -> None:
        triage.save_draft(desk.ctx, desk.ben, desk.thread_id, DraftMode.REPLY, triage.DraftFields(**fields))

    keep(template=CHOSEN.model_dump())
    assert (desk.draft()["template"], desk.draft()["body"]) == (CHOSEN.model_dump(), "")
    desk.send()
    assert desk.draft() is None
    keep(body="Half a sentence", template=CHOSEN.model_dump())
    desk.send(key="t2")
    assert (desk.draft()["body"], desk.draft()["template"]) == ("Half a sentence", None)
    triage.edit(desk.ctx, desk.ben, rows(desk.ctx, Delivery)[-1].id)
    assert (desk.draft()["body"], desk.draft()["template"]) == ("Half a sentence", CHOSEN.model_dump())


def test_a_refused_template_is_sent_again_as_it_was(desk: Desk) -> None:
    desk.pigeon.learns(templates=True)
    fine = desk.pigeon.answer

    def refuse(_message: Outgoing) -> Receipt:
        raise Rejected("Not today.")

    desk.pigeon.answer = refuse
    desk.send()
    deliver.drain(desk.ctx)
    assert the(desk.ctx, Delivery).state is DeliveryState.FAILED
    desk.pigeon.answer = fine
    triage.retry(desk.ctx, desk.ben, the(desk.ctx, Delivery).id)
    deliver.drain(desk.ctx)
    assert (the(desk.ctx, Delivery).state, desk.pigeon.sent[-1].template) == (DeliveryState.SENT, CHOSEN)


def test_templates_are_asked_for_now_and_then(desk: Desk, clock: ManualClock) -> None:
    desk.pigeon.learns(templates=True)

    def names() -> list[str]:
        return [template.name for template in templates.of_channel(desk.ctx, desk.channel)]

    assert (names(), names(), desk.pigeon.asked) == (["sale", "shipped"], ["sale", "shipped"], 1)
    clock.forward(minutes=6)
    desk.pigeon.approved = (SHIPPED,)
    assert (names(), desk.pigeon.asked) == (["shipped"], 2)
    clock.forward(minutes=6)
    desk.pigeon.outage = TryLater("The provider sleeps.")
    assert names() == ["shipped"], "older ones are better than none"
    clock.forward(hours=2)
    with pytest.raises(Unavailable, match="The provider sleeps"):
        names()
    desk.pigeon.outage = Rejected("You may not read templates.")
    with pytest.raises(Invalid, match="may not read"):
        names()
    desk.pigeon.outage = NeedsReauth("The token is gone.")
    with pytest.raises(Unavailable, match="token is gone"):
        names()
    assert the(desk.ctx, Channel).state is ChannelState.NEEDS_REAUTH


def test_a_repeated_request_asks_no_provider(desk: Desk, clock: ManualClock) -> None:
    desk.pigeon.learns(templates=True)
    desk.send()
    clock.forward(hours=2)
    desk.pigeon.outage = TryLater("The provider sleeps.")
    assert desk.send().replayed


def test_only_who_may_see_the_thread_has_a_template_filled(desk: Desk) -> None:
    desk.pigeon.learns(templates=True)
    with pytest.raises(NotFound):
        reply(desk.ctx, desk.ben, 999, ReplyRequest(desk.channel, "", "t1", template=CHOSEN))
    assert desk.pigeon.asked == 0
    with pytest.raises(NotFound):
        templates.of_channel(desk.ctx, 999)


def test_templates_of_no_more_channels_than_that_are_kept_in_hand(clock: ManualClock) -> None:
    shelf = Shelf()
    for number in range(CHANNELS):
        shelf.put(number, (SHIPPED,), clock())
    assert shelf.get(0, clock()) == (SHIPPED,)
    shelf.put(CHANNELS, (), clock())
    assert (shelf.get(0, clock()), shelf.get(1, clock()), shelf.get(CHANNELS, clock())) == (
        (SHIPPED,),
        None,
        (),
    )
