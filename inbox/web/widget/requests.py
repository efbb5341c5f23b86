"""What the panel may send."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from inbox.flows import panel
from inbox.flows.visits import Page
from inbox.visits import rules

PART = 30
"""Messages of one answer unless more are asked for."""

Id = Annotated[int, Field(ge=1, le=(1 << 63) - 1)]
Cursor = Annotated[str, Field(max_length=60)]


class Body(BaseModel):
    """Base of requests: unknown fields are refused, and nothing is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PageBody(Body):
    """Where a visitor is."""

    url: Annotated[str, Field(max_length=8000)]
    title: Annotated[str, Field(max_length=2000)] = ""
    referrer: Annotated[str, Field(max_length=8000)] = ""

    def page(self) -> Page | None:
        """It, cleaned; None when it is no page's address."""
        url = rules.address(self.url)
        if not url:
            return None
        return Page(url, rules.line(self.title, rules.TITLE_MAX), rules.address(self.referrer))


class SessionBody(Body):
    """The panel opens. `jwt` and `user` are what the shop's page says of who is there."""

    token: Annotated[str, Field(max_length=200)] | None = None
    jwt: Annotated[str, Field(max_length=64 * 1024)] | None = None
    user: dict[str, Any] | None = None
    page: PageBody | None = None
    locale: Annotated[str, Field(max_length=100)] = ""
    attributes: dict[str, Any] | None = None
    cart: dict[str, Any] | None = None


class MessagesQuery(BaseModel):
    """Which messages; at most one of `since`, `before` and `after`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Cursor | None = None
    before: Id | None = None
    after: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = PART


class MessageBody(Body):
    """A message. `client_msg_id` names it however often it is sent."""

    client_msg_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    body: Annotated[str, Field(max_length=panel.TEXT_MAX)] = ""
    attachment_ids: Annotated[list[Id], Field(max_length=panel.FILES_MAX)] = []
    page: PageBody | None = None


class ReadBody(Body):
    """The newest message that was seen."""

    message_id: Id


class RatingBody(Body):
    """A rating of an episode, or a comment that follows it."""

    episode_id: Id
    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=5000)] = ""


class EmailBody(Body):
    """An address that the visitor typed."""

    address: Annotated[str, Field(max_length=400)]


class CodeBody(Body):
    """A code that he typed."""

    code: Annotated[str, Field(max_length=40)]


class LinkBody(Body):
    """The channel in which he wants to go on."""

    channel_id: Id


class Empty(Body):
    """Nothing."""


class Anything(BaseModel):
    """An object of the shop's own making."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def told(self) -> dict[str, Any]:
        """What it has."""
        return dict(self.model_extra or {})
