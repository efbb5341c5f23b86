"""The Graph API as far as we use it: one call, its answer as an object, or one of the contract's errors."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from adapters.meta.batch import Fields
from adapters.meta.config import MetaConfig
from adapters.meta.errors import translated
from inbox.contract import HttpResponse, Io, OutFile, TryLater, Uncertain, Unreadable

VERSION = "v24.0"
"""Of the Graph API; Meta keeps each for two years at least."""

_SECONDS = 10.0
_UPLOAD_SECONDS = 120.0


class Graph:
    """The Graph API for one account. `seconds` is how long an answer is waited for.

    Instagram's own tokens (`IG…`) have no app secret that proves them, all others have.
    """

    def __init__(self, config: MetaConfig, io: Io, seconds: float = _SECONDS) -> None:
        self._config = config
        self._io = io
        self._seconds = seconds
        self._token = config.access_token.get_secret_value()

    @property
    def headers(self) -> dict[str, str]:
        """What proves our rights. It goes to Meta only."""
        return {"Authorization": f"Bearer {self._token}"}

    def get(self, path: str, **params: str) -> Fields:
        """Ask for something. Raises TryLater, Rejected or NeedsReauth."""
        try:
            return self._answer("GET", path, params, changes=False)
        except Uncertain as error:
            raise TryLater(error.reason, code=error.code) from error

    def post(self, path: str, fields: Mapping[str, Any]) -> Fields:
        """Change something. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
        body = json.dumps(fields, ensure_ascii=False).encode()
        return self._answer("POST", path, {}, changes=True, body=body, kind="application/json")

    def order(self, path: str, fields: Mapping[str, Any]) -> Fields:
        """Arrange something that may be arranged twice. Raises TryLater, Rejected or NeedsReauth."""
        try:
            return self.post(path, fields)
        except Uncertain as error:
            raise TryLater(error.reason, code=error.code) from error

    def undo(self, path: str) -> Fields:
        """Take back what was arranged. Raises as `order`."""
        try:
            return self._answer("DELETE", path, {}, changes=True)
        except Uncertain as error:
            raise TryLater(error.reason, code=error.code) from error

    def upload(self, path: str, fields: Mapping[str, str], part: str, file: OutFile) -> Fields:
        """Put a file there with some fields beside it. Nobody sees it yet, so what is uncertain is tried again.

        Raises TryLater, Rejected or NeedsReauth.
        """
        with file.open() as stream:
            content = RequestField(part, stream.read(), filename=file.name)
        content.make_multipart(content_type=file.media_type)
        parts: Sequence[RequestField | tuple[str, str]] = (*fields.items(), content)
        body, kind = encode_multipart_formdata(parts)
        try:
            return self._answer(
                "POST", path, {}, changes=False, body=body, kind=kind, seconds=_UPLOAD_SECONDS
            )
        except Uncertain as error:
            raise TryLater(error.reason, code=error.code) from error

    def _answer(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        *,
        changes: bool,
        body: bytes | None = None,
        kind: str = "",
        seconds: float | None = None,
    ) -> Fields:
        query = urlencode({**params, **self._proof()})
        answer = self._io.http(
            method,
            f"{self._config.api_base}/{VERSION}/{path}" + (f"?{query}" if query else ""),
            headers={**self.headers, **({"Content-Type": kind} if kind else {})},
            body=body,
            timeout=seconds or self._seconds,
        )
        found = _object(answer)
        if answer.status == 200 and found is not None and "error" not in found:
            return found
        raise translated((found or {}).get("error"), answer.status, changes=changes, after=_pause(answer))

    def _proof(self) -> dict[str, str]:
        """What shows Meta that whoever has the token has the app's secret too."""
        if self._token.startswith("IG"):
            return {}
        secret = self._config.app_secret.get_secret_value().encode()
        return {"appsecret_proof": hmac.new(secret, self._token.encode(), hashlib.sha256).hexdigest()}


def _object(answer: HttpResponse) -> Fields | None:
    try:
        found = answer.json()
    except (Unreadable, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _pause(answer: HttpResponse) -> float | None:
    """The pause that Meta asks for, in seconds: by the common header, or as minutes in that of business accounts."""
    plain = answer.headers.get("retry-after", "")
    if plain.isascii() and plain.isdecimal() and len(plain) < 7:
        return float(plain)
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
    except (ValueError, RecursionError):
        return None
    accounts = usage.values() if isinstance(usage, dict) else ()
    uses = [use for account in accounts if isinstance(account, list) for use in account]
    minutes = [use.get("estimated_time_to_regain_access") for use in uses if isinstance(use, dict)]
    found = [each for each in minutes if isinstance(each, int) and each > 0]
    return 60.0 * max(found) if found else None
