"""What a channel can do, as data. The composer and the flows read this and never ask which channel it is."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Capabilities(BaseModel):
    """Capabilities of a channel kind. Sizes in bytes, durations in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook: bool = False
    poll: bool = False
    formats: tuple[Literal["text", "html"], ...] = ("text",)
    text_max: int | None = None
    text_unit: Literal["characters", "utf16", "bytes"] = "characters"
    subject: bool = False
    cc: bool = False
    attachments: bool = False
    attachment_max: int | None = None
    attachments_max: int | None = None
    receipts: tuple[Literal["delivered", "read", "bounced"], ...] = ()
    typing: bool = False
    threads: bool = False
    edit: bool = False
    """Whether a reply that has gone out can be given another text there (`Adapter.edit`)."""
    edit_within: int | None = None
    """Seconds after sending in which that can be done; None: always."""
    delete: bool = False
    """Whether a reply that has gone out can be taken back from the customer (`Adapter.delete`)."""
    delete_within: int | None = None
    templates: bool = False
    can_start: bool = False
    reply_window: int | None = None
    """Seconds after the customer's last message in which he can be answered; None: always."""
    late_window: int | None = None
    """Seconds after the same message in which a person may still answer, though a machine may not any more."""
    settles: bool = False
    """Whether the network can be asked if it has a message (`Adapter.lookup`), which ends uncertainty."""
    team: bool = False
    """Whether colleagues can be told here of threads that wait, and answer there (`ChannelConfig.team_place`)."""
    idempotent_send: bool = False
    rate: float | None = None
    """Sends per second that the provider takes from one account; each process waits so that it stays below."""
    undo: int = 0
    """Seconds a reply waits on the server before it goes out, so that it can be taken back."""
    quotes: bool = False
    """Whether a reply carries the customer's earlier message below it."""
    answers: bool = False
    """Whether a reply is shown as the answer to the one message that an agent chose (`Outgoing.chosen`)."""
    splits: bool = False
    """Whether the adapter sends a text beyond `text_max` as several messages."""
    reactions: bool = False
    site: bool = False
    """Whether customers write from our own panel on the shop's site, which reads replies from us."""
    unseen_after: int | None = None
    """Seconds after which a reply that the customer has not seen goes on by mail; None: it never does."""
    carries_on: bool = False
    """Whether unseen replies of other channels may go on by this one: it reaches people who are away."""
    proves_links: bool = False
    """Whether a customer can bring a one-time code here from another channel (see `Link`)."""
