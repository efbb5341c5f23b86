"""Fetching a file that a message only referred to. The address of a file holds the token and goes nowhere."""

import contextlib
from collections.abc import Iterator

from adapters.telegram.bot import Api
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import Call, unclear
from adapters.telegram.files import FETCH_MAX
from inbox.contract import Io, Rejected, TryLater, Uncertain

_CHUNK = 1 << 16
_SECONDS = 60.0


@contextlib.contextmanager
def fetch(config: TelegramConfig, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
    """The bytes of the file `ref`. Raises TryLater, Rejected or NeedsReauth."""
    api = Api(config, io)
    found = api.ask(api.bot.get_file(ref))
    base = f"{api.bot.base_file_url}/"
    if not found.file_path or not found.file_path.startswith(base):
        # A Bot API server with --local answers with a path on its own disk.
        raise Rejected("The Bot API server does not give its files over HTTP.", code="local")
    try:
        answer = io.http("GET", found.file_path, timeout=_SECONDS, max_bytes=FETCH_MAX + _CHUNK)
    except Uncertain as error:
        raise TryLater(error.reason, code=error.code) from error
    if answer.status in (400, 404, 410):
        raise Rejected("Telegram does not have this file any more.", code="no_file")
    if answer.status != 200:
        raise unclear(Call(answer.status, changes=False))
    body = answer.body
    yield (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))
