"""The door of the live connections: who gets in, who is put out, and what strangers can do (nothing)."""

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import socketio
import websocket
from flask import Flask

from inbox.agents import actions as agents
from inbox.agents import sessions
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.flows.context import Context
from inbox.web.sockets import Sockets
from tests.factories import Make
from tests.live.conftest import Ear, cut, token_of, until

Listen = Callable[[AgentIdentity], Ear]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough for a door."""
    return sqlite_url


@pytest.fixture
def sockets(app: Flask) -> Sockets:
    """The live connections of the served application."""
    found: Sockets = app.extensions["onethread.sockets"]
    return found


@pytest.fixture
def raw(served: str) -> Iterator[Callable[..., websocket.WebSocket]]:
    """Opens a WebSocket below Socket.IO, past its greeting."""
    lines: list[websocket.WebSocket] = []

    def open_line(**options: Any) -> websocket.WebSocket:
        address = served.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        line = websocket.create_connection(address, timeout=5, **options)
        lines.append(line)
        assert line.recv().startswith("0{")
        return line

    yield open_line
    for line in lines:
        line.shutdown()


def signed_in(line: websocket.WebSocket, token: str) -> websocket.WebSocket:
    line.send("40" + json.dumps({"token": token}))
    assert line.recv().startswith("40{"), "the server accepts"
    return line


@pytest.mark.parametrize(
    "credentials", [None, {"token": ""}, {"token": "ot_wrong"}, {"token": 7}, {"token": [1]}, "x"]
)
def test_without_a_valid_sign_in_nobody_listens(
    raw: Callable[..., websocket.WebSocket], sockets: Sockets, credentials: Any
) -> None:
    line = raw()
    line.send("40" + ("" if credentials is None else json.dumps(credentials)))
    assert line.recv() == '44{"message":"Sign in first."}'
    assert not sockets.agent_ids()


def test_a_browser_listens_with_its_session(served: str, ctx: Context, make: Make, sockets: Sockets) -> None:
    agent = make.agent()
    cookie = ctx.db.run(sessions.start, agent.id, sessions.Visitor(), ctx.clock(), _day())
    headers = {"Cookie": f"onethread_session={cookie}"}  # the client adds the Origin, as browsers do
    ear = Ear(served, "", headers)
    until(lambda: agent.id in sockets.agent_ids())
    make.inbound(make.channel())
    ear.wait_until(lambda: bool(ear.events))
    ear.close()


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1", "null", "http://127.0.0.1:1", "x"]
)
def test_a_page_of_another_site_does_not_get_through(served: str, origin: str) -> None:
    address = served.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(address, origin=origin, timeout=5)
    assert refused.value.status_code == 400
    answer = requests.get(
        f"{served}/socket.io/?EIO=4&transport=polling", headers={"Origin": origin}, timeout=5
    )
    assert answer.status_code == 400
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_only_websockets_are_offered(served: str) -> None:
    assert requests.get(f"{served}/socket.io/?EIO=4&transport=polling", timeout=5).status_code == 400


def test_who_is_signed_out_is_put_out(listen: Listen, make: Make, ctx: Context, sockets: Sockets) -> None:
    stays, leaves = make.agent("Stays"), make.agent("Leaves")
    staying, leaving = listen(stays), listen(leaves)
    until(lambda: sockets.agent_ids() == {stays.id, leaves.id})
    sockets.recheck()
    assert sockets.agent_ids() == {stays.id, leaves.id}
    ctx.db.run(sessions.revoke_tokens, leaves.id, ctx.clock())
    sockets.recheck()
    assert leaving.ended.wait(30)
    assert sockets.agent_ids() == {stays.id}
    assert not staying.ended.is_set()


def test_who_is_no_agent_any_more_hears_nothing_even_before_he_is_put_out(
    listen: Listen, make: Make, ctx: Context
) -> None:
    channel = make.channel()
    stays, leaves = make.agent("Stays"), make.agent("Leaves")
    staying, leaving = listen(stays), listen(leaves)

    def deactivate(session: Any) -> None:
        agents.change_agent(
            session,
            leaves.id,
            email=leaves.email,
            name=leaves.name,
            role=Role.AGENT,
            is_active=False,
            team_ids=(),
            now=ctx.clock(),
        )

    ctx.db.run(deactivate)
    make.inbound(channel)
    staying.wait_until(lambda: bool(staying.events))
    time.sleep(0.1)
    assert leaving.events == []


def test_a_full_house_says_so(
    listen: Listen, make: Make, served: str, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_most", 1)
    listen(make.agent())
    answer = requests.get(f"{served}/socket.io/?EIO=4&transport=websocket", timeout=5)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert requests.get(f"{served}/healthz", timeout=5).status_code == 200


def test_who_never_signs_in_is_put_out(
    raw: Callable[..., websocket.WebSocket], sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = raw()
    monkeypatch.setattr("inbox.web.sockets.RECHECK", 0.0)
    sockets.recheck()
    assert line.recv() in ("1", "")  # Engine.IO's good-bye, or none


def test_a_client_cannot_pretend_to_connect_or_to_leave(
    raw: Callable[..., websocket.WebSocket], make: Make, ctx: Context, sockets: Sockets
) -> None:
    """Events named like the server's own would otherwise reach its handlers."""
    agent, other = make.agent("A"), make.agent("B")
    line = signed_in(raw(), token_of(ctx, agent))
    line.send('42["disconnect"]')
    line.send("42" + json.dumps(["connect", None, {"token": token_of(ctx, other)}]))
    line.send("42" + json.dumps(["connect", {"token": token_of(ctx, other)}]))
    line.send('421["hello"]')
    assert line.recv() == '431[{"ok":true}]'
    assert sockets.agent_ids() == {agent.id}


def test_unknown_events_are_ignored(
    raw: Callable[..., websocket.WebSocket], make: Make, ctx: Context
) -> None:
    line = signed_in(raw(), token_of(ctx, make.agent()))
    for name in ("base", "message", "join", "__class__", "__init__", "enter_room", "feed", "emit", "*", ""):
        line.send("42" + json.dumps([name, {"room": "agent:1"}]))
        line.send("429" + json.dumps([name]))
    line.send('427["hello", 1, 2, {"x": []}]')
    assert line.recv() == '437[{"ok":true}]'


# Engine.IO's writing thread may find the line closed already, and does not catch that.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_malformed_packets_end_the_line_and_tell_nothing(
    raw: Callable[..., websocket.WebSocket], make: Make, ctx: Context, sockets: Sockets, listen: Listen
) -> None:
    """A thousand broken packets: the answers are of Socket.IO's own few forms, nobody else notices."""
    chance = random.Random(3)
    agent = make.agent()
    token = token_of(ctx, agent)
    witness = listen(agent)
    seeds = [
        "40",
        "41",
        "42[]",
        "42[{}]",
        '42["hello"]',
        '451-["x",{"_placeholder":true,"num":0}]',
        "46",
        "44{}",
        "2",
        "3",
    ]
    seeds += [
        "1",
        "5",
        "6",
        "7",
        "4",
        "",
        "42[[1]]",
        "42" + "[" * 500,
        "42" + "9" * 300 + "[]",
        "4/admin,",
        "40/x,{}",
    ]
    sent = 0
    while sent < 1000:
        line = signed_in(raw(), token)
        for _packet in range(25):
            text = list(chance.choice(seeds))
            for _change in range(chance.randrange(3)):
                text.insert(chance.randrange(len(text) + 1), chance.choice('0123456789[]{}",-/\\aé\0'))
            sent += 1
            try:
                line.send("".join(text))
            except OSError:
                break
        line.settimeout(0.02)
        for answer in _answers(line):
            assert answer[:2] in ("", "1", "3", "41", "43", "44", "40", "6") or answer[:1] == "2", answer
            assert "Traceback" not in answer
            assert "Error" not in answer
        line.shutdown()
    before = len(witness.events)
    make.inbound(make.channel())
    witness.wait_until(lambda: len(witness.events) > before)


def _answers(line: websocket.WebSocket) -> Iterator[str]:
    while True:
        try:
            answer = line.recv()
        except (OSError, websocket.WebSocketException):
            return
        if not answer:
            return
        yield answer if isinstance(answer, str) else answer.decode("utf-8", "replace")


def test_a_giant_message_ends_the_line(
    raw: Callable[..., websocket.WebSocket], make: Make, ctx: Context
) -> None:
    line = signed_in(raw(), token_of(ctx, make.agent()))
    line.send('42["hello","' + "x" * 10_000 + '"]')
    assert line.recv() in ("", "1")


def test_the_server_starts_nothing_before_somebody_listens(app: Flask, sockets: Sockets) -> None:
    assert sockets.pump.is_at is None
    assert app.test_client().get("/healthz").status_code == 200
    assert sockets.pump.is_at is None


def _day() -> Any:
    from datetime import timedelta

    return timedelta(days=1)


def test_the_client_library_of_browsers_reconnects_and_hears_again(
    served: str, make: Make, ctx: Context
) -> None:
    channel = make.channel()
    token = token_of(ctx, make.agent())
    client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.2)
    heard: list[Any] = []
    client.on("feed", heard.append)
    client.connect(served, transports=["websocket"], auth={"token": token})
    make.inbound(channel, "one")
    until(lambda: bool(heard))
    cut(client)
    until(lambda: not client.connected)
    until(lambda: client.connected)
    make.inbound(channel, "two")
    until(lambda: any(message["body_text"] == "two" for delta in heard for message in delta["messages"]))
    client.reconnection = False
    cut(client)
