"""Visitors' live connections: who gets in, what they hear, and that nothing is missed or doubled."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio
import websocket
from flask import Flask

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.flows import deliver, people, receive, signals
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.visits.models import Visit, VisitorSession
from inbox.web.sockets import Sockets
from inbox.web.widget import sockets as widget
from tests.factories import Make, ManualClock
from tests.live.conftest import Ear, settle, until
from tests.live.visitors import NAMESPACE, Visitor
from tests.reading import Customer, Delivery, Thread, rows, the

KEY = "example-shop"
SECRET = "a secret of the shop that is long enough"

ONE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""One database is enough for a door."""

Come = Callable[..., Visitor]
Listen = Callable[[AgentIdentity], Ear]


@pytest.fixture
def channel_id(make: Make) -> int:
    """A shop with a widget."""
    return make.channel("chat_widget", "Shop", site_id=KEY, domains="shop.example", identity_secret=SECRET)


@pytest.fixture
def agent(make: Make) -> AgentIdentity:
    """Who answers."""
    return make.agent("Ben", Role.ADMIN)


@pytest.fixture
def come(served: str, channel_id: int) -> Iterator[Come]:
    """A visitor comes and opens the panel, which listens."""
    came: list[Visitor] = []

    def open_panel(*, listens: bool = True, **arrival: Any) -> Visitor:
        visitor = Visitor(served, KEY, **arrival)
        came.append(visitor)
        if listens:
            visitor.listen()
        return visitor

    yield open_panel
    for visitor in came:
        visitor.cut()


@pytest.fixture
def working(ctx: Context) -> Iterator[None]:
    """Work off what comes and goes, as the embedded server does."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            receive.drain(ctx)
            deliver.drain(ctx)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(20)


def sockets_of(app: Flask) -> widget.VisitorSockets:
    """The visitors' connections of the served application."""
    found: Sockets = app.extensions["onethread.sockets"]
    return found.visitors


def answer(ctx: Context, agent: AgentIdentity, channel_id: int, text: str, thread_id: int = 0) -> None:
    thread_id = thread_id or the(ctx, Thread).id
    reply(ctx, agent, thread_id, ReplyRequest(channel_id, text, f"reply-{text}"))


@pytest.mark.usefixtures("working")
def test_a_visitor_and_an_agent_talk_both_ways_at_once(
    ctx: Context, come: Come, listen: Listen, agent: AgentIdentity, channel_id: int
) -> None:
    ear, visitor = listen(agent), come()
    visitor.write("Hello?")
    ear.wait_until(lambda: any(event["kind"] == "message.received" for event in ear.events))
    answer(ctx, agent, channel_id, "Hello!")
    visitor.wait_until(lambda: visitor.texts == ["Hello?", "Hello!"])


@pytest.mark.usefixtures("working")
def test_a_cut_line_misses_nothing_and_doubles_nothing(
    ctx: Context, come: Come, agent: AgentIdentity, channel_id: int
) -> None:
    visitor = come()
    visitor.write("1")
    visitor.wait_until(lambda: visitor.texts == ["1"])
    answer(ctx, agent, channel_id, "2")
    visitor.wait_until(lambda: visitor.texts == ["1", "2"])
    visitor.cut()
    visitor.wait_until(lambda: ("disconnect", None) in visitor.heard)
    for number in range(3, 40):
        answer(ctx, agent, channel_id, str(number))
    until(lambda: len(rows(ctx, Delivery, Delivery.state.in_(["sent", "delivered"]))) == 38)
    settle(ctx)
    before = dict(visitor.shown)
    visitor.listen()
    assert visitor.texts == [str(number) for number in range(1, 40)]
    assert {number: item for number, item in visitor.shown.items() if number in before} == before
    answer(ctx, agent, channel_id, "40")
    visitor.wait_until(lambda: visitor.texts[-1] == "40")


@pytest.mark.usefixtures("working")
def test_what_happens_between_boot_and_listening_is_not_missed(
    ctx: Context, come: Come, agent: AgentIdentity, channel_id: int
) -> None:
    first = come()
    first.write("Hello?")
    first.wait_until(lambda: first.texts == ["Hello?"])
    late = come(listens=False, token=first.token)
    answer(ctx, agent, channel_id, "In between")
    first.wait_until(lambda: first.texts[-1] == "In between")
    settle(ctx)
    late.listen()
    assert late.texts == ["Hello?", "In between"]


@ONE
@pytest.mark.usefixtures("working")
def test_two_tabs_of_a_browser_hear_the_same(
    ctx: Context, come: Come, agent: AgentIdentity, channel_id: int
) -> None:
    one = come()
    one.write("Hello?")
    one.wait_until(lambda: one.texts == ["Hello?"])
    other = come(token=one.token)
    answer(ctx, agent, channel_id, "Hello!")
    for tab in (one, other):
        tab.wait_until(lambda tab=tab: tab.texts == ["Hello?", "Hello!"])  # type: ignore[misc]


@pytest.mark.usefixtures("working")
def test_visitors_hear_nothing_of_one_another(
    ctx: Context, come: Come, agent: AgentIdentity, channel_id: int
) -> None:
    anna, bob = come(), come()
    anna.write("Anna")
    anna.wait_until(lambda: anna.texts == ["Anna"])
    bob.write("Bob")
    bob.wait_until(lambda: bob.texts == ["Bob"])
    heard = len(bob.heard)
    thread = next(row for row in rows(ctx, Thread) if row.preview == "Anna")
    answer(ctx, agent, channel_id, "To Anna", thread.id)
    anna.wait_until(lambda: anna.texts == ["Anna", "To Anna"])
    answer(ctx, agent, channel_id, "To Bob", next(r.id for r in rows(ctx, Thread) if r.preview == "Bob"))
    bob.wait_until(lambda: bob.texts == ["Bob", "To Bob"])
    assert all(data["reload"] is False for name, data in bob.heard[heard:] if name == "news")


@pytest.mark.usefixtures("working")
def test_a_merge_binds_the_panel_anew(
    ctx: Context, come: Come, agent: AgentIdentity, channel_id: int
) -> None:
    anna, bob = come(), come()
    for visitor, text in ((anna, "Laptop"), (bob, "Phone")):
        visitor.write(text)
        visitor.wait_until(lambda v=visitor, t=text: v.texts == [t])  # type: ignore[misc]
    one, other = rows(ctx, Customer)
    people.merge(ctx, agent, one.id, other.id)
    anna.wait_until(lambda: any(name == "news" and data["reload"] for name, data in anna.heard))
    bob.wait_until(lambda: any(name == "news" and data["reload"] for name, data in bob.heard))
    anna.write("Again")
    anna.wait_until(lambda: anna.texts == ["Laptop", "Again"])
    assert bob.texts == ["Phone"], "both are one customer now, and still two browsers"
    (thread,) = rows(ctx, Thread, Thread.merged_into_id.is_(None))
    assert thread.last_seq >= 3


@pytest.mark.usefixtures("working")
def test_the_visitor_sees_that_an_agent_writes(
    ctx: Context, come: Come, agent: AgentIdentity, channel_id: int
) -> None:
    visitor = come()
    visitor.write("Hello?")
    visitor.wait_until(lambda: visitor.texts == ["Hello?"])
    signals.agent_types(ctx, agent, the(ctx, Thread).id, channel_id)
    visitor.wait_until(lambda: any(name == "typing" for name, _ in visitor.heard))
    data = next(data for name, data in visitor.heard if name == "typing")
    assert data["name"] == "Ben"
    assert visitor.call("GET", "/messages")["typing"]["name"] == "Ben"


@ONE
@pytest.mark.parametrize(
    "wrong", [{"token": "x"}, {"token": None}, {"token": [1]}, {"key": "no-such-site"}, {"key": 7}]
)
def test_without_a_valid_token_nobody_listens(come: Come, app: Flask, wrong: dict[str, Any]) -> None:
    visitor = come(listens=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        visitor.listen(**wrong)
    assert visitor.heard == [("refused", {"message": "session_ended"})]
    assert not sockets_of(app).session_ids()


@ONE
def test_a_visitor_hears_nothing_of_the_agents(
    ctx: Context, come: Come, served: str, make: Make, agent: AgentIdentity
) -> None:
    """His token opens his own namespace and no other, and nothing that he sends leads into a room."""
    visitor = come()
    address = served.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    line = websocket.create_connection(address, timeout=5)
    assert line.recv().startswith("0{")
    line.send("40" + json.dumps({"token": visitor.token, "key": KEY}))
    assert line.recv().startswith("44{")
    line.send(f"40{NAMESPACE}," + json.dumps({"token": visitor.token, "key": KEY}))
    assert line.recv().startswith(f"40{NAMESPACE},")
    for sent in ('["join",["agent:1"]]', '["news",{}]', '["connect",{}]', '["disconnect"]', '["hello"]'):
        line.send(f"42{NAMESPACE},1{sent}")
    line.settimeout(0.5)
    answers = []
    try:
        while True:
            answers.append(line.recv())
    except websocket.WebSocketException:
        pass
    assert answers[-1] == f'43{NAMESPACE},1[{{"ok":true}}]'
    assert set(answers[:-1]) <= {f"43{NAMESPACE},1[]"}
    make.inbound(make.channel())
    with pytest.raises(websocket.WebSocketTimeoutException):
        line.recv()
    line.shutdown()


def test_a_session_that_ended_is_hung_up_on(app: Flask, come: Come) -> None:
    visitor = come()
    visitor.call("POST", "/logout", {})
    app.extensions["onethread.sockets"].recheck()
    visitor.wait_until(lambda: ("disconnect", None) in visitor.heard)
    assert not sockets_of(app).session_ids()


def test_a_proof_that_ran_out_is_told(
    ctx: Context, app: Flask, come: Come, clock: ManualClock, channel_id: int
) -> None:
    import jwt

    until_then = int(clock.now.timestamp()) + 3600
    visitor = come(jwt=jwt.encode({"sub": "4711", "exp": until_then}, SECRET, "HS256"))
    clock.forward(hours=2)
    app.extensions["onethread.sockets"].recheck()
    visitor.wait_until(lambda: any(name == "news" and data["reload"] for name, data in visitor.heard))


@ONE
def test_visitors_leave_room_for_agents(
    app: Flask, come: Come, listen: Listen, agent: AgentIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = sockets_of(app)
    monkeypatch.setattr(sockets, "_most", 2)
    come()
    come()
    late = come(listens=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        late.listen()
    monkeypatch.setattr(widget, "MARK", "another mark")  # one that does not say that it is a panel
    with pytest.raises(socketio.exceptions.ConnectionError):
        late.listen()
    assert late.heard[-1] == ("refused", {"message": "busy"})
    assert listen(agent)


@ONE
def test_one_browser_has_so_many_panels(come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "PER_SESSION", 2)
    one = come()
    come(token=one.token)
    with pytest.raises(socketio.exceptions.ConnectionError):
        come(token=one.token)


@ONE
def test_the_pump_runs_only_while_a_panel_is_open(app: Flask, come: Come) -> None:
    pump = sockets_of(app).pump
    assert not pump._running
    visitor = come()
    assert pump._running
    visitor.cut()
    until(lambda: not pump._running)
    again = come(token=visitor.token)
    assert pump._running
    again.cut()


def test_agents_see_when_a_panel_is_open(ctx: Context, app: Flask, come: Come, clock: ManualClock) -> None:
    visitor = come()

    def online_at() -> Any:
        with ctx.db.read() as session:
            return session.get_one(Visit, the(ctx, VisitorSession).id).online_at

    assert online_at() == clock.now
    clock.forward(seconds=30)
    app.extensions["onethread.sockets"].recheck()
    assert online_at() == clock.now
    visitor.cut()
    until(lambda: online_at() < clock.now)
