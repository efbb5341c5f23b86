"""One HTTP call to a shop, and what its status means to us. Money in the answers is read as decimal numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inbox.contract import NeedsReauth, Rejected, TryLater, Uncertain, Unreadable
from inbox.contract.commerce import ShopIo

ANSWER_MAX = 4 << 20
_AFTER_MAX = 3600.0
_TEXT_MAX = 300


@dataclass(frozen=True)
class Answer:
    """What a shop answered: `data` is None where there is no such thing (404)."""

    data: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Web:
    """HTTP with JSON to one shop, called `name` in what people read."""

    io: ShopIo
    name: str

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: Any = None,
        changes: bool = False,
        told: bool = False,
    ) -> Answer:
        """The answer to a call. `body` is sent as JSON, or bytes as they are, of the type that `headers` name.

        `changes`: it must not be made twice, so whatever leaves open whether it had an effect is Uncertain; otherwise
        that is TryLater. `told`: an answer of 400 to 422 is returned, not raised.

        Raises TryLater, Rejected, NeedsReauth, Unreadable; with `changes` also Uncertain.
        """
        sent = {"Accept": "application/json", **headers}
        raw = body if isinstance(body, bytes) else None
        if body is not None and raw is None:
            sent["Content-Type"] = "application/json"
            raw = json.dumps(body).encode()
        try:
            answer = self.io.http(method, url, headers=sent, body=raw, max_bytes=ANSWER_MAX)
        except Uncertain as error:
            if changes:
                raise
            raise TryLater(error.reason, code=error.code) from error
        data = self._read(answer.body, answer.status, changes=changes)
        if answer.status < 400 or (told and answer.status in (400, 404, 409, 410, 422)):
            return Answer(data, answer.headers)
        if answer.status in (404, 410):
            return Answer(None, answer.headers)
        raise self._refusal(answer.status, data, answer.headers, changes=changes)

    def _read(self, body: bytes, status: int, *, changes: bool) -> Any:
        try:
            return json.loads(body, parse_float=Decimal) if body.strip() else None
        except (ValueError, RecursionError) as error:
            if status >= 400:
                return None
            if changes:
                raise self._open(f"{self.name} answered something that cannot be read", "json") from error
            raise Unreadable(f"{self.name} answered something that cannot be read.", code="json") from error

    def _refusal(
        self, status: int, data: Any, headers: Mapping[str, str], *, changes: bool
    ) -> TryLater | Rejected | NeedsReauth | Uncertain:
        if status == 429:
            return TryLater(f"{self.name} asks for a pause.", after=_seconds(headers), code="429")
        if status >= 500:
            if changes:
                return self._open(f"{self.name} has trouble of its own (HTTP {status})", str(status))
            return TryLater(
                f"{self.name} has trouble of its own (HTTP {status}).",
                after=_seconds(headers),
                code=str(status),
            )
        if status in (401, 403):
            return NeedsReauth(f"{self.name} does not accept our credentials any more.", code=str(status))
        if status == 408:
            return TryLater(f"The request did not reach {self.name} whole.", code="408")
        reason = said(data)
        return Rejected(
            f"{self.name} refused it: {reason}" if reason else f"{self.name} refused it (HTTP {status}).",
            code=str(status),
        )

    @staticmethod
    def _open(text: str, code: str) -> Uncertain:
        return Uncertain(f"{text}, so it is not known whether it was done.", code=code)


def said(data: Any) -> str:
    """The sentence in an error's body, cut and on one line; "" if there is none."""
    if not isinstance(data, dict):
        return ""
    text = data.get("message") or data.get("detail") or data.get("error")
    return sentence(text) if isinstance(text, str) else ""


def sentence(text: str) -> str:
    """A shop's own words, fit to be shown: on one line, cut, without what cannot be stored."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_TEXT_MAX]


def _seconds(headers: Mapping[str, str]) -> float | None:
    """The shop's own wish for a pause, in seconds (RFC 9110 §10.2.3; its form as a date is left out)."""
    text = headers.get("retry-after", "")
    return min(float(text), _AFTER_MAX) if text.isascii() and text.isdigit() else None
