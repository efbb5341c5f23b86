"""What is WooCommerce's own: its ping, webhooks that are lost or asleep, marks in meta data, guests, plugins' words."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from adapters.shops.woocommerce import SHOP, events, read
from adapters.shops.woocommerce.config import WooCommerceConfig
from inbox.commerce import actions
from inbox.commerce.models import ShopEventRow
from inbox.contract import Accept, Challenge, HookRequest, NotAuthentic, Rejected, Uncertain
from inbox.contract.commerce import (
    By,
    Can,
    CancelOrder,
    DraftLine,
    MakeCoupon,
    MakeDraft,
    OrderState,
    Payment,
    Progress,
    RefundOrder,
    Sought,
    Topic,
    Way,
)
from inbox.flows.context import Context
from tests.reading import rows
from tests.services import CORPORA
from tests.shops.woocommerce.world import SKUS, WooWorld, open_world


@pytest.fixture(scope="module")
def world(worlds: Callable[[str], WooWorld]) -> WooWorld:
    return worlds("woocommerce")


def posted(body: bytes, **headers: str) -> HookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HookRequest(method="POST", body=body, headers=named, args={})


def test_the_unsigned_ping_is_answered_and_kept_nowhere(world: WooWorld) -> None:
    ping = posted(b"webhook_id=12", content_type="application/x-www-form-urlencoded")
    assert SHOP.verify(world.config, ping) == Challenge(body="")
    for body in (b'{"id": 12}', b"webhook_id=12&id=3", b"webhook_id=", b""):
        with pytest.raises(NotAuthentic):
            SHOP.verify(world.config, posted(body))
    assert len(world.pings) == 5, "one for each webhook that was made"


def test_the_route_answers_the_ping_with_200_and_keeps_what_is_signed(
    client: FlaskClient, ctx: Context
) -> None:
    values = {
        "site_url": "https://woo.example",
        "consumer_key": "ck",
        "consumer_secret": "cs",
        "hook_secret": "a secret",
    }
    shop_id = ctx.db.run(
        lambda session: actions.connect(session, ctx.shops, ctx.vault, "woocommerce", "Woo", values).id
    )
    path, body = f"/hooks/shop/{shop_id}", b'{"id": 12}'
    assert client.post(path, data={"webhook_id": "12"}).status_code == 200
    assert rows(ctx, ShopEventRow) == []
    assert client.post(path, data=body).status_code == 404
    signed = {"X-WC-Webhook-Signature": events.sign("a secret", body), "X-WC-Webhook-Topic": "order.deleted"}
    for _ in range(2):
        headers = {**signed, "X-WC-Webhook-Delivery-ID": "0a1b"}
        assert client.post(path, data=body, headers=headers).status_code == 200
    assert len(rows(ctx, ShopEventRow)) == 1


def test_an_empty_secret_proves_nothing_and_a_delivery_has_one_name(world: WooWorld) -> None:
    body = b'{"id": 12}'
    bare = world.config.model_copy(update={"hook_secret": world.config.hook_secret_old})
    with pytest.raises(NotAuthentic):
        SHOP.verify(bare, posted(body, x_wc_webhook_signature=events.sign("", body)))
    signed = {"x_wc_webhook_signature": events.sign("the secret of webhooks of these tests", body)}
    told = SHOP.verify(world.config, posted(body, x_wc_webhook_delivery_id="0a1b", **signed))
    assert told == Accept(dedupe_key="0a1b")


def test_connecting_again_wakes_webhooks_and_makes_no_more() -> None:
    with open_world() as world:
        hooks = world.site.hooks.known
        names = set(hooks)
        next(iter(hooks.values()))["status"] = "disabled"
        setup = SHOP.connected(world.config, next(iter(hooks.values()))["delivery_url"], world.io())
        assert set(hooks) == names
        assert {hook["status"] for hook in hooks.values()} == {"active"}
        SHOP.disconnected(world.config, world.io(setup.facts))
        SHOP.disconnected(world.config, world.io(setup.facts))
        assert hooks == {}


def test_a_key_that_may_only_read_offers_no_acts_and_makes_no_webhooks() -> None:
    with open_world() as world:
        world.site.read_only = True
        health = SHOP.health(world.config, world.io())
        assert health.ok
        left = SHOP.can(world.config, dict(health.facts))
        assert left == {Can.ORDER_SEARCH, Can.PRODUCT_SEARCH, Can.STOCK}
        assert (
            SHOP.connected(world.config, "https://desk.example/hooks/shop/1", world.io(health.facts)).facts
            == {}
        )


def test_orders_whose_webhooks_are_lost_are_told_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PAGES_MAX", 1)
    monkeypatch.setattr(events, "PAGE_MAX", 2)
    with open_world() as world:
        world.site.hooks.lost = True
        old = world.guest_order("old@people.test")
        start = {"at": f"{world.site.now.isoformat()}", "seen": []}
        placed = {world.guest_order(f"guest{number}@people.test").order_id for number in range(5)}
        told: list[str] = []
        since: Any = start
        for _ in range(3):
            found, since = SHOP.changes(world.config, json.loads(json.dumps(since)), world.io())
            told += [event.id for event in found if event.topic is Topic.ORDER]
        assert set(told) - {old.order_id} == placed
        assert len(told) == len(set(told))
        assert SHOP.changes(world.config, since, world.io())[0] == (), "and nothing is told again"
        world.touch(old)
        [again], since = SHOP.changes(world.config, since, world.io())
        assert (again.id, again.who.emails) == (old.order_id, ("old@people.test",))


def test_a_draft_is_made_once_and_has_a_link_to_pay(world: WooWorld) -> None:
    buyer = world.buyer("draft@people.test")
    goods = SHOP.product(world.config, SKUS[0], world.io())
    assert goods is not None
    act = MakeDraft(lines=(DraftLine(product_id=goods.id, quantity=2),), buyer_id=buyer)
    assert SHOP.performed(world.config, act, world.io(), key="k-draft") is None
    shown = SHOP.preview(world.config, act, world.io())
    assert shown.amount is not None
    assert str(shown.amount.amount) == "20.00"
    done = SHOP.perform(world.config, act, world.io(), key="k-draft", version="", reason="Asked")
    assert f"/checkout/order-pay/{done.id}/?pay_for_order=true&key=" in done.url
    assert SHOP.perform(world.config, act, world.io(), key="k-draft", version="", reason="Asked") == done
    order = SHOP.order(world.config, done.id, world.io())
    assert order is not None
    assert (order.payment, order.buyer_id, order.email) == (Payment.PENDING, buyer, "draft@people.test")
    assert world.site.orders[int(done.id)]["billing"]["last_name"] == "Silva", (
        "nobody is asked for it any more"
    )
    with pytest.raises(Rejected):
        SHOP.preview(world.config, MakeDraft(lines=(DraftLine(product_id="4"),)), world.io())


def test_a_code_is_bound_to_the_customer(world: WooWorld) -> None:
    io = world.io()
    act = MakeCoupon(code="FOR-VERA-1", percent=5, ends_at=io.now(), buyer_id=world.buyer("code@people.test"))  # type: ignore[arg-type] # read as a number
    done = SHOP.perform(world.config, act, io, key="k-code", version="", reason="Sorry")
    made = world.site.coupons[int(done.id)]
    assert (made["usage_limit"], made["email_restrictions"]) == (1, ["code@people.test"])


def test_what_the_gateway_cannot_give_back_is_said_to_be_open(world: WooWorld) -> None:
    placed = world.guest_order("cod@people.test")
    world.site.orders[int(placed.order_id)]["payment_method"] = "cod"
    act = RefundOrder(order_id=placed.order_id)
    shown = SHOP.preview(world.config, act, world.io())
    assert shown.notes
    done = SHOP.perform(world.config, act, world.io(), key="k-cod", version=shown.version, reason="Sorry")
    assert done.pending
    assert done == SHOP.performed(world.config, act, world.io(), key="k-cod")


def test_a_cancellation_that_stops_half_way_goes_on_without_a_second_refund(world: WooWorld) -> None:
    placed = world.guest_order("half@people.test")
    act = CancelOrder(order_id=placed.order_id)
    version = SHOP.preview(world.config, act, world.io()).version
    steps: list[str] = []

    def stop(name: str) -> None:
        steps.append(name)
        if len(steps) == 3:  # before the second of two requests
            raise KeyboardInterrupt

    io = world.io()
    io.checkpoint = stop  # type: ignore[method-assign] # the process dies here
    with pytest.raises(KeyboardInterrupt):
        SHOP.perform(world.config, act, io, key="k-half", version=version, reason="Sorry")
    assert world.site.orders[int(placed.order_id)]["status"] == "refunded"
    assert SHOP.performed(world.config, act, world.io(), key="k-half") is None
    done = SHOP.perform(world.config, act, world.io(), key="k-half", version=version, reason="Sorry")
    order = SHOP.order(world.config, placed.order_id, world.io())
    assert order is not None
    assert (order.state, len(order.refunds)) == (OrderState.CANCELLED, 1)
    assert done == SHOP.performed(world.config, act, world.io(), key="k-half")
    assert done.amount == order.total


def test_an_address_that_wordpress_takes_for_none_finds_nobody(world: WooWorld) -> None:
    assert SHOP.find(world.config, Sought(emails=("jürgen@people.test",)), world.io()) == ()


def test_an_answer_that_names_nothing_leaves_it_open(
    world: WooWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = world.guest_order("odd@people.test")
    act = RefundOrder(order_id=placed.order_id)
    version = SHOP.preview(world.config, act, world.io()).version
    monkeypatch.setattr(world.site, "refund", lambda _order, _body: {"fine": True})
    with pytest.raises(Uncertain):
        SHOP.perform(world.config, act, world.io(), key="k-odd", version=version, reason="Sorry")


def test_whoever_works_in_the_shop_is_found_and_no_id_stands_for_all_guests(world: WooWorld) -> None:
    staff = world.buyer("boss@people.test")
    world.site.customers[int(staff)]["role"] = "shop_manager"
    [found] = SHOP.find(world.config, Sought(emails=("boss@people.test",)), world.io())
    assert (found.buyer.id, found.by, found.buyer.segments) == (staff, By.EMAIL, ("shop_manager",))
    world.guest_order("someone@people.test")
    assert SHOP.orders(world.config, "0", world.io()).orders == ()
    assert SHOP.buyer(world.config, "0", world.io()) is None


def test_plugins_words_pick_up_and_parcels_without_pieces(world: WooWorld) -> None:
    placed = world.guest_order("words@people.test")
    raw = world.site.orders[int(placed.order_id)]
    raw["status"] = "in-the-oven"
    order = read.order(world.config, raw, ())
    assert (order.state, order.raw_state) == (OrderState.UNKNOWN, "in-the-oven")
    assert {Can.CANCEL, Can.EDIT_ADDRESS} <= set(order.refused)
    tracking = {
        "tracking_number": "RR1",
        "custom_tracking_link": "javascript:alert(1)",
        "tracking_provider": "ctt",
    }
    raw["meta_data"].append({"id": 1, "key": "_wc_shipment_tracking_items", "value": [tracking]})
    [parcel] = read.order(world.config, raw, ()).fulfilments
    assert (parcel.progress, parcel.tracking[0].url, parcel.tracking[0].carrier) == (
        Progress.SHIPPED,
        "",
        "ctt",
    )
    raw["meta_data"].clear()
    raw["shipping_lines"][0] |= {"method_id": "local_pickup", "method_title": "Shop in Porto"}
    raw["status"] = "ready-pickup"
    [waiting] = read.order(world.config, raw, ()).fulfilments
    assert (waiting.way, waiting.progress, waiting.store) == (
        Way.PICKUP_STORE,
        Progress.READY_FOR_PICKUP,
        "Shop in Porto",
    )


def test_keys_go_over_https_only_and_secrets_stay_as_they_are() -> None:
    known = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
    with pytest.raises(ValueError, match="https"):
        WooCommerceConfig.model_validate({"site_url": "http://shop.example", **known})
    with pytest.raises(ValueError, match="WordPress changes"):
        WooCommerceConfig.model_validate({"site_url": "https://shop.example", "hook_secret": "a&b", **known})


@pytest.mark.corpora
def test_the_documentations_answers_are_read() -> None:
    """The examples of WooCommerce's own documentation, each of which is read as it stands."""
    folder = CORPORA / "woocommerce"
    if not folder.is_dir():
        pytest.skip("../shared/corpora/woocommerce is not there")
    config = WooCommerceConfig.model_validate(
        {"site_url": "https://example.com", "consumer_key": "ck", "consumer_secret": "cs", "country": "US"}
    )
    found = 0
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        for one in data if isinstance(data, list) else [data]:
            found += _read(config, path.name, one)
    assert found >= 20


def _read(config: WooCommerceConfig, name: str, one: Any) -> bool:
    if "id" not in one:
        return False  # the answer of a batch, or another list
    if name.startswith("orders-"):
        order = read.order(config, one, ())
        assert order.total.amount == sum(line.total.amount for line in order.lines) + (
            order.shipping.amount if order.shipping else 0
        )
        assert order.state is not OrderState.UNKNOWN
        assert all("&" not in line.product.title for line in order.lines)
    elif name.startswith("order-refunds-"):
        assert read.returned([one]) is not None
    elif name.startswith("order-notes-"):
        assert read.note(one) in ("", one["note"])
    elif name.startswith("products-"):
        assert read.product(one, "USD").title == one["name"]
    elif name.startswith("customers-"):
        assert read.phones(config, one["billing"]["phone"]) in ((), ("+15555555555",))
    else:
        return False
    return True
