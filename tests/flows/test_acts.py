"""Having something done in a shop: once, by whom it may be, and told to everybody who has to know."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents.identity import AgentIdentity, Role
from inbox.channels.models import Channel
from inbox.commerce import acts as commerce_acts
from inbox.commerce import limits
from inbox.commerce.models import OrderRow, ShopAct
from inbox.commerce.words import ActState
from inbox.contract import NeedsReauth, Rejected, TryLater, Uncertain
from inbox.contract.commerce import Act, Can, Done, DraftLine, MakeCartLink, MakeCoupon, Preview, RefundOrder
from inbox.db.time import utc_in
from inbox.errors import Conflict, Invalid, NotFound, Unavailable
from inbox.flows import act_decisions, act_work, acts, privacy, shop_events, shops
from inbox.flows.context import Context
from tests.factories import Make
from tests.reading import Event, Message, Thread, rows, the
from tests.shops import Kiosk, connect, eur, order

REFUND = RefundOrder(order_id="o1001", lines={"l1": 1})


class PowerCut(BaseException):
    """The process ends here."""


class Desk:
    """Anna has ordered for 40 EUR and writes; Ben answers, Sue supervises."""

    def __init__(self, ctx: Context, make: Make, kiosk: Kiosk) -> None:
        self.ctx, self.make, self.kiosk = ctx, make, kiosk
        self.shop = connect(ctx)
        kiosk.sells(order("1001", email="anna"))
        make.inbound(make.channel(), "It came broken.")
        self.thread = the(ctx, Thread)
        self.ben = make.agent("Ben")
        self.sue = make.agent("Sue", Role.SUPERVISOR)

    def limit(self, most: str, role: str = "agent", kind: str = "refund") -> None:
        table = {(role, kind, "EUR"): Decimal(most)}
        self.ctx.db.run(lambda session: limits.replace(session, table))

    def confirms(
        self, key: str = "key-number-1", act: Act = REFUND, who: AgentIdentity | None = None, **more: Any
    ) -> acts.Confirmed:
        fields = {"reason": "damaged", "shown": Preview(version="1", amount=None), **more}
        asked = acts.Asked(key=key, customer_id=self.thread.customer_id, act=act, **fields)
        return acts.confirm(self.ctx, who or self.ben, self.shop, asked)

    @property
    def row(self) -> ShopAct:
        return the(self.ctx, ShopAct)  # type: ignore[no-any-return]

    @property
    def lines(self) -> list[str]:
        return [row.body_text for row in rows(self.ctx, Message, Message.kind == "system")]

    def refunded(self) -> str:
        back = self.kiosk.sales["o1001"].refunded
        return "0" if back is None else str(back.amount)

    def goes_on(self) -> None:
        """What was put off is due, and a worker does it."""
        with self.ctx.db.write() as session:
            session.execute(update(ShopAct).values(not_before=utc_in(-1)))
        act_work.drain(self.ctx)

    def dies_at(self, point: str, step: Callable[[], object]) -> None:
        """The process ends at a checkpoint, and a successor starts."""

        def checkpoint(reached: str) -> None:
            if reached == point:
                raise PowerCut

        self.ctx.checkpoint = checkpoint
        with pytest.raises(PowerCut):
            step()
        self.ctx.checkpoint = lambda _name: None
        self.ctx.owner = f"successor of {self.ctx.owner}"
        act_work.recover(self.ctx)


@pytest.fixture
def desk(ctx: Context, make: Make, kiosk: Kiosk) -> Desk:
    return Desk(ctx, make, kiosk)


def test_a_refund_is_previewed_confirmed_and_told(desk: Desk) -> None:
    shown = acts.preview(desk.ctx, desk.ben, desk.shop, desk.thread.customer_id, REFUND)
    assert (shown.preview.amount, shown.preview.most, shown.alone) == (eur("20.00"), eur("40.00"), True)
    assert desk.kiosk.count("perform") == 0
    confirmed = desk.confirms(shown=shown.preview)
    assert not confirmed.replayed
    assert desk.row.state is ActState.DONE
    assert (desk.row.amount, desk.row.currency, desk.row.order_number) == ("20.00", "EUR", "1001")
    assert desk.refunded() == "20.00"
    assert desk.lines == ["Ben refunded 20.00 EUR of order #1001: damaged"]
    events = rows(desk.ctx, Event, Event.kind == "commerce.changed")
    assert events[-1].message_id is not None, "whoever looks on gets the line with it"
    told = [event.data for event in events]
    assert [(data["what"], data["state"]) for data in told] == [("act", "approved"), ("act", "done")]
    assert "damaged" not in str(told)
    shop_events.drain(desk.ctx, desk.shop)
    kept = the(desk.ctx, OrderRow)
    assert (kept.number, kept.refunded) == ("1001", "20.00"), "the order was looked at again"


def test_the_same_key_is_the_same_act_and_another_body_is_refused(desk: Desk) -> None:
    first = desk.confirms()
    again = desk.confirms()
    assert (again.act_id, again.replayed) == (first.act_id, True)
    assert desk.refunded() == "20.00"
    with pytest.raises(acts.KeyReused):
        desk.confirms(act=RefundOrder(order_id="o1001"))
    with pytest.raises(acts.KeyReused):
        desk.confirms(who=desk.sue)


def test_two_agents_who_saw_the_same_do_not_both_refund(desk: Desk) -> None:
    desk.confirms()
    with pytest.raises(acts.OrderChanged) as refused:
        desk.confirms("key-number-2", who=desk.sue, shown=Preview(version="1", amount=eur("20.00")))
    assert refused.value.difference == ("The order was changed in the shop.",)
    assert refused.value.now.preview.most == eur("20.00")
    assert desk.refunded() == "20.00"


def test_an_order_on_which_something_is_under_way_is_busy(desk: Desk) -> None:
    desk.limit("10")
    desk.confirms()
    with pytest.raises(acts.OrderBusy) as refused:
        desk.confirms("key-number-2", who=desk.sue)
    assert refused.value.act_id == desk.row.id


def test_of_two_who_confirm_at_the_same_moment_one_is_told_of_the_other(desk: Desk) -> None:
    told: list[int] = []

    def meanwhile(reached: str) -> None:
        if reached == "after_claim":
            with pytest.raises(acts.OrderBusy) as refused:
                desk.confirms("key-number-2", who=desk.sue)
            told.append(refused.value.act_id)

    desk.ctx.checkpoint = meanwhile
    act_id = desk.confirms().act_id
    assert told == [act_id]
    assert len(desk.kiosk.done) == 1


def test_an_order_that_changes_between_the_preview_and_the_wire_is_refused(desk: Desk) -> None:
    def meanwhile(reached: str) -> None:
        if reached == "after_claim":
            desk.kiosk.sells(order("1001", email="anna", version="2"))

    desk.ctx.checkpoint = meanwhile
    desk.confirms()
    assert desk.row.state is ActState.REFUSED
    assert desk.row.result["difference"] == ["The order has changed."]
    assert desk.refunded() == "0"


def test_more_than_the_limit_waits_for_a_second_person(desk: Desk) -> None:
    desk.limit("10")
    act_id = desk.confirms().act_id
    assert desk.row.state is ActState.PROPOSED
    assert desk.kiosk.count("perform") == 0
    with pytest.raises(Invalid, match="Supervisors"):
        act_decisions.approve(desk.ctx, desk.ben, act_id)
    act_decisions.approve(desk.ctx, desk.sue, act_id)
    assert desk.row.state is ActState.DONE
    assert desk.row.decided_by_id == desk.sue.id
    with pytest.raises(Invalid, match="already"):
        act_decisions.approve(desk.ctx, desk.make.agent("Ada", Role.ADMIN), act_id)
    assert desk.refunded() == "20.00"
    assert desk.lines == [
        "Ben asks for a second person: refund of 20.00 EUR, order #1001: damaged",
        "Ben refunded 20.00 EUR of order #1001: damaged (approved by Sue)",
    ]


def test_nobody_approves_what_he_asked_for_or_what_is_above_his_own_limit(desk: Desk) -> None:
    desk.limit("10", role="supervisor")
    act_id = desk.confirms(who=desk.sue).act_id
    with pytest.raises(Invalid, match="Somebody else"):
        act_decisions.approve(desk.ctx, desk.sue, act_id)
    with pytest.raises(Invalid, match="more than you"):
        act_decisions.approve(desk.ctx, desk.make.agent("Tom", Role.SUPERVISOR), act_id)
    act_decisions.approve(desk.ctx, desk.make.agent("Ada", Role.ADMIN), act_id)
    assert desk.row.state is ActState.DONE


def test_nothing_is_done_or_noted_for_a_customer_who_is_erased_meanwhile(desk: Desk) -> None:
    ada, draft = (
        desk.make.agent("Ada", Role.ADMIN),
        MakeCartLink(lines=(DraftLine(product_id="p1"),), email="anna"),
    )
    privacy.erase(desk.ctx, ada, desk.thread.customer_id)
    with pytest.raises(Conflict):
        desk.confirms(act=draft, shown=Preview())
    assert rows(desk.ctx, ShopAct) == []


def test_codes_confirmed_at_the_same_moment_all_count_towards_the_limit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ctx.db.run(lambda session: limits.replace(session, {("agent", "coupon", "day"): Decimal(1)}))
    desk.make.inbound(the(desk.ctx, Channel).id, "Me too.", sender="bert")
    customers = [thread.customer_id for thread in rows(desk.ctx, Thread)]
    both, counted = threading.Barrier(2), commerce_acts.made_since

    def counting(*args: Any) -> int:
        found = counted(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.3)
        return found

    monkeypatch.setattr(commerce_acts, "made_since", counting)

    def confirms(number: int) -> None:
        code = MakeCoupon(
            code=f"SORRY-{number}", percent=Decimal(5), ends_at=datetime(2027, 1, 1, tzinfo=UTC)
        )
        asked = acts.Asked(f"key-number-{number}", customers[number], code, "late", shown=Preview())
        acts.confirm(desk.ctx, desk.ben, desk.shop, asked)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(confirms, range(2)))
    assert sorted(row.state for row in rows(desk.ctx, ShopAct)) == [ActState.DONE, ActState.PROPOSED]


@pytest.mark.parametrize("pauses", [False, True])
def test_what_nobody_gets_done_within_an_hour_ends_whatever_the_reason(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, pauses: bool
) -> None:
    def broken(*_args: object, **_more: object) -> Done:
        raise RuntimeError("a mistake in the adapter")

    with monkeypatch.context() as patched:
        patched.setattr(desk.kiosk, "perform", broken)
        with pytest.raises(RuntimeError):
            desk.confirms()
    if pauses:
        shops.pause(desk.ctx, desk.shop)
    act_work.sweep(desk.ctx)
    assert desk.row.state is ActState.APPROVED, "its claim may be alive"
    with desk.ctx.db.write() as session:
        long_ago = desk.row.created_at - timedelta(hours=2)
        session.execute(update(ShopAct).values(created_at=long_ago, lease_until=utc_in(-1)))
    act_work.sweep(desk.ctx)
    assert (desk.row.state, desk.row.owner) == (ActState.FAILED, None)
    assert desk.lines[-1].startswith("Not done: refund of 20.00 EUR")
    assert desk.refunded() == "0"


def test_a_second_person_refuses_with_a_reason_and_the_asker_takes_back(desk: Desk) -> None:
    desk.limit("0")
    act_id = desk.confirms().act_id
    with pytest.raises(Invalid, match="Say why"):
        act_decisions.refuse(desk.ctx, desk.sue, act_id, " ")
    act_decisions.refuse(desk.ctx, desk.sue, act_id, "Send a new one instead.")
    assert desk.row.state is ActState.REFUSED
    assert "Refused by Sue" in desk.lines[-1]
    assert "Send a new one instead." in desk.lines[-1]
    other = desk.confirms("key-number-2").act_id
    act_decisions.refuse(desk.ctx, desk.ben, other, "")
    assert [row.state for row in rows(desk.ctx, ShopAct)] == [ActState.REFUSED, ActState.REFUSED]
    assert desk.kiosk.count("perform") == 0


def test_what_was_approved_after_the_order_changed_is_refused_with_the_difference(desk: Desk) -> None:
    desk.limit("10")
    act_id = desk.confirms().act_id
    desk.kiosk.sells(order("1001", email="anna", version="2"))
    act_decisions.approve(desk.ctx, desk.sue, act_id)
    assert desk.row.state is ActState.REFUSED
    assert "The order has changed." in desk.lines[-1]


@pytest.mark.parametrize("point", ["after_claim", "before_wire", "after_wire", "before_ack"])
def test_a_crash_makes_it_neither_lost_nor_doubled(desk: Desk, point: str) -> None:
    desk.dies_at(point, desk.confirms)
    again = desk.confirms()  # as a browser does that had no answer
    assert again.replayed
    if desk.row.state is ActState.UNCERTAIN:
        desk.goes_on()  # the shop is asked
    desk.goes_on()
    assert desk.row.state is ActState.DONE
    assert desk.refunded() == "20.00"
    assert len(desk.kiosk.done) == 1
    assert desk.lines[-1] == "Ben refunded 20.00 EUR of order #1001: damaged"
    assert sum("Nobody knows" not in line for line in desk.lines) == 1


def test_an_answer_that_gets_lost_is_looked_for_and_found(desk: Desk) -> None:
    desk.kiosk.lost = Uncertain("The line was cut.")
    act_id = desk.confirms().act_id
    assert desk.row.state is ActState.UNCERTAIN
    assert desk.lines[-1].startswith("Nobody knows yet")
    act_decisions.check(desk.ctx, desk.ben, act_id)
    assert desk.row.state is ActState.DONE
    assert len(desk.kiosk.done) == 1


def test_what_the_shop_cannot_tell_is_for_people(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot_tell(*_args: Any, **_more: Any) -> None:
        raise Uncertain("The shop cannot tell.")

    monkeypatch.setattr(desk.kiosk, "performed", cannot_tell)
    desk.kiosk.lost = Uncertain("The line was cut.")
    act_id = desk.confirms().act_id
    for _ in range(10):
        desk.goes_on()
    assert (desk.row.state, desk.row.looks) == (ActState.UNCERTAIN, 6)
    with pytest.raises(acts.OrderBusy):
        desk.confirms("key-number-2", shown=Preview(version="1+"))
    with pytest.raises(Invalid, match="Supervisors"):
        act_decisions.settle(desk.ctx, desk.ben, act_id, done=True)
    act_decisions.settle(desk.ctx, desk.sue, act_id, done=True)
    assert desk.row.state is ActState.DONE
    assert desk.kiosk.count("perform") == 1


def test_a_shop_that_is_away_does_it_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    act_id = None
    perform = desk.kiosk.perform
    monkeypatch.setattr(desk.kiosk, "perform", _raising(TryLater("The kiosk is closed.")))
    act_id = desk.confirms().act_id
    assert (desk.row.state, desk.row.owner, desk.row.error) == (
        ActState.APPROVED,
        None,
        "The kiosk is closed.",
    )
    monkeypatch.setattr(desk.kiosk, "perform", perform)
    desk.goes_on()
    assert desk.row.state is ActState.DONE
    assert desk.row.attempts == 2
    assert desk.row.id == act_id


def test_what_waits_for_the_shop_can_be_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.kiosk, "perform", _raising(NeedsReauth("The token is gone.")))
    act_id = desk.confirms().act_id
    act_decisions.refuse(desk.ctx, desk.ben, act_id, "")
    assert desk.row.state is ActState.REFUSED


def test_a_refusal_of_the_shop_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.kiosk, "perform", _raising(Rejected("The card is closed.")))
    desk.confirms()
    assert desk.row.state is ActState.FAILED
    assert desk.lines[-1].endswith("The card is closed.")


def test_a_pending_act_is_looked_at_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.kiosk, "perform", lambda *_a, **_k: Done(id="r1", pending=True))
    desk.confirms()
    assert desk.row.state is ActState.PENDING
    found: list[Done | None] = [Done(id="r1", pending=True), Done(id="r1", amount=eur("20.00"))]
    monkeypatch.setattr(desk.kiosk, "performed", lambda *_a, **_k: found.pop(0))
    desk.goes_on()
    assert desk.row.state is ActState.PENDING
    desk.goes_on()
    assert desk.row.state is ActState.DONE
    assert len(desk.lines) == 1, "that it is done was said when the shop took it up"


def test_a_coupon_is_made_and_its_code_kept(desk: Desk) -> None:
    coupon = MakeCoupon.model_validate(
        {"code": "SORRY-10", "percent": Decimal(10), "ends_at": "2026-12-31T00:00:00Z"}
    )
    desk.confirms(act=coupon, shown=Preview())
    assert desk.row.state is ActState.DONE
    assert desk.row.result["code"] == "SORRY-10"
    assert desk.lines == ["Ben made the code SORRY-10: damaged"]


def test_nothing_is_done_to_a_strangers_order_or_without_a_right(desk: Desk) -> None:
    desk.kiosk.sells(order("1002", email="carla"))
    desk.kiosk.sells(order("1003", email="anna", refused={Can.REFUND: "It is too old."}))
    for order_id, why in (("o1002", "Link it"), ("o1003", "too old"), ("o9", "no such order")):
        with pytest.raises(Invalid, match=why):
            desk.confirms(act=RefundOrder(order_id=order_id))
    hidden = desk.make.agent("Zoe", teams=())
    with desk.ctx.db.write() as session:
        session.execute(update(Thread).values(assignee_id=desk.ben.id, team_id=_team(session)))
    with pytest.raises(NotFound):
        desk.confirms(who=hidden)
    with desk.kiosk.troubled(TryLater("The kiosk is closed.")):
        with pytest.raises(Unavailable, match="closed"):
            desk.confirms()
    assert rows(desk.ctx, ShopAct) == []


def _raising(error: Exception) -> Callable[..., Any]:
    def call(*_args: Any, **_more: Any) -> Any:
        raise error

    return call


def _team(session: Any) -> int:
    from inbox.agents import actions

    return actions.add_team(session, "Others", datetime.now(UTC))
