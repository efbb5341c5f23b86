"""Socket Mode: events over a connection of ours; and a look at the account where Slack calls us.

Slack sends an event again until it is acknowledged, so it is acknowledged only when its row is committed: that is
when the next `fetch` brings the cursor in which it stands.
"""

import hashlib
import json
import time
from typing import Any

from adapters.slack import payload
from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.connect import open_connection
from adapters.slack.websocket import WebSocket
from inbox.contract import AdapterError, Batch, Io, NeedsReauth, Raw, RawItem, TryLater, Unreadable
from inbox.contract.adapter import Cursor

LIMIT = 100
KEPT = 300
"""Events that the cursor names, so that none is taken twice that comes over two connections."""
HELLO = 10.0
"""Seconds within which Slack greets."""
QUIET = 40.0
"""Seconds of silence after which a sign of life is asked for, and after twice as many the connection is given up."""
WATCH = 300.0
"""Seconds between looks at the account."""


class SocketPoller:
    """Takes events from a connection. The contract's `Poller`."""

    def __init__(self, config: SlackConfig, io: Io) -> None:
        self._config, self._io = config, io
        self._socket: WebSocket | None = None
        self._greeted = self._leaving = False
        self._look_at = 0.0
        self._error: AdapterError | None = None
        self._waiting: dict[str, tuple[list[str], RawItem]] = {}

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Up to 100 events that the cursor does not name. Raises TryLater, NeedsReauth or Rejected."""
        taken = _taken(cursor)
        error, self._error = self._error, None
        if error is not None:
            raise error
        self._acknowledge(taken)
        if self._leaving:
            self.close()
        if self._socket is None:
            self._open()
        if time.monotonic() >= self._look_at:
            # The connection is the app's and outlives the bot's token: nothing here would tell that replies cannot go.
            _look(self._config, self._io)
            self._look_at = time.monotonic() + WATCH
        self._take_in(0.0)
        self._acknowledge(taken)
        found = list(self._waiting.items())[:LIMIT]
        names = [*taken, *(name for name, _waiting in found)][-KEPT:]
        return Batch(
            items=tuple(item for _name, (_envelopes, item) in found),
            cursor={"taken": list(names)} if found else dict(cursor or {}),
            more=len(self._waiting) > LIMIT,
        )

    def wait(self, seconds: float) -> None:
        """Return when events are here or are to be acknowledged, the connection breaks, or `seconds` have passed."""
        until = time.monotonic() + seconds
        while not (self._waiting or self._leaving or self._error or self._io.stopping()):
            left = min(until, self._look_at) - time.monotonic()
            if left <= 0:
                return
            try:
                self._take_in(min(left, 0.5))
                self._look_alive()
            except AdapterError as error:
                self._error = error

    def close(self) -> None:
        """Give the connection up. What was not acknowledged comes again over the next one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._greeted = self._leaving = False
        self._waiting.clear()

    def _open(self) -> None:
        url = open_connection(self._config, Api(self._config, self._io))
        self._socket = WebSocket(self._io, url, plain=self._config.api_base.startswith("http://"))
        until = time.monotonic() + HELLO
        while not self._greeted and (left := until - time.monotonic()) > 0 and not self._io.stopping():
            self._take_in(min(left, 0.5))
        if not self._greeted:
            self.close()
            raise TryLater("Slack opened a connection and said nothing.", code="hello")
        self._socket.settle(2.0)

    def _take_in(self, seconds: float) -> None:
        """Take the messages that are here, waiting up to `seconds` for the first."""
        if self._socket is None:
            return
        while (text := self._socket.receive(seconds)) is not None:
            seconds = 0.0
            self._hear(text)

    def _hear(self, text: str) -> None:
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            return  # no envelope, so nothing that would be sent again
        if not isinstance(told, dict):
            return
        kind, envelope = told.get("type"), told.get("envelope_id")
        if kind == "hello":
            self._greeted = True
        elif kind == "disconnect":
            if told.get("reason") == "link_disabled":
                raise NeedsReauth(
                    "Socket Mode is switched off in the settings of the Slack app.", code="link_disabled"
                )
            self._leaving = True
        elif isinstance(envelope, str) and kind == "events_api":
            self._put(envelope, told.get("payload"))
        elif isinstance(envelope, str):
            # Slash commands, buttons and forms: somebody looks at the screen, and there is nothing to keep.
            self._confirm(envelope)

    def _put(self, envelope: str, data: Any) -> None:
        body = json.dumps(data, separators=(",", ":")).encode()
        try:
            key = payload.dedupe_key(payload.read(body))
        except Unreadable:
            key = f"payload/{hashlib.sha256(body).hexdigest()[:40]}"
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        envelopes, item = self._waiting.get(name, ([], RawItem(dedupe_key=key, raw=Raw(body=body))))
        self._waiting[name] = ([*envelopes, envelope], item)

    def _acknowledge(self, taken: list[str]) -> None:
        """Tell Slack of everything that waits here and is committed."""
        for name in [name for name in taken if name in self._waiting]:
            for envelope in self._waiting.pop(name)[0]:
                self._confirm(envelope)

    def _confirm(self, envelope: str) -> None:
        if self._socket is not None:
            self._socket.send(json.dumps({"envelope_id": envelope}))

    def _look_alive(self) -> None:
        if self._socket is None:
            return
        silent = time.monotonic() - self._socket.heard_at
        if silent > 2 * QUIET:
            raise TryLater("The connection to Slack went silent.", code="silent")
        if silent > QUIET:
            self._socket.ping()


class AccountWatch:
    """Looks now and then whether Slack still accepts the token. The contract's `Poller`."""

    def __init__(self, config: SlackConfig, io: Io) -> None:
        self._config, self._io = config, io

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Nothing, as events come by themselves. Raises TryLater, NeedsReauth or Rejected."""
        _look(self._config, self._io)
        return Batch(cursor=dict(cursor or {}))

    def wait(self, seconds: float) -> None:
        """Return when it is time for another look, or the process ends."""
        until = time.monotonic() + min(seconds, WATCH)
        while (left := until - time.monotonic()) > 0 and not self._io.stopping():
            time.sleep(min(left, 0.5))

    def close(self) -> None:
        """Nothing is open."""


def poller(config: SlackConfig, io: Io) -> SocketPoller | AccountWatch:
    """What brings in the events of an account, or looks after one whose events Slack brings."""
    return SocketPoller(config, io) if config.uses_socket else AccountWatch(config, io)


def _look(config: SlackConfig, io: Io) -> None:
    """Ask whether Slack still accepts the bot's token. Raises TryLater, NeedsReauth or Rejected."""
    api = Api(config, io)
    api.ask(api.client.auth_test)


def _taken(cursor: Cursor | None) -> list[str]:
    listed = (cursor or {}).get("taken")
    return [str(name) for name in listed] if isinstance(listed, list) else []
