"""What Messenger takes, and handing it over."""

from adapters.meta import direct_send
from adapters.meta.direct_send import Limits
from adapters.meta.messenger.config import MessengerConfig
from inbox.contract import Io, OutFile, Outgoing, Receipt, Rejected
from inbox.contract.cutting import characters

TEXT_MAX = 2000
FILE_MAX = 25_000_000
IMAGE_MAX = 8_000_000
"""Bytes of a picture; a larger one goes as a file."""

_IMAGES = {"image/jpeg", "image/png", "image/gif"}


def send(config: MessengerConfig, message: Outgoing, io: Io) -> Receipt:
    """Send a reply. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    return direct_send.send(config, message, io, LIMITS, late=config.human_agent)


def kind_of(file: OutFile) -> str:
    """As what a file is sent. Raises Rejected for one that is empty or too large."""
    if file.size == 0:
        raise Rejected(f"{file.name} is empty, and Messenger takes no empty file.", code="empty_file")
    if file.size > FILE_MAX:
        raise Rejected(f"{file.name} is larger than the 25 MB that Messenger takes.", code="too_large")
    media_type = file.media_type.partition(";")[0].strip().lower()
    if media_type in _IMAGES:
        return "image" if file.size <= IMAGE_MAX else "file"
    sort = media_type.partition("/")[0]
    return sort if sort in ("audio", "video") else "file"


LIMITS = Limits(TEXT_MAX, characters, kind_of, metadata=True)
