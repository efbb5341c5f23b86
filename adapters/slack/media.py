"""Fetching a file that a message only referred to. The bot's token goes to Slack's own hosts and nowhere else."""

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.files import details, reference
from adapters.slack.people import ident
from inbox.contract import Io, Rejected, TryLater, Uncertain, Unreadable

FETCH_MAX = 100_000_000
"""Bytes of one file that are fetched."""
HOSTS = ("files.slack.com", "slack-files.com")
"""Where Slack keeps files, besides the server that the account names."""

_CHUNK = 1 << 16
_SECONDS = 120.0


@contextlib.contextmanager
def fetch(config: SlackConfig, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
    """The bytes of the file `ref`, an address or an id. Raises TryLater, Rejected or NeedsReauth."""
    url, media_type = (ref, "") if "://" in ref else _address(config, ref, io)
    _check(config, url)
    headers = {"Authorization": f"Bearer {config.bot_token.get_secret_value()}"}
    try:
        answer = io.http("GET", url, headers=headers, timeout=_SECONDS, max_bytes=FETCH_MAX)
    except Uncertain as error:
        raise TryLater(error.reason, code=error.code) from error
    if answer.status in (400, 403, 404, 410):
        raise Rejected("Slack does not give this file any more.", code="file_not_found")
    if answer.status == 429:
        raise TryLater("Slack asks for a pause.", code="429")
    if answer.status != 200:
        raise TryLater(f"Slack has trouble of its own: it answered HTTP {answer.status}.", code="answer")
    if _is_login(answer.headers, answer.body, url, media_type):
        raise Rejected(
            "Slack asked for a login in place of the file: the app lacks the right files:read.",
            code="missing_scope",
        )
    body = answer.body
    yield (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))


def _address(config: SlackConfig, ref: str, io: Io) -> tuple[str, str]:
    """Where a file lies of which the payload told only the id, as in channels shared with another company."""
    api = Api(config, io)
    found = api.ask(api.client.files_info, file=ref).get("file")
    try:
        url = reference(found) if isinstance(found, dict) and ident(found.get("id")) else ""
        media_type = details(found)["media_type"] if isinstance(found, dict) else ""
    except Unreadable as error:
        raise Rejected("Slack does not say where this file lies.", code="file_not_found") from error
    if "://" not in url:
        raise Rejected("Slack does not say where this file lies.", code="file_not_found")
    return url, media_type


def _check(config: SlackConfig, url: str) -> None:
    """Refuse every address that is not Slack's: a payload must not send the bot's token elsewhere."""
    own, parts = urlsplit(config.api_base), urlsplit(url)
    if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
        return
    if parts.scheme != "https" or (parts.hostname or "") not in HOSTS or parts.port not in (None, 443):
        raise Rejected("The file does not lie at Slack.", code="host")


def _is_login(headers: dict[str, str], body: bytes, url: str, media_type: str) -> bool:
    is_page = headers.get("content-type", "").lower().startswith("text/html")
    expected = "html" in media_type or urlsplit(url).path.lower().endswith((".html", ".htm"))
    return is_page and not expected and body[:2000].lstrip().lower().startswith((b"<!doctype html", b"<html"))
