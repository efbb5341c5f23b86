"""Deciding who is who, exporting and erasing through the API."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.customers.likeness import sign
from inbox.flows import people, privacy
from inbox.flows.context import Context
from tests.factories import Make
from tests.reading import Customer, Identity, Message, rows, the
from tests.web.api.conftest import Api
from tests.web.api.test_openapi import check

ApiOf = Callable[[AgentIdentity], Api]


@pytest.fixture
def two(make: Make) -> int:
    """Two customers with three messages; the channel."""
    channel = make.channel()
    make.inbound(channel, "First", sender="anna", name="Anna M.")
    make.inbound(channel, "Second", sender="anna@loft", name="Anna Moretti")
    make.inbound(channel, "Third", sender="anna")
    return channel


def prove_both(ctx: Context) -> None:
    """Each has proved an id of the shop's, and they are different ones."""
    with ctx.db.write() as session:
        for number in (1, 2):
            seen = {"first_seen_at": ctx.clock(), "last_seen_at": ctx.clock()}
            name = {"namespace": "user", "account": "shop", "address": f"u{number}", "display": f"u{number}"}
            session.add(Identity(customer_id=number, level="verified", **name, **seen))


def test_a_merge_is_previewed_made_and_undone(api: Api, two: int) -> None:
    pair = {"survivor_id": 2, "other_id": 1}
    preview = api.post("/merges/preview", pair, status=200)
    check("preview_merge", 200, preview)
    assert (preview["threads"], preview["messages"], preview["allowed"]) == (2, 3, True)
    merged = api.post("/merges", {**pair, "take": {"name": "other"}})
    check("merge_customers", 201, merged)
    assert merged == {"merge_id": 1, "customer_id": 2, "thread_id": 2}

    gone = api.get("/customers/1")
    assert (gone["id"], gone["name"], gone["thread_id"]) == (2, "Anna M.", 2), (
        "the old id answers with the survivor"
    )
    history = api.get("/customers/1/merges")
    check("list_merges", 200, history)
    assert [(entry["other"]["id"], entry["can_undo"], entry["agent"]) for entry in history["items"]] == [
        (1, True, "Ada")
    ]
    assert len(api.get("/customers")["items"]) == 1
    changed = api.call("PATCH", "/customers/1", {"tags": ["vip"]}).json
    assert (changed["id"], changed["tags"]) == (2, ["vip"])

    assert api.call("POST", "/merges/1/undo").status_code == 204
    assert api.get("/customers/1")["id"] == 1
    assert api.problem("POST", "/merges/1/undo") == (409, "conflict")
    assert api.problem("POST", "/merges/99/undo") == (404, "not-found")
    assert not api.get("/customers/2/merges")["items"][0]["can_undo"]


@pytest.mark.parametrize(
    "body",
    [
        {"survivor_id": 1},
        {"survivor_id": 1, "other_id": 1},
        {"survivor_id": "1", "other_id": 2},
        {"survivor_id": 1, "other_id": 2, "take": {"name": "both"}},
        {"survivor_id": 1, "other_id": 2, "take": {"nothing": "other"}},
        {"survivor_id": 1, "other_id": 2, "confirmed": "yes"},
        {"survivor_id": 1, "other_id": 2, "reason": "because"},
    ],
)
def test_what_is_no_merge_is_refused(api: Api, ctx: Context, two: int, body: dict[str, object]) -> None:
    assert api.problem("POST", "/merges", body) == (422, "invalid")
    assert {row.merged_into_id for row in rows(ctx, Customer)} == {None}


def test_different_proved_ids_need_a_supervisor_and_a_confirmation(
    api_of: ApiOf, make: Make, ctx: Context, two: int
) -> None:
    prove_both(ctx)
    agent, boss = api_of(make.agent("Mia")), api_of(make.agent("Boss", Role.SUPERVISOR))
    pair = {"survivor_id": 1, "other_id": 2}
    preview = agent.post("/merges/preview", pair, status=200)
    check("preview_merge", 200, preview)
    assert (preview["allowed"], preview["conflicts"][0]["other"]) == (False, ["u2"])
    assert agent.problem("POST", "/merges", {**pair, "confirmed": True}) == (403, "forbidden")
    assert agent.call("POST", "/suggestions", {"one_id": 1, "other_id": 2}).status_code == 204
    [suggested] = boss.get("/customers/1/duplicates")["items"]
    assert suggested["conflict"]
    assert boss.problem("POST", "/merges", pair) == (409, "conflict")
    boss.post("/merges", {**pair, "confirmed": True})


def test_duplicates_are_told_with_evidence_and_rejected_for_good(api: Api, ctx: Context, two: int) -> None:
    evidence = [sign("same_phone", "Both have the number +1.", address="+1")]
    ctx.db.run(people.suggest, 1, 2, evidence, ctx.clock())
    found = api.get("/customers/1/duplicates")
    check("list_duplicates", 200, found)
    [each] = found["items"]
    assert (each["customer"], each["sure"], each["conflict"]) == (
        {"id": 2, "name": "Anna Moretti"},
        "likely",
        False,
    )
    assert each["evidence"][0]["text"] == "Both have the number +1."
    assert api.get("/customers/2")["duplicates"] == 1
    assert api.call("POST", f"/suggestions/{each['id']}/reject").status_code == 204
    ctx.db.run(people.suggest, 1, 2, evidence, ctx.clock())
    assert api.get("/customers/1/duplicates")["items"] == []
    assert api.get("/customers/1")["duplicates"] == 0
    assert api.problem("POST", "/suggestions", {"one_id": 1, "other_id": 2}) == (409, "conflict")
    assert api.problem("POST", "/suggestions/99/reject") == (404, "not-found")


def test_an_address_gets_a_customer_of_its_own(api: Api, ctx: Context, two: int) -> None:
    api.post("/merges", {"survivor_id": 1, "other_id": 2})
    moved = the(ctx, Identity, Identity.address == "anna@loft")
    split = api.post(f"/identities/{moved.id}/split")
    check("split_identity", 201, split)
    new = api.get(f"/customers/{split['customer_id']}")
    assert [identity["id"] for identity in new["identities"]] == [moved.id]
    written = api.get(f"/threads/{split['thread_id']}/messages")["items"]
    assert "Second" in [message["body_text"] for message in written]
    assert api.problem("POST", f"/identities/{moved.id}/split") == (422, "invalid")
    assert api.problem("POST", "/identities/99/split") == (404, "not-found")


def test_an_export_is_an_archive_for_supervisors(api_of: ApiOf, make: Make, two: int) -> None:
    agent, boss = api_of(make.agent("Mia")), api_of(make.agent("Boss", Role.SUPERVISOR))
    assert agent.problem("GET", "/customers/1/export") == (403, "forbidden")
    answer = boss.call("GET", "/customers/1/export")
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    told = json.loads(zipfile.ZipFile(io.BytesIO(answer.data)).read("customer.json"))
    assert [message["body_text"] for message in told["messages"]] == ["First", "Third"]
    assert boss.problem("GET", "/customers/99/export") == (404, "not-found")


def test_erasing_is_for_admins_and_says_whether_it_is_done(
    api: Api, api_of: ApiOf, make: Make, ctx: Context, two: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = api_of(make.agent("Boss", Role.SUPERVISOR))
    assert boss.problem("DELETE", "/customers/1") == (403, "forbidden")
    monkeypatch.setattr(privacy, "AT_ONCE", -1.0)
    assert api.call("DELETE", "/customers/1").status_code == 202
    monkeypatch.setattr(privacy, "AT_ONCE", 10.0)
    assert api.call("DELETE", "/customers/1").status_code == 204
    found = api.get("/customers/1")
    check("get_customer", 200, found)
    assert (found["name"], found["erased_at"] is None) == ("Erased customer", False)
    assert {row.body_text for row in rows(ctx, Message, Message.thread_id == 1)} == {""}
    assert api.problem("PATCH", "/customers/1", {"name": "Anna"}) == (409, "conflict")
    note = {"body": "x", "client_msg_id": "n1"}
    assert api.problem("POST", "/threads/1/notes", note) == (409, "conflict")
    assert api.problem("POST", "/merges", {"survivor_id": 2, "other_id": 1}) == (409, "conflict")
    assert api.problem("DELETE", "/customers/99") == (404, "not-found")
