"""From the webhook to messages: signed calls of our own Graph API, some of them twice and out of order."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from adapters.meta.messenger import ADAPTER
from inbox.contract import Accept, Challenge, HookRequest, Inbound, NotAuthentic, Raw
from tests.adapters.messenger.peer import SETTINGS, config_of, net_io, signed_request
from tests.adapters.meta.outgoing import KEY, file, reply
from tests.peers.graph_page import Account


class Desk:
    """A webhook that proves and keeps what comes, once per name."""

    def __init__(self) -> None:
        desk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                desk.take(self, b"")

            def do_POST(self) -> None:
                desk.take(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
                """Nothing is written."""

        self.kept: dict[str, bytes] = {}
        self.calls = 0
        self.config = ADAPTER.manifest.config.model_validate(SETTINGS)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/messenger/1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def take(self, handler: Any, body: bytes) -> None:
        """Answer a call as the product does."""
        self.calls += 1
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = HookRequest(
            method=handler.command, body=body, headers=headers, args=dict(parse_qsl(parts.query))
        )
        status, answer = 200, b""
        try:
            verdict = ADAPTER.verify(self.config, request)
        except NotAuthentic:
            status = 401
        else:
            if isinstance(verdict, Challenge):
                answer = verdict.body.encode()
            else:
                self.kept.setdefault(verdict.dedupe_key, body)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def messages(self) -> list[Inbound]:
        """What the kept calls say, in the order in which they came."""
        items = [item for body in self.kept.values() for item in ADAPTER.parse(self.config, Raw(body=body))]
        return [item for item in items if isinstance(item, Inbound)]

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def desk() -> Iterator[Desk]:
    found = Desk()
    yield found
    found.stop()


def test_the_address_is_entered_at_meta_and_messages_come(page: Account, desk: Desk) -> None:
    page.graph.subscribe(desk.url)
    page.write(text="Grüße 👋")
    assert page.graph.settle()
    assert [item.text for item in desk.messages()] == ["Grüße 👋"]
    assert page.graph.refused_hooks == []


def test_a_wrong_verify_token_is_refused(page: Account, desk: Desk) -> None:
    with pytest.raises(OSError, match="401"):
        page.graph.subscribe(desk.url, "a-guess")


def test_calls_that_come_twice_have_the_same_name(page: Account, desk: Desk) -> None:
    page.graph.copies = 2
    page.graph.subscribe(desk.url)
    for text in ("One", "Two"):
        page.write(text=text)
    assert page.graph.settle()
    assert desk.calls == 5
    assert [item.text for item in desk.messages()] == ["One", "Two"]


def test_what_comes_out_of_order_says_when_it_was_written(page: Account, desk: Desk) -> None:
    page.graph.disorder = True
    for text in ("One", "Two", "Three"):
        page.write(text=text)
    page.graph.subscribe(desk.url)
    assert page.graph.settle()
    found = desk.messages()
    assert len(found) == 3
    assert sorted(found, key=lambda item: (item.sent_at, item.external_id)) == sorted(
        found, key=lambda item: item.external_id
    )


@pytest.mark.parametrize("echo", ["before", "after"])
def test_the_echo_of_our_reply_is_known_by_our_key_whenever_it_comes(
    page: Account, desk: Desk, echo: str
) -> None:
    page.echo = echo
    page.graph.subscribe(desk.url)
    receipt = ADAPTER.send(config_of(page), reply("messenger", "It leaves today."), net_io())
    assert page.graph.settle()
    [item] = desk.messages()
    assert (item.idem_key, item.ours, item.outgoing) == (KEY, True, True)
    assert item.external_id == receipt.external_id


def test_only_the_last_echo_of_several_proves_that_the_whole_reply_is_there(
    page: Account, desk: Desk
) -> None:
    page.graph.subscribe(desk.url)
    ADAPTER.send(config_of(page), reply("messenger", "One. " * 900, files=(file(),)), net_io())
    assert page.graph.settle()
    found = desk.messages()
    assert [(item.idem_key, item.partial) for item in found] == [(KEY, True)] * 3 + [(KEY, False)]


def test_what_is_written_in_metas_inbox_is_shown_as_sent_elsewhere(page: Account, desk: Desk) -> None:
    page.graph.subscribe(desk.url)
    page.answer_elsewhere("From the Page's inbox")
    page.answer_elsewhere("From a bot", app=1517776481860111)
    assert page.graph.settle()
    inbox, bot = desk.messages()
    assert (inbox.outgoing, inbox.ours, inbox.idem_key, inbox.automatic) == (True, False, "", "")
    assert (bot.outgoing, bot.ours, bot.automatic) == (True, False, "sent by another app")


def test_an_accepted_call_is_named_by_its_bytes() -> None:
    config = ADAPTER.manifest.config.model_validate(SETTINGS)
    _config, request = signed_request()
    accepted = ADAPTER.verify(config, request)
    assert isinstance(accepted, Accept)
    assert accepted == ADAPTER.verify(config, request)
    assert accepted.dedupe_key.startswith("sha256:")
