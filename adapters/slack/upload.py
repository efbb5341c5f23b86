"""Files on their way out, in Slack's three steps: ask for an address, bring the bytes, share what was brought."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.slack.api import Api
from adapters.slack.people import ident, stamp
from inbox.contract import AdapterError, Io, OutFile, Rejected, TryLater, Uncertain, Unreadable

_RATE = 128 * 1024
_SECONDS, _SECONDS_MAX = 20.0, 300.0


@dataclass(frozen=True)
class Uploaded:
    """A file that lies at Slack and is shared with nobody yet."""

    id: str
    title: str


def upload(api: Api, io: Io, files: Sequence[OutFile]) -> list[Uploaded]:
    """Bring the bytes of all files to Slack. Raises TryLater, Rejected or NeedsReauth: nobody has seen them."""
    with ExitStack() as streams:
        # All are open before the first byte goes out: what is missing is found while nothing was done.
        opened = [(file, streams.enter_context(file.open())) for file in files]
        return [_bring(api, io, file, stream.read()) for file, stream in opened]


def shared(api: Api, file_id: str, channel: str) -> str:
    """The time stamp of the message that a shared file became, or "" while Slack does not tell."""
    try:
        found = api.ask(api.client.files_info, file=file_id).get("file")
        shares = found.get("shares") if isinstance(found, dict) else None
        for kind in ("private", "public"):
            places = shares.get(kind) if isinstance(shares, dict) else None
            told = places.get(channel) if isinstance(places, dict) else None
            if isinstance(told, list) and told and isinstance(told[0], dict):
                return stamp(told[0].get("ts"))
    except (AdapterError, Unreadable):
        # The file is there all the same, and its own id names the message too.
        return ""
    return ""


def _bring(api: Api, io: Io, file: OutFile, content: bytes) -> Uploaded:
    if not content:
        raise Rejected(f"Slack takes no empty file: {file.name}.", code="empty_file")
    name = file.name or "file"
    answer = api.ask(api.client.files_getUploadURLExternal, filename=name, length=len(content))
    url, file_id = answer.get("upload_url"), answer.get("file_id")
    if not isinstance(url, str) or not isinstance(file_id, str) or not ident(file_id):
        raise TryLater("Slack gave no address for a file.", code="answer")
    if urlsplit(url).scheme != "https" and urlsplit(url).scheme != urlsplit(api.client.base_url).scheme:
        raise Rejected("Slack gave an address for a file that is not encrypted.", code="upload")
    seconds = min(_SECONDS + len(content) / _RATE, _SECONDS_MAX)
    headers = {"Content-Type": "application/octet-stream"}
    try:
        done = io.http("POST", url, headers=headers, body=content, timeout=seconds)
    except Uncertain as error:
        raise TryLater(error.reason, code=error.code) from error
    if done.status == 413:
        raise Rejected(f"The file is too large for Slack: {file.name}.", code="too_large")
    if done.status != 200:
        raise TryLater(f"Slack did not take a file: it answered HTTP {done.status}.", code="upload")
    return Uploaded(file_id, name)
