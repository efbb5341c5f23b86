"""The door: whose pages may show the widget, who may ask, how fast, and in which words everybody else is told no."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from inbox.channels import actions as channels
from inbox.flows.context import Context
from tests.reading import Customer, Envelope, rows
from tests.web.widget.conftest import KEY, ORIGIN, Panel, Shop

Visit = Callable[..., Panel]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

TOLD = [
    ("GET", "/messages"),
    ("POST", "/messages"),
    ("POST", "/files?name=x"),
    ("GET", "/files/1"),
    ("POST", "/typing"),
    ("POST", "/read"),
    ("POST", "/page"),
    ("POST", "/cart"),
    ("POST", "/attributes"),
    ("POST", "/rating"),
    ("POST", "/email"),
    ("POST", "/email/confirm"),
    ("POST", "/link"),
    ("POST", "/logout"),
]


def test_the_list_of_calls_is_complete(app: Flask) -> None:
    known = {(method, path.partition("?")[0].replace("/1", "/<id:file_id>")) for method, path in TOLD}
    prefix = "/widget/v1/<string:key>"
    found = {
        (method, rule.rule.removeprefix(prefix))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(prefix) and not rule.rule.endswith("/session")
    }
    assert found == known


@pytest.mark.parametrize(("method", "path"), TOLD)
def test_nobody_asks_without_a_token(shop: Shop, visit: Visit, method: str, path: str) -> None:
    stranger = visit(opens=False)
    assert stranger.refused(method, path) == (401, "session_ended")


@pytest.mark.parametrize(("method", "path"), [*TOLD, ("POST", "/session")])
def test_an_unknown_site_is_not_found(shop: Shop, visit: Visit, method: str, path: str) -> None:
    stranger = visit(opens=False, key="nobody-knows-it")
    assert stranger.refused(method, path) == (404, "not_found")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://shop.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": None},
    ],
    ids=str,
)
def test_only_our_own_panel_changes_anything(
    ctx: Context, panel: Panel, headers: dict[str, str | None]
) -> None:
    """The shop's own page is foreign too: what it wants to say, it says by its script."""
    sent = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers}
    for path, body in (
        ("/session", {}),
        ("/messages", {"client_msg_id": "12345678", "body": "x"}),
        ("/logout", {}),
    ):
        answer = panel.client.post(
            f"/widget/v1/{KEY}{path}",
            data=json.dumps(body),
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {panel.token}",
                **{name: value for name, value in sent.items() if value is not None},
            },
        )
        assert (answer.status_code, answer.get_json()["code"]) == (403, "foreign_origin"), path
    assert rows(ctx, Envelope) == []
    panel.look()


def test_there_are_no_cookies(app: Flask, shop: Shop, visit: Visit) -> None:
    panel = visit()
    panel.write("Hello")
    for answer in (
        panel.call("POST", "/session", {}),
        panel.call("GET", "/messages"),
        panel.client.get(f"/widget/{KEY}.js"),
        panel.client.get(f"/widget/{KEY}/panel"),
        panel.client.get("/widget/nobody/panel"),
    ):
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_cookies_open_nothing(shop: Shop, panel: Panel) -> None:
    headers = {"Cookie": f"token={panel.token}", "Authorization": ""}
    assert panel.refused("GET", "/messages", headers=headers) == (401, "session_ended")


def test_a_token_in_the_address_opens_nothing(shop: Shop, panel: Panel) -> None:
    token, panel.token = panel.token, ""
    assert panel.refused("GET", "/messages", query_string={"token": token}) == (401, "session_ended")


def test_a_removed_site_is_gone_and_a_paused_one_is_not(ctx: Context, shop: Shop, panel: Panel) -> None:
    ctx.db.run(channels.pause, shop.channel_id)
    panel.write("Hello?")
    ctx.db.run(channels.remove, shop.channel_id)
    assert panel.refused("GET", "/messages") == (404, "not_found")
    assert panel.client.get(f"/widget/{KEY}.js").status_code == 404
    assert panel.client.get(f"/widget/{KEY}/panel").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/messages", {"client_msg_id": "12345678", "body": ""}, "/body"),
        ("/messages", {"client_msg_id": "12345678", "body": "x" * 20_001}, "/body"),
        ("/messages", {"client_msg_id": "short", "body": "x"}, "/client_msg_id"),
        ("/messages", {"client_msg_id": "with space", "body": "x"}, "/client_msg_id"),
        ("/messages", {"client_msg_id": "with:colon", "body": "x"}, "/client_msg_id"),
        ("/messages", {"client_msg_id": "12345678", "body": 7}, "/body"),
        ("/messages", {"client_msg_id": "12345678", "body": "x", "more": 1}, "/more"),
        ("/messages", {"client_msg_id": "12345678", "attachment_ids": [1]}, "/attachment_ids"),
        ("/messages", {"client_msg_id": "12345678", "attachment_ids": [10**30]}, "/attachment_ids/0"),
        ("/messages", {"body": "x"}, "/client_msg_id"),
        ("/read", {"message_id": 0}, "/message_id"),
        ("/read", {"message_id": "1"}, "/message_id"),
        ("/page", {"url": "javascript:alert(1)"}, "/url"),
        ("/cart", {"a": [[[[[[1]]]]]]}, "/cart"),
        ("/attributes", {"a": {}}, "/attributes"),
        ("/rating", {"episode_id": 1, "score": 6}, "/score"),
        ("/typing", {"text": "what I am typing"}, "/text"),
    ],
)
def test_wrong_input_is_named_and_nothing_of_it_is_kept(
    ctx: Context, panel: Panel, path: str, body: Any, pointer: str
) -> None:
    answer = panel.call("POST", path, body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid")
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert rows(ctx, Envelope) == []
    assert rows(ctx, Customer) == []


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"body":"\\ud83d"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"[" * 100_000, "application/json", 400),
        (b" " * 200_000, "application/json", 413),
    ],
    ids=["cut", "no text", "half a character", "text", "form", "deep", "large"],
)
def test_what_is_no_request_is_refused(panel: Panel, data: bytes, content_type: str, status: int) -> None:
    answer = panel.call("POST", "/messages", data=data, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert answer.get_json()["code"] in ("bad_request", "too_large")


def test_a_shop_that_tells_too_much_does_not_lock_its_customer_out(visit: Visit) -> None:
    boot = visit(
        page={"url": "about:blank", "title": "x"},
        cart={"a": "x" * 20_000},
        attributes={"a": {}},
        locale="not a language",
        user={"email": 7, "phone": "x"},
    ).boot
    assert boot["token"]


def test_who_is_too_fast_has_to_wait(panel: Panel) -> None:
    for number in range(10):
        panel.write(str(number))
    answer = panel.call("POST", "/messages", {"client_msg_id": "one-too-many", "body": "x"})
    assert (answer.status_code, answer.get_json()["code"]) == (429, "slow_down")
    assert 1 <= int(answer.headers["Retry-After"]) <= 3
    panel.look()


def test_new_sessions_of_one_address_are_counted(visit: Visit) -> None:
    stranger = visit(opens=False)
    answers = [stranger.call("POST", "/session", {}).status_code for _ in range(65)]
    assert answers[:60] == [200] * 60
    assert 429 in answers[60:]
