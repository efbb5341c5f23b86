"""Fetching a customer's file: Meta gives an address for five minutes, where it wants our token once more."""

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Iterator

from adapters.meta.batch import line
from adapters.meta.graph import Graph
from adapters.meta.media import FETCH_MAX
from adapters.meta.media import fetch as fetched
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import Io, Rejected


@contextlib.contextmanager
def fetch(config: WhatsAppConfig, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
    """The bytes of the file `ref`. Raises TryLater, Rejected or NeedsReauth."""
    graph = Graph(config, io)
    try:
        found = graph.get(ref, phone_number_id=config.phone_number_id)
    except Rejected as error:
        raise Rejected("WhatsApp does not have this file any more.", code=error.code) from error
    size = found.get("file_size")
    if isinstance(size, int) and size > FETCH_MAX:
        raise Rejected("The file is larger than the 100 MB that WhatsApp has.", code="too_large")
    chunks = tuple(fetched(config, line(found.get("url")), io, headers=graph.headers))
    _check(chunks, line(found.get("sha256")))
    yield iter(chunks)


def _check(chunks: tuple[bytes, ...], told: str) -> None:
    """Compare the file with the digest that Meta gives of it, in whichever form. Raises Rejected."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    if told and digest.digest() != _digest(told):
        raise Rejected("The file that WhatsApp gave is not the one that was sent.", code="sha256")


def _digest(told: str) -> bytes:
    with contextlib.suppress(ValueError):
        return bytes.fromhex(told)
    with contextlib.suppress(binascii.Error, ValueError):
        return base64.b64decode(told, validate=True)
    return b""
