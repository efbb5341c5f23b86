"""Threads in lists and alone, and the ways to answer in them."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from inbox.shapes.messages import Drafts
from inbox.shapes.people import IdentityView, Person, VisitView
from inbox.shapes.words import KindWord, LevelWord, Moment, PriorityWord, StatusWord


class Preview(TypedDict):
    """The newest line of a thread that is worth showing. `author` is an agent; null means the customer."""

    text: str
    kind: KindWord | None
    author: str | None
    author_id: int | None


class ChannelRef(TypedDict):
    """A channel that the customer used."""

    id: int
    kind: str


class ThreadSummary(TypedDict):
    """A thread as a list shows it. `wrote_on` has every channel the customer wrote on, the last used first.

    `read_seq` and `draft` concern the asking agent, `online` says whether the customer has the site's panel open;
    the feed has them not.
    """

    id: int
    customer: Person
    status: StatusWord
    assignee_id: int | None
    team_id: int | None
    priority: PriorityWord
    waiting_since: Moment | None
    due_at: Moment | None
    last_message_at: Moment
    last_inbound_at: Moment | None
    last_seq: int
    preview: Preview
    channel: ChannelRef | None
    wrote_on: list[ChannelRef]
    subject: str | None
    trouble: Literal["failed", "uncertain"] | None
    read_seq: NotRequired[int]
    draft: NotRequired[bool]
    online: NotRequired[bool]


class EpisodeView(TypedDict):
    """One request for help."""

    id: int
    number: int
    status: StatusWord
    opened_at: Moment
    resolved_at: Moment | None
    reopened_count: int


class ReplyTo(TypedDict):
    """Whom a reply on a channel would reach: an address that wrote to us, or one that was only claimed.

    Exactly one of the ids is set; it goes into the reply as `to_identity_id` or `to_claim_id`.
    """

    identity_id: int | None
    claim_id: int | None
    address: str
    name: str
    level: LevelWord
    unreachable: str | None


class ReplyCan(TypedDict):
    """What the composer may offer on a channel. `reply_window`: seconds after the customer's last message.

    `edit` and `delete`: a sent reply can be changed or taken back, so many seconds after sending (null: always)."""

    subject: bool
    cc: bool
    attachments: bool
    attachment_max: int | None
    attachments_max: int | None
    text_max: int | None
    text_unit: Literal["characters", "utf16", "bytes"]
    formats: list[str]
    splits: bool
    answers: bool
    reactions: bool
    typing: bool
    edit: bool
    edit_within: int | None
    delete: bool
    delete_within: int | None
    templates: bool
    reply_window: int | None


class ReplyChannel(TypedDict):
    """A way to answer: a channel of ours with an address that it reaches, so that a channel may come repeatedly.

    `account` is the address the customer sees it from. `to` is null when the channel reaches nobody. `reason`
    says why it cannot be used, or what to know before using it. `reply_to` is another address that the sender
    asked for. `window` is what the provider takes now where it lets us answer only for a while: "open" (all),
    "late" (what a person writes), "templates" (nothing but those), "closed" (nothing); null where it takes all always.
    `closes_at` is when that ends, or when it ended.
    """

    channel_id: int
    kind: str
    title: str
    name: str
    account: str
    to: ReplyTo | None
    reply_to: str | None
    usable: bool
    reason: str | None
    default: bool
    closes_at: Moment | None
    window: Literal["open", "late", "templates", "closed"] | None
    can: ReplyCan
    undo_seconds: int


class ThreadDetail(ThreadSummary):
    """A thread with everything beside its messages."""

    identities: list[IdentityView]
    episode: EpisodeView | None
    episodes: list[EpisodeView]
    channels: list[ReplyChannel]
    drafts: Drafts
    visit: VisitView | None


class ThreadPage(TypedDict):
    """A page of a list. `next` is the cursor of the following one."""

    items: list[ThreadSummary]
    next: str | None


class ViewCount(TypedDict):
    """How many threads a view has; `capped` when there are more than `count`."""

    key: str
    label: str
    count: int
    capped: bool
