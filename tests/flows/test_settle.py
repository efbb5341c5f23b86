"""Replies of which nobody knows whether they arrived: the network is asked, where it can be, and a person decides."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.contract import NeedsReauth, Outgoing, Receipt, Rejected, TryLater, Uncertain
from inbox.db.time import utc_in, utcnow
from inbox.flows import deliver, settle, triage
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.live import picture
from inbox.outbox.rules import LOOK_UPS
from inbox.outbox.words import DeliveryState
from inbox.threads.models import MessageAlias
from inbox.threads.words import Trouble
from tests.factories import Make
from tests.pigeon import Pigeon
from tests.reading import Delivery, Event, Thread, rows, the


class Desk:
    """A reply that was cut off in the middle, on a network that can be asked about it."""

    def __init__(self, ctx: Context, make: Make, pigeon: Pigeon) -> None:
        self.ctx, self.pigeon = ctx, pigeon
        pigeon.learns(settles=True)
        pigeon.answer = self.cut_off
        self.channel, self.ben = make.channel(), make.agent("Ben")
        make.inbound(self.channel)
        reply(ctx, self.ben, the(ctx, Thread).id, ReplyRequest(self.channel, "On its way.", "c1"))
        deliver.drain(ctx)

    def cut_off(self, _message: Outgoing) -> Receipt:
        raise Uncertain("No answer after the last byte.")

    @property
    def delivery(self) -> Any:
        return the(self.ctx, Delivery)

    def arrives(self) -> None:
        """The network shows the message from now on."""
        receipt = Receipt(external_id="net:1", aliases=("net:one",))
        self.pigeon.arrived[self.delivery.idem_key] = receipt

    def asks(self) -> int:
        """Whatever waits for the next look-up is due now."""
        with self.ctx.db.write() as session:
            session.execute(
                update(Delivery).where(Delivery.settle_at.is_not(None)).values(settle_at=utcnow())
            )
        return settle.sweep(self.ctx)


@pytest.fixture
def desk(ctx: Context, make: Make, pigeon: Pigeon) -> Desk:
    return Desk(ctx, make, pigeon)


def shown(desk: Desk) -> Any:
    """What browsers see of the delivery."""
    with desk.ctx.db.read() as session:
        return picture.message(session, desk.delivery.message_id)["delivery"]


def names(ctx: Context) -> set[str]:
    with ctx.db.read() as session:
        return {alias.external_id for alias in session.query(MessageAlias)}


def test_what_the_network_shows_is_sent(desk: Desk) -> None:
    assert (desk.delivery.state, settle.sweep(desk.ctx)) == (DeliveryState.UNCERTAIN, 0), "not at once"
    desk.arrives()
    assert desk.asks() == 1
    assert (desk.delivery.state, desk.delivery.external_id) == (DeliveryState.SENT, "net:1")
    assert {"net:1", "net:one"} <= names(desk.ctx)
    assert the(desk.ctx, Thread).trouble is None
    assert rows(desk.ctx, Event, Event.kind == "delivery.changed")[-1].data["state"] == "sent"
    assert (desk.asks(), len(desk.pigeon.sent)) == (0, 1)


def test_what_it_never_shows_is_left_to_a_person_with_what_was_done(desk: Desk) -> None:
    for number, _seconds in enumerate(LOOK_UPS, start=1):
        assert (desk.asks(), desk.pigeon.asked) == (1, number)
    assert desk.asks() == 0
    assert (desk.delivery.state, the(desk.ctx, Thread).trouble) == (
        DeliveryState.UNCERTAIN,
        Trouble.UNCERTAIN,
    )
    assert desk.delivery.error == (
        "No answer after the last byte. Pigeon post was asked 7 times and does not show this message. "
        "Look there before you send it again."
    )
    desk.arrives()
    triage.retry(desk.ctx, desk.ben, desk.delivery.id)
    deliver.drain(desk.ctx)
    assert desk.asks() == 1, "a new doubt is a new question"
    assert desk.delivery.state is DeliveryState.SENT


def test_look_ups_become_rare(desk: Desk) -> None:
    desk.asks()
    with desk.ctx.db.read() as session:
        soon = session.query(Delivery).where(Delivery.settle_at > utc_in(LOOK_UPS[1] - 2)).count()
        late = session.query(Delivery).where(Delivery.settle_at > utc_in(LOOK_UPS[1] + 1)).count()
    assert (soon, late) == (1, 0)


def test_a_network_that_does_not_settle_is_not_asked(desk: Desk) -> None:
    assert shown(desk)["settling"]
    desk.pigeon.learns(settles=False)
    desk.asks()
    assert not shown(desk)["settling"]
    assert (desk.pigeon.asked, desk.delivery.state, desk.delivery.settle_at) == (
        0,
        DeliveryState.UNCERTAIN,
        None,
    )
    assert desk.delivery.error == "No answer after the last byte."


def test_a_network_that_is_away_is_asked_later(desk: Desk) -> None:
    desk.pigeon.outage = TryLater("It does not answer.", after=30.0)
    desk.asks()
    desk.pigeon.outage = None
    desk.arrives()
    assert settle.sweep(desk.ctx) == 0
    desk.asks()
    assert desk.delivery.state is DeliveryState.SENT


@pytest.mark.parametrize("trouble", [Rejected("We may not read there."), Uncertain("Cut off.")])
def test_a_network_that_refuses_is_not_asked_again(desk: Desk, trouble: Exception) -> None:
    desk.pigeon.outage = trouble
    desk.asks()
    assert (desk.asks(), desk.delivery.state) == (0, DeliveryState.UNCERTAIN)
    assert str(trouble) in desk.delivery.error


def test_lost_rights_hold_the_question_until_somebody_reconnects(desk: Desk) -> None:
    desk.pigeon.outage = NeedsReauth("The token is gone.")
    desk.asks()
    assert the(desk.ctx, Channel).state is ChannelState.NEEDS_REAUTH
    desk.pigeon.outage = None
    desk.arrives()
    assert desk.asks() == 0
    with desk.ctx.db.write() as session:
        session.execute(update(Channel).values(state=ChannelState.ACTIVE))
    assert (desk.asks(), desk.delivery.state) == (1, DeliveryState.SENT)


@pytest.mark.parametrize(
    ("decide", "after"),
    [(triage.retry, DeliveryState.QUEUED), (triage.cancel, DeliveryState.CANCELLED)],
)
@pytest.mark.parametrize("found", [True, False])
def test_what_a_person_decides_meanwhile_wins(
    desk: Desk, decide: Callable[[Context, Any, int], int], after: DeliveryState, found: bool
) -> None:
    if found:
        desk.arrives()
    with desk.ctx.db.write() as session:
        session.execute(update(Delivery).values(settle_tries=len(LOOK_UPS) - 1))

    def checkpoint(name: str) -> None:
        if name == "after_look_up" or (name == "before_look_up" and not found):
            decide(desk.ctx, desk.ben, desk.delivery.id)

    desk.ctx.checkpoint = checkpoint if found else lambda name: checkpoint(name) if "before" in name else None
    desk.asks()
    assert desk.delivery.state is after
    assert "asked" not in (desk.delivery.error or "")


class Crash(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("point", ["before_look_up", "after_look_up"])
def test_a_process_that_dies_while_it_asks_leaves_the_question_to_another(desk: Desk, point: str) -> None:
    desk.arrives()

    def die(name: str) -> None:
        if name == point:
            raise Crash

    desk.ctx.checkpoint = die
    with pytest.raises(Crash):
        desk.asks()
    desk.ctx.checkpoint = lambda _name: None
    assert settle.sweep(desk.ctx) == 0, "another process does not ask while this one might"
    assert (desk.asks(), desk.delivery.state) == (1, DeliveryState.SENT)


def test_a_send_that_was_cut_off_with_its_process_is_asked_about_too(desk: Desk) -> None:
    with desk.ctx.db.write() as session:
        session.execute(
            update(Delivery).values(
                state=DeliveryState.SENDING, settle_at=None, lease_until=utc_in(-1), error=None
            )
        )
    deliver.sweep(desk.ctx)
    desk.arrives()
    assert (desk.asks(), desk.delivery.state) == (1, DeliveryState.SENT)
