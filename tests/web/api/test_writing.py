"""Writing through the API: replies, notes, drafts, changes; and what is refused."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from inbox.agents import actions as agents
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.flows import receive
from inbox.flows.context import Context
from tests.factories import Make
from tests.web.api.conftest import Api

ApiOf = Callable[[AgentIdentity], Api]


@pytest.fixture
def channel(make: Make) -> int:
    """A channel on which Anna wrote; her thread has the id 1."""
    channel_id = make.channel()
    make.inbound(channel_id, sender="Anna")
    return channel_id


def reply(channel: int, text: str = "On its way.", key: str = "m1", **more: Any) -> dict[str, Any]:
    return {"channel_id": channel, "body": text, "client_msg_id": key, **more}


def test_a_reply_is_written_once_and_repeated_as_often_as_asked(api: Api, channel: int, ctx: Context) -> None:
    first = api.post("/threads/1/replies", reply(channel, if_last_seq=1))
    assert (first["kind"], first["seq"], first["author"]["name"]) == ("reply", 2, "Ada")
    assert first["delivery"]["state"] == "queued"
    assert api.post("/threads/1/replies", reply(channel, if_last_seq=1), status=200)["id"] == first["id"]
    other = reply(channel, "Something else")
    assert api.problem("POST", "/threads/1/replies", other) == (409, "idempotency-mismatch")


def test_a_variable_that_nothing_filled_never_reaches_the_customer(api: Api, channel: int) -> None:
    gap = api.call("POST", "/threads/1/replies", reply(channel, "Order {{order.number}} is on its way."))
    assert (gap.status_code, gap.json["detail"]) == (422, "Nothing fills {{order.number}}.")
    assert gap.json["type"].endswith("variable-unfilled")
    api.post("/threads/1/notes", {"body": "Use {{order.number}} here.", "client_msg_id": "n1"})


def test_twenty_repetitions_at_once_write_one_message(
    app: Flask, api: Api, channel: int, ctx: Context
) -> None:
    answers: list[int] = []
    start = threading.Barrier(20)

    def send() -> None:
        script = Api(app.test_client(), api.agent, api.token)
        start.wait()
        answers.append(script.call("POST", "/threads/1/replies", reply(channel)).status_code)

    senders = [threading.Thread(target=send) for _ in range(20)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(answers) == [200] * 19 + [201]
    with ctx.db.read() as session:
        assert session.execute(text("SELECT count(*) FROM message WHERE kind = 'reply'")).scalar() == 1


def test_who_has_not_read_what_is_new_is_told_it_instead(
    api: Api, channel: int, make: Make, api_of: ApiOf
) -> None:
    make.inbound(channel, "Never mind, it came!", sender="Anna")
    answer = api.call("POST", "/threads/1/replies", reply(channel, if_last_seq=1))
    assert answer.status_code == 409
    problem = answer.json
    assert problem["type"] == "/problems/newer-messages"
    assert [message["body_text"] for message in problem["messages"]] == ["Never mind, it came!"]
    assert api.post("/threads/1/replies", reply(channel, if_last_seq=2))["seq"] == 3


def test_a_note_stays_inside(api: Api, channel: int, make: Make) -> None:
    note = api.post("/threads/1/notes", {"body": "VIP", "client_msg_id": "n1"})
    assert (note["kind"], note["delivery"], note["recipients"]) == ("note", None, [])


def test_reply_and_note_are_two_drafts_that_only_their_writer_sees(
    api: Api, channel: int, make: Make, api_of: ApiOf
) -> None:
    other = api_of(make.agent("Other"))
    fields = {"body": "Dear Anna", "channel_id": channel, "cc": ["bruno"], "subject": "Re: 7"}
    saved = api.call("PUT", "/threads/1/drafts/reply", fields).json
    assert {name: saved[name] for name in fields} == fields
    api.call("PUT", "/threads/1/drafts/note", {"body": "Careful"})
    drafts = api.get("/threads/1")["drafts"]
    assert (drafts["reply"]["body"], drafts["note"]["body"]) == ("Dear Anna", "Careful")
    assert [item["draft"] for item in api.get("/threads", view="drafts")["items"]] == [True]
    assert other.get("/threads/1")["drafts"] == {"reply": None, "note": None}
    assert other.get("/threads", view="drafts")["items"] == []
    assert api.call("PUT", "/threads/1/drafts/note", {"body": " "}).status_code == 204
    assert api.get("/threads/1")["drafts"]["note"] is None


def test_assigning_resolving_and_reopening(api: Api, channel: int, make: Make) -> None:
    colleague = make.agent("Colleague")
    detail = api.call("PATCH", "/threads/1", {"assignee_id": colleague.id, "priority": "high"}).json
    assert (detail["assignee_id"], detail["priority"]) == (colleague.id, "high")
    detail = api.call("PATCH", "/threads/1", {"status": "resolved"}).json
    assert (detail["status"], detail["episode"]["status"], detail["waiting_since"]) == (
        "resolved",
        "resolved",
        None,
    )
    detail = api.call("PATCH", "/threads/1", {"status": "open", "assignee_id": None}).json
    assert (detail["status"], detail["assignee_id"]) == ("open", None)
    lines = [
        message["system"]["code"] for message in api.get("/threads/1/messages")["items"] if message["system"]
    ]
    assert lines == ["assigned", "resolved", "reopened", "unassigned"]
    assert api.call("PATCH", "/threads/1", {}).json["status"] == "open"


def test_how_far_one_has_read(api: Api, channel: int) -> None:
    assert api.get("/threads/1")["read_seq"] == 0
    assert api.call("POST", "/threads/1/read", {"seq": 1}).status_code == 204
    assert api.get("/threads/1")["read_seq"] == 1


def test_a_failed_reply_can_be_sent_again_edited_or_given_up(api: Api, channel: int) -> None:
    sent = api.post("/threads/1/replies", reply(channel))
    path = f"/deliveries/{sent['delivery']['id']}"
    assert api.problem("POST", f"{path}/retry") == (409, "conflict")
    edited = api.post(f"{path}/edit", status=200)
    assert edited["delivery"]["state"] == "cancelled"
    assert api.get("/threads/1")["drafts"]["reply"]["body"] == "On its way."
    assert api.post(f"{path}/cancel", status=200)["delivery"]["state"] == "cancelled"


WRONG = [
    ({"channel_id": 1, "client_msg_id": "a"}, "/body"),
    ({"channel_id": "1", "body": "x", "client_msg_id": "a"}, "/channel_id"),
    ({"channel_id": 1, "body": "x", "client_msg_id": ""}, "/client_msg_id"),
    ({"channel_id": 1, "body": "x", "client_msg_id": "a b"}, "/client_msg_id"),
    ({"channel_id": 1, "body": "x", "client_msg_id": "a\n"}, "/client_msg_id"),
    ({"channel_id": 1, "body": "x", "client_msg_id": "a", "author_id": 1}, "/author_id"),
    ({"channel_id": 1, "body": "x", "client_msg_id": "a", "delivery": {}}, "/delivery"),
    ({"channel_id": 1, "body": "x", "client_msg_id": "a", "send_after": "soon"}, "/send_after"),
    (
        {"channel_id": 1, "body": "x", "client_msg_id": "a", "send_after": "2026-03-02T10:00:00"},
        "/send_after",
    ),
    (
        {"channel_id": 1, "body": "x", "client_msg_id": "a", "send_after": "9999-12-31T23:59:59-23:59"},
        "/send_after",
    ),
    ({"channel_id": 1, "body": "x\0", "client_msg_id": "a"}, "/body"),
    ({"channel_id": 1, "body": "x" * 200_001, "client_msg_id": "a"}, "/body"),
    ({"channel_id": 2**63, "body": "x", "client_msg_id": "a"}, "/channel_id"),
    ({"channel_id": 77, "body": "x", "client_msg_id": "a"}, "/channel_id"),
    ({"channel_id": 1, "body": "x", "client_msg_id": "a", "cc": ["\n"]}, "/cc"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_a_wrong_field_is_named(api: Api, channel: int, body: dict[str, Any], pointer: str) -> None:
    answer = api.call("POST", "/threads/1/replies", body)
    assert answer.status_code == 422, answer.text
    assert next(error["pointer"] for error in answer.json["errors"]).startswith(pointer)


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"body": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b"body=x", "application/x-www-form-urlencoded", 415),
        (b"{}", "", 415),
        (b" " * (4 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_a_body_that_is_no_json_is_refused(
    api: Api, channel: int, data: bytes, content_type: str, status: int
) -> None:
    answer = api.call("POST", "/threads/1/notes", data=data, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"


def test_what_one_may_not_see_is_not_there(
    api: Api, channel: int, make: Make, ctx: Context, api_of: ApiOf
) -> None:
    """Every route of a thread, of its deliveries and of its files answers 404 to whoever may not read it."""
    team = ctx.db.run(agents.add_team, "Returns", ctx.clock())
    outsider = api_of(make.agent("Outsider"))
    upload = api.call("POST", "/attachments?name=a.txt", data=b"secret").json["id"]
    sent = api.post("/threads/1/replies", reply(channel, attachment_ids=[upload]))
    assert outsider.get("/threads/1")["id"] == 1
    api.call("PATCH", "/threads/1", {"team_id": team})
    delivery = sent["delivery"]["id"]
    for method, path, body in [
        ("GET", "/threads/1", None),
        ("GET", "/threads/1/messages", None),
        ("POST", "/threads/1/replies", reply(channel, key="x1")),
        ("POST", "/threads/1/replies", reply(channel, key="x2", if_last_seq=0)),
        ("POST", "/threads/1/notes", {"body": "x", "client_msg_id": "x3"}),
        ("PATCH", "/threads/1", {"assignee_id": outsider.agent.id}),
        ("POST", "/threads/1/read", {"seq": 1}),
        ("PUT", "/threads/1/drafts/reply", {"body": "x"}),
        ("POST", f"/deliveries/{delivery}/cancel", None),
        ("POST", f"/deliveries/{delivery}/retry", None),
        ("POST", f"/deliveries/{delivery}/edit", None),
        ("GET", f"/attachments/{upload}", None),
        ("GET", "/customers/1", None),
    ]:
        assert outsider.problem(method, path, body) == (404, "not-found"), (method, path)
    assert outsider.get("/threads", view="all")["items"] == []
    assert outsider.get("/threads", q="order")["items"] == []
    assert outsider.get("/threads", q="Anna")["items"] == []
    assert outsider.get("/customers")["items"] == outsider.get("/customers", q="anna")["items"] == []
    assert all(view["count"] == 0 for view in outsider.get("/views")["items"])
    told = outsider.get("/sync", since="0.0")
    assert (told["threads"], told["messages"]) == ([], [])


def test_payloads_are_for_supervisors(api: Api, make: Make, api_of: ApiOf) -> None:
    agent, supervisor = api_of(make.agent("A")), api_of(make.agent("S", Role.SUPERVISOR))
    for path in ("/envelopes", "/envelopes/1/raw"):
        assert agent.problem("GET", path) == (403, "forbidden")
    assert agent.problem("POST", "/envelopes/1/retry") == (403, "forbidden")
    assert agent.problem("POST", "/channels/1/envelopes/retry") == (403, "forbidden")
    assert supervisor.get("/envelopes") == {"items": [], "next": None}
    assert supervisor.problem("POST", "/channels/987654/envelopes/retry") == (404, "not-found")
    one, other = make.channel(), make.channel(name="Other", loft="Loft Two")
    for channel in (one, one, other):
        make.keep(channel, b"smudged")
    receive.drain(make.ctx)
    assert supervisor.post(f"/channels/{one}/envelopes/retry", status=200) == {"reopened": 2}
    assert [each["channel_id"] for each in supervisor.get("/envelopes")["items"]] == [other]


def test_without_a_token_nothing_is_told(app: Flask) -> None:
    client = app.test_client()
    for headers in ({}, {"Authorization": "Bearer ot_wrong"}, {"Authorization": "Basic YTpi"}):
        answer = client.get("/api/v1/threads", headers=headers)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_answers_are_never_kept(api: Api) -> None:
    assert api.call("GET", "/me").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/threads/0", 404),
        ("/threads/9223372036854775807", 404),
        ("/threads/9223372036854775808", 404),
        ("/threads/-1", 404),
        ("/threads/1.5", 404),
        ("/threads?limit=0", 422),
        ("/threads?limit=101", 422),
        ("/threads?view=nosuch", 422),
        ("/threads?unknown=1", 422),
        ("/me?unknown=1", 422),
        ("/threads?cursor=made-up", 400),
        ("/customers?cursor=made-up", 400),
        ("/customers?cursor=WyJhIiwgdHJ1ZV0", 400),
        ("/customers?cursor=WyJcdTAwMDAiLDFd", 400),
        ("/envelopes?cursor=x", 400),
        ("/sync", 422),
        ("/sync?since=", 422),
        ("/sync?since=x", 400),
        ("/sync?since=1.2.3", 400),
        ("/sync?since=99999999999999999999.1", 400),
        ("/threads?q=%27%22%5C%28%29%3A%2A%26%7C%21", 200),
        ("/threads?q=%00", 422),
        ("/threads?q=%F0%9F%98%80", 200),
        ("/customers?q=%25_%5C", 200),
        ("/threads?q=%ff%fe", 200),
        ("/nothing", 404),
    ],
)
def test_odd_addresses(api: Api, path: str, status: int) -> None:
    answer = api.call("GET", path)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json["status"] == status
