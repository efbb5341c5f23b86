"""A Graph API of our own: Meta's over real HTTP on loopback, and webhooks that it signs and repeats.

It knows no network: `Graph(Page(), …)` takes those of the other files of this folder, which say what is there and
refuse what the real ones refuse, in their form. It can be told to misbehave.
"""

import hashlib
import hmac
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.peers.graph_call import Answer, Call, Fault, Network, Refused, Route, read
from tests.peers.served import Served, cut

TOKEN = "EAAtoken-that-only-tests-use-0001"
APP_ID = "440000000000001"
APP_SECRET = "a-secret-that-only-tests-use-0001"
VERIFY_TOKEN = "a-word-of-our-own"

_VERSIONED = re.compile(r"/v(?P<version>[0-9]{1,3})\.0/(?P<path>.+)")


class Graph(Served):
    """The API for one app with one token.

    Webhooks go to `hook` as they are pushed: each `copies` times, and `disorder` hands out the newest first.
    """

    def __init__(self, *networks: Network, token: str = TOKEN, app_secret: str = APP_SECRET) -> None:
        super().__init__()
        self.token = token
        self.app_secret = app_secret
        self.app_id = APP_ID
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}
        self.hook = ""
        self.copies = 1
        self.disorder = False
        self.waiting: list[bytes] = []
        self.refused_hooks: list[int] = []
        self._busy = False
        self._routes: list[Route] = [route for network in networks for route in network.routes]
        self._open: list[Route] = [route for network in networks for route in network.open_routes]

    # Going wrong

    def fail(self, edge: str, *faults: Fault) -> None:
        """The next calls of an edge ("messages") go wrong, one after the other."""
        self.faults.setdefault(edge, deque()).extend(faults)

    def refuse(
        self, edge: str, code: int, message: str = "No.", *, subcode: int = 0, status: int = 400
    ) -> None:
        """The next call of an edge is refused."""
        self.fail(edge, Fault("refuse", refusal=Refused(code, message, subcode=subcode, status=status)))

    def made(self, edge: str, method: str = "POST") -> list[Call]:
        """The calls of an edge so far."""
        return [call for call in self.calls if (call.method, call.edge) == (method, edge)]

    # Webhooks

    def subscribe(self, url: str, verify_token: str = VERIFY_TOKEN) -> None:
        """Enter a webhook's address as a person does at Meta, which asks it a question at once. Raises ValueError."""
        word = "1158201444"
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": word}
        with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
            if answer.read().decode() != word:
                raise ValueError("The callback URL or verify token could not be validated.")
        self.hook = url
        with self.news:
            self.news.notify_all()

    def push(self, body: dict[str, Any]) -> None:
        """Something happened: a webhook's body, sent as soon as there is a webhook."""
        with self.news:
            self.waiting += [written(body)] * self.copies
            self.news.notify_all()

    def call_hook(self, body: bytes) -> int:
        """Call the webhook with a body at once; the HTTP status of the answer."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signed(self.app_secret, body)}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.hook, body, headers), timeout=5
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def settle(self, seconds: float = 10.0) -> bool:
        """Whether all webhooks have been taken within some seconds."""
        with self.news:
            return self.news.wait_for(lambda: not self.waiting and not self._busy, seconds)

    def _call_hook(self) -> None:
        """Hand out webhooks one after the other, and again while they are not taken."""
        while not self.ended.is_set():
            with self.news:
                if not (self.waiting and self.hook):
                    self.news.wait(0.2)
                    continue
                body = self.waiting.pop(-1 if self.disorder else 0)
                self._busy = True
            status = self.call_hook(body)
            with self.news:
                self._busy = False
                if not 200 <= status < 300:
                    self.refused_hooks.append(status)
                    self.waiting.append(body)
                self.news.notify_all()
            if not 200 <= status < 300:
                self.ended.wait(0.3)

    # Serving

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        headers: dict[str, str] = {}
        try:
            with request:
                response = self._route(request, headers)
        except Refused as error:
            response = Response(
                error.body(), status=error.status, content_type="application/json; charset=UTF-8"
            )
        except ConnectionResetError:
            cut(environ)
            response = Response(status=500)
        response.headers.extend(headers)
        return response(environ, start_response)

    def _route(self, request: Request, headers: dict[str, str]) -> Response:
        for method, pattern, carry_out in self._open:
            if method == request.method and (found := pattern.fullmatch(request.path[1:])):
                return _response(carry_out(read(request, request.path[1:]), found))
        versioned = _VERSIONED.fullmatch(request.path)
        if versioned is None or int(versioned["version"]) < 20:
            raise Refused(
                2635, "(#2635) You are calling a deprecated version of the Ads API or the Graph API."
            )
        call = read(request, versioned["path"])
        self.calls.append(call)
        waiting = self.faults.get(call.edge)
        fault = waiting.popleft() if waiting else None
        if fault is not None and not fault.after:
            headers.update(fault.headers)
            return self._misbehave(fault)
        self._check(call)
        answer = _response(self._carry_out(call))
        if fault is not None and fault.kind != "pass":
            self.ended.wait(fault.seconds)
            raise ConnectionResetError
        return answer

    def _check(self, call: Call) -> None:
        """Who asks has to have the token, and to prove that he has the app's secret too."""
        if call.headers.get("authorization", "") != f"Bearer {self.token}":
            raise Refused(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        proof = call.params.pop("appsecret_proof", None)
        # Instagram's own tokens are not proved this way.
        if not self.token.startswith("IG") and proof != _digest(self.app_secret, self.token.encode()):
            raise Refused(
                100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"
            )

    def _carry_out(self, call: Call) -> Answer:
        for method, pattern, carry_out in self._routes:
            if method == call.method and (found := pattern.fullmatch(call.path)):
                return carry_out(call, found)
        name = call.path.partition("/")[0]
        raise Refused(
            100,
            f"Unsupported {call.method.lower()} request. Object with ID '{name}' does not exist, cannot be loaded "
            "due to missing permissions, or does not support this operation",
            subcode=33,
            kind="GraphMethodException",
        )

    def _misbehave(self, fault: Fault) -> Response:
        if fault.kind == "refuse" and fault.refusal is not None:
            raise fault.refusal
        if fault.kind == "hang":
            self.ended.wait(fault.seconds)
        if fault.kind in ("hang", "cut"):
            raise ConnectionResetError
        return Response(fault.answer, status=fault.status, content_type="application/json")


def written(body: dict[str, Any]) -> bytes:
    """A webhook's body as Meta writes it: without blanks, and with everything beyond ASCII escaped."""
    return json.dumps(body, separators=(",", ":")).encode()


def signed(secret: str, body: bytes) -> str:
    """The header that proves a webhook."""
    return f"sha256={_digest(secret, body)}"


def _digest(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _response(answer: Answer) -> Response:
    if isinstance(answer, Response):
        return answer
    return Response(json.dumps(answer), content_type="application/json; charset=UTF-8")
