"""A Slack of our own: the Web API, files, the Events API and Socket Mode on loopback, and people who write.

It refuses what the real one refuses, in the real one's form: HTTP 200 with `ok` false, 429 with Retry-After, a login
page in place of a file. It signs its calls, tells events again under new ids, and can be told to misbehave.
"""

import functools
import hashlib
import hmac
import itertools
import json
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.peers.served import Served, cut
from tests.peers.slack_methods import Call, Methods, Refused
from tests.peers.slack_socket import Envelopes, Line
from tests.peers.slack_world import APP, BOT_USER, TEAM

BOT_TOKEN = "xoxb-1000200030-4000500060-only-tests-use-this"
APP_TOKEN = "xapp-1-A0APP0001-1-only-tests-use-this"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
ATTEMPTS = 4
"""How often an event is told that nobody takes: once, and three times more."""


@dataclass
class Fault:
    """How the next call of a method goes wrong.

    "say": it answers `status` with `answer` and `headers`. "cut": the connection ends before the call is looked at;
    "cut_after": it was carried out; "hang": it takes `seconds`, then ends; "pass": nothing goes wrong.
    """

    kind: str
    status: int = 200
    answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Slack(Served, Methods):
    """One app in one workspace, and everybody who writes to it."""

    def __init__(self) -> None:
        Served.__init__(self)
        Methods.__init__(self)
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.envelopes = Envelopes()
        self.hook_url = ""
        self.socket_mode = False
        self.copies = 1
        """How often each event is told, every time under another id."""
        self.held: list[dict[str, Any]] | None = None
        """Events that are held back, while it is a list."""
        self.echo_first = False
        """Whether our own message is told before the call that wrote it is answered."""
        self.told: list[tuple[int, dict[str, Any]]] = []
        """What the hook answered, and to which payload."""
        self._ids = itertools.count(1)
        self._outbox: deque[dict[str, Any]] = deque()

    def address(self) -> str:
        """Where files lie."""
        return self.url

    # Events

    def push(self, event: dict[str, Any], *, shared: bool = False, **around: Any) -> None:
        """Tell of something, as often and in the way that is set."""
        for _copy in range(self.copies):
            told = self.payload(event, shared=shared, **around)
            if self.held is not None:
                self.held.append(told)
            else:
                self._deliver(told)

    def release(self, *, reverse: bool = False) -> None:
        """Tell what was held back, in order or the other way round."""
        held, self.held = self.held or [], None
        for told in reversed(held) if reverse else held:
            self._deliver(told)

    def payload(self, event: dict[str, Any], *, shared: bool = False, **around: Any) -> dict[str, Any]:
        """An event with what stands around it."""
        mine = {"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}
        return {
            "token": "verification-is-not-used",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._ids):06d}",
            "event_time": int(time.time()),
            "authorizations": [{"enterprise_id": None, **mine}],
            "is_ext_shared_channel": shared,
            **around,
        }

    def _deliver(self, told: dict[str, Any]) -> None:
        if self.socket_mode:
            self.envelopes.put(told)
            return
        if self.echo_first and told["event"].get("bot_id") and self.hook_url:
            self._post(told, 0, "")
            return
        with self.news:
            self._outbox.append(told)
            self.news.notify_all()

    def _call_hook(self) -> None:
        while not self.ended.is_set():
            with self.news:
                if not (self._outbox and self.hook_url):
                    self.news.wait(0.2)
                    continue
                told = self._outbox.popleft()
            for attempt in range(ATTEMPTS):
                if self._post(told, attempt, "http_error" if attempt else "") or self.ended.wait(0.05):
                    break

    def _post(self, told: dict[str, Any], attempt: int, reason: str) -> bool:
        body = json.dumps(told).encode()
        headers = signed(body, SIGNING_SECRET)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        request = urllib.request.Request(self.hook_url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        self.told.append((status, told))
        return bool(200 <= status < 300)

    # Misbehaving

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of a method go wrong, one after the other."""
        self.faults.setdefault(method, deque()).extend(faults)

    def refuse(self, method: str, error: str, **more: Any) -> None:
        """The next call of a method is refused."""
        self.fail(method, Fault("say", answer=json.dumps({"ok": False, "error": error, **more}).encode()))

    def limit(self, method: str, seconds: int) -> None:
        """The next call of a method is one too many."""
        answer = b'{"ok":false,"error":"ratelimited"}'
        self.fail(method, Fault("say", 429, answer, {"Retry-After": str(seconds)}))

    def made(self, *methods: str) -> list[Call]:
        """The calls of these methods so far."""
        return [call for call in self.calls if call.method in methods]

    def disconnect(self, reason: str) -> None:
        """Tell the connections to end."""
        for line in list(self.envelopes.connections):
            line.orders.append({"type": "disconnect", "reason": reason, "debug_info": {"host": "wss"}})

    # Serving

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        if request.path.startswith("/link/"):
            Line(self.envelopes, environ, self.ended).serve()
            raise ConnectionError  # the server's way of saying that nothing is to be answered
        try:
            with request:
                response = self._route(request)
        except Refused as error:
            response = self._json(error.answer)
        except ConnectionResetError:
            cut(environ)
            response = Response(status=500)
        return response(environ, start_response)

    def _route(self, request: Request) -> Response:
        _, head, *rest = request.path.split("/", 3)
        if head == "files-pri":
            return self._give_file(request, rest[0])
        if head == "upload":
            return self._around("upload", functools.partial(self._take_upload, request, rest[-1]))
        if head != "api" or request.method != "POST":
            return Response("<!DOCTYPE html><html>Not found</html>", status=404, content_type="text/html")
        call = Call(rest[0], _arguments(request))
        self.calls.append(call)
        return self._around(call.method, functools.partial(self._carry_out, request, call))

    def _around(self, method: str, do: Any) -> Response:
        waiting = self.faults.get(method)
        fault = waiting.popleft() if waiting else Fault("pass")
        match fault.kind:
            case "say":
                return Response(
                    fault.answer,
                    fault.status,
                    headers=fault.headers,
                    content_type="application/json; charset=utf-8",
                )
            case "hang":
                self.ended.wait(fault.seconds)
                raise ConnectionResetError
            case "cut":
                raise ConnectionResetError
            case "cut_after":
                do()
                raise ConnectionResetError
        response: Response = do()
        return response

    def _carry_out(self, request: Request, call: Call) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refused("not_authed")
        if call.method == "apps.connections.open":
            if token != APP_TOKEN:
                raise Refused("invalid_auth")
            return self._json(
                {"ok": True, "url": f"ws://127.0.0.1:{self.port}/link/?ticket=once&app_id={APP}"}
            )
        if token != BOT_TOKEN:
            raise Refused("invalid_auth")
        return self._json(self.carry_out(call))

    def _json(self, data: dict[str, Any]) -> Response:
        headers = {"x-oauth-scopes": self.scopes, "x-accepted-oauth-scopes": ""}
        return Response(json.dumps(data), headers=headers, content_type="application/json; charset=utf-8")

    def _take_upload(self, request: Request, number: str) -> Response:
        if not self.take_upload(number, request.get_data()):
            return Response("400 - Bad size", status=400)
        return Response(f"OK - {len(self.contents[number])}")

    def _give_file(self, request: Request, name: str) -> Response:
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}" or "files:read" not in self.scopes:
            return Response(
                "<!DOCTYPE html><html>Sign in to Shop</html>", content_type="text/html; charset=utf-8"
            )
        number = name.partition("-")[2]
        if number not in self.contents:
            return Response(status=404)
        return Response(self.contents[number], content_type=self.files[number]["mimetype"])


def signed(body: bytes, secret: str, at: float | None = None) -> dict[str, str]:
    """The headers that prove a call."""
    when = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), b"v0:" + when.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": when,
        "X-Slack-Signature": f"v0={mac}",
    }


def _arguments(request: Request) -> dict[str, Any]:
    if request.mimetype == "application/json":
        found: dict[str, Any] = request.get_json()
        return found
    return request.form.to_dict()
