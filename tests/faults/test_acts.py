"""A process dies at each point of an act: the refund is made once, and everybody learns that it was."""

import contextlib
from dataclasses import replace

import pytest
from sqlalchemy import text

from inbox.commerce import actions
from inbox.commerce.registry import Registry
from tests.faults.conftest import Desk
from tests.peers.process import wait_until
from tests.shops import order
from tests.shops.stall import install


@pytest.mark.parametrize("point", ["after_claim", "before_wire", "after_wire", "before_ack"])
def test_a_crash_while_refunding(desk: Desk, point: str) -> None:
    installation = desk.installation
    stall = install(installation)
    stall.sells(order("1001", email="c0@example.org"))
    stall.write()
    [thread_id] = desk.customers_write(1)
    with installation.context() as ctx:
        ctx = replace(ctx, shops=Registry({"stall": stall}))
        shop = ctx.db.run(
            lambda session: actions.connect(session, ctx.shops, ctx.vault, "stall", "Stall", {}).id
        )
    server = installation.serve(ONETHREAD_CRASH_AT=point)
    customer = installation.api(f"/threads/{thread_id}")["customer"]["id"]
    body = {
        "key": "key-number-1",
        "customer_id": customer,
        "act": {"kind": "refund", "order_id": "o1001", "lines": {"l1": 1}},
        "reason": "damaged",
        "version": "1",
    }
    with contextlib.suppress(OSError):  # the crash is quicker than the answer
        installation.api(f"/shops/{shop}/acts", body)
    assert server.popen.wait(30) == 137, server.output

    installation.serve()
    again = installation.api(f"/shops/{shop}/acts", body)  # as a browser does that had no answer

    def is_done() -> bool:
        [act] = installation.api(f"/acts?customer_id={customer}")["items"]
        assert act["id"] == again["id"]
        return bool(act["state"] == "done")

    wait_until(is_done, 60, "the act done")
    stall.read()
    assert list(stall.done) == ["key-number-1"]
    assert str(stall.sales["o1001"].refunded and stall.sales["o1001"].refunded.amount) == "20.00"
    with installation.context() as ctx, ctx.db.read() as session:
        said = session.execute(
            text("SELECT body_text FROM message WHERE kind = 'system' ORDER BY seq")
        ).scalars()
        assert list(said)[-1] == "Ada refunded 20.00 EUR of order #1001: damaged"
