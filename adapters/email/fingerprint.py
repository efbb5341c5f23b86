"""The identity of a mail (channels.md §2.9): Message-IDs are missing, reused and rewritten, content is not."""

import hashlib
from collections.abc import Iterable

from adapters.email.headers import Headers


def fingerprint(headers: Headers, contents: Iterable[tuple[str, bytes]]) -> str:
    """ "fp:" and the SHA-256 over Message-ID, Date, From and the decoded `contents` (media type, bytes).

    Line ends do not count, so a copy that another server re-encoded is the same mail.
    """
    digest = hashlib.sha256()
    for name in ("message-id", "date", "from"):
        for value in headers.raw(name) or [b""]:
            digest.update(b"%d:%s\n" % (len(value), value))
    for media_type, content in contents:
        if media_type.startswith("text/"):
            content = content.replace(b"\r", b"").rstrip()
        digest.update(f"{media_type} ".encode("utf-8", "replace"))
        digest.update(hashlib.sha256(content).digest())
    return f"fp:{digest.hexdigest()}"
