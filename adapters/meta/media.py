"""Files at Meta: addresses that are good for minutes or days, on hosts whose names vary within a few domains."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from adapters.meta.config import MetaConfig
from inbox.contract import Io, NeedsReauth, Rejected, TryLater, Uncertain

HOSTS = ("facebook.com", "fbcdn.net", "fbsbx.com", "cdninstagram.com", "instagram.com", "whatsapp.net")
"""The domains under which Meta has its customers' files."""
FETCH_MAX = 100_000_000
"""Bytes of a file; the largest that any of the networks takes."""

_CHUNK = 1 << 16
_SECONDS = 60.0


def is_allowed(config: MetaConfig, url: str) -> bool:
    """Whether a file may be fetched there: from Meta, encrypted, or from the server in `api_base`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    own = urlsplit(config.api_base)
    if (parts.scheme, parts.hostname, port) == (own.scheme, own.hostname, own.port):
        return parts.username is None
    host = parts.hostname or ""
    known = any(host == domain or host.endswith("." + domain) for domain in HOSTS)
    return parts.scheme == "https" and known and port in (None, 443) and parts.username is None


def fetch(
    config: MetaConfig,
    url: str,
    io: Io,
    *,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = FETCH_MAX,
) -> Iterator[bytes]:
    """The bytes of the file at `url`, after they have come. Raises TryLater, Rejected or NeedsReauth."""
    if not is_allowed(config, url):
        raise Rejected("The file lies at an address that is not Meta's, so it was not fetched.", code="host")
    try:
        answer = io.http("GET", url, headers=headers, timeout=_SECONDS, max_bytes=max_bytes)
    except Uncertain as error:
        raise TryLater(error.reason, code=error.code) from error
    _check(answer.status, asked_with_token=bool(headers))
    body = answer.body
    return (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))


def _check(status: int, *, asked_with_token: bool) -> None:
    if status == 200:
        return
    if status == 401 and asked_with_token:
        raise NeedsReauth("Meta gives out no files for this access token.", code=str(status))
    if status in (400, 401, 403, 404, 410):
        raise Rejected("Meta does not have this file any more: its address has expired.", code="no_file")
    if status < 400 or status == 429 or status >= 500:
        raise TryLater(f"Meta has trouble giving the file: it answered HTTP {status}.", code=str(status))
    raise Rejected(f"Meta does not give the file: it answered HTTP {status}.", code=str(status))
