"""The shapes in which people leave the house. As in `inbox.shapes`, of which this is the part about customers."""

from typing import Any, Literal

from typing_extensions import TypedDict

from inbox.shapes import ClaimView, CustomerView, Moment, Person, StatusWord

FieldWord = Literal["text", "number", "date", "choice", "check"]
PurposeWord = Literal["marketing", "surveys", "notices"]
SureWord = Literal["possible", "likely", "very likely"]


class FieldView(TypedDict):
    """A field that an admin added. `options` are the choices of a choice field."""

    id: int
    key: str
    label: str
    type: FieldWord
    options: list[str]


class Fields(TypedDict):
    """All custom fields in the order in which they are shown."""

    items: list[FieldView]


class Tags(TypedDict):
    """Tags that are in use, by the alphabet."""

    items: list[str]


class ConsentView(TypedDict):
    """What a customer allowed or refused: on which kind of address, for what, and how we know."""

    id: int
    namespace: str
    purpose: PurposeWord
    granted: bool
    source: str
    agent: str | None
    agent_id: int | None
    at: Moment


class ConsentPage(TypedDict):
    """The history of consents, newest first. `current` has the newest of each kind of address and purpose."""

    current: list[ConsentView]
    items: list[ConsentView]
    next: str | None


class CustomerDetail(CustomerView):
    """A person with what is known of him. `fields` has the values of custom fields by their keys.

    `notes` and `duplicates` are counts. `erased_at`: he was erased, and only figures are left.
    """

    tags: list[str]
    fields: dict[str, Any]
    claims: list[ClaimView]
    consents: list[ConsentView]
    notes: int
    duplicates: int
    erased_at: Moment | None


class NoteView(TypedDict):
    """Something colleagues should know about a person. `may_edit`: whether the asking agent may change it."""

    id: int
    body: str
    author: str | None
    author_id: int | None
    created_at: Moment
    updated_at: Moment | None
    may_edit: bool


class NotePage(TypedDict):
    """Notes about a person, newest first."""

    items: list[NoteView]
    next: str | None


class Evidence(TypedDict):
    """Why two customers may be one person: a stable code, an English sentence, and what it is about."""

    code: str
    text: str
    data: dict[str, Any]


class DuplicateView(TypedDict):
    """Another customer who may be the same person. `score` runs from 0 to 100, `sure` puts it into words.

    `conflict`: both have proved different ids of one kind, so they are hardly one person.
    """

    id: int
    customer: Person
    evidence: list[Evidence]
    score: int
    sure: SureWord
    conflict: bool
    created_at: Moment


class Duplicates(TypedDict):
    """Customers who may be the same person, the likeliest first."""

    items: list[DuplicateView]


class MergeView(TypedDict):
    """A merge (`other` became part of `survivor`) or a split (`other` was made from `survivor`).

    `reason` is why it happened without an agent. `can_undo` holds until `undo_until`.
    """

    id: int
    is_split: bool
    survivor: Person
    other: Person
    reason: str | None
    agent: str | None
    at: Moment
    undo_until: Moment
    undone_at: Moment | None
    can_undo: bool


class MergePage(TypedDict):
    """What was merged and split, newest first."""

    items: list[MergeView]
    next: str | None


class EpisodeLine(TypedDict):
    """One request for help, as the timeline of a customer shows it.

    `seq` is that of its first message; `channel_ids` are the channels used in it; `rating` runs from 1 to 5.
    """

    id: int
    thread_id: int
    number: int
    status: StatusWord
    opened_at: Moment
    resolved_at: Moment | None
    reopened_count: int
    seq: int
    channel_ids: list[int]
    subject: str | None
    preview: str
    assignee_id: int | None
    assignee: str | None
    rating: int | None


class EpisodePage(TypedDict):
    """Requests of a customer, newest first."""

    items: list[EpisodeLine]
    next: str | None
