"""Socket Mode: what comes is acknowledged once it is committed, and a connection that ends loses nothing."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.slack import ADAPTER
from adapters.slack import poll as polling
from adapters.slack.poll import AccountWatch, SocketPoller
from inbox.contract import Batch, Inbound, NeedsReauth, Raw, Rejected, TryLater
from tests.adapters.slack.peer import config_of, net_io
from tests.peers.slack import APP_TOKEN, Fault, Slack


@pytest.fixture
def sockets(slack: Slack) -> Slack:
    slack.socket_mode = True
    return slack


@pytest.fixture
def line(sockets: Slack) -> Iterator[SocketPoller]:
    poller = SocketPoller(config_of(sockets, app_token=APP_TOKEN), net_io())
    yield poller
    poller.close()


def writes(slack: Slack, text: str) -> None:
    anna = next((user for user in slack.users if user.startswith("U0PERSON")), None) or slack.person("Anna")
    slack.say(anna, slack.chat(anna), text)


def until(done: Any) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def texts(slack: Slack, batch: Batch) -> list[str]:
    items = [ADAPTER.parse(config_of(slack), Raw(body=each.raw.body))[0] for each in batch.items]
    return [item.text for item in items if isinstance(item, Inbound)]


def fetched(line: SocketPoller, cursor: Any, count: int) -> Batch:
    """The next batch with so many items, waited for."""
    line.wait(10)
    batch = line.fetch(cursor)
    while len(batch.items) < count:
        line.wait(10)
        batch = line.fetch(cursor)
    return batch


def test_what_came_is_acknowledged_with_the_next_fetch_and_not_before(
    sockets: Slack, line: SocketPoller
) -> None:
    first = line.fetch(None)
    assert (first.items, first.more) == ((), False)
    writes(sockets, "Hello")
    batch = fetched(line, first.cursor, 1)
    assert texts(sockets, batch) == ["Hello"]
    assert sockets.envelopes.acknowledged == []
    line.wait(600)  # there is something to acknowledge, so it returns at once
    assert line.fetch(batch.cursor).items == ()
    until(lambda: len(sockets.envelopes.acknowledged) == 1)


def test_what_was_not_committed_comes_again_over_the_next_connection(
    sockets: Slack, line: SocketPoller
) -> None:
    writes(sockets, "Hello")
    assert texts(sockets, line.fetch(None)) == ["Hello"]
    line.close()
    with_again = SocketPoller(config_of(sockets, app_token=APP_TOKEN), net_io())
    again = with_again.fetch(None)
    assert texts(sockets, again) == ["Hello"]
    with_again.fetch(again.cursor)
    until(lambda: sockets.envelopes.waiting == [])
    with_again.close()


def test_what_was_committed_and_comes_again_is_acknowledged_and_not_handed_out(
    sockets: Slack, line: SocketPoller
) -> None:
    writes(sockets, "Hello")
    batch = line.fetch(None)
    line.close()  # before it could be acknowledged
    assert line.fetch(batch.cursor).items == ()
    until(lambda: sockets.envelopes.waiting == [])


def test_the_same_news_over_and_over_are_handed_out_once(sockets: Slack, line: SocketPoller) -> None:
    sockets.copies = 5
    writes(sockets, "Hello")
    batch = line.fetch(None)
    assert texts(sockets, batch) == ["Hello"]
    line.fetch(batch.cursor)
    until(lambda: len(sockets.envelopes.acknowledged) == 5)


def test_many_at_once_come_in_several_batches(
    sockets: Slack, line: SocketPoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LIMIT", 2)
    for number in range(5):
        writes(sockets, f"Message {number}")
    found, cursor, more = [], None, True
    while more:
        batch = line.fetch(cursor)
        found += texts(sockets, batch)
        cursor, more = batch.cursor, batch.more
    assert found == [f"Message {number}" for number in range(5)]
    line.fetch(cursor)
    until(lambda: sockets.envelopes.waiting == [])


def test_commands_and_buttons_are_acknowledged_at_once_and_ignored(
    sockets: Slack, line: SocketPoller
) -> None:
    sockets.envelopes.put({"command": "/help"}, "slash_commands")
    sockets.envelopes.put({"type": "block_actions"}, "interactive")
    assert line.fetch(None).items == ()
    until(lambda: len(sockets.envelopes.acknowledged) == 2)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_connection_that_is_to_end_is_replaced_without_loss(
    sockets: Slack, line: SocketPoller, reason: str
) -> None:
    writes(sockets, "Before")
    before = line.fetch(None)
    sockets.disconnect(reason)
    line.wait(10)
    after = line.fetch(before.cursor)
    while sockets.envelopes.opened < 2:
        line.wait(10)
        after = line.fetch(after.cursor)
    writes(sockets, "After")
    assert texts(sockets, fetched(line, after.cursor, 1)) == ["After"]
    assert "Before" not in str([each.payload for each in sockets.envelopes.waiting])


def test_socket_mode_that_is_switched_off_needs_somebody(sockets: Slack, line: SocketPoller) -> None:
    cursor = line.fetch(None).cursor
    sockets.disconnect("link_disabled")
    line.wait(10)
    with pytest.raises(NeedsReauth, match="switched off"):
        line.fetch(cursor)


def test_a_connection_that_breaks_is_said_to_have(sockets: Slack, line: SocketPoller) -> None:
    cursor = line.fetch(None).cursor
    sockets.envelopes.connections[0].cut = True
    line.wait(10)
    with pytest.raises(TryLater):
        line.fetch(cursor)


def test_a_connection_that_says_nothing_any_more_is_given_up(
    sockets: Slack, line: SocketPoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = line.fetch(None).cursor
    monkeypatch.setattr(polling, "QUIET", -1.0)
    line.wait(10)
    with pytest.raises(TryLater, match="silent"):
        line.fetch(cursor)


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (b'{"ok":false,"error":"invalid_auth"}', NeedsReauth, "app-level token"),
        (b'{"ok":false,"error":"missing_scope","needed":"connections:write"}', Rejected, "connections:write"),
        (b'{"ok":true,"url":"ws://127.0.0.1:1/link/"}', TryLater, "refused"),
        (b'{"ok":true,"url":"https://127.0.0.1/"}', Rejected, "no address"),
        (b'{"ok":true}', Rejected, "no address"),
    ],
)
def test_a_connection_that_is_not_opened_says_why(
    sockets: Slack, line: SocketPoller, answer: bytes, error: type[Exception], said: str
) -> None:
    sockets.fail("apps.connections.open", Fault("say", answer=answer))
    with pytest.raises(error, match=said):
        line.fetch(None)


def test_slacks_own_server_may_not_send_us_to_a_plain_connection(sockets: Slack) -> None:
    from adapters.slack.websocket import WebSocket

    with pytest.raises(Rejected, match="no address"):
        WebSocket(net_io(), f"ws://127.0.0.1:{sockets.port}/link/", plain=False)


def test_waiting_ends_when_the_process_does(sockets: Slack) -> None:
    stop = threading.Event()
    poller = SocketPoller(config_of(sockets, app_token=APP_TOKEN), net_io(stopping=stop.is_set))
    poller.fetch(None)
    stop.set()
    began = time.monotonic()
    poller.wait(600)
    assert time.monotonic() - began < 5
    poller.close()


def test_a_bot_token_that_is_revoked_is_noticed_though_the_connection_stays(
    sockets: Slack, line: SocketPoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "WATCH", 0.0)
    cursor = line.fetch(None).cursor
    sockets.refuse("auth.test", "account_inactive")
    line.wait(600)  # it is time for a look, so it returns at once
    with pytest.raises(NeedsReauth, match="lost its place"):
        line.fetch(cursor)
    assert sockets.envelopes.opened == 1


def test_an_account_that_slack_calls_is_looked_after(slack: Slack) -> None:
    poller = ADAPTER.poller(config_of(slack), net_io())
    assert isinstance(poller, AccountWatch)
    assert poller.fetch({"taken": []}) == Batch(cursor={"taken": []})
    slack.refuse("auth.test", "token_revoked")
    with pytest.raises(NeedsReauth):
        poller.fetch(None)
