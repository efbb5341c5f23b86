"""What shops tell: kept once, asked for again, told to whom it concerns; nothing wrong changes anything."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from inbox.agents import actions as agents
from inbox.agents.identity import AgentIdentity
from inbox.commerce import copies, forgetting, ledger
from inbox.commerce.models import CartRow, OrderRow, ShopAct, ShopCopy, ShopEventRow, ShopLink, ShopRow
from inbox.commerce.words import ActState, LinkBy, LinkState, Part, ShopEventState, ShopState
from inbox.contract import Raw, TryLater
from inbox.contract.commerce import Buyer, Can, CartState, Money, ShopEvent, Sought, Topic
from inbox.db.time import utc_in
from inbox.events.models import Event
from inbox.events.queries import feed, head
from inbox.flows import shop_changes, shop_events, shops, triage
from inbox.flows.context import Context
from inbox.jobs import housekeeping
from inbox.live.delta import hydrate
from inbox.threads.models import Message, ReadMark, Thread
from inbox.threads.words import Status
from tests import plant
from tests.factories import Make, ManualClock
from tests.peers.process import wait_until
from tests.reading import rows, the
from tests.shops import Kiosk, cart, connect, eur, order, signed

PHONE = "+491711234567"


@pytest.fixture
def shop_id(ctx: Context) -> int:
    return connect(ctx)


@pytest.fixture
def thread(ctx: Context, make: Make) -> Thread:
    """Anna, who wrote from her telephone."""
    make.inbound(make.channel(), sender=PHONE)
    found: Thread = the(ctx, Thread)
    return found


def tells(ctx: Context, shop_id: int, *events: ShopEvent, delivery: str = "d1") -> None:
    body, headers = signed(*events, delivery=delivery)
    told = ledger.Told(Raw(body=body, headers=headers), "hook", delivery)
    ctx.db.run(ledger.keep, shop_id, [told], ctx.clock())


def work(ctx: Context, shop_id: int) -> None:
    """Work all off, as if the waits in between had passed."""
    for _ in range(4):
        shop_events.drain(ctx, shop_id)
        with ctx.db.write() as session:
            session.execute(update(ShopEventRow).values(not_before=utc_in(-1)))


def about_cart(cart_id: str = "c1", **more: Any) -> ShopEvent:
    return ShopEvent(topic=Topic.CART, id=cart_id, **more)


def told(ctx: Context) -> list[dict[str, Any]]:
    return [row.data for row in rows(ctx, Event, Event.kind == "commerce.changed")]


def test_a_changed_cart_is_asked_for_kept_and_told_to_who_may_read_the_thread(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread
) -> None:
    kiosk.sells(cart(quantity=2, phone=PHONE))
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    row = the(ctx, CartRow)
    assert (row.customer_id, row.seq, row.state, row.changed) == (thread.customer_id, 1, "active", ["l1"])
    event = the(ctx, Event, Event.kind == "commerce.changed")
    assert event.thread_id == thread.id
    assert event.data == {
        "customer_id": thread.customer_id,
        "what": "cart",
        "shop_id": shop_id,
        "id": row.id,
        "seq": 1,
    }
    kept = the(ctx, ShopEventRow)
    assert (kept.state, kept.body, kept.headers) == (ShopEventState.DONE, b"", {})


def test_events_that_come_twice_again_or_together_ask_once_and_change_once(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread
) -> None:
    kiosk.sells(cart(phone=PHONE))
    for number in range(5):
        tells(ctx, shop_id, about_cart(), about_cart(), delivery=f"d{number}")
    tells(ctx, shop_id, about_cart(), delivery="d0")
    shop_events.drain(ctx, shop_id)
    assert kiosk.count("cart") == 1
    work(ctx, shop_id)
    tells(ctx, shop_id, about_cart(), delivery="d0")
    tells(ctx, shop_id, about_cart(), delivery="replayed under another name")
    work(ctx, shop_id)
    assert the(ctx, CartRow).seq == 1
    assert len(told(ctx)) == 1
    assert len(rows(ctx, Message, Message.kind == "system")) == 1


def test_what_was_fetched_earlier_never_overwrites_what_was_fetched_later(
    ctx: Context, kiosk: Kiosk, shop_id: int, clock: ManualClock
) -> None:
    kiosk.sells(cart(quantity=2))
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    kiosk.sells(cart(quantity=1))
    clock.forward(seconds=-5)
    tells(ctx, shop_id, about_cart(), delivery="d2")
    work(ctx, shop_id)
    assert the(ctx, CartRow).data["lines"][0]["quantity"] == 2


def test_carts_that_cannot_be_asked_for_are_believed_in_the_order_in_which_they_happened(
    ctx: Context, kiosk: Kiosk, shop_id: int, clock: ManualClock, thread: Thread
) -> None:
    kiosk.manifest = kiosk.manifest.model_copy(update={"can": frozenset(Can) - {Can.CART_READ}})  # type: ignore[misc]
    new, old = clock(), clock() - timedelta(minutes=1)
    tells(ctx, shop_id, about_cart(at=new, cart=cart(quantity=3, phone=PHONE)))
    tells(ctx, shop_id, about_cart(at=old, cart=cart(quantity=1, phone=PHONE)), delivery="late")
    work(ctx, shop_id)
    tells(ctx, shop_id, about_cart(at=old, cart=cart(quantity=1, phone=PHONE)), delivery="replayed")
    ancient = clock() - timedelta(days=31)
    tells(ctx, shop_id, about_cart("c0", at=ancient, cart=cart("c0", phone=PHONE)), delivery="ancient")
    work(ctx, shop_id)
    assert the(ctx, CartRow).data["lines"][0]["quantity"] == 3
    assert kiosk.count("cart") == 0
    assert len(told(ctx)) == 1


def test_a_cart_that_is_gone_expires_but_not_at_the_first_look(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    kiosk.sells(cart())
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    kiosk.baskets.clear()
    tells(ctx, shop_id, about_cart(), delivery="d2")
    shop_events.drain(ctx, shop_id)
    assert the(ctx, CartRow).state == "active", "its event may be quicker than the shop's commit"
    work(ctx, shop_id)
    row = the(ctx, CartRow)
    assert (row.state, row.data["state"], row.seq) == ("expired", "expired", 2)


def test_the_thread_has_one_quiet_line_that_follows_the_cart_for_ten_minutes(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread, clock: ManualClock, make: Make
) -> None:
    agent = make.agent()
    triage.mark_read(ctx, agent, thread.id, thread.last_seq)
    before = the(ctx, Thread)

    def changes(quantity: int) -> list[Message]:
        kiosk.sells(cart(quantity=quantity, phone=PHONE))
        tells(ctx, shop_id, about_cart(), delivery=f"{quantity}")
        work(ctx, shop_id)
        return rows(ctx, Message, Message.kind == "system")

    [line] = changes(1)
    assert line.body_text == "Cart at Kiosk: Rope × 1, 20.00 EUR"
    [line] = changes(2)
    assert line.system is not None
    assert line.system["code"] == "cart_changed"
    assert line.system["data"]["items"] == [{"title": "Rope", "quantity": 2}]
    assert line.system["data"]["total"] == {"amount": "40.00", "currency": "EUR"}
    after = the(ctx, Thread)
    for name in ("status", "last_message_at", "preview", "waiting_since", "due_at", "assignee_id"):
        assert getattr(after, name) == getattr(before, name), name
    with ctx.db.read() as session:
        assert session.scalars(select(ReadMark.seq)).all() == [after.last_seq], "nothing is unread"
    make.inbound(1, "And this?", sender=PHONE)
    assert len(changes(3)) == 1, "what others wrote below keeps the line as it was"
    clock.forward(minutes=11)
    assert len(changes(4)) == 2
    assert [event["seq"] for event in told(ctx)] == [1, 2, 3, 4]


def test_without_an_open_request_the_thread_gets_no_line(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread, make: Make
) -> None:
    triage.change(ctx, make.agent(), thread.id, triage.Changes(status=Status.RESOLVED))
    lines = len(rows(ctx, Message, Message.kind == "system"))
    kiosk.sells(cart(phone=PHONE))
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    assert len(told(ctx)) == 1
    assert len(rows(ctx, Message, Message.kind == "system")) == lines


def test_linked_customers_are_told_and_rejected_ones_are_not(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread, make: Make
) -> None:
    make.inbound(1, sender="bruno")
    bruno = the(ctx, Thread, Thread.id != thread.id)
    kiosk.sells(cart(phone=PHONE, buyer_id="b1"))

    def links(customer_id: int, state: LinkState) -> None:
        with ctx.db.write() as session:
            now = ctx.clock()
            session.add(
                ShopLink(
                    customer_id=customer_id,
                    shop_id=shop_id,
                    buyer_id="b1",
                    by=LinkBy.PINNED,
                    state=state,
                    created_at=now,
                    changed_at=now,
                )
            )

    links(thread.customer_id, LinkState.REJECTED)
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    assert (the(ctx, CartRow).customer_id, told(ctx)) == (None, [])
    links(bruno.customer_id, LinkState.LINKED)
    kiosk.sells(cart(phone=PHONE, buyer_id="b1", quantity=2))
    tells(ctx, shop_id, about_cart(), delivery="d2")
    work(ctx, shop_id)
    assert the(ctx, CartRow).customer_id == bruno.customer_id
    assert the(ctx, Event, Event.kind == "commerce.changed").thread_id == bruno.id


def test_an_order_is_summed_up_and_ends_the_cart_it_came_from(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread
) -> None:
    kiosk.sells(cart(phone=PHONE, token="tok-1"))
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    yen = Money.minor(1500, "JPY")
    kiosk.sells(order("1001", tokens=("tok-1",), email="Anna@Example.org", total=yen, refunded=yen))
    tells(ctx, shop_id, ShopEvent(topic=Topic.ORDER, id="o1001"), delivery="d2")
    work(ctx, shop_id)
    row = the(ctx, OrderRow)
    assert (row.number, row.total, row.refunded, row.currency) == ("1001", "1500", "1500", "JPY")
    ended = the(ctx, CartRow)
    assert (ended.state, ended.data["state"]) == (CartState.CONVERTED, "converted")
    assert {event["what"] for event in told(ctx)} == {"cart"}, "nobody is known by that address yet"
    line = rows(ctx, Message, Message.kind == "system")[-1]
    assert line.body_text == "The cart at Kiosk became an order"


def test_copies_that_somebody_looked_at_are_renewed_before_he_is_told(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread
) -> None:
    first = kiosk_buyer()
    kiosk.sells(first, order("1001", buyer_id="b1", phone=PHONE))
    for part, data in ((Part.BUYER, first.model_dump(mode="json")), (Part.ORDERS, {"orders": []})):
        ctx.db.run(copies.put, shop_id, part, "b1", data, ctx.clock())
    tells(ctx, shop_id, ShopEvent(topic=Topic.ORDER, id="o1001"))
    work(ctx, shop_id)
    with ctx.db.read() as session:
        copy = copies.get(session, shop_id, Part.ORDERS, "b1")
        assert copy is not None
        assert [each["number"] for each in copy.data["orders"]] == ["1001"]
    assert [event["what"] for event in told(ctx)] == ["order"]


def kiosk_buyer() -> Any:
    return Buyer(id="b1", name="Anna", phones=(PHONE,), spent=eur("40.00"))


def test_a_change_reaches_only_agents_who_may_read_the_thread(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread, make: Make
) -> None:
    team_id = ctx.db.run(agents.add_team, "Rope desk", ctx.clock())
    inside, outside = make.agent("Ben", teams=(team_id,)), make.agent("Eve")
    triage.change(ctx, inside, thread.id, triage.Changes(team_id=team_id))
    with ctx.db.read() as session:
        cursor = head(session)
    kiosk.sells(cart(phone=PHONE))
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)

    def kinds(agent: AgentIdentity) -> list[str]:
        with ctx.db.read() as session:
            return [event["kind"] for event in hydrate(session, feed(session, cursor), agent)["events"]]

    wait_until(lambda: "commerce.changed" in kinds(inside), 30, "readable past others' transactions")
    assert "commerce.changed" not in kinds(outside)


def test_what_is_too_old_is_purged(ctx: Context, kiosk: Kiosk, shop_id: int, clock: ManualClock) -> None:
    kiosk.sells(cart(), order("1001"))
    tells(ctx, shop_id, about_cart(), ShopEvent(topic=Topic.ORDER, id="o1001"))
    work(ctx, shop_id)
    clock.forward(days=29)
    housekeeping.tidy_rows(ctx)
    assert [len(rows(ctx, table)) for table in (CartRow, ShopEventRow, OrderRow)] == [1, 1, 1]
    clock.forward(days=2)
    housekeeping.tidy_rows(ctx)
    assert [len(rows(ctx, table)) for table in (CartRow, ShopEventRow, OrderRow)] == [0, 0, 1]
    with ctx.db.read() as session:
        assert session.scalar(select(func.count()).select_from(ShopCopy)) == 0


def test_shops_are_looked_after_and_silent_ones_asked_for_their_events_anew(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    refused = connect(ctx, "Other", site="other.example", token="taken back")
    housekeeping.look_after_accounts(ctx)
    assert kiosk.count("connected") == 1, "it had told nothing yet"
    assert the(ctx, ShopRow, ShopRow.id == refused).state is ShopState.NEEDS_REAUTH
    with kiosk.troubled(TryLater("The kiosk is away.")):
        housekeeping.look_after_accounts(ctx)
    assert the(ctx, ShopRow, ShopRow.id == shop_id).last_error == "The kiosk is away."
    housekeeping.look_after_accounts(ctx)
    assert the(ctx, ShopRow, ShopRow.id == shop_id).last_error is None


def test_a_shop_that_is_away_is_asked_again_and_its_events_wait(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    kiosk.sells(cart())
    tells(ctx, shop_id, about_cart())
    with kiosk.troubled(TryLater("The kiosk is away.")):
        shop_events.drain(ctx, shop_id)
    assert (the(ctx, ShopEventRow).state, rows(ctx, CartRow)) == (ShopEventState.NEW, [])
    work(ctx, shop_id)
    assert the(ctx, CartRow).seq == 1
    assert the(ctx, ShopRow).last_error is None


def test_what_cannot_be_read_is_kept_for_a_person_and_blocks_nobody(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    kiosk.sells(cart())
    bad = ledger.Told(Raw(body=b"\xff not a slip"), "hook")
    ctx.db.run(ledger.keep, shop_id, [bad], ctx.clock())
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    failed = the(ctx, ShopEventRow, ShopEventRow.state == ShopEventState.FAILED)
    assert (failed.error, failed.body) == ("The slip cannot be read.", b"\xff not a slip")
    assert the(ctx, CartRow).seq == 1


def test_a_paused_shop_is_not_asked_and_its_events_wait(ctx: Context, kiosk: Kiosk, shop_id: int) -> None:
    kiosk.sells(cart())
    shops.pause(ctx, shop_id)
    tells(ctx, shop_id, about_cart())
    work(ctx, shop_id)
    assert kiosk.asked == []
    shops.resume(ctx, shop_id)
    work(ctx, shop_id)
    assert the(ctx, CartRow).seq == 1


def test_a_buyer_whom_the_shop_forgets_leaves_nothing(
    ctx: Context, make: Make, kiosk: Kiosk, shop_id: int, thread: Thread
) -> None:
    other = connect(ctx, "Other", site="other.example")
    kiosk.sells(cart(buyer_id="b1"), order("1001", buyer_id="b1", phone=PHONE), order("2002", buyer_id="b2"))
    for number in ("o1001", "o2002"):
        tells(ctx, shop_id, ShopEvent(topic=Topic.ORDER, id=number), about_cart(), delivery=number)
    tells(ctx, other, ShopEvent(topic=Topic.ORDER, id="o1001"))
    work(ctx, shop_id)
    work(ctx, other)
    smudged = ledger.Told(Raw(body=b"{smudged: anna@example.org"), "hook")
    ctx.db.run(ledger.keep, shop_id, [smudged], ctx.clock())
    work(ctx, shop_id)
    ben = make.agent("Ben")
    plant.link(ctx, thread.customer_id, "b1")
    for key, buyer_shop in (("k1", shop_id), ("k2", other)):
        draft = {"kind": "draft", "email": "anna@example.org"}
        plant.act(
            ctx, ben.id, thread.id, key, shop_id=buyer_shop, order_id="", act=draft, state=ActState.DONE
        )
    forget = ShopEvent(topic=Topic.FORGET, id="b1", who=Sought(emails=("anna@example.org",)))
    tells(ctx, shop_id, forget, delivery="forget")
    work(ctx, shop_id)
    assert rows(ctx, CartRow) == []
    assert [(row.shop_id, row.number) for row in rows(ctx, OrderRow)] == [(shop_id, "2002"), (other, "1001")]
    with ctx.db.read() as session:
        kept = session.execute(select(ShopCopy.shop_id, ShopCopy.key).order_by(ShopCopy.shop_id)).all()
        assert [tuple(row) for row in kept] == [(shop_id, "o2002"), (other, "o1001")]
        bodies = session.scalar(select(func.count()).where(func.length(ShopEventRow.body) > 0))
    assert bodies == 0
    assert {row.key: bool(row.act) for row in rows(ctx, ShopAct)} == {"k1": False, "k2": True}


def test_a_guest_is_forgotten_however_the_shop_writes_his_addresses(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    kiosk.sells(
        order("1001", email="Anna@Example.ORG"),
        order("1002", phone="+49 171 1234567"),
        cart(email="ANNA@example.org"),
    )
    for number in ("o1001", "o1002"):
        tells(ctx, shop_id, ShopEvent(topic=Topic.ORDER, id=number), delivery=number)
    tells(ctx, shop_id, about_cart(), delivery="cart")
    work(ctx, shop_id)
    smudged = ledger.Told(Raw(body=b"{smudged: Anna@Example.ORG"), "hook")
    ctx.db.run(ledger.keep, shop_id, [smudged], ctx.clock())
    work(ctx, shop_id)
    waiting = [
        ledger.Told(Raw(body=b'{"of": "Anna@Example.org"}'), "hook"),
        ledger.Told(Raw(body=b"{}"), "hook"),
    ]
    ctx.db.run(ledger.keep, shop_id, waiting, ctx.clock())
    who = Sought(emails=("anna@example.org",), phones=("+491711234567",))
    ctx.db.run(forgetting.forget_buyer, shop_id, "", who)
    assert (rows(ctx, CartRow), rows(ctx, OrderRow)) == ([], [])
    assert [row.body for row in rows(ctx, ShopEventRow) if row.body] == [b"{}"], (
        "another's waits all the same"
    )


def test_a_shop_that_took_our_access_back_has_to_be_connected_again(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    tells(ctx, shop_id, ShopEvent(topic=Topic.GONE))
    work(ctx, shop_id)
    row = the(ctx, ShopRow)
    assert (row.state, row.last_error) == (ShopState.NEEDS_REAUTH, "The shop has taken our access back.")


def test_changes_are_asked_for_where_webhooks_get_lost_and_none_is_skipped_or_doubled(
    ctx: Context, kiosk: Kiosk, shop_id: int
) -> None:
    def asks() -> None:
        with ctx.db.write() as session:
            session.execute(update(ShopRow).values(changes_at=None))
        shop_changes.sweep(ctx)

    kiosk.sells(cart())
    asks()
    kiosk.news += [about_cart(), ShopEvent(topic=Topic.BUYER, id="b1")]
    with kiosk.troubled(TryLater("The kiosk is away.")):
        asks()
    asks()
    shop_changes.sweep(ctx)
    asks()
    assert the(ctx, ShopRow).since == 2
    assert len(rows(ctx, ShopEventRow)) == 2
    assert kiosk.asked.count(("changes", "2")) == 1, "not before a minute has passed"
    work(ctx, shop_id)
    assert the(ctx, CartRow).seq == 1


def test_a_removed_shop_leaves_nothing_but_its_journal(
    ctx: Context, kiosk: Kiosk, shop_id: int, thread: Thread
) -> None:
    kiosk.sells(cart(phone=PHONE), order("1001"))
    tells(ctx, shop_id, about_cart(), ShopEvent(topic=Topic.ORDER, id="o1001"))
    work(ctx, shop_id)
    assert shops.remove(ctx, shop_id) == ""
    assert kiosk.count("disconnected") == 1
    for table in (CartRow, OrderRow, ShopEventRow):
        assert rows(ctx, table) == []
    row = the(ctx, ShopRow)
    assert (row.state, row.secrets) == (ShopState.REMOVED, b"")
    assert connect(ctx) != shop_id
