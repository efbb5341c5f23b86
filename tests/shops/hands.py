"""What every real shop's world has: an io that reaches it, and a place where its events arrive."""

import contextlib
import http.server
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, MutableMapping
from typing import Any, Self

from pydantic import JsonValue

from inbox.contract import HookRequest
from inbox.net.guard import Guard
from inbox.net.netio import NetIo


class ReachingIo(NetIo):
    """The product's own io, with a memory and a lock per name."""

    def __init__(self) -> None:
        super().__init__(Guard(allow_private=True))
        self.memory: MutableMapping[str, JsonValue] = {}
        self._locks: dict[str, threading.Lock] = {}

    @contextlib.contextmanager
    def single(self, name: str) -> Iterator[None]:
        """Held by one thread at a time."""
        with self._locks.setdefault(name, threading.Lock()):
            yield


class Ear:
    """A webhook on loopback that keeps what it hears."""

    def __init__(self) -> None:
        heard: list[HookRequest] = []
        lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with lock:
                    heard.append(HookRequest(method="POST", body=body, headers=headers, args={}))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Nothing is written."""

        self._heard, self._lock = heard, lock
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where to send events."""
        return f"http://127.0.0.1:{self._server.server_port}/hooks/shop/1"

    def take(self) -> list[HookRequest]:
        """What arrived since the last call."""
        with self._lock:
            found = list(self._heard)
            self._heard.clear()
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def post(url: str, body: Any, **headers: str) -> tuple[Any, dict[str, str]]:
    """The JSON answer and the headers. Raises AssertionError with the answer's text where it is an error."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **named}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null"), {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error.code} {error.read()[:800]!r}") from error
