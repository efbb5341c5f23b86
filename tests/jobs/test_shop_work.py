"""The loop of shops: rung awake, one thread a shop, and what fails unforeseen holds up nobody."""

import threading
from collections.abc import Iterator

import pytest

from inbox.commerce import ledger
from inbox.commerce.models import CartRow, ShopEventRow
from inbox.contract import Raw
from inbox.contract.commerce import ShopEvent, Topic
from inbox.flows.context import Context
from inbox.jobs.loops import Crew, Loop
from inbox.jobs.shops import ShopWork
from tests.peers.process import wait_until
from tests.reading import rows
from tests.shops import Kiosk, cart, connect, signed


@pytest.fixture
def crew(ctx: Context) -> Iterator[Crew]:
    made = Crew(ctx, [Loop("shops", ShopWork().run)])
    yield made
    made.stop()


def tells(ctx: Context, shop_id: int, cart_id: str) -> None:
    body, headers = signed(ShopEvent(topic=Topic.CART, id=cart_id), delivery=cart_id)
    told = ledger.Told(Raw(body=body, headers=headers), "hook", cart_id)
    ctx.db.run(ledger.keep, shop_id, [told], ctx.clock())


def test_a_shop_that_hangs_and_one_that_breaks_hold_up_themselves_only(
    ctx: Context, kiosk: Kiosk, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, breaks, works = (connect(ctx, name, site=f"{name}.example") for name in ("a", "b", "c"))
    kiosk.sells(*(cart(f"{name}1") for name in "abc"))
    real, held = kiosk.cart, threading.Event()

    def cart_of(config, cart_id, io):  # type: ignore[no-untyped-def]
        if cart_id == "a1":
            held.wait(60)
        if cart_id == "b1":
            raise KeyError("a mistake in the adapter")
        return real(config, cart_id, io)

    monkeypatch.setattr(kiosk, "cart", cart_of)
    crew.start()
    for shop_id, cart_id in ((hangs, "a1"), (breaks, "b1"), (works, "c1")):
        tells(ctx, shop_id, cart_id)
    wait_until(lambda: [row.external_id for row in rows(ctx, CartRow)] == ["c1"], 30, "c")
    wait_until(lambda: rows(ctx, ShopEventRow, ShopEventRow.shop_id == breaks)[0].error is not None, 30, "b")
    wait_until(lambda: rows(ctx, ShopEventRow, ShopEventRow.shop_id == works)[0].state == "done", 30, "done")
    states = {row.shop_id: str(row.state) for row in rows(ctx, ShopEventRow)}
    assert states[breaks] == "new", "it is tried again"
    assert states[works] == "done"
    held.set()
    wait_until(lambda: len(rows(ctx, CartRow)) == 2, 30, "a")
