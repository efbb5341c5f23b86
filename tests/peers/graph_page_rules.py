"""What Messenger and Instagram refuse of what is sent to them, in the form of their errors. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.peers.graph_call import Call, Refused, bad

DAY = 86_400
FILE_MAX = 25_000_000
IMAGE_MAX = 8_000_000


@dataclass(frozen=True)
class Rules:
    """One of the two networks. `text_max` counts characters or bytes."""

    kind: str
    text_max: int
    in_bytes: bool
    kinds: tuple[str, ...]
    unknown_person: int
    window: int
    fields: tuple[str, ...]
    reacts: bool
    metadata: bool

    def check_text(self, text: Any) -> None:
        """A text has something in it, and is not too long. Raises Refused."""
        if not isinstance(text, str) or not text.strip():
            raise bad("Message cannot be empty, must provide valid attachment or text", 2018034)
        length = len(text.encode()) if self.in_bytes else len(text)
        if length > self.text_max:
            raise bad(f"Length of param message[text] must be less than or equal to {self.text_max}")

    def check_window(self, fields: Mapping[str, Any], silent: float, *, human_agent: bool) -> None:
        """Who has been silent for `silent` seconds may be written to by this right. Raises Refused."""
        right, tag = fields.get("messaging_type"), fields.get("tag")
        if right not in ("RESPONSE", "UPDATE", "MESSAGE_TAG"):
            raise bad("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
        if (right == "MESSAGE_TAG") != (tag is not None):
            raise bad("Invalid combination of messaging_type and tag")
        if tag is not None and tag != "HUMAN_AGENT":
            raise bad("Param tag is not one that may be used")
        if silent > (7 * DAY if tag and human_agent else DAY):
            raise Refused(
                10,
                "(#10) This message is sent outside of allowed window.",
                subcode=self.window,
                status=403,
                kind="IGApiException" if self.in_bytes else "OAuthException",
            )

    def check_upload(self, call: Call) -> str:
        """The kind of an uploaded file. Raises Refused."""
        if self.kind == "instagram" and call.fields.get("platform") != "instagram":
            raise bad("Param platform must be instagram")
        try:
            attachment = json.loads(call.fields["message"])["attachment"]
            kind = attachment["type"]
        except (KeyError, ValueError, TypeError):
            raise bad("The parameter message is required") from None
        if kind not in self.kinds:
            raise bad(f"Param message[attachment][type] must be one of {self.kinds}")
        content = call.files.get("filedata")
        if not content:
            raise bad("Upload attachment failure.", 2018047)
        if kind != "file" and call.types["filedata"].partition("/")[0] != kind:
            raise bad("Upload attachment failure: the media type does not match the file.", 2018047)
        if len(content) > (IMAGE_MAX if kind == "image" else FILE_MAX):
            raise bad("Attachment size exceeds allowable limit", 2018109)
        return str(kind)


MESSENGER = Rules(
    kind="page",
    text_max=2000,
    in_bytes=False,
    kinds=("image", "audio", "video", "file"),
    unknown_person=2018001,
    window=2018278,
    fields=(
        "feed",
        "messages",
        "message_deliveries",
        "message_echoes",
        "message_edits",
        "message_reactions",
        "message_reads",
        "messaging_handovers",
        "messaging_optins",
        "messaging_postbacks",
        "messaging_referrals",
        "standby",
    ),
    reacts=False,
    metadata=True,
)
INSTAGRAM = Rules(
    kind="instagram",
    text_max=1000,
    in_bytes=True,
    kinds=("image", "audio", "video", "file"),
    unknown_person=2534014,
    window=2534022,
    fields=(
        "comments",
        "messages",
        "message_edit",
        "message_reactions",
        "messaging_handover",
        "messaging_optins",
        "messaging_postbacks",
        "messaging_referral",
        "messaging_seen",
        "standby",
    ),
    reacts=True,
    metadata=False,
)
