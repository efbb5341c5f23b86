"""Messages, with everything that is shown beside their text, and drafts."""

from typing import Any, Literal

from typing_extensions import TypedDict

from inbox.shapes.words import DeliveryWord, KindWord, LevelWord, Moment


class AttachmentView(TypedDict):
    """A file of a message, or an upload that belongs to none yet. `size` in bytes."""

    id: int
    name: str
    media_type: str
    size: int
    inline: bool
    state: Literal["stored", "missing", "too_large", "failed"]
    url: str


class TemplateChoice(TypedDict):
    """A template with what fills its gaps, by name."""

    name: str
    language: str
    values: dict[str, str]


class TemplateGap(TypedDict):
    """A gap in a template: its name, and the provider's example of what fills it."""

    name: str
    example: str


class TemplateView(TypedDict):
    """A text that the provider has approved. `text` has a `{{name}}` for each gap of `fields`; `kind` is the
    provider's own category. `problem` says why it cannot be sent from here, or is null."""

    name: str
    language: str
    text: str
    fields: list[TemplateGap]
    kind: str
    problem: str | None


class TemplateList(TypedDict):
    """The templates of a channel, by name and language."""

    items: list[TemplateView]


class AnsweredView(TypedDict):
    """The message that a reply answers: who wrote it, from where, and how it begins; a taken back one has no text."""

    id: int
    thread_id: int
    seq: int
    channel_id: int | None
    author: str
    address: str | None
    text: str


class DraftView(TypedDict):
    """What an agent has typed and not yet sent."""

    mode: Literal["reply", "note"]
    body: str
    channel_id: int | None
    to_identity_id: int | None
    to_claim_id: int | None
    reply_to: str | None
    cc: list[str]
    subject: str | None
    template: TemplateChoice | None
    answers: AnsweredView | None
    attachment_ids: list[int]
    attachments: list[AttachmentView]
    updated_at: Moment


class Drafts(TypedDict):
    """Reply and note are two drafts."""

    reply: DraftView | None
    note: DraftView | None


class Author(TypedDict):
    """Who wrote a message. `id` is a customer's or an agent's."""

    type: Literal["customer", "agent", "system"]
    id: int | None
    name: str | None
    address: str | None
    level: LevelWord | None
    level_reason: str | None


class RecipientView(TypedDict):
    """An address in one of a message's fields."""

    role: Literal["to", "cc", "bcc", "reply_to"]
    address: str
    name: str | None


class NoticeView(TypedDict):
    """Something an agent should know about a message."""

    code: str
    text: str


class RecipientState(TypedDict):
    """What became of a message for one recipient."""

    address: str
    state: str
    error: str | None


class AmendmentView(TypedDict):
    """A change of a sent reply that was begun and whose outcome is not known: another text, or taking it back.

    Until `until` an agent is at it; afterwards the customer may see the reply or what it was to become, and the same
    request tries it again."""

    change: Literal["edit", "delete"]
    body: str
    agent_id: int
    until: Moment


class DeliveryView(TypedDict):
    """What became of a reply. `send_after` is set while it can still be taken back. `settling`: it is uncertain, and
    the network is being asked whether it has it.

    `unseen` is what became of one that the customer had not seen in time on the site, and still has not: it went
    on by mail, or there was no proved address, or no mailbox to send it by.
    """

    id: int
    state: DeliveryWord
    error: str | None
    send_after: Moment | None
    attempts: int
    settling: bool
    unseen: Literal["continued", "no_address", "no_channel"] | None
    sent_at: Moment | None
    amendment: AmendmentView | None
    recipients: list[RecipientState]


class SystemLine(TypedDict):
    """What a system message tells: a stable code and its data."""

    code: str
    data: dict[str, Any]


class ReactionView(TypedDict):
    """An emoji that somebody put on a message. `mine`: our side did, whichever agent; `by` is a name."""

    emoji: str
    by: str
    mine: bool
    agent_id: int | None


class MessageVersionView(TypedDict):
    """What a message said before its author changed it."""

    id: int
    body_text: str
    body_html: str | None
    replaced_at: Moment


class MessageVersions(TypedDict):
    """Former versions of a message, the newest first."""

    items: list[MessageVersionView]


class MessageView(TypedDict):
    """A message. `body_html` is sanitised and shows no remote image; the feed has it not. `rich`: the HTML shows
    more than `body_text` says. `versions` counts what it said before. One that was taken back (`removed_at`) has
    no text and no files any more; what a reply of ours had said is among its versions. `answers` is the message
    that an agent chose to answer with it, or null."""

    id: int
    thread_id: int
    seq: int
    kind: KindWord
    channel_id: int | None
    channel_kind: str | None
    episode_id: int
    subject: str | None
    body_text: str
    quoted_text: str | None
    body_html: str | None
    has_html: bool
    rich: bool
    author: Author
    recipients: list[RecipientView]
    created_at: Moment
    sent_at: Moment | None
    edited_at: Moment | None
    removed_at: Moment | None
    versions: int
    reactions: list[ReactionView]
    automatic: str | None
    notices: list[NoticeView]
    attachments: list[AttachmentView]
    client_msg_id: str | None
    answers: AnsweredView | None
    delivery: DeliveryView | None
    system: SystemLine | None


class MessagePage(TypedDict):
    """Messages by ascending `seq`. `next_before_seq` asks for the ones before; null when there are none."""

    items: list[MessageView]
    next_before_seq: int | None


class Parts(TypedDict):
    """The messages as which a text would be sent."""

    parts: list[str]
