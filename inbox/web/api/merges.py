"""Deciding who is who: previewing, merging, undoing, splitting, suggesting, rejecting."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from inbox.flows import people
from inbox.shapes import MergePreview
from inbox.web.api.table import Answer, Body, Id, Text, route
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Merging"

FieldKey = Annotated[Text, Field(max_length=50)]


class Pair(Body):
    """Two customers; `survivor_id` is the one who stays."""

    survivor_id: Id
    other_id: Id


class MergeBody(Pair):
    """`take` says per field whose value is kept; `confirmed` that two people with different proved ids are one."""

    take: Annotated[dict[FieldKey, Literal["survivor", "other"]], Field(max_length=60)] = Field(
        default_factory=dict
    )
    confirmed: bool = False


class SuggestionBody(Body):
    """Two customers who may be one person."""

    one_id: Id
    other_id: Id


class MergeResult(TypedDict):
    """An entry in the journal; the customer who lives on, or was made, and his thread if he has one."""

    merge_id: int
    customer_id: int
    thread_id: int | None


@route("POST", "/merges/preview", tag=TAG, body=Pair, answers={200: MergePreview}, errors=(404, 409))
def preview_merge(body: Pair) -> MergePreview:
    """Show what a merge would do: both sides, the fields to choose from, the length of the thread, and conflicts."""
    return people.preview(context(), me(), body.survivor_id, body.other_id)


@route("POST", "/merges", tag=TAG, body=MergeBody, answers={201: MergeResult}, errors=(404, 409))
def merge_customers(body: MergeBody) -> Answer[MergeResult]:
    """Merge a customer into another. It can be undone for 30 days.

    When both have proved different ids of one kind, only supervisors may, and have to send `confirmed`.
    """
    merged = people.merge(
        context(), me(), body.survivor_id, body.other_id, take=body.take, confirmed=body.confirmed
    )
    return Answer(_result(merged), 201)


@route("POST", "/merges/<id:merge_id>/undo", tag=TAG, answers={204: None}, errors=(404, 409))
def undo_merge(merge_id: int) -> None:
    """Undo a merge or a split. What was written since goes to whose it is."""
    people.undo(context(), me(), merge_id)


@route("POST", "/identities/<id:identity_id>/split", tag=TAG, answers={201: MergeResult}, errors=(404, 409))
def split_identity(identity_id: int) -> Answer[MergeResult]:
    """Give an address a customer of its own, with the messages from it and to it."""
    return Answer(_result(people.split(context(), me(), identity_id)), 201)


@route("POST", "/suggestions", tag=TAG, body=SuggestionBody, answers={204: None}, errors=(404, 409))
def suggest_merge(body: SuggestionBody) -> None:
    """Suggest that two customers are one person, for somebody else to decide."""
    people.propose(context(), me(), body.one_id, body.other_id)


@route("POST", "/suggestions/<id:suggestion_id>/reject", tag=TAG, answers={204: None}, errors=(404,))
def reject_suggestion(suggestion_id: int) -> None:
    """Decide for good that two customers are not the same person."""
    people.reject(context(), me(), suggestion_id)


def _result(merged: people.Merged) -> MergeResult:
    return {
        "merge_id": merged.merge_id,
        "customer_id": merged.customer_id,
        "thread_id": merged.thread_id,
    }
