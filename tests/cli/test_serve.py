"""The embedded server as a process: how it starts, what it costs, how it ends."""

import json
import signal
import socket
import time

import pytest

from tests.installation import Installation
from tests.peers.dovecot import Dovecot
from tests.peers.process import free_port, wait_until
from tests.reading import Message, rows

MEGABYTES = 150
MARGIN = 1.2
"""With what tests have installed some libraries load more; docs/operations.md has the figures of a plain one."""


@pytest.fixture
def ready(migrated: Installation) -> Installation:
    """An installation with a database."""
    return migrated


def test_it_is_small(ready: Installation) -> None:
    server = ready.serve()
    assert server.megabytes() < MEGABYTES * MARGIN


@pytest.mark.dovecot
def test_it_stays_small_with_a_mailbox_that_mail_comes_in_by(ready: Installation, dovecot: Dovecot) -> None:
    """The child that reads mail is counted, which ends when nothing more comes."""
    ready.add_mailbox(free_port(), dovecot.port)
    server = ready.serve()
    dovecot.deliver(b"From: anna@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n")
    with ready.context() as ctx:
        wait_until(lambda: bool(rows(ctx, Message)), 20, "the mail")
    assert server.megabytes() < MEGABYTES * MARGIN


def test_it_needs_no_setting_up(installation: Installation) -> None:
    server = installation.serve()
    assert f"http://127.0.0.1:{installation.port}/setup" in server.output
    assert installation.get_status("/setup") == 200


def test_a_taken_port_is_told_in_words(ready: Installation) -> None:
    with socket.create_server(("127.0.0.1", ready.port)):
        done = ready.run("serve", "--port", str(ready.port))
    assert done.returncode == 1
    assert f"Port {ready.port} is in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_servers_do_not_share_a_folder(ready: Installation) -> None:
    first = ready.serve()
    done = ready.run("serve", "--port", "0")
    assert done.returncode == 1
    assert f"process {first.popen.pid}" in done.stderr
    first.kill()
    ready.serve()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_gracefully_when_asked(ready: Installation, number: signal.Signals) -> None:
    server = ready.serve()
    started = time.monotonic()
    server.signal(number)
    assert server.popen.wait(15) == 0
    assert time.monotonic() - started < 10
    assert "Traceback" not in server.output


def test_open_live_connections_do_not_hold_up_its_end(ready: Installation) -> None:
    server = ready.serve()
    with socket.create_connection(("127.0.0.1", ready.port)) as live:
        live.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        assert b"101" in live.recv(100)
        assert server.stop() < 8


def test_a_request_under_way_is_finished(ready: Installation) -> None:
    server = ready.serve()
    with socket.create_connection(("127.0.0.1", ready.port)) as client:
        body = json.dumps({"name": "x"}).encode()
        client.sendall(
            b"POST /api/v1/nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        time.sleep(0.3)
        server.signal(signal.SIGTERM)
        time.sleep(0.3)
        client.sendall(body)
        assert client.recv(100).startswith(b"HTTP/1.1 4")
    assert server.popen.wait(10) == 0


def test_a_stalled_client_costs_nobody_else(ready: Installation) -> None:
    ready.serve()
    stalled = [socket.create_connection(("127.0.0.1", ready.port)) for _ in range(60)]
    try:
        for client in stalled:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.")
        started = time.monotonic()
        assert ready.get_status("/healthz") == 200
        assert time.monotonic() - started < 5
    finally:
        for client in stalled:
            client.close()


def test_the_log_is_json_when_asked_for(ready: Installation) -> None:
    server = ready.serve(ONETHREAD_LOG_FORMAT="json", ONETHREAD_LOG_LEVEL="debug")
    wait_until(lambda: '"event"' in server.output, 10, "a line in the log")
    lines = [line for line in server.output.splitlines() if line.startswith("{")]
    assert all("event" in json.loads(line) for line in lines)
