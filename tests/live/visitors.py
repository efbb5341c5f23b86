"""A visitor over real sockets: speaks HTTP and Socket.IO as the panel does, and mends itself as the panel does."""

import http.client
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import socketio

from tests.live.conftest import cut

NAMESPACE = "/widget"
_numbers = itertools.count(1)


class Visitor:
    """A panel: keeps what it has shown by id, its cursor and its token, and looks when it is told to."""

    def __init__(self, url: str, key: str, **arrival: Any) -> None:
        self.url, self.key = url, key
        self.token, self.cursor = "", ""
        self.shown: dict[int, dict[str, Any]] = {}
        self.heard: list[tuple[str, Any]] = []
        self.times: dict[str, float] = {}
        self._news = threading.Condition()
        self._looking = threading.Lock()
        self.client = self._make_client()
        self.boot = self.call("POST", "/session", arrival)
        self._take_boot(self.boot)

    def _make_client(self) -> socketio.Client:
        client = socketio.Client(reconnection=False)
        client.on("news", self._hear_news, namespace=NAMESPACE)
        client.on("typing", lambda data: self._note("typing", data), namespace=NAMESPACE)
        client.on("connect_error", lambda data: self._note("refused", data), namespace=NAMESPACE)
        client.on("disconnect", lambda *_reason: self._note("disconnect", None), namespace=NAMESPACE)
        return client

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call; raises urllib's errors."""
        headers = {"Content-Type": "application/json", "Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(
            f"{self.url}/widget/v1/{self.key}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and code of a call that fails."""
        try:
            self.call(method, path, body)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["code"]
        raise AssertionError("it was not refused")

    def listen(self, **auth: Any) -> None:
        """Open the live connection, and look once: that is what makes nothing missing."""
        self.client = self._make_client()
        try:
            self.client.connect(
                f"{self.url}?widget=1",
                namespaces=[NAMESPACE],
                transports=["websocket"],
                auth={"token": self.token, "key": self.key, **auth},
                wait_timeout=10,
            )
        except socketio.exceptions.ConnectionError:
            if self.client.eio.state == "connected":
                cut(self.client)
            self.client.eio.disconnect(abort=True)
            raise
        self.look()

    def look(self) -> None:
        """Ask for what is new or changed."""
        with self._looking:
            while True:
                part = self.call("GET", f"/messages?since={self.cursor}")
                if part["reset"]:
                    self.shown.clear()
                for item in part["items"]:
                    self._show(item)
                self.cursor = part["cursor"]
                if not part["more"]:
                    break
        with self._news:
            self._news.notify_all()

    def open_again(self) -> None:
        """Boot again with the token that is there, as after `reload`."""
        with self._looking:
            self._take_boot(self.call("POST", "/session", {"token": self.token}))

    def write(self, text: str) -> float:
        """Write; the moment at which it was taken."""
        number = f"message-{next(_numbers)}-{time.monotonic_ns()}"
        self.call("POST", "/messages", {"client_msg_id": number, "body": text})
        return time.monotonic()

    @property
    def texts(self) -> list[str]:
        """What is shown, in order."""
        return [self.shown[number]["body"] for number in sorted(self.shown)]

    def wait_until(self, true: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until what was heard or shown makes `true` true."""
        with self._news:
            assert self._news.wait_for(true, seconds), (self.texts, self.heard[-5:])

    def cut(self) -> None:
        """Break the line under it."""
        if self.client.connected:
            cut(self.client)

    def _take_boot(self, boot: dict[str, Any]) -> None:
        self.token, self.cursor = boot["token"], boot["cursor"]
        self.shown = {item["id"]: item for item in boot["messages"]}

    def _show(self, item: dict[str, Any]) -> None:
        self.shown[item["id"]] = item
        self.times.setdefault(item["body"], time.monotonic())

    def _hear_news(self, data: dict[str, Any]) -> None:
        try:
            if data["reload"]:
                self.open_again()
            self.look()
        except (OSError, http.client.HTTPException) as error:
            self._note("failed", str(error))  # the server ended meanwhile, or the test did
        self._note("news", data)

    def _note(self, name: str, data: Any) -> None:
        with self._news:
            self.heard.append((name, data))
            self._news.notify_all()
