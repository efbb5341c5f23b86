"""The OpenAPI document says what the API does, all of it, and nothing else."""

import re
from typing import Any

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator

from inbox.flows import receive
from inbox.web.api.openapi import document
from inbox.web.api.table import PREFIX, ROUTES
from tests.factories import Make
from tests.web.api.conftest import Api


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough for a document."""
    return sqlite_url


def test_every_route_is_described_and_every_description_is_a_route(app: Flask) -> None:
    served = {
        (method, re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (method.upper(), path) for path, operations in document()["paths"].items() for method in operations
    }
    assert served == described


def test_the_document_is_served_to_everyone(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json == document()
    assert answer.json["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere_and_no_shape_is_left_over() -> None:
    text = str(document())
    named = set(document()["components"]["schemas"])
    used = set(re.findall(r"#/components/schemas/([\w.-]+)", text))
    assert used == named


def test_operations_have_names_and_texts() -> None:
    names = [entry.name for entry in ROUTES]
    assert len(names) == len(set(names))
    for entry in ROUTES:
        assert entry.summary, entry.name
        assert not entry.summary.endswith(".")


def check(operation: str, status: int, body: Any) -> None:
    """Validate an answer against the document."""
    entry = next(entry for entry in ROUTES if entry.name == operation)
    path = PREFIX + re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", entry.path)
    schema = document()["paths"][path][entry.method.lower()]["responses"][str(status)]["content"]
    [content] = schema.values()
    Draft202012Validator({**content["schema"], "components": document()["components"]}).validate(body)


def test_answers_are_as_described(api: Api, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel, sender="Anna", subject="Order 7", html="<p>Where <b>is</b> it?</p>")
    check("list_threads", 200, page := api.get("/threads", view="all"))
    thread = page["items"][0]["id"]
    check("list_threads", 200, api.get("/threads", q="where"))
    check("list_messages", 200, api.get(f"/threads/{thread}/messages"))
    upload = api.call("POST", "/attachments?name=a.txt", data=b"hello", content_type="text/plain").json
    check("upload_attachment", 201, upload)
    draft = {"body": "Dear", "channel_id": channel, "attachment_ids": [upload["id"]], "cc": ["bruno"]}
    draft["reply_to"] = "carla"
    check("save_draft", 200, kept := api.call("PUT", f"/threads/{thread}/drafts/reply", draft).json)
    assert {name: kept[name] for name in draft} == draft
    check("get_thread", 200, api.get(f"/threads/{thread}"))
    note = {"body": "VIP", "client_msg_id": "n1"}
    check("write_note", 201, api.post(f"/threads/{thread}/notes", note))
    reply = {"channel_id": channel, "body": "Soon", "client_msg_id": "r1", "attachment_ids": [upload["id"]]}
    check("send_reply", 201, sent := api.post(f"/threads/{thread}/replies", reply))
    check("cancel_delivery", 200, api.post(f"/deliveries/{sent['delivery']['id']}/cancel", status=200))
    late = {"channel_id": channel, "body": "x", "client_msg_id": "r2", "if_last_seq": 0}
    check("send_reply", 409, api.post(f"/threads/{thread}/replies", late, status=409))
    check("change_thread", 200, api.call("PATCH", f"/threads/{thread}", {"status": "resolved"}).json)
    check("list_messages", 200, api.get(f"/threads/{thread}/messages"))
    check("list_customers", 200, customers := api.get("/customers"))
    check("get_customer", 200, api.get(f"/customers/{customers['items'][0]['id']}"))
    for operation, path in (
        ("get_me", "/me"),
        ("list_agents", "/agents"),
        ("list_teams", "/teams"),
        ("list_channels", "/channels"),
        ("list_views", "/views"),
    ):
        check(operation, 200, api.get(path))
    check("sync", 200, api.get("/sync", since="0.0"))
    make.keep(channel, b"{broken")
    for _try in range(10):
        receive.drain(make.ctx)
        make.ctx.clock.forward(hours=1)  # type: ignore[attr-defined]
    check("list_envelopes", 200, envelopes := api.get("/envelopes"))
    assert envelopes["items"]
    check("get_thread", 404, api.call("GET", "/threads/999").json)
    check("list_threads", 422, api.call("GET", "/threads?limit=0").json)
    check("list_threads", 400, api.call("GET", "/threads?cursor=x").json)
