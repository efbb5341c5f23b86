"""What Instagram takes, and handing it over."""

from collections.abc import Sequence

from adapters.meta import direct_send
from adapters.meta.direct import MADE_UP
from adapters.meta.direct_send import Limits
from adapters.meta.graph import Graph
from adapters.meta.instagram.config import InstagramConfig
from inbox.contract import Io, OutFile, Outgoing, Party, Receipt, Rejected
from inbox.contract.cutting import utf8

TEXT_MAX = 1000
"""Bytes of a text."""
FILE_MAX = 25_000_000
IMAGE_MAX = 8_000_000
HEARTS = ("❤️", "❤")
"""The one reaction that Instagram lets an account give, as it is typed with and without its colour."""

_KINDS = {
    **dict.fromkeys(("image/jpeg", "image/png", "image/gif"), "image"),
    **dict.fromkeys(
        ("video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"),
        "video",
    ),
    **dict.fromkeys(
        ("audio/aac", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/wav", "audio/x-wav"), "audio"
    ),
    "application/pdf": "file",
}


def send(config: InstagramConfig, message: Outgoing, io: Io) -> Receipt:
    """Send a reply. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    return direct_send.send(config, message, io, LIMITS, late=config.human_agent)


def react(config: InstagramConfig, to: Party, external_id: str, emoji: Sequence[str], io: Io) -> None:
    """Put a heart on a message, or take it away. Raises as `send`."""
    if external_id.startswith(MADE_UP):
        raise Rejected("Instagram takes a reaction to a message only.", code="reaction")
    if len(emoji) > 1 or not set(emoji) <= set(HEARTS):
        raise Rejected("Instagram lets an account react with one ❤️ only.", code="reaction")
    payload = {"message_id": external_id, **({"reaction": "love"} if emoji else {})}
    Graph(config, io).post(
        "me/messages",
        {
            "recipient": {"id": to.address},
            "sender_action": "react" if emoji else "unreact",
            "payload": payload,
        },
    )


def kind_of(file: OutFile) -> str:
    """As what a file is sent. Raises Rejected for one that Instagram does not take."""
    if file.size == 0:
        raise Rejected(f"{file.name} is empty, and Instagram takes no empty file.", code="empty_file")
    kind = _KINDS.get(file.media_type.partition(";")[0].strip().lower())
    if kind is None:
        raise Rejected(
            f"Instagram does not take files like {file.name}: only pictures (JPEG, PNG, GIF), videos, sound and PDF.",
            code="file_kind",
        )
    limit = IMAGE_MAX if kind == "image" else FILE_MAX
    if file.size > limit:
        what = "pictures" if kind == "image" else "files"
        raise Rejected(
            f"{file.name} is larger than the {limit // 1_000_000} MB that Instagram takes of {what}.",
            code="too_large",
        )
    return kind


LIMITS = Limits(TEXT_MAX, utf8, kind_of, more=(("platform", "instagram"),))
