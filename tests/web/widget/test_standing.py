"""What the panel shows beside messages, and what agents see of visitors."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from inbox.events.catalog import EventKind
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.flows.visits import NEW_VISIT_AFTER
from inbox.jobs import housekeeping
from inbox.shapes import iso
from inbox.visits import queries
from inbox.visits.models import Visit as VisitRow
from inbox.visits.models import VisitorSession
from tests.factories import Make, ManualClock
from tests.reading import Customer, Episode, Event, Thread, rows, the
from tests.web.widget.conftest import KEY, Panel, Shop

Visit = Callable[..., Panel]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_outside_of_hours_the_panel_says_when_somebody_is_back(
    shop: Shop, visit: Visit, connect: Callable[..., int], clock: ManualClock
) -> None:
    """2 March 2026, 09:00 UTC is a Monday, 10:00 in Berlin."""
    connect(
        "day-shop",
        hours="mon-fri 09:00-18:00",
        time_zone="Europe/Berlin",
        offline_text="We are a small shop.",
    )
    assert visit(key="day-shop").boot["expects"]["open"]
    clock.forward(hours=9)
    assert visit(key="day-shop").boot["expects"] == {
        "open": False,
        "text": "We are a small shop. Back Tuesday 9:00\u202fAM",
        "back_at": "2026-03-03T08:00:00.000000Z",
        "minutes": None,
    }


def test_outside_of_hours_an_address_is_required(
    shop: Shop, visit: Visit, connect: Callable[..., int], clock: ManualClock
) -> None:
    connect("day-shop", hours="mon-fri 09:00-10:00", time_zone="UTC")
    clock.forward(hours=3)
    panel = visit(key="day-shop")
    assert panel.boot["needs_email"] == "required"  # the panel asks for it together with the first message
    panel.write("Hello?")
    assert panel.look()["needs_email"] == "required"
    panel.post("/email", {"address": "anna@example.com"}, 202)
    assert panel.look()["needs_email"] == "no"


def test_a_shop_that_never_asks_never_asks(shop: Shop, visit: Visit, connect: Callable[..., int]) -> None:
    connect("shy-shop", ask_email="never")
    panel = visit(key="shy-shop")
    panel.write("Hello?")
    assert panel.look()["needs_email"] == "no"


def test_agents_see_where_a_visitor_is(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.open(
        page={
            "url": "https://shop.example/boots#x",
            "title": "Boots",
            "referrer": "https://search.example/?q=1",
        },
        locale="de-AT",
        attributes={"plan": "gold"},
    )
    panel.write("Hello?")
    shop.receive()
    panel.post("/cart", {"items": [{"title": "Boots", "quantity": 1}], "total": 89.9, "currency": "EUR"})
    panel.post("/page", {"url": "https://shop.example/checkout", "title": "Check  out"})
    panel.post("/attributes", {"vip": True, "plan": None})
    customer = the(ctx, Customer)
    with ctx.db.read() as session:
        view = queries.view(session, [customer.id], ctx.clock())[customer.id]
    now = iso(ctx.clock())
    assert view == {
        "channel_id": shop.channel_id,
        "online": False,
        "since": now,
        "seen_at": None,
        "page": {"url": "https://shop.example/checkout", "title": "Check out"},
        "page_at": now,
        "referrer": "https://search.example/?q=1",
        "cart": {"items": [{"title": "Boots", "quantity": 1}], "total": 89.9, "currency": "EUR"},
        "cart_at": now,
        "attributes": {"vip": True},
        "locale": "de-AT",
    }
    told = rows(ctx, Event, Event.kind == EventKind.VISITOR_CHANGED)
    assert [event.thread_id for event in told] == [the(ctx, Thread).id] * 3
    assert told[-1].data == {"customer_id": customer.id, "visit": view}


def test_of_two_browsers_the_one_that_is_used_is_shown(
    ctx: Context, shop: Shop, visit: Visit, clock: ManualClock
) -> None:
    laptop, phone = visit(jwt=shop.token()), visit(jwt=shop.token())
    laptop.post("/page", {"url": "https://shop.example/laptop"})
    clock.forward(minutes=1)
    phone.post("/page", {"url": "https://shop.example/phone"})
    customer = the(ctx, Customer)
    with ctx.db.read() as session:
        page = queries.view(session, [customer.id], ctx.clock())[customer.id]["page"]
    assert page == {"url": "https://shop.example/phone", "title": ""}


def test_a_visit_begins_anew_after_a_while(ctx: Context, panel: Panel, clock: ManualClock) -> None:
    panel.post("/page", {"url": "https://shop.example/", "referrer": "https://one.example/"})
    first = the_visit(ctx)
    clock.forward(minutes=5)
    panel.post("/page", {"url": "https://shop.example/boots", "referrer": "https://shop.example/"})
    assert (the_visit(ctx).came_at, the_visit(ctx).referrer) == (first.came_at, "https://one.example/")
    clock.now += NEW_VISIT_AFTER
    panel.post("/page", {"url": "https://shop.example/", "referrer": "https://two.example/"})
    assert (the_visit(ctx).came_at, the_visit(ctx).referrer) == (clock.now, "https://two.example/")


def the_visit(ctx: Context) -> VisitRow:
    with ctx.db.read() as session:
        (row,) = session.query(VisitRow).all()
    return row


def test_a_visitor_who_has_not_written_is_nobodys_news(ctx: Context, panel: Panel) -> None:
    panel.post("/page", {"url": "https://shop.example/"})
    assert rows(ctx, Event, Event.kind == EventKind.VISITOR_CHANGED) == []


def test_agents_see_that_a_visitor_writes_and_no_more(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    for _ in range(3):
        panel.post("/typing")
    (event,) = rows(ctx, Event, Event.kind == EventKind.CUSTOMER_TYPING)
    assert set(event.data) == {"identity_id", "until"}


def test_a_resolved_episode_is_rated_once(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    shop.answer(the(ctx, Thread).id, "Done.", resolve=True)
    asked = panel.look()["rating"]
    episode = the(ctx, Episode)
    assert (asked["episode_id"], asked["agent"]) == (episode.id, {"name": "Ben", "photo": None})
    panel.post("/rating", {"episode_id": episode.id, "score": 5})
    assert panel.look()["rating"] is None
    panel.post("/rating", {"episode_id": episode.id, "score": 5, "comment": "Fast!"})
    body = {"episode_id": episode.id, "score": 1}
    assert panel.refused("POST", "/rating", body) == (409, "conflict")


def test_nobody_rates_for_another(ctx: Context, shop: Shop, visit: Visit) -> None:
    anna, bob = visit(), visit()
    anna.write("Hello?")
    bob.write("Hello!")
    shop.receive()
    thread = rows(ctx, Thread)[0]
    shop.answer(thread.id, "Done.", resolve=True)
    body = {"episode_id": the(ctx, Episode, Episode.thread_id == thread.id).id, "score": 1}
    assert bob.refused("POST", "/rating", body) == (404, "not_found")
    assert visit().refused("POST", "/rating", body) == (409, "write_first")


def test_only_channels_that_prove_links_are_offered(shop: Shop, panel: Panel, make: Make) -> None:
    pigeons = make.channel()
    assert panel.open()["links"] == []
    panel.write("Hello?")
    assert panel.refused("POST", "/link", {"channel_id": pigeons}) == (404, "not_found")
    assert panel.refused("POST", "/link", {"channel_id": shop.channel_id}) == (404, "not_found")
    assert panel.refused("POST", "/link", {"channel_id": 987654}) == (404, "not_found")


def test_sessions_that_nobody_wrote_in_are_forgotten(
    ctx: Context, shop: Shop, visit: Visit, clock: ManualClock
) -> None:
    visit(page={"url": "https://shop.example/"})
    writer = visit()
    writer.write("Hello?")
    receive.drain(ctx)
    clock.forward(hours=25)
    housekeeping.tidy_rows(ctx)
    (kept,) = rows(ctx, VisitorSession)
    assert kept.identity_id is not None
    clock.forward(days=181)
    housekeeping.tidy_rows(ctx)
    assert rows(ctx, VisitorSession) == []
    assert len(rows(ctx, Customer)) == 1


def test_expectations_come_from_what_happened(
    ctx: Context, shop: Shop, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inbox.insight import queries as insight
    from inbox.web.widget import standing

    for usual, text in (
        (timedelta(seconds=20), "Usually answers in 1 minute"),
        (timedelta(minutes=6), "Usually answers in 6 minutes"),
        (timedelta(hours=3), "Usually answers in 3 hours"),
        (timedelta(days=2), "Usually answers in 2 days"),
        (None, "We answer as soon as we can."),
    ):
        monkeypatch.setattr(insight, "expectation", lambda *_a, usual=usual: usual)
        standing._kept.clear()
        assert visit().boot["expects"]["text"] == text
    standing._kept.clear()


def test_the_boot_speaks_the_visitors_language(shop: Shop, visit: Visit, connect: Callable[..., int]) -> None:
    connect("arab-shop", languages="en, ar", title="Shop\nar: متجر")
    boot = visit(key="arab-shop", locale="ar-EG").boot
    assert (boot["locale"], boot["direction"], boot["texts"]["title"]) == ("ar", "rtl", "متجر")
    boot = visit(key=KEY, locale="ar-EG").boot
    assert (boot["locale"], boot["direction"]) == ("en", "ltr")
