"""What only Medusa's adapter does, on a shop inside this process; and its plugin, run by Node."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.shops import signed
from adapters.shops.medusa import SHOP
from inbox.contract import Raw, Rejected
from inbox.contract.commerce import (
    AskReturn,
    By,
    Can,
    CancelOrder,
    Changed,
    Order,
    Progress,
    RefundOrder,
    ReturnState,
    ShopEvent,
    Sought,
    Topic,
    Way,
)
from inbox.contract.commerce.conformance.world import until
from tests.shops.hands import Ear
from tests.shops.install import ROOT, node
from tests.shops.medusa.admin import Admin
from tests.shops.medusa.store import LISBON, PICKUP, SKUS
from tests.shops.medusa.world import KEY, SECRET, AdminIo, MedusaWorld

SUBSCRIBER = ROOT / "contrib" / "medusa-plugin" / "src" / "subscribers" / "onethread.ts"


@pytest.fixture
def world() -> MedusaWorld:
    return MedusaWorld()


def placed(world: MedusaWorld, pieces: int = 2, *, option: str = "so_parcel") -> str:
    buyer = world.buyer("ana@people.test")
    made = world.store.complete(world.put(buyer, SKUS[0], pieces), option=option)
    return str(made["id"])


def now(world: MedusaWorld, order_id: str) -> Order:
    order = SHOP.order(world.config, order_id, world.io())
    assert order is not None
    return order


def test_goods_wait_in_the_store_and_are_fetched(world: MedusaWorld) -> None:
    order_id = placed(world, option=PICKUP)
    [left] = now(world, order_id).fulfilments
    assert (left.way, left.progress, left.store) == (Way.PICKUP_STORE, Progress.UNFULFILLED, "Store Lisbon")
    line = now(world, order_id).lines[0].id
    parcel = world.store.pack(order_id, {line: 2}, option=PICKUP)
    [ready] = now(world, order_id).fulfilments
    assert (ready.progress, ready.store_id) == (Progress.READY_FOR_PICKUP, LISBON)
    assert ready.ready_at is not None
    assert ready.tracking == ()
    parcel["delivered_at"] = world.store.now()
    [fetched] = now(world, order_id).fulfilments
    assert fetched.progress is Progress.PICKED_UP
    levels = SHOP.stock(world.config, SKUS[0], world.io())
    assert {level.location: level.pickup for level in levels} == {"Store Lisbon": True, "Store Porto": False}


def test_orders_without_a_customer_are_found_by_their_whole_address(world: MedusaWorld) -> None:
    for address in ("no-account@people.test", "not-no-account@people.test"):
        world.store.complete(world.store.fill(None, address, SKUS[0], 1))
    [found] = SHOP.find(world.config, Sought(emails=("no-account@people.test",)), world.io())
    assert (found.by, found.buyer.guest, found.buyer.orders_count) == (By.EMAIL, True, 1)
    [order] = SHOP.orders(world.config, found.buyer.id, world.io()).orders
    assert (order.email, order.buyer_id) == ("no-account@people.test", found.buyer.id)
    assert SHOP.buyer(world.config, found.buyer.id, world.io()) == found.buyer
    world.store.fill(None, "no-account@people.test", SKUS[1], 1)
    assert len(SHOP.carts(world.config, found.buyer.id, world.io())) == 1


def test_a_return_is_asked_for_once_also_after_it_stopped_half_way(world: MedusaWorld) -> None:
    order_id = placed(world, 3)
    [line] = now(world, order_id).lines
    act = AskReturn(order_id=order_id, lines={line.id: 2}, drop_off=f"store:{LISBON}")
    with pytest.raises(Rejected, match="Nothing is packed"):
        SHOP.preview(world.config, act, world.io())
    world.store.pack(order_id, {line.id: 3})
    version = SHOP.preview(world.config, act, world.io()).version

    class Dying(AdminIo):
        def checkpoint(self, name: str) -> None:
            raise KeyboardInterrupt(name)

    def ask(io: AdminIo) -> str:
        return SHOP.perform(world.config, act, io, key="a key", version=version, reason="Too small").id

    with pytest.raises(KeyboardInterrupt):
        ask(Dying(world.admin))
    assert SHOP.performed(world.config, act, world.io(), key="a key") is None
    asked = ask(AdminIo(world.admin))
    assert ask(AdminIo(world.admin)) == asked
    [back] = now(world, order_id).returns
    assert (back.id, back.state, dict(back.lines), back.drop_off) == (
        asked,
        ReturnState.OPEN,
        {line.id: 2},
        f"store:{LISBON}",
    )
    with pytest.raises(Rejected, match="not as many pieces"):
        SHOP.preview(world.config, act, world.io())


def test_everything_is_given_back_over_several_payments(world: MedusaWorld) -> None:
    order_id = placed(world)
    [collection] = world.store.orders[order_id]["payment_collections"]
    [payment] = collection["payments"]
    payment["captures"][0]["amount"] = 100.3
    rest = {
        "id": "pay_2",
        "currency_code": "eur",
        "refunds": [],
        "captures": [{"id": "capt_2", "amount": 84}],
    }
    collection["payments"].append(rest)
    act = RefundOrder(order_id=order_id)
    shown = SHOP.preview(world.config, act, world.io())
    assert shown.amount is not None
    assert shown.amount.amount == Decimal("184.30")
    done = SHOP.perform(world.config, act, world.io(), key="k", version=shown.version, reason="All of it")
    assert done.amount == shown.amount
    assert [len(one["refunds"]) for one in collection["payments"]] == [1, 1]
    assert now(world, order_id).refunds[0].reason == "All of it"


def test_what_medusa_would_do_otherwise_than_wished_is_refused(world: MedusaWorld) -> None:
    order_id = placed(world)
    line = now(world, order_id).lines[0].id
    for act, said in (
        (CancelOrder(order_id=order_id, refund=False), "always gives back"),
        (CancelOrder(order_id=order_id, restock=False), "always frees"),
        (RefundOrder(order_id=order_id, lines={line: 1}), "amounts of a payment"),
        (RefundOrder(order_id=order_id, restock=True), "a return is received"),
    ):
        with pytest.raises(Rejected, match=said):
            SHOP.preview(world.config, act, world.io())


def test_our_own_notes_are_no_change_and_metadata_of_others_is(world: MedusaWorld) -> None:
    order_id = placed(world)
    version = now(world, order_id).version
    world.store.orders[order_id]["metadata"] = {"onethread_cancel_0": {"amount": ""}}
    assert now(world, order_id).version == version
    world.store.orders[order_id]["metadata"]["gift"] = "yes"
    with pytest.raises(Changed):
        SHOP.perform(
            world.config, CancelOrder(order_id=order_id), world.io(), key="k", version=version, reason=""
        )
    assert world.store.orders[order_id]["status"] == "pending"


def test_without_the_plugin_there_are_no_carts(world: MedusaWorld) -> None:
    io = AdminIo(Admin(world.store, KEY, plugin=False))
    health = SHOP.health(world.config, io)
    assert health.ok
    assert health.facts["account_name"] == "Trail shop"
    missing = SHOP.manifest.can - SHOP.can(world.config, dict(health.facts))
    assert missing == {Can.CART_READ, Can.CART_PUSH}
    assert SHOP.carts(world.config, "cus_1", io) == ()


TELL = """
import tell from %s;
const found = {
    payment: { payment_collection: { order: { id: "order_1" } } },
    fulfillment: {},
    order: { cart: { id: "cart_1" } },
};
const query = { graph: async ({ entity }) => ({ data: [found[entity]] }) };
const container = { resolve: name => (name === "query" ? query : console) };
for (const [name, data] of %s) await tell({ event: { name, data }, container });
"""


def test_the_plugin_signs_what_it_tells(tmp_path: Path, world: MedusaWorld) -> None:
    program = node()
    if program is None:
        pytest.skip("Node is not installed")
    events = [
        ("cart.updated", {"id": "cart_9"}),
        ("payment.refunded", {"id": "pay_1"}),
        ("delivery.created", {"id": "ful_of_a_return"}),
        ("order.placed", {"id": "order_2"}),
        ("order.fulfillment_created", {"order_id": "order_3", "fulfillment_id": "ful_1"}),
        ("customer.deleted", [{"id": "cus_1"}, {"id": "cus_2"}]),
    ]
    script = tmp_path / "tell.mjs"
    script.write_text(TELL % (json.dumps(SUBSCRIBER.as_uri()), json.dumps(events)))
    heard: list[ShopEvent] = []

    def all_of_them() -> set[tuple[Topic, str]] | None:
        for request in ear.take():
            SHOP.verify(world.config, request)
            heard.extend(signed.parse(Raw(body=request.body, headers=request.headers)))
        return {(one.topic, one.id) for one in heard} if len(heard) >= 7 else None

    with Ear() as ear:
        environment = {"ONETHREAD_HOOK_URL": ear.url, "ONETHREAD_HOOK_SECRET": SECRET}
        subprocess.run([program, "--no-warnings", str(script)], env=environment, check=True, timeout=60)
        told = until(all_of_them, "seven events")
    assert told == {
        (Topic.CART, "cart_9"),
        (Topic.ORDER, "order_1"),
        (Topic.ORDER, "order_2"),
        (Topic.CART, "cart_1"),
        (Topic.ORDER, "order_3"),
        (Topic.FORGET, "cus_1"),
        (Topic.FORGET, "cus_2"),
    }
