"""What is known of a customer, through the API: fields, tags, notes, consents, requests over all channels."""

from collections.abc import Callable
from typing import Any

import pytest

from inbox.agents import actions as agents
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.customers import fields
from inbox.flows import triage
from inbox.flows.context import Context
from inbox.threads.words import Status
from tests.factories import Make, ManualClock
from tests.reading import Event, rows
from tests.web.api.conftest import Api
from tests.web.api.test_openapi import check

ApiOf = Callable[[AgentIdentity], Api]


@pytest.fixture
def anna(make: Make) -> int:
    """A customer who wrote once."""
    make.inbound(make.channel(), "Where is my order?", sender="Anna", subject="Order 7")
    return 1


def add_field(ctx: Context, label: str, kind: str = "text", options: tuple[str, ...] = ()) -> None:
    ctx.db.run(fields.add, key="", label=label, kind=kind, options=options)


def test_a_customer_is_shown_with_all_that_is_known(api: Api, anna: int, ctx: Context) -> None:
    found = api.get(f"/customers/{anna}")
    check("get_customer", 200, found)
    assert found["name"] == "Anna"
    assert found["thread_id"] == 1
    assert (found["tags"], found["fields"], found["claims"], found["consents"]) == ([], {}, [], [])
    assert (found["notes"], found["duplicates"], found["erased_at"]) == (0, 0, None)
    [identity] = found["identities"]
    assert (identity["level"], identity["proved_at"]) == ("claimed", None)


def test_only_what_is_sent_changes(api: Api, anna: int, ctx: Context) -> None:
    add_field(ctx, "Customer number")
    path = f"/customers/{anna}"
    body = {
        "name": "Anna  Moretti",
        "locale": "it",
        "time_zone": "Europe/Rome",
        "tags": ["VIP", "vip ", "b2b"],
    }
    changed = api.call("PATCH", path, body).json
    check("change_customer", 200, changed)
    assert (changed["name"], changed["locale"], changed["time_zone"]) == ("Anna Moretti", "it", "Europe/Rome")
    assert changed["tags"] == ["b2b", "vip"]

    changed = api.call("PATCH", path, {"fields": {"customer_number": " K 17 "}}).json
    assert (changed["name"], changed["fields"]) == ("Anna Moretti", {"customer_number": "K 17"})
    changed = api.call("PATCH", path, {"fields": {"customer_number": None}, "locale": None}).json
    assert (changed["locale"], changed["fields"], changed["time_zone"]) == (None, {}, "Europe/Rome")
    told = rows(ctx, Event, Event.kind == "customer.changed")
    assert [event.data["changed"] for event in told] == [
        ["name", "locale", "time_zone", "tags"],
        ["fields"],
        ["locale", "fields"],
    ]
    assert {event.thread_id for event in told} == {1}
    assert api.call("PATCH", path, {"name": "Anna Moretti"}).status_code == 200
    assert len(rows(ctx, Event, Event.kind == "customer.changed")) == 3, "nothing changed, nothing is told"


@pytest.mark.parametrize(
    ("kind", "good", "kept", "bad"),
    [
        ("text", "a  b", "a b", ["x" * 501, 5, True, ["a"], "a\x01b"]),
        ("number", 12.0, 12, ["12", True, 1e300, 10**400, float("nan")]),
        ("number", -0.5, -0.5, [[]]),
        ("date", "2026-02-28", "2026-02-28", ["2026-02-29", "28.2.2026", "20260228", 5]),
        ("choice", "Gold", "Gold", ["gold", "", 1, "Iron"]),
        ("check", False, False, ["yes", 1, 0]),
    ],
)
def test_values_have_to_fit_their_field(
    api: Api, anna: int, ctx: Context, kind: str, good: Any, kept: Any, bad: list[Any]
) -> None:
    add_field(ctx, "Level", kind, ("Gold", "Silver") if kind == "choice" else ())
    path = f"/customers/{anna}"
    for value in bad:
        status, slug = api.problem("PATCH", path, {"fields": {"level": value}})
        assert (status, slug) in ((422, "invalid"), (400, "bad-request")), value
    changed = api.call("PATCH", path, {"fields": {"level": good}})
    assert changed.json["fields"] == {"level": kept}
    answer = api.call("PATCH", path, {"fields": {"nothing": "x"}})
    assert answer.json["errors"] == [{"pointer": "/fields/nothing", "detail": "There is no such field."}]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 201},
        {"name": None},
        {"locale": "italian please"},
        {"time_zone": "Mars/Olympus"},
        {"tags": ["x" * 51]},
        {"tags": [" "]},
        {"tags": "vip"},
        {"erased_at": None},
        {"merged_into_id": 1},
        {"is_demo": True},
        {"sort_name": "x"},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(api: Api, anna: int, body: Any) -> None:
    before = api.get(f"/customers/{anna}")
    assert api.problem("PATCH", f"/customers/{anna}", body) == (422, "invalid")
    assert api.get(f"/customers/{anna}") == before


def test_customers_are_found_by_tag(api: Api, make: Make, anna: int) -> None:
    make.inbound(make.channel(name="Second", loft="Two"), sender="Bruno")
    api.call("PATCH", f"/customers/{anna}", {"tags": ["wholesale", "vip"]})
    api.call("PATCH", "/customers/2", {"tags": ["vip"]})
    for query in ({"q": "whole"}, {"q": "WHOLE"}, {"tag": "wholesale"}, {"q": "ann", "tag": "vip"}):
        assert [item["name"] for item in api.get("/customers", **query)["items"]] == ["Anna"], query
    assert [item["name"] for item in api.get("/customers", tag="vip")["items"]] == ["Anna", "Bruno"]
    assert api.get("/customers", tag="vi")["items"] == []
    tags = api.get("/customer-tags")
    check("list_customer_tags", 200, tags)
    assert tags["items"] == ["vip", "wholesale"]
    assert api.get("/customer-tags", q="W")["items"] == ["wholesale"]
    assert api.get("/customer-tags", q="x")["items"] == []


def test_notes_are_written_changed_and_removed_by_their_author_and_by_supervisors(
    api_of: ApiOf, make: Make, anna: int
) -> None:
    mia, ben, boss = (
        api_of(make.agent(name, role))
        for name, role in (("Mia", Role.AGENT), ("Ben", Role.AGENT), ("Boss", Role.SUPERVISOR))
    )
    first = mia.post(f"/customers/{anna}/notes", {"body": " Likes blue.\r\nAllergic to wool. "})
    check("add_customer_note", 201, first)
    assert (first["body"], first["author"]) == ("Likes blue.\nAllergic to wool.", "Mia")
    second = ben.post(f"/customers/{anna}/notes", {"body": "Calls on Mondays."})
    page = mia.get(f"/customers/{anna}/notes", limit=1)
    check("list_customer_notes", 200, page)
    assert [note["id"] for note in page["items"]] == [second["id"]]
    assert not page["items"][0]["may_edit"]
    page = mia.get(f"/customers/{anna}/notes", limit=1, cursor=page["next"])
    assert [(note["id"], note["may_edit"]) for note in page["items"]] == [(first["id"], True)]
    assert page["next"] is None
    assert mia.get(f"/customers/{anna}")["notes"] == 2

    path = f"/customer-notes/{first['id']}"
    assert ben.problem("PATCH", path, {"body": "No"}) == (403, "forbidden")
    assert ben.problem("DELETE", path) == (403, "forbidden")
    changed = mia.call("PATCH", path, {"body": "Likes green."}).json
    check("change_customer_note", 200, changed)
    assert (changed["body"], changed["updated_at"] is None) == ("Likes green.", False)
    assert boss.call("DELETE", path).status_code == 204
    assert mia.problem("PATCH", path, {"body": "x"}) == (404, "not-found")
    for body in ({"body": " "}, {"body": "x" * 10_001}, {}, {"body": "x", "author_id": 1}):
        assert mia.problem("POST", f"/customers/{anna}/notes", body) == (422, "invalid")
    assert mia.problem("GET", f"/customers/{anna}/notes?cursor=x") == (400, "bad-request")


def test_the_newest_consent_counts_and_the_history_proves(api: Api, anna: int, clock: ManualClock) -> None:
    path = f"/customers/{anna}/consents"
    asked = {"namespace": "pigeon", "purpose": "marketing", "granted": True, "source": "asked by phone"}
    api.post(path, asked)
    clock.forward(days=1)
    api.post(path, {**asked, "purpose": "surveys"})
    page = api.post(path, {**asked, "granted": False, "source": "wrote that he wants no more"})
    check("add_consent", 201, page)
    assert [(entry["purpose"], entry["granted"]) for entry in page["current"]] == [
        ("marketing", False),
        ("surveys", True),
    ]
    assert [entry["granted"] for entry in page["items"]] == [False, True, True]
    assert page["items"][-1]["agent"] == "Ada"
    page = api.get(path, limit=1)
    check("list_consents", 200, page)
    page = api.get(path, limit=2, cursor=page["next"])
    assert [entry["source"] for entry in page["items"]] == ["asked by phone", "asked by phone"]
    for wrong in (
        {"purpose": "spam"},
        {"granted": 1},
        {"source": ""},
        {"namespace": "E-mail"},
        {"at": "now"},
    ):
        assert api.problem("POST", path, {**asked, **wrong}) == (422, "invalid")


def test_requests_over_all_channels_are_one_list(
    api: Api, make: Make, ctx: Context, clock: ManualClock
) -> None:
    channel, other = make.channel(), make.channel(name="Hill", loft="Hill")
    make.inbound(channel, "Where is my order?", sender="Anna", subject="Order 7")
    for number in range(3):
        triage.change(ctx, api.agent, 1, triage.Changes(status=Status.RESOLVED))
        clock.forward(days=10)
        make.inbound(other, f"Question {number} about something\nelse", sender="Anna")
    make.inbound(channel, "and on the first channel", sender="Anna")
    page = api.get("/customers/1/episodes", limit=3)
    check("list_episodes", 200, page)
    assert [line["number"] for line in page["items"]] == [4, 3, 2]
    newest = page["items"][0]
    assert newest["channel_ids"] == [other, channel]
    assert (newest["preview"], newest["subject"]) == ("Question 2 about something else", None)
    assert newest["status"] == "open"
    assert newest["rating"] is None
    page = api.get("/customers/1/episodes", limit=3, cursor=page["next"])
    assert page["next"] is None
    [oldest] = page["items"]
    assert (oldest["subject"], oldest["seq"], oldest["channel_ids"]) == ("Order 7", 1, [channel])
    assert api.problem("GET", "/customers/1/episodes?cursor=x") == (400, "bad-request")


def test_who_may_not_see_the_thread_sees_nothing_of_the_customer(
    api: Api, api_of: ApiOf, make: Make, ctx: Context, anna: int
) -> None:
    note = api.post(f"/customers/{anna}/notes", {"body": "Secret"})
    team = ctx.db.run(agents.add_team, "Returns", ctx.clock())
    triage.change(ctx, api.agent, 1, triage.Changes(team_id=team))
    outsider = api_of(make.agent("Outsider"))
    assert outsider.get("/customers")["items"] == []
    for path in ("", "/notes", "/consents", "/episodes", "/duplicates", "/merges"):
        assert outsider.problem("GET", f"/customers/{anna}{path}") == (404, "not-found")
    assert outsider.problem("PATCH", f"/customers/{anna}", {"name": "Eve"}) == (404, "not-found")
    assert outsider.problem("POST", f"/customers/{anna}/notes", {"body": "x"}) == (404, "not-found")
    consent = {"namespace": "pigeon", "purpose": "surveys", "granted": True, "source": "x"}
    assert outsider.problem("POST", f"/customers/{anna}/consents", consent) == (404, "not-found")
    assert outsider.problem("PATCH", f"/customer-notes/{note['id']}", {"body": "x"}) == (404, "not-found")
    assert outsider.problem("DELETE", f"/customer-notes/{note['id']}") == (404, "not-found")


def test_custom_fields_are_told_in_their_order(api: Api, ctx: Context) -> None:
    add_field(ctx, "Level", "choice", ("Gold", "Silver"))
    add_field(ctx, "Since", "date")
    listed = api.get("/custom-fields")
    check("list_custom_fields", 200, listed)
    assert [(field["key"], field["type"], field["options"]) for field in listed["items"]] == [
        ("level", "choice", ["Gold", "Silver"]),
        ("since", "date", []),
    ]
