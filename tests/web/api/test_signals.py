"""What goes on beside replies, as scripts and browsers ask for it."""

import json
from collections.abc import Callable

import pytest

from inbox.agents.identity import AgentIdentity
from inbox.contract import Rejected, TryLater, Uncertain
from inbox.flows import deliver, receive
from inbox.flows.context import Context
from inbox.threads.answering_rules import PAUSED
from tests.factories import Make
from tests.pigeon import Pigeon, news, note, payload
from tests.reading import Event, Message, Thread, rows, the
from tests.web.api.conftest import Api


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the databases do differently is tested with the stories."""
    return sqlite_url


@pytest.fixture
def channel(make: Make, ctx: Context, pigeon: Pigeon) -> int:
    """A channel that can react and show typing, on which Anna wrote in:1."""
    ctx.aside = lambda _call: False
    pigeon.learns(reactions=True, typing=True, splits=True)
    channel = make.channel()
    make.keep(channel, payload(note(1)))
    receive.drain(ctx)
    return channel


def test_writing_is_shown(api: Api, channel: int, ctx: Context) -> None:
    api.post("/threads/1/typing", {"channel_id": channel}, 204)
    assert the(ctx, Event, Event.kind == "agent.typing").thread_id == the(ctx, Thread).id
    assert api.problem("POST", "/threads/987654/typing", {"channel_id": channel})[0] == 404
    assert api.problem("POST", "/threads/1/typing", {"channel_id": 987654})[0] == 422


def test_a_reaction_is_put_and_taken_away(api: Api, channel: int, ctx: Context, pigeon: Pigeon) -> None:
    path = f"/messages/{the(ctx, Message).id}/reactions"
    shown = api.call("PUT", path, {"emoji": ["👍"]})
    assert [reaction["emoji"] for reaction in shown.json["reactions"]] == ["👍"]  # type: ignore[index]
    shown = api.call("PUT", path, {"emoji": []})
    assert shown.json["reactions"] == []  # type: ignore[index]
    pigeon.trouble = Rejected("No such emoji.")
    refused = api.call("PUT", path, {"emoji": ["🦤"]})
    assert (refused.status_code, refused.json["detail"]) == (422, "No such emoji.")  # type: ignore[index]
    pigeon.trouble = TryLater("The loft does not answer.")
    waits = api.call("PUT", path, {"emoji": ["👍"]})
    assert (waits.status_code, waits.json["detail"]) == (503, "The loft does not answer.")  # type: ignore[index]
    assert waits.headers["Retry-After"]
    for wrong in ({"emoji": [""]}, {"emoji": ["a b"]}, {"emoji": ["👍"] * 4}, {"emoji": "👍"}, {}):
        assert api.problem("PUT", path, wrong)[0] == 422


def test_a_text_is_shown_in_its_parts(api: Api, channel: int) -> None:
    parts = api.post("/threads/1/parts", {"channel_id": channel, "body": "x" * 90}, 200)["parts"]
    assert [len(part) for part in parts] == [40, 40, 10]


def test_former_versions_are_listed_the_newest_first(
    api: Api, channel: int, ctx: Context, make: Make
) -> None:
    for text in ("second", "third"):
        make.keep(channel, json.dumps([news("edit", external_id="in:1", sender="anna", text=text)]).encode())
        receive.drain(ctx)
    items = api.get(f"/messages/{the(ctx, Message).id}/versions")["items"]
    assert [item["body_text"] for item in items] == ["second", "Where is my order?"]
    assert api.problem("GET", "/messages/987654/versions")[0] == 404


def test_reasons_are_in_the_readers_language(api: Api, channel: int, app: object, ctx: Context) -> None:
    from sqlalchemy import update

    from inbox.channels.models import Channel

    with ctx.db.write() as session:
        session.execute(update(Channel).values(state="paused"))
    app.config["PSEUDO_LOCALE"] = True  # type: ignore[attr-defined]
    (way,) = api.get("/threads/1")["channels"]
    assert way["reason"] not in (None, PAUSED)
    assert len(rows(ctx, Thread)) == 1


def test_a_sent_reply_is_changed_and_taken_back(
    api: Api, channel: int, ctx: Context, make: Make, api_of: Callable[[AgentIdentity], Api], pigeon: Pigeon
) -> None:
    pigeon.learns(edit=True, delete=True, undo=0)
    asked = {"channel_id": channel, "body": "It leaves tody.", "client_msg_id": "c1"}
    path = f"/messages/{api.post('/threads/1/replies', asked)['id']}"
    assert api.problem("PATCH", path, {"body": "x"})[0] == 422, "it has not gone out"
    deliver.drain(ctx)
    ways = api.get("/threads/1")["channels"]
    assert [(way["can"]["edit"], way["can"]["delete_within"]) for way in ways] == [(True, None)]
    shown = api.call("PATCH", path, {"body": "It leaves today."}).json
    assert (shown["body_text"], shown["versions"], shown["delivery"]["amendment"]) == (
        "It leaves today.",
        1,
        None,
    )  # type: ignore[index]
    assert api_of(make.agent("Mia")).problem("DELETE", path) == (403, "forbidden")
    pigeon.trouble = Rejected("Too old.")
    refused = api.call("DELETE", path)
    assert (refused.status_code, refused.json["detail"]) == (422, "Too old.")  # type: ignore[index]
    pigeon.trouble = Uncertain("No word from the bird.")
    assert api.problem("DELETE", path) == (503, "unavailable")
    pigeon.trouble = None
    shown = api.call("DELETE", path).json
    assert shown["removed_at"]  # type: ignore[index]
    assert [each["body_text"] for each in api.get(f"{path}/versions")["items"]] == [
        "It leaves today.",
        "It leaves tody.",
    ]
    assert api.problem("DELETE", "/messages/987654")[0] == 404
    for wrong in ({}, {"body": ""}, {"body": 5}):
        assert api.problem("PATCH", path, wrong)[0] == 422
