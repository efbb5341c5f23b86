"""What goes to and fro at our own Graph API: calls, refusals in Meta's form, faults, and what a network adds."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from werkzeug.wrappers import Request, Response


@dataclass
class Call:
    """One call that a client made. `path` is without the version; `fields` are those of a JSON or form body.

    `files` are uploaded bytes by part, with their `names` and `types`.
    """

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    fields: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    @property
    def edge(self) -> str:
        """The last part of the path ("messages"), by which faults are ordered."""
        return self.path.rpartition("/")[2]


class Refused(Exception):
    """What the API does not take."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int = 0,
        status: int = 400,
        kind: str = "OAuthException",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {
            "message": message,
            "type": kind,
            "code": code,
            **({"error_subcode": subcode} if subcode else {}),
            **more,
            "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW",
        }

    def body(self) -> bytes:
        """The answer."""
        return json.dumps({"error": self.error}).encode()


def bad(message: str, subcode: int = 0) -> Refused:
    """A call that is not as it has to be."""
    return Refused(100, f"(#100) {message}", subcode=subcode)


@dataclass
class Fault:
    """How the next call of an edge goes wrong.

    "cut": the connection ends before the call is looked at; "cut_after": it was carried out; "hang" and
    "hang_after" the same after `seconds` without an answer; "say": it is answered with `answer`; "refuse": with
    `refusal`; "pass": nothing goes wrong, which lets the one after it hit a later call.
    """

    kind: str
    seconds: float = 0.0
    status: int = 200
    answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    refusal: Refused | None = None

    @property
    def after(self) -> bool:
        """Whether the call is carried out all the same."""
        return self.kind in ("pass", "cut_after", "hang_after")


def throttled(code: int = 4, *, status: int = 400, minutes: int = 0) -> Fault:
    """The next call is one too many."""
    refusal = Refused(code, f"(#{code}) Application request limit reached", status=status)
    usage = json.dumps(
        {"1": [{"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": minutes}]}
    )
    return Fault("refuse", refusal=refusal, headers={"X-Business-Use-Case-Usage": usage} if minutes else {})


Answer = dict[str, Any] | Response
Route = tuple[str, re.Pattern[str], Callable[[Call, re.Match[str]], Answer]]


class Network(Protocol):
    """What a network adds to the API. `open_routes` are asked without the version and without a check of the token."""

    routes: Sequence[Route]
    open_routes: Sequence[Route]


def read(request: Request, path: str) -> Call:
    """A request as a call. Raises Refused for a body that is not JSON although it says so."""
    fields: dict[str, Any] = request.form.to_dict()
    if request.mimetype == "application/json":
        try:
            fields = json.loads(request.get_data())
        except ValueError:
            raise bad("Invalid JSON") from None
    parts = request.files.items()
    files, names, types = {}, {}, {}
    for name, part in parts:
        files[name], names[name], types[name] = part.stream.read(), part.filename or "", part.mimetype
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(request.method, path, request.args.to_dict(), headers, fields, files, names, types)
