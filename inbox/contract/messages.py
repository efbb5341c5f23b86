"""Pure data that crosses the border between an adapter and the product."""

import enum
from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Immutable data that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(enum.StrEnum):
    """How sure we are that an address belongs to its user, from least to most (architecture §1)."""

    CLAIMED = "claimed"
    CHANNEL = "channel"
    MAIL_AUTH = "mail_auth"
    VERIFIED = "verified"

    @property
    def rank(self) -> int:
        """0 for claimed up to 3 for verified; levels compare by it."""
        return list(Level).index(self)


class Party(Frozen):
    """Somebody at an address.

    `namespace` is the kind of address ("email"); `account` scopes ids that are only unique within one
    connected account and is empty otherwise; `address` is normalised for look-up, `display` as written. `place` is
    where the account meets that address, if there are several places (a bot is written to in its own chat, and in
    those of business accounts): it is no part of who it is, and answers go where he wrote.
    """

    namespace: str
    address: str
    account: str = ""
    display: str = ""
    name: str = ""
    level: Level = Level.CLAIMED
    level_reason: str = ""
    place: str = ""


class Recipient(Frozen):
    """A party in one of a message's address fields."""

    role: Literal["to", "cc", "bcc", "reply_to"]
    party: Party


class File(Frozen):
    """A file that came with a message.

    `content` holds the bytes, or `spool` the path of a temporary file that holds them (the parse worker
    writes it instead of content), or `ref` tells `fetch_media` how to get them, or `problem` says why none
    of these exists. `media_type` is the sender's claim and is never trusted.
    """

    name: str = ""
    media_type: str = "application/octet-stream"
    content: bytes | None = None
    spool: str = ""
    ref: str | None = None
    size: int | None = None
    content_id: str = ""
    inline: bool = False
    problem: str = ""
    upload: int | None = None
    """Number of a file that was uploaded to us before the message; its bytes are in the store already."""


class Notice(Frozen):
    """Something an agent should know about a message ("encrypted", "calendar"), beside its text."""

    code: str
    text: str = ""


class Inbound(Frozen):
    """A message that came in, or one that the shop sent elsewhere (`outgoing`).

    `external_id` is unique within the channel. `aliases` are further ids under which later messages may
    refer to this one; `references` are the ids this message refers to, nearest first; `reply_tokens` are
    candidates for our own signed tokens, unverified. `html` and `quoted_html` are raw: the product
    sanitises. `text` is the new part, `quoted_text` the quoted tail; together they are the whole text.
    `automatic` is the reason why a machine is thought to have written it, or "". `idem_key` is our own, when
    the payload carries it: then it is the echo of a reply of ours, and proof that the provider has all of it. Of a
    reply that goes out as several messages only the last one's echo has it; those of the others are `ours`.
    """

    external_id: str
    sender: Party
    aliases: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    sent_at: datetime | None = None
    subject: str = ""
    text: str = ""
    quoted_text: str = ""
    html: str | None = None
    quoted_html: str | None = None
    files: tuple[File, ...] = ()
    references: tuple[str, ...] = ()
    reply_tokens: tuple[str, ...] = ()
    automatic: str = ""
    outgoing: bool = False
    idem_key: str = ""
    partial: bool = False
    """With `idem_key`: it is one of several messages of that reply and not the last, so it does not prove the whole."""
    notices: tuple[Notice, ...] = ()
    group: str = ""
    """Name of a set of messages that were sent as one (an album): their files and text become one message.

    It is unique within the channel. Files stand in the order of the numbers at the end of the external ids.
    """
    claims: tuple["Party", ...] = ()
    """Addresses the sender says are his, without proof."""
    locale: str = ""
    """The sender's language as the network tells it, as a BCP 47 tag, or ""."""
    ours: bool = False
    """With `outgoing`: the network says that our own app sent it, though the payload may not carry our key.

    It is then known by its ids, else by its words, as the oldest reply to that party which is on its way. Of a
    reply that went out as several messages each echo but the last is `partial`.
    """
    author: str = ""
    """Name of the person who wrote, where the sender is a place that several people write in (a group), or ""."""
    writer: Party | None = None
    """That person as a party, where the network tells his id (see `Adapter.complete`)."""
    follows: bool = False
    """It concerns us only as an answer to a message that is here, which `references` name; else it is left out."""
    place: Literal["customer", "team"] = "customer"
    """"team": a person wrote it where colleagues are told of threads that wait (`ChannelConfig.team_place`). It is
    never a customer's: `sender` is that person himself, `references` name the message that his stands below."""


class StatusChange(Frozen):
    """News about a message of ours: delivered, read, delayed or failed.

    The message is found by `tokens` (our signed bounce tokens, unverified) or by `external_ids`: names of one
    message, nearest first, but with "read" of all messages that were read. Good news with a token prove that the
    network has the reply, which is then known by the `external_ids`, too; of a reply that goes out as several messages
    only the last one bears it. A network that tells only up to when gives `to` and `up_to`: all messages to that party
    which were sent no later were "delivered" or "read".
    `recipient` is the address concerned, or "" for all; `reason` a sentence; `code` the provider's code.
    """

    state: Literal["sent", "delivered", "read", "delayed", "failed"]
    tokens: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    to: Party | None = None
    up_to: datetime | None = None
    recipient: str = ""
    reason: str = ""
    code: str = ""
    at: datetime | None = None


class Edit(Frozen):
    """Its author changed a message. `text` and `html` replace what was there; files stay as they were."""

    external_id: str
    sender: Party
    text: str = ""
    html: str | None = None
    at: datetime | None = None


class Removal(Frozen):
    """Its author took messages back: our copy is emptied, the line stays."""

    external_ids: tuple[str, ...]
    at: datetime | None = None


class Reacted(Frozen):
    """Somebody's reactions to a message.

    `change` says what `emoji` are: all that he has now, where none takes them away; or those that he added or
    removed, for networks that tell of one at a time. `writer` is who it was, where the sender is a place.
    """

    external_id: str
    sender: Party
    emoji: tuple[str, ...] = ()
    at: datetime | None = None
    change: Literal["all", "added", "removed"] = "all"
    writer: Party | None = None


class Reachable(Frozen):
    """Whether a party can be written to now: it blocked or unblocked the account, or left."""

    party: Party
    reachable: bool
    reason: str = ""


class Moved(Frozen):
    """The same conversation has another address from now on (a group that became a supergroup)."""

    old: Party
    new: Party


class Link(Frozen):
    """A party brought a one-time code that we gave out on another channel: both are the same person."""

    code: str
    party: Party


class Account(Frozen):
    """News about the connected account itself: facts to keep with the channel, merged into the known ones."""

    facts: dict[str, Any]


class Ignored(Frozen):
    """A payload item that needs no message: our own echo, a heartbeat. `reason` goes to the log."""

    reason: str
    external_id: str = ""


class Broken(Frozen):
    """A part of a payload that cannot be understood while its neighbours can: they are stored, the whole payload is
    kept and shown to a person with `reason`."""

    reason: str


Item = (
    Inbound | Edit | Removal | Reacted | Reachable | Moved | Link | Account | StatusChange | Ignored | Broken
)


class Raw(Frozen):
    """A kept payload as the provider gave it: `body` bytes, lower-case `headers`, and what `poll` noted in `meta`."""

    body: bytes
    headers: dict[str, str] = {}
    meta: dict[str, Any] = {}


class OutFile(Frozen):
    """A file to send. `open` gives a fresh binary stream each time it is called."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str
    media_type: str
    size: int
    open: Callable[[], BinaryIO]


class Quoted(Frozen):
    """The message being answered, for channels that quote: who wrote it, when, and its text."""

    author: str
    at: datetime
    text: str


class TemplateField(Frozen):
    """A gap in a template: its name, and what the provider has approved as an example of what fills it."""

    name: str
    example: str = ""


class Template(Frozen):
    """A text that the provider has approved for beginning a conversation, or for going on after its window.

    `text` is the whole text as the customer sees it, with a gap `{{name}}` for each of `fields`. `kind` is the
    provider's own category, in words. `problem` says why it cannot be sent from here, or "".
    """

    name: str
    language: str
    text: str
    fields: tuple[TemplateField, ...] = ()
    kind: str = ""
    problem: str = ""


class Filled(Frozen):
    """A template with what fills its gaps, by name."""

    name: str
    language: str
    values: dict[str, str] = {}


class Outgoing(Frozen):
    """A reply to send.

    `idem_key` is made before the first try and stays the same over all of them; ids that the provider lets
    us choose derive from it. `chosen`: a person chose the message that `in_reply_to` names; else it is the
    customer's newest. `text` is our Markdown subset (see `markup`). `reply_token` and `bounce_token`
    are short, signed and safe in an e-mail local part. `references` is oldest first, `in_reply_to` the
    newest external id of the customer's, both may be empty.
    """

    idem_key: str
    to: Party
    text: str
    subject: str = ""
    cc: tuple[Party, ...] = ()
    bcc: tuple[Party, ...] = ()
    sender_name: str = ""
    signature: str = ""
    in_reply_to: str = ""
    chosen: bool = False
    references: tuple[str, ...] = ()
    reply_token: str = ""
    bounce_token: str = ""
    files: tuple[OutFile, ...] = ()
    quoted: Quoted | None = None
    automatic: bool = False
    locale: str = ""
    created_at: datetime
    heard_at: datetime | None = None
    """When the customer last wrote to this account, for networks that count a window from there."""
    template: Filled | None = None
    """Send this template; `text` is then what it says, for channels and logs that show it."""


class Posted(Frozen):
    """A reply of ours as it lies with the customer, to be changed or taken back.

    `external_ids` are all names that the provider has given it, the receipt's first and the others in no order: a
    reply may be several messages. `text` is what it says now, in our Markdown subset, and `files` how many went along.
    """

    to: Party
    external_ids: tuple[str, ...]
    text: str = ""
    files: int = 0


class Refusal(Frozen):
    """One recipient the provider refused while it took the message for others."""

    address: str
    code: str
    reason: str
    permanent: bool = True


class Receipt(Frozen):
    """Proof that the provider accepted a message.

    `external_id` is the provider's id of it, `aliases` further ids by which it may come back.
    """

    external_id: str
    aliases: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    response: str = ""
