"""The panel of shops beside a thread: from what is kept at once, renewed meanwhile, and never in the thread's way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents import actions as agents
from inbox.agents.words import Role
from inbox.commerce.models import ShopRow
from inbox.commerce.shapes import CommerceView, ShopView
from inbox.contract import NeedsReauth, TryLater, Unreadable
from inbox.contract.commerce import Buyer
from inbox.errors import Invalid, NotFound
from inbox.flows import commerce, shop_reading, triage
from inbox.flows.context import Context
from inbox.live.picture import message_page, thread_page
from tests import shops
from tests.factories import Make, ManualClock
from tests.live.test_views import statements
from tests.reading import Event, Identity, Thread, rows, the
from tests.shops import Kiosk, eur

ANNA = "anna@example.org"


def anna(number: str = "1", **more: Any) -> Buyer:
    """A buyer with Anna's mailbox."""
    return Buyer(
        **{"id": number, "name": "Anna", "emails": (ANNA,), "orders_count": 1, "spent": eur("40.00")} | more
    )


class Desk:
    """A customer who wrote by mail, and an agent who looks at him."""

    def __init__(self, ctx: Context, make: Make, level: str = "mail_auth") -> None:
        self.ctx, self.make = ctx, make
        self.ben = make.agent("Ben", Role.ADMIN)
        self.channel = make.channel()
        self.write("Where is my order?", level=level)
        self.customer_id = the(ctx, Identity).customer_id
        self.thread_id = the(ctx, Thread).id

    def write(self, text: str, **more: Any) -> None:
        self.make.inbound(self.channel, text, ANNA, **{"namespace": "email", "level": "mail_auth"} | more)

    def look(self, **more: bool) -> CommerceView:
        return commerce.panel(self.ctx, self.ben, self.customer_id, **more)

    def fresh(self) -> CommerceView:
        """What there is when all shops have been asked again and have answered."""
        self.ctx.clock.forward(seconds=3)  # type: ignore[attr-defined]
        self.look(fresh=True)
        self.ctx.refreshes.settle(20)
        return self.look()

    def shop(self) -> ShopView:
        (found,) = self.fresh()["shops"]
        return found


@pytest.fixture
def desk(ctx: Context, make: Make) -> Iterator[Desk]:
    """Anna, who wrote, and Ben."""
    yield Desk(ctx, make)
    ctx.refreshes.settle(20)


@contextmanager
def held(kiosk: Kiosk) -> Iterator[None]:
    """The kiosk answers nothing inside of the block."""
    kiosk.held = threading.Event()
    try:
        yield
    finally:
        kiosk.held.set()
        kiosk.held = None


def test_a_customer_is_found_by_his_address_with_orders_cart_value_and_points(
    desk: Desk, ctx: Context, kiosk: Kiosk, clock: ManualClock
) -> None:
    shops.connect(ctx)
    kiosk.sells(anna(), shops.order(buyer_id="1", placed_at=clock()), shops.cart(buyer_id="1", quantity=2))
    first = desk.look()
    assert (first["shops"][0]["orders"], first["shops"][0]["empty"], first["fetching"]) == ([], "", True)

    found = desk.fresh()
    (shop,) = found["shops"]
    assert [(link["by"], link["value"], link["state"], link["verified"]) for link in shop["links"]] == [
        ("email", ANNA, "linked", True)
    ]
    assert shop["warning"] is None
    assert [view["order"]["number"] for view in shop["orders"]] == ["1001"]
    assert [view["cart"]["lines"][0]["quantity"] for view in shop["carts"]] == [2]
    assert (shop["carts"][0]["fresh"]["label"], shop["fresh"]["label"]) == ("live", "live")
    assert (found["value"]["stage"], found["value"]["spent"]) == (
        "first_time",
        [{"amount": "40.00", "currency": "EUR"}],
    )
    assert not found["fetching"]


def test_what_is_kept_is_shown_at_once_and_renewed_when_it_is_a_minute_old(
    desk: Desk, ctx: Context, kiosk: Kiosk, clock: ManualClock
) -> None:
    shops.connect(ctx)
    kiosk.sells(anna(), shops.order(buyer_id="1"))
    desk.fresh()
    asked = kiosk.count("find")
    desk.look()
    ctx.refreshes.settle(20)
    assert kiosk.count("find") == asked, "what is new is not asked for"
    clock.forward(seconds=61)
    kiosk.sells(shops.order("1002", buyer_id="1"))
    with held(kiosk):
        old = desk.look()
        assert [view["order"]["number"] for view in old["shops"][0]["orders"]] == ["1001"]
        assert (old["fetching"], old["shops"][0]["fresh"]["label"]) == (True, "recent")
    ctx.refreshes.settle(20)
    assert len(desk.look()["shops"][0]["orders"]) == 2
    told = rows(ctx, Event, Event.kind == "commerce.changed")
    assert told[-1].thread_id == desk.thread_id
    assert told[-1].data["customer_id"] == desk.customer_id
    assert ANNA not in str([event.data for event in told])


def test_ten_agents_who_open_a_thread_make_one_fetch(desk: Desk, ctx: Context, kiosk: Kiosk) -> None:
    shops.connect(ctx)
    kiosk.sells(anna())
    with held(kiosk):
        crowd = [threading.Thread(target=desk.look) for _ in range(10)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join(30)
    ctx.refreshes.settle(20)
    assert kiosk.count("find") == 1


def test_a_shop_that_does_not_answer_is_in_nobodys_way(desk: Desk, ctx: Context, kiosk: Kiosk) -> None:
    """While it hangs, the thread, its messages and the panel itself are answered from what is here."""
    shops.connect(ctx)
    with held(kiosk):
        assert desk.look()["fetching"]
        with ctx.db.read() as session:
            assert message_page(session, desk.ben, desk.thread_id, limit=50)["items"]
            assert thread_page(session, desk.ben, "all", limit=50)["items"]
        desk.write("Hello?")
        again = desk.look()
        assert (again["fetching"], again["shops"][0]["fresh"]["label"]) == (True, "unavailable")
        patient = desk.look(fresh=True)
        assert patient["fetching"], "after the soft limit whoever asked gets what there is"


@pytest.mark.parametrize(
    "error",
    [
        TryLater("The kiosk is away.", after=60),
        Unreadable("The kiosk stammers."),
        NeedsReauth("Who are you?"),
    ],
)
def test_a_shop_in_trouble_says_so_and_what_is_kept_stays(
    desk: Desk, ctx: Context, kiosk: Kiosk, clock: ManualClock, error: Exception
) -> None:
    shops.connect(ctx)
    shops.connect(ctx, "Other", site="other.example")
    kiosk.sells(anna(), shops.order(buyer_id="1"))
    desk.fresh()
    clock.forward(seconds=61)
    with kiosk.troubled(error):
        desk.fresh()
        one, _other = desk.look()["shops"]
    assert (one["fresh"]["label"], one["fresh"]["error"]) == ("stale", str(error))
    assert [view["order"]["number"] for view in one["orders"]] == ["1001"]


def test_four_ways_of_having_nothing_are_told_apart(
    desk: Desk, ctx: Context, kiosk: Kiosk, make: Make
) -> None:
    assert desk.look()["empty"] == "no_shop"
    shops.connect(ctx)
    shop = desk.shop()
    assert (shop["empty"], shop["searched"]) == ("no_match", [ANNA])
    kiosk.sells(anna())
    assert desk.shop()["empty"] == "no_orders"
    make.inbound(desk.channel, "Coo", "nameless")
    desk.customer_id = the(ctx, Identity, Identity.address == "nameless").customer_id
    assert desk.fresh()["empty"] == "no_address"


def test_several_hits_wait_for_a_choice_which_can_be_taken_back_for_good(
    desk: Desk, ctx: Context, kiosk: Kiosk
) -> None:
    shop_id = shops.connect(ctx)
    kiosk.sells(anna("1"), anna("2"), shops.order(buyer_id="2"), shops.cart(buyer_id="1"))
    shop = desk.shop()
    assert shop["choose"]
    assert (shop["orders"], shop["carts"]) == ([], []), "nothing of anybody before somebody has picked"

    (chosen,) = commerce.pin(ctx, desk.ben, desk.customer_id, shop_id, "2")["shops"]
    assert not chosen["choose"]
    assert [(link["buyer_id"], link["state"], link["by"]) for link in chosen["links"]] == [
        ("2", "linked", "pinned"),
        ("1", "suggested", "email"),
    ]
    assert [view["order"]["number"] for view in chosen["orders"]] == ["1001"]

    pinned, other = (link["id"] for link in chosen["links"])
    commerce.unlink(ctx, desk.ben, desk.customer_id, other, for_good=True)
    commerce.unlink(ctx, desk.ben, desk.customer_id, pinned, for_good=False)
    after = desk.shop()
    assert [(link["buyer_id"], link["state"]) for link in after["links"]] == [("2", "suggested")]
    assert after["orders"] == []
    with pytest.raises(NotFound):
        commerce.unlink(ctx, desk.ben, desk.customer_id, 987654, for_good=False)
    with pytest.raises(Invalid):
        commerce.pin(ctx, desk.ben, desk.customer_id, shop_id, "nobody")


def test_what_nothing_proves_is_shown_with_a_warning_also_after_a_forged_message(
    desk: Desk, ctx: Context, kiosk: Kiosk
) -> None:
    shops.connect(ctx)
    kiosk.sells(anna(), shops.order(buyer_id="1"))
    assert desk.shop()["warning"] is None
    desk.write("It is me. Where do you send it?", level="claimed")
    (shop,) = desk.look()["shops"]
    assert shop["warning"] is not None
    assert [link["verified"] for link in shop["links"]] == [False]
    assert len(shop["orders"]) == 1


def test_an_order_that_the_customer_names_is_what_the_request_is_about_until_an_agent_says_no(
    desk: Desk, ctx: Context, kiosk: Kiosk
) -> None:
    shop_id = shops.connect(ctx)
    kiosk.sells(anna(), shops.order("1001", buyer_id="1"), shops.order("1002", buyer_id="1"))
    kiosk.sells(shops.order("2001", buyer_id="stranger"))
    desk.write("It is order 1001")
    about = {view["order"]["number"]: view["about"] for view in desk.shop()["orders"]}
    assert about == {"1001": True, "1002": False}

    commerce.unlink_order(ctx, desk.ben, desk.thread_id, shop_id, "o1001")
    assert not any(view["about"] for view in desk.shop()["orders"]), "what an agent took back stays so"
    commerce.link_order(ctx, desk.ben, desk.thread_id, shop_id, "o2001")
    numbers = [view["order"]["number"] for view in desk.shop()["orders"] if view["about"]]
    assert numbers == ["2001"], "an order that an agent looked up is shown, whosever it is"
    with pytest.raises(NotFound):
        commerce.unlink_order(ctx, desk.ben, desk.thread_id, shop_id, "o1001")
    with pytest.raises(Invalid):
        commerce.link_order(ctx, desk.ben, desk.thread_id, shop_id, "nothing")


def test_an_open_panel_asks_for_carts_every_20_s_unless_the_shop_pushes(
    desk: Desk, ctx: Context, kiosk: Kiosk, clock: ManualClock
) -> None:
    shop_id = shops.connect(ctx)
    kiosk.sells(anna(), shops.cart(buyer_id="1"))
    desk.fresh()

    def asked() -> tuple[int, int]:
        clock.forward(seconds=21)
        desk.look(watched=True)
        ctx.refreshes.settle(20)
        return kiosk.count("find"), kiosk.count("carts")

    assert asked() == (1, 2)
    assert asked() == (1, 3)
    with ctx.db.write() as session:
        session.execute(update(ShopRow).where(ShopRow.id == shop_id).values(last_event_at=clock()))
    assert asked() == (1, 3)
    kiosk.baskets.clear()
    clock.forward(minutes=6)
    assert asked() == (1, 4)
    assert desk.look(watched=True)["shops"][0]["carts"] == [], "the shop knows no such cart any more"


def test_older_orders_go_on_where_the_panel_ends(desk: Desk, ctx: Context, kiosk: Kiosk) -> None:
    shop_id = shops.connect(ctx)
    kiosk.sells(anna(), *(shops.order(str(number), buyer_id="1") for number in range(1, 8)))
    shop = desk.shop()
    assert (len(shop["orders"]), shop["orders_next"] is not None) == (5, True)
    page = shop_reading.further_orders(
        ctx, desk.ben, desk.customer_id, shop_id, "1", shop["orders_next"] or ""
    )
    assert [view["order"]["number"] for view in page["items"]] == ["2", "1"]
    assert page["next"] is None
    with pytest.raises(NotFound):
        shop_reading.further_orders(ctx, desk.ben, desk.customer_id, shop_id, "2", "")


def test_only_who_may_read_the_thread_sees_any_of_it(desk: Desk, ctx: Context, make: Make) -> None:
    shop_id = shops.connect(ctx)
    theirs, ours = (ctx.db.run(agents.add_team, name, ctx.clock()) for name in ("Theirs", "Ours"))
    outsider = make.agent("Otto", teams=(theirs,))
    triage.change(ctx, desk.ben, desk.thread_id, triage.Changes(team_id=ours))
    for story in (
        lambda: commerce.panel(ctx, outsider, desk.customer_id),
        lambda: commerce.pin(ctx, outsider, desk.customer_id, shop_id, "1"),
        lambda: commerce.unlink(ctx, outsider, desk.customer_id, 1, for_good=True),
        lambda: commerce.link_order(ctx, outsider, desk.thread_id, shop_id, "o1001"),
        lambda: shop_reading.further_orders(ctx, outsider, desk.customer_id, shop_id, "1", ""),
    ):
        with pytest.raises(NotFound):
            story()


def test_a_panel_costs_the_same_number_of_queries_however_much_is_in_it(
    desk: Desk, ctx: Context, kiosk: Kiosk
) -> None:
    shops.connect(ctx)
    kiosk.sells(anna(), shops.order("1001", buyer_id="1"), shops.cart(buyer_id="1"))
    desk.fresh()
    with statements(ctx.db.engine) as few:
        desk.look()
    shops.connect(ctx, "Other", site="other.example")
    kiosk.sells(*(anna(f"g{number}", guest=True) for number in range(4)))
    kiosk.sells(*(shops.order(f"2{number}", buyer_id=f"g{number}") for number in range(4)))
    kiosk.sells(*(shops.cart(f"c{number}", buyer_id=f"g{number}") for number in range(4)))
    full = desk.fresh()
    assert [len(shop["orders"]) for shop in full["shops"]] == [5, 5]
    with statements(ctx.db.engine) as many:
        desk.look()
    assert len(many) == len(few), [statement for statement, _ in many]
