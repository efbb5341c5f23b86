"""What Shopify does in its own way: limits, rights, tokens, carts that are only told, jobs that take their time."""

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from graphql import build_client_schema, parse, validate

from adapters.shops.shopify import SHOP, documents
from adapters.shops.shopify.config import ShopifyConfig
from inbox.contract import HttpResponse, NeedsReauth, NotAuthentic, Raw, Rejected, TryLater, Uncertain
from inbox.contract.commerce import (
    AskReturn,
    By,
    Can,
    CancelOrder,
    CartState,
    DraftLine,
    MakeCartLink,
    MakeDraft,
    Money,
    OrderState,
    Progress,
    RefundOrder,
    ShopEvent,
    Sought,
    Topic,
    Way,
)
from tests.services import require
from tests.shops import install
from tests.shops.shopify.store import gid
from tests.shops.shopify.world import HOOK, ShopifyWorld, open_world


@pytest.fixture
def world() -> Iterator[ShopifyWorld]:
    with open_world() as opened:
        yield opened


def bought(world: ShopifyWorld, quantity: int = 1) -> Any:
    buyer = world.buyer(f"buyer{len(world.shop.people)}@people.test")
    world.put(buyer, world.skus[0], quantity)
    return world.check_out(buyer)


def events(world: ShopifyWorld) -> list[ShopEvent]:
    bare = world.config.model_copy(update={"client_secret": world.config.access_token})
    return [
        event
        for request in world.heard()
        for event in SHOP.parse(bare, Raw(body=request.body, headers=request.headers))
    ]


@pytest.mark.shopify_schema
def test_every_question_is_one_of_the_official_schema() -> None:
    require("shopify_schema")
    data = json.loads(gzip.decompress(install.SHOPIFY_SCHEMA.read_bytes()))
    schema = build_client_schema(data.get("data", data), assume_valid=True)
    for name, text in documents.everything().items():
        assert validate(schema, parse(text)) == [], name


def test_a_token_is_asked_for_once_and_again_before_it_ends(world: ShopifyWorld) -> None:
    io = world.io()
    world.shop.tokens.clear()
    threads = [threading.Thread(target=SHOP.find_orders, args=(world.config, "1", io)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.shop.tokens) == 1, "one thread asks, the others take what it got"
    later = datetime.now(UTC) + timedelta(hours=23, minutes=55)
    io.now = lambda: later  # type: ignore[method-assign]
    SHOP.find_orders(world.config, "1", io)
    assert len(world.shop.tokens) == 2


def test_a_token_of_the_shop_is_used_as_it_is(world: ShopifyWorld) -> None:
    world.shop.tokens["shpat_fixed"] = datetime.now(UTC) + timedelta(days=999)
    values = {"shop_domain": "ALPE", "access_token": "shpat_fixed"}
    fixed = ShopifyConfig.model_validate(values)
    assert fixed.account == "alpe.myshopify.com"
    assert SHOP.health(fixed, world.io()).ok
    world.shop.tokens.clear()
    with pytest.raises(NeedsReauth):
        SHOP.find_orders(fixed, "1", world.io())
    with pytest.raises(ValueError, match="client ID"):
        ShopifyConfig.model_validate({"shop_domain": "alpe"})


def test_an_empty_bucket_is_waited_for(world: ShopifyWorld) -> None:
    placed = bought(world)
    world.shop.points = 10
    with pytest.raises(TryLater) as error:
        SHOP.order(world.config, placed.order_id, world.io())
    assert error.value.after is not None
    assert 1 < error.value.after < 10, "(cost - points) / 100 per second"


def test_less_rights_are_less_to_do(world: ShopifyWorld) -> None:
    world.shop.scopes = ["read_customers", "read_orders"]
    health = SHOP.health(world.config, world.io())
    assert health.ok
    assert SHOP.can(world.config, dict(health.facts)) == {Can.CART_PUSH, Can.ORDER_SEARCH}
    old, new = bought(world), bought(world)
    world.sale(old).person = world.sale(new).person
    world.sale(old).at -= timedelta(days=61)
    io = world.io()
    io.found = dict(health.facts)
    page = SHOP.orders(world.config, str(world.sale(new).person.id), io)
    assert [order.id for order in page.orders] == [new.order_id]
    assert "60 days" in page.note
    assert "fulfillmentOrders(first" in world.shop.asked[-1], "it is left out by a variable"
    with pytest.raises(Rejected, match="right"):
        SHOP.perform(
            world.config,
            RefundOrder(order_id=new.order_id),
            io,
            key="k",
            version=page.orders[0].version,
            reason="",
        )
    world.shop.scopes = ["read_orders"]
    assert SHOP.health(world.config, world.io()).refused


def test_a_hidden_address_is_not_the_same_as_none(world: ShopifyWorld) -> None:
    buyer = world.buyer("hidden@people.test", phone="+49 30 2325077")
    world.shop.hides = True
    health = SHOP.health(world.config, world.io())
    assert health.facts["personal"] is False
    [found] = SHOP.find(world.config, Sought(emails=("hidden@people.test",)), world.io())
    assert (found.buyer.id, found.by, found.buyer.emails) == (buyer, By.EMAIL, ())
    io = world.io()
    io.found = dict(health.facts)
    assert "names and addresses" in SHOP.orders(world.config, buyer, io).note


def test_a_cart_is_known_from_what_is_told(world: ShopifyWorld) -> None:
    buyer = world.buyer("shopper@people.test")
    token = world.put(buyer, world.skus[0], 2)
    [event] = events(world)
    assert event.cart is not None
    assert (event.id, event.cart.state, event.cart.total.amount) == (
        token,
        CartState.ACTIVE,
        Decimal("79.80"),
    )
    assert event.who == Sought(), "a cart does not say whose it is"
    world.begin_checkout(buyer)
    [event] = events(world)
    assert event.cart is not None
    assert (event.id, event.cart.state) == (token, CartState.CHECKOUT), "the same cart, now with its owner"
    assert event.who == Sought(buyer_ids=(buyer,), emails=("shopper@people.test",))
    world.begin_checkout(buyer, completed_at="2026-11-02T10:00:00Z")
    [event] = events(world)
    assert event.cart is not None
    assert event.cart.state is CartState.CONVERTED
    world.put(buyer, world.skus[0], 0)
    [event] = events(world)
    assert (event.id, event.cart) == (token, None), "an empty cart is none any more"
    world.put(buyer, world.skus[0], 1)
    world.heard()
    placed = world.check_out(buyer)
    [ordered, ended] = events(world)
    assert (ordered.topic, ordered.id, ordered.cart) == (Topic.ORDER, placed.order_id, None)
    assert ended.cart is not None
    assert (ended.id, ended.cart.state) == (token, CartState.CONVERTED), "an order ends its cart"
    order = SHOP.order(world.config, placed.order_id, world.io())
    assert order is not None
    assert token in order.tokens


def test_an_event_of_another_shop_of_the_same_app_is_refused(world: ShopifyWorld) -> None:
    bought(world)
    genuine = world.heard()[0]
    headers = {**genuine.headers, "x-shopify-shop-domain": "other.myshopify.com"}
    with pytest.raises(NotAuthentic):
        SHOP.verify(world.config, genuine.model_copy(update={"headers": headers}))
    assert SHOP.verify(world.config, genuine).dedupe_key == genuine.headers["x-shopify-webhook-id"]


def test_subscriptions_are_made_once_kept_and_ended(world: ShopifyWorld) -> None:
    io = world.io()
    count = len(world.shop.hooks)
    setup = SHOP.connected(world.config, HOOK, io)
    assert (len(world.shop.hooks), setup.next_step) == (count, "")
    io.found = dict(setup.facts)
    world.shop.hooks[:] = [one for one in world.shop.hooks if one["topic"] != "ORDERS_CREATE"]
    since = SHOP.changes(world.config, None, io)[1]
    assert len(world.shop.hooks) == count, "what Shopify dropped is made again"
    placed = bought(world)
    world.sale(placed).touched()
    told, since = SHOP.changes(world.config, since, io)
    assert [event.id for event in told] == [placed.order_id]
    assert SHOP.changes(world.config, since, io)[0] == ()
    world.shop.hooks.append({"id": "1", "topic": "ORDERS_CREATE", "uri": "https://other.example/"})
    SHOP.disconnected(world.config, io)
    assert [one["uri"] for one in world.shop.hooks] == ["https://other.example/"]


def test_a_cancellation_takes_its_time(world: ShopifyWorld) -> None:
    placed = bought(world)
    act = CancelOrder(order_id=placed.order_id)
    version = SHOP.preview(world.config, act, world.io()).version
    world.shop.slow_jobs = True
    done = SHOP.perform(world.config, act, world.io(), key="k", version=version, reason="Too late")
    assert done.pending
    with pytest.raises(Uncertain):
        SHOP.performed(world.config, act, world.io(), key="k")
    world.shop.slow_jobs = False
    SHOP.order(world.config, placed.order_id, world.io())
    found = SHOP.performed(world.config, act, world.io(), key="k")
    assert found is not None
    assert not found.pending
    order = SHOP.order(world.config, placed.order_id, world.io())
    assert order is not None
    assert order.state is OrderState.CANCELLED


def test_what_shopify_refuses_is_said(world: ShopifyWorld) -> None:
    placed = bought(world)
    act = RefundOrder(order_id=placed.order_id)
    version = SHOP.preview(world.config, act, world.io()).version
    world.shop.refuses = "The gateway said no"
    with pytest.raises(Rejected, match="The gateway said no"):
        SHOP.perform(world.config, act, world.io(), key="k", version=version, reason="")


def test_goods_to_fetch_say_where_and_since_when(world: ShopifyWorld) -> None:
    placed = bought(world)
    world.sale(placed).way = "PICK_UP"
    order = SHOP.order(world.config, f"packing-{placed.order_id}", world.io())
    assert order is not None, "an event about a fulfilment order leads to its order"
    [waiting] = order.fulfilments
    assert (waiting.way, waiting.progress, waiting.store) == (Way.PICKUP_STORE, Progress.UNFULFILLED, "Porto")
    world.ship(placed, {order.lines[0].id: 1}, "")
    world.sale(placed).parcels[0]["status"] = "READY_FOR_PICKUP"
    ready = SHOP.order(world.config, placed.order_id, world.io())
    assert ready is not None
    assert (ready.fulfilments[0].progress, ready.fulfilments[0].store) == (Progress.READY_FOR_PICKUP, "Porto")
    assert ready.fulfilments[0].ready_at is not None


def test_sent_goods_are_asked_back_once(world: ShopifyWorld) -> None:
    placed = bought(world, 2)
    order = SHOP.order(world.config, placed.order_id, world.io())
    assert order is not None
    line = order.lines[0].id
    act = AskReturn(order_id=placed.order_id, lines={line: 2})
    with pytest.raises(Rejected, match="sent"):
        SHOP.preview(world.config, act, world.io())
    world.ship(placed, {line: 1}, "T1")
    with pytest.raises(Rejected, match="pieces"):
        SHOP.preview(world.config, act, world.io())
    world.ship(placed, {line: 1}, "T2")
    version = SHOP.preview(world.config, act, world.io()).version
    do = {"key": "k", "version": version, "reason": "Too small"}
    done = SHOP.perform(world.config, act, world.io(), **do)
    assert SHOP.perform(world.config, act, world.io(), **do) == done
    now = SHOP.order(world.config, placed.order_id, world.io())
    assert now is not None
    assert (now.lines[0].returned, now.returns[0].lines) == (2, {line: 2})
    assert "onethread" not in now.returns[0].reason


def test_drafts_and_links_are_for_the_customer(world: ShopifyWorld) -> None:
    goods = [SHOP.product(world.config, sku, world.io()) for sku in world.skus]
    lines = tuple(DraftLine(product_id=one.id, quantity=n) for n, one in enumerate(goods, 1) if one)
    link = MakeCartLink(lines=lines, email="a@b.test", coupon="TEN-OFF")
    shown = SHOP.preview(world.config, link, world.io()).amount
    assert shown is not None
    assert shown.amount == Decimal("39.90") + 2 * Decimal("149.50")
    done = SHOP.perform(world.config, link, world.io(), key="k", version="", reason="")
    assert done.url == "https://alpe.example/cart/401:1,402:2?discount=TEN-OFF&checkout%5Bemail%5D=a%40b.test"
    with pytest.raises(Rejected, match="sell"):
        SHOP.preview(world.config, MakeCartLink(lines=(DraftLine(product_id="999"),)), world.io())
    draft = MakeDraft(lines=lines, buyer_id=world.buyer("draft@people.test"))
    with pytest.raises(Uncertain):
        SHOP.performed(world.config, draft, world.io(), key="k")
    made = SHOP.perform(world.config, draft, world.io(), key="k", version="", reason="By phone")
    assert made.url.startswith("https://alpe.example/invoices/")
    assert SHOP.perform(world.config, draft, world.io(), key="k", version="", reason="By phone") == made
    assert len(world.shop.drafts) == 1


def test_store_credit_is_shown(world: ShopifyWorld) -> None:
    buyer = world.buyer("credit@people.test")
    assert SHOP.loyalty(world.config, buyer, world.io()) is None
    world.shop.people[gid("Customer", buyer)].credit = Decimal("12.50")
    found = SHOP.loyalty(world.config, buyer, world.io())
    assert found is not None
    assert found.credit is not None
    assert found.credit.amount == Decimal("12.50")


def test_a_list_of_long_orders_has_all_their_lines(world: ShopifyWorld) -> None:
    buyer = world.buyer("long@people.test")
    for quantity in range(1, 7):
        world.put(buyer, world.skus[0], quantity)
        placed = world.check_out(buyer)
    sale = world.sale(placed)
    sale.lines = [type(sale.lines[0])(number, sale.lines[0].variant, 1) for number in range(45)]
    page = SHOP.orders(world.config, buyer, world.io(), limit=6)
    assert [len(order.lines) for order in page.orders] == [45, 1, 1, 1, 1, 1]
    alone = SHOP.order(world.config, placed.order_id, world.io())
    assert alone == page.orders[0]
    world.ship(placed, {line.id: 1 for line in page.orders[0].lines}, "ALL")
    whole = SHOP.orders(world.config, buyer, world.io(), limit=1).orders[0]
    assert sum(line.fulfilled for line in whole.lines) == 45


def test_many_are_looked_for_in_questions_that_shopify_takes(world: ShopifyWorld) -> None:
    buyers = {world.buyer(f"many{n}@people.test", phone=f"+49 30 23251{n:02d}") for n in range(20)}
    who = Sought(
        emails=tuple(f"many{n}@people.test" for n in range(20)),
        phones=tuple(f"+49302325{100 + n}" for n in range(20)),
        order_numbers=tuple(str(n) for n in range(20)),
    )
    assert {one.buyer.id for one in SHOP.find(world.config, who, world.io())} == buyers


def test_an_order_with_a_long_history_is_known_whole(world: ShopifyWorld) -> None:
    placed = bought(world, 9)
    order = SHOP.order(world.config, placed.order_id, world.io())
    assert order is not None
    line = order.lines[0].id
    for number in range(7):
        world.ship(placed, {line: 1}, f"T{number}")
    little = Money(amount=Decimal("1.00"), currency="EUR")
    act = RefundOrder(order_id=placed.order_id, amount=little)
    for number in range(7):
        version = SHOP.preview(world.config, act, world.io()).version
        SHOP.perform(world.config, act, world.io(), key=f"k{number}", version=version, reason="")
    back = AskReturn(order_id=placed.order_id, lines={line: 1})
    for number in range(6):
        version = SHOP.preview(world.config, back, world.io()).version
        SHOP.perform(world.config, back, world.io(), key=f"r{number}", version=version, reason="")
    now = SHOP.order(world.config, placed.order_id, world.io())
    assert now is not None
    assert (now.lines[0].fulfilled, now.lines[0].returned, len(now.refunds)) == (7, 6, 7)
    assert SHOP.performed(world.config, act, world.io(), key="k6") is not None
    assert SHOP.performed(world.config, back, world.io(), key="r5") is not None
    assert SHOP.performed(world.config, act, world.io(), key="another") is None


def test_trouble_inside_shopify_leaves_it_open_whether_it_was_done(world: ShopifyWorld) -> None:
    placed = bought(world)
    act = RefundOrder(order_id=placed.order_id)
    version = SHOP.preview(world.config, act, world.io()).version
    io = world.io()
    broken = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}

    def stop(name: str) -> None:
        answer = HttpResponse(status=200, headers={}, body=json.dumps(broken).encode())
        io.http = lambda *_words, **_named: answer  # type: ignore[method-assign]

    io.checkpoint = stop  # type: ignore[method-assign]
    with pytest.raises(Uncertain):
        SHOP.perform(world.config, act, io, key="k", version=version, reason="")
    with pytest.raises(TryLater):
        SHOP.order(world.config, placed.order_id, io)
