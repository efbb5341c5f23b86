"""Our own Telegram refuses what the real one refuses, and keeps updates until they are confirmed."""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.peers.process import free_port
from tests.peers.telegram import Telegram

ANNA = 5_000_000_001


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as server:
        server.write(server.person(ANNA), "Hello")
        yield server


def call(telegram: Telegram, method: str, token: str = "", **params: Any) -> Any:
    """The answer of a method, whatever its status."""
    encoded = {key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()}
    url = f"{telegram.url}/bot{token or telegram.token}/{method}"
    request = urllib.request.Request(url, urllib.parse.urlencode(encoded).encode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return json.loads(error.read())


def said(telegram: Telegram, method: str, **params: Any) -> str:
    return str(call(telegram, method, **params).get("description", ""))


def test_a_message_is_answered_with_itself(telegram: Telegram) -> None:
    sent = call(telegram, "sendMessage", chat_id=ANNA, text="Hi")["result"]
    assert (sent["text"], sent["chat"]["id"], sent["from"]["is_bot"]) == ("Hi", ANNA, True)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"chat_id": 7}, "chat not found"),
        ({"text": " "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"entities": [{"type": "bold", "offset": 1, "length": 9}]}, "outside of the text"),
        ({"text": "😀", "entities": [{"type": "bold", "offset": 1, "length": 1}]}, "half a character"),
        ({"text": "abcd", "entities": [{"type": "bold", "offset": 0, "length": 3},
                                       {"type": "italic", "offset": 1, "length": 3}]}, "they cross"),
        ({"text": "abcd", "entities": [{"type": "pre", "offset": 0, "length": 4},
                                       {"type": "bold", "offset": 1, "length": 1}]}, "bold within pre"),
    ],
)  # fmt: skip
def test_what_a_message_must_not_be(telegram: Telegram, params: dict[str, Any], words: str) -> None:
    assert words in said(telegram, "sendMessage", **{"chat_id": ANNA, "text": "Hi", **params})


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"text": "x"}, "needs chat_id"),
        ({"chat_id": ANNA, "text": "x", "colour": "red"}, "no parameter colour"),
        ({"chat_id": "[1]", "text": "x"}, "chat_id is no Integer"),
        ({"chat_id": ANNA, "text": "x", "entities": [{"type": "bold"}]}, "needs offset"),
        ({"chat_id": ANNA, "text": "x", "entities": {"type": "bold"}}, "entities is no list"),
        ({"chat_id": ANNA, "text": "x", "reply_parameters": {"message_id": 1, "x": 1}}, "no field x"),
    ],
)
def test_calls_are_held_to_the_published_description(
    telegram: Telegram, params: dict[str, Any], words: str
) -> None:
    assert words in said(telegram, "sendMessage", **params)
    assert call(telegram, "sendNothing")["error_code"] == 404


def test_tokens(telegram: Telegram) -> None:
    assert call(telegram, "getMe", token="7000000001:wrong")["description"] == "Unauthorized"
    assert call(telegram, "getMe", token="nonsense")["description"] == "Not Found"


def test_who_blocked_the_bot_and_who_moved(telegram: Telegram) -> None:
    telegram.blocked.add(ANNA)
    assert call(telegram, "sendMessage", chat_id=ANNA, text="x")["error_code"] == 403
    telegram.migrated[-5] = -100
    answer = call(telegram, "sendMessage", chat_id=-5, text="x")
    assert answer["parameters"] == {"migrate_to_chat_id": -100}


def test_updates_stay_until_a_higher_number_is_asked_for(telegram: Telegram) -> None:
    [first] = call(telegram, "getUpdates")["result"]
    assert call(telegram, "getUpdates")["result"] == [first]
    assert call(telegram, "getUpdates", offset=first["update_id"] + 1)["result"] == []
    assert telegram.pending == []


def test_a_number_from_before_a_week_of_silence_confirms_nothing(telegram: Telegram) -> None:
    assert len(call(telegram, "getUpdates", offset=99_999)["result"]) == 1


def test_reactions_come_only_to_who_names_them(telegram: Telegram) -> None:
    chat = {"id": ANNA, "type": "private"}
    telegram.push("message_reaction", {"chat": chat})
    assert len(call(telegram, "getUpdates", allowed_updates=["message", "message_reaction"])["result"]) == 1
    telegram.push("message_reaction", {"chat": chat})
    assert len(call(telegram, "getUpdates")["result"]) == 2, "what was asked for is remembered"


def test_a_second_poll_ends_the_first_and_a_webhook_both(telegram: Telegram) -> None:
    offset = call(telegram, "getUpdates")["result"][0]["update_id"] + 1
    answers: list[Any] = []
    first = threading.Thread(
        target=lambda: answers.append(call(telegram, "getUpdates", offset=offset, timeout=20))
    )
    first.start()
    time.sleep(0.3)
    call(telegram, "getUpdates", offset=offset)
    first.join(5)
    assert "terminated by other getUpdates" in answers[0]["description"]
    call(telegram, "setWebhook", url="http://127.0.0.1:1/")
    assert "while webhook is active" in said(telegram, "getUpdates")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "http://x.example"}, "HTTPS URL must be provided"),
        ({"url": "https://x.example:8000"}, "ports 80, 88, 443 or 8443"),
        ({"url": "https://x.example", "secret_token": "no blanks"}, "unallowed characters"),
        ({"url": "https://x.example", "max_connections": 101}, "max_connections"),
    ],
)
def test_telegrams_own_server_is_strict_about_webhooks(params: dict[str, Any], words: str) -> None:
    with Telegram(official=True) as telegram:
        assert words in said(telegram, "setWebhook", **params)


def test_a_webhook_is_called_with_its_secret_until_it_takes_the_update(telegram: Telegram) -> None:
    seen: list[tuple[str, int]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.headers["X-Telegram-Bot-Api-Secret-Token"], body["update_id"]))
            self.send_response(503 if len(seen) == 1 else 200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Nothing is written."""

    port = free_port()
    server = HTTPServer(("127.0.0.1", port), Hook)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    call(telegram, "setWebhook", url=f"http://127.0.0.1:{port}/", secret_token="hush")
    deadline = time.monotonic() + 10
    while telegram.pending and time.monotonic() < deadline:
        time.sleep(0.02)
    server.shutdown()
    server.server_close()
    assert seen == [("hush", 1000), ("hush", 1000)]
    assert "503" in call(telegram, "getWebhookInfo")["result"]["last_error_message"]


def test_files(telegram: Telegram) -> None:
    file_id = telegram.file(b"content", "photos/file_3.jpg")
    path = call(telegram, "getFile", file_id=file_id)["result"]["file_path"]
    with urllib.request.urlopen(f"{telegram.url}/file/bot{telegram.token}/{path}", timeout=5) as answer:
        assert answer.read() == b"content"
    assert "wrong file_id" in said(telegram, "getFile", file_id="other")
    assert "too big" in said(telegram, "getFile", file_id=telegram.file(bytes(20_000_001), "a/b"))


def test_albums_and_captions(telegram: Telegram) -> None:
    one = [{"type": "photo", "media": "attach://a"}]
    assert "2 to 10" in said(telegram, "sendMediaGroup", chat_id=ANNA, media=one)
    assert "wrong file identifier" in said(telegram, "sendMediaGroup", chat_id=ANNA, media=one * 2)
    mixed = [*one, {"type": "document", "media": "attach://b"}]
    assert "can't be mixed" in said(telegram, "sendMediaGroup", chat_id=ANNA, media=mixed)
    assert said(telegram, "sendPhoto", chat_id=ANNA, photo="http://x.example/a.png").startswith("Bad Request")


def test_reactions_are_those_that_telegram_has(telegram: Telegram) -> None:
    react = {"chat_id": ANNA, "message_id": 1}
    assert call(telegram, "setMessageReaction", **react, reaction=[{"type": "emoji", "emoji": "👍"}])[
        "result"
    ]
    assert "REACTION_INVALID" in said(
        telegram, "setMessageReaction", **react, reaction=[{"type": "emoji", "emoji": "🧦"}]
    )
