"""Customers, their addresses, what merging them would do, and where visitors are."""

from typing import Any, Literal

from typing_extensions import TypedDict

from inbox.shapes.words import LevelWord, Moment


class Person(TypedDict):
    """A customer by name."""

    id: int
    name: str


class IdentityView(TypedDict):
    """An address of a customer, how sure we are of it, and since when."""

    id: int
    namespace: str
    address: str
    display: str
    level: LevelWord
    level_reason: str | None
    proved_at: Moment | None
    first_seen_at: Moment
    last_seen_at: Moment
    unreachable: str | None


class ClaimView(TypedDict):
    """An address that the customer says is his, without proof. `mailed_at` is when somebody wrote to it."""

    id: int
    namespace: str
    address: str
    display: str
    source: str
    created_at: Moment
    mailed_at: Moment | None


class CustomerView(TypedDict):
    """A person and how to reach them."""

    id: int
    name: str
    locale: str | None
    time_zone: str | None
    thread_id: int | None
    identities: list[IdentityView]
    created_at: Moment


class CustomerPage(TypedDict):
    """A page of customers by name. `next` is the cursor of the following one."""

    items: list[CustomerView]
    next: str | None


class MergeSide(TypedDict):
    """One of two customers who may become one. `messages` counts those in his thread."""

    id: int
    name: str
    thread_id: int | None
    messages: int
    identities: list[IdentityView]
    created_at: Moment


class MergeField(TypedDict):
    """A field with the values of both sides. `take` is the side that is kept unless asked otherwise.

    `key` is "name", "locale", "time_zone", or "fields." and the key of a custom field.
    """

    key: str
    survivor: str | None
    other: str | None
    take: Literal["survivor", "other"]


class MergeConflict(TypedDict):
    """A kind of id of which both sides have proved different ones; addresses as written."""

    namespace: str
    survivor: list[str]
    other: list[str]


class MergePreview(TypedDict):
    """What a merge would do. `suggested_id` is the side that should survive: the better proved, else the older.

    `threads` become one when both sides have any; `messages` is how many it has then. `allowed`: whether the
    asking agent may do it; with `conflicts` a supervisor may, and has to confirm it.
    """

    survivor: MergeSide
    other: MergeSide
    suggested_id: int
    fields: list[MergeField]
    threads: int
    messages: int
    conflicts: list[MergeConflict]
    allowed: bool


class VisitedPage(TypedDict):
    """A page of the shop, as it tells of itself."""

    url: str
    title: str


class VisitView(TypedDict):
    """Where a customer is on the shop's site, or last was. The shop's page says all this; nothing is proved.

    `since` is when this visit began, `seen_at` when he last had the panel open. `cart` and `attributes` are as the
    shop sent them, capped in size.
    """

    channel_id: int
    online: bool
    since: Moment
    seen_at: Moment | None
    page: VisitedPage | None
    page_at: Moment | None
    referrer: str
    cart: dict[str, Any] | None
    cart_at: Moment | None
    attributes: dict[str, Any]
    locale: str
