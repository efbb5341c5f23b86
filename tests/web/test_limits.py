"""Limits and approvals as pages."""

from collections.abc import Callable

import pytest

from inbox.agents.words import Role
from inbox.commerce import limits
from inbox.commerce.models import ShopAct
from inbox.commerce.words import ActState
from inbox.contract.commerce import Preview, RefundOrder
from inbox.flows import acts
from inbox.flows.context import Context
from tests.factories import Make
from tests.reading import Thread, the
from tests.shops import Kiosk, connect, order
from tests.web.conftest import Browser

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def table(ctx: Context) -> dict[tuple[str, str, str], str]:
    with ctx.db.read() as session:
        found = limits.table(session)
    return {cell: "" if most is None else str(most) for cell, most in found.items()}


@sqlite
def test_limits_are_set_and_only_what_says_something_is_kept(ctx: Context, admin: Browser) -> None:
    page = admin.text("/settings/limits?currency=eur")
    assert "Most in EUR" in page
    fields = {
        "key": ["agent/refund/EUR", "agent/refund/USD", "agent/coupon/%", "supervisor/refund/EUR"],
        "most": ["49,90", "", "15", ""],
    }
    assert admin.submit("/settings/limits", **fields).status_code == 303
    assert table(ctx) == {
        ("agent", "refund", "EUR"): "49.90",
        ("agent", "refund", "USD"): "",
        ("agent", "coupon", "%"): "15",
    }
    assert 'value="49.90"' in admin.text("/settings/limits")
    wrong = admin.submit("/settings/limits", key=["agent/refund/EUR"], most=["much"])
    assert wrong.status_code == 422
    assert "Enter an amount such as 50" in wrong.text
    assert 'value="much"' in wrong.text
    assert admin.submit("/settings/limits", key=["admin/refund/EUR"], most=["1"]).status_code == 422
    assert len(table(ctx)) == 3


@sqlite
def test_a_supervisor_approves_on_the_list(
    ctx: Context, make: Make, kiosk: Kiosk, admin: Browser, signed_in: Callable[..., Browser]
) -> None:
    admin.submit("/settings/limits", key=["agent/refund/EUR"], most=["0"])
    kiosk.sells(order("1001", email="anna"), order("1002", email="anna"))
    shop = connect(ctx)
    make.inbound(make.channel(), "It came broken.")
    ben, customer = make.agent("Ben"), the(ctx, Thread).customer_id
    ids = []
    for number in ("1001", "1002"):
        act = RefundOrder(order_id=f"o{number}")
        asked = acts.Asked(f"key-of-{number}", customer, act, "damaged", shown=Preview(version="1"))
        ids.append(acts.confirm(ctx, ben, shop, asked).act_id)
    sue = signed_in(Role.SUPERVISOR)
    page = sue.text("/approvals")
    assert page.count("40.00 EUR") == 2
    assert "damaged" in page
    assert sue.submit("/approvals", f"/approvals/{ids[0]}/approve").status_code == 303
    assert "Approved, and done." in sue.text("/approvals")
    assert sue.submit("/approvals", f"/approvals/{ids[1]}/refuse").status_code == 422
    refused = sue.submit("/approvals", f"/approvals/{ids[1]}/refuse", reason="Ask for a photo.")
    assert refused.status_code == 303
    assert "Nothing waits for you." in sue.text("/approvals")
    states = {act_id: the(ctx, ShopAct, ShopAct.id == act_id).state for act_id in ids}
    assert states == {ids[0]: ActState.DONE, ids[1]: ActState.REFUSED}
