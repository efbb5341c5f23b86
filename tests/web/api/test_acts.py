"""Acts through the API: previewed, confirmed once, decided by those who may."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Team
from inbox.agents.words import Role
from inbox.channels.models import Channel
from inbox.commerce import limits
from inbox.commerce.models import ShopAct
from inbox.contract import TryLater
from inbox.flows.context import Context
from tests.factories import Make
from tests.reading import Thread, rows, the
from tests.shops import Kiosk, connect, order
from tests.web.api.conftest import Api

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
Json = dict[str, Any]


@pytest.fixture
def ben(make: Make, api_of: Callable[[AgentIdentity], Api]) -> Api:
    return api_of(make.agent("Ben"))


@pytest.fixture
def shop(ctx: Context, make: Make, kiosk: Kiosk) -> int:
    """Anna, who writes, has an order of 40 EUR in it."""
    kiosk.sells(order("1001", email="anna"))
    make.inbound(make.channel(), "It came broken.")
    return connect(ctx)


def refund(ctx: Context, **more: Any) -> Json:
    act = {"kind": "refund", "order_id": "o1001", "lines": {"l1": 1}}
    return {"customer_id": the(ctx, Thread).customer_id, "act": act, **more}


def confirmed(ctx: Context, shown: Json, key: str = "key-number-1", **more: Any) -> Json:
    seen = {name: shown[name] for name in ("version", "amount", "most")}
    return refund(ctx, key=key, reason="damaged", **seen, **more)


@sqlite
def test_a_refund_from_preview_to_the_act(ctx: Context, ben: Api, shop: int) -> None:
    shown = ben.post(f"/shops/{shop}/acts/preview", refund(ctx), 200)
    assert shown == {
        "amount": {"amount": "20.00", "currency": "EUR"},
        "most": {"amount": "40.00", "currency": "EUR"},
        "version": "1",
        "notes": [],
        "alone": True,
        "limit": None,
    }
    body = confirmed(ctx, shown)
    act = ben.post(f"/shops/{shop}/acts", body)
    assert (act["state"], act["agent"], act["order_number"], act["reason"]) == (
        "done",
        "Ben",
        "1001",
        "damaged",
    )
    assert act["result"]["amount"] == {"amount": "20.00", "currency": "EUR"}
    assert ben.post(f"/shops/{shop}/acts", body, 200)["id"] == act["id"]
    other = {**body, "reason": "something else"}
    assert ben.problem("POST", f"/shops/{shop}/acts", other) == (409, "idempotency-mismatch")
    assert [each["id"] for each in ben.get("/acts", customer_id=body["customer_id"])["items"]] == [act["id"]]
    refused = ben.call("POST", f"/shops/{shop}/acts", confirmed(ctx, shown, "key-number-2"))
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/changed")
    assert refused.json["now"]["most"]["amount"] == "20.00"
    assert refused.json["difference"] == ["At most 20.00 EUR can be given back now; it was 40.00 EUR."]


@sqlite
def test_what_is_above_the_limit_is_decided_by_another_one(
    ctx: Context, make: Make, ben: Api, api_of: Callable[[AgentIdentity], Api], shop: int
) -> None:
    ctx.db.run(lambda session: limits.replace(session, {("agent", "refund", "EUR"): Decimal(5)}))
    shown = ben.post(f"/shops/{shop}/acts/preview", refund(ctx), 200)
    assert (shown["alone"], shown["limit"]) == (False, {"amount": "5", "currency": "EUR"})
    act = ben.post(f"/shops/{shop}/acts", confirmed(ctx, shown))
    assert (act["state"], act["decide"], act["why_not"]) == (
        "proposed",
        False,
        "Supervisors and admins decide about this.",
    )
    busy = ben.call("POST", f"/shops/{shop}/acts", confirmed(ctx, shown, "key-number-2"))
    assert (busy.json["type"], busy.json["act"]["id"]) == ("/problems/busy", act["id"])
    assert ben.problem("POST", f"/acts/{act['id']}/approve") == (422, "not-yours")
    sue = api_of(make.agent("Sue", Role.SUPERVISOR))
    assert [each["decide"] for each in sue.get("/acts", state="proposed")["items"]] == [True]
    assert sue.problem("POST", f"/acts/{act['id']}/refuse", {}) == (422, "reason-needed")
    done = sue.post(f"/acts/{act['id']}/approve", status=200)
    assert (done["state"], done["decided_by"]) == ("done", "Sue")
    assert sue.problem("POST", f"/acts/{act['id']}/approve") == (422, "decided")
    assert sue.get("/acts", state="proposed")["items"] == []


@sqlite
def test_what_keeps_an_order_busy_is_shown_to_those_who_may_read_its_thread(
    ctx: Context, make: Make, ben: Api, api_of: Callable[[AgentIdentity], Api], shop: int, kiosk: Kiosk
) -> None:
    ctx.db.run(lambda session: limits.replace(session, {("agent", "refund", "EUR"): Decimal(5)}))
    shown = ben.post(f"/shops/{shop}/acts/preview", refund(ctx), 200)
    ada = api_of(make.agent("Ada", Role.ADMIN))
    hers = confirmed(ctx, shown)
    ben.post(f"/shops/{shop}/acts", hers)
    make.inbound(the(ctx, Channel).id, "Where is our parcel?", sender="bert")
    kiosk.sells(order("1001", email="bert"))
    bert = the(ctx, Thread, Thread.customer_id != hers["customer_id"])
    with ctx.db.write() as session:
        team_id = session.execute(
            insert(Team).values(name="Others", created_at=ctx.clock()).returning(Team.id)
        ).scalar_one()
        session.execute(update(Thread).where(Thread.id != bert.id).values(team_id=team_id))
    his = {**hers, "key": "key-number-2", "customer_id": bert.customer_id}
    for agent, told in ((ben, None), (ada, "Ben")):
        busy = agent.call("POST", f"/shops/{shop}/acts", his)
        act = busy.json["act"]
        assert (busy.json["type"], act and act["agent"]) == ("/problems/busy", told)


@sqlite
def test_what_cannot_be_done_says_why(ctx: Context, ben: Api, shop: int, kiosk: Kiosk) -> None:
    preview, confirm = f"/shops/{shop}/acts/preview", f"/shops/{shop}/acts"
    body = refund(ctx, key="key-number-1", version="1", reason=" ")
    assert ben.problem("POST", confirm, body) == (422, "reason-needed")
    floats = refund(ctx)
    floats["act"] = {**floats["act"], "lines": None, "amount": {"amount": 1.5, "currency": "EUR"}}
    assert ben.problem("POST", preview, floats) == (422, "invalid")
    floats["act"]["amount"]["amount"] = "1E+30"
    assert ben.problem("POST", preview, floats) == (422, "invalid")
    kiosk.sells(order("1001", email="somebody else"))
    assert ben.problem("POST", preview, refund(ctx)) == (422, "not-linked")
    kiosk.sells(order("1001", email="anna", allowed=frozenset()))
    assert ben.problem("POST", preview, refund(ctx)) == (422, "refused")
    assert ben.problem("POST", "/shops/987654/acts/preview", refund(ctx)) == (404, "not-found")
    assert ben.problem("POST", preview, {**refund(ctx), "customer_id": 987654}) == (404, "not-found")
    assert ben.problem("GET", "/acts") == (422, "invalid")
    with kiosk.troubled(TryLater("The kiosk is closed.")):
        assert ben.problem("POST", preview, refund(ctx)) == (503, "unavailable")
    assert rows(ctx, ShopAct) == []
