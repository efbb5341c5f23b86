"""What goes on beside replies: who is writing, reactions, how a text would be sent, changing and taking back what was
sent, and what messages said before."""

from typing import Annotated

from pydantic import Field

from inbox.flows import amend, reply_plan, signals
from inbox.live import picture
from inbox.shapes import MessageVersions, MessageView, Parts
from inbox.threads import history
from inbox.web.api.table import Body, Id, Text, route
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Messages"

Emoji = Annotated[Text, Field(min_length=1, max_length=32, pattern=r"^\S+$")]


class Typing(Body):
    """The channel on which a reply is being written."""

    channel_id: Id


class Reactions(Body):
    """All reactions of ours to a message; an empty list takes them away."""

    emoji: Annotated[tuple[Emoji, ...], Field(max_length=3)]


class Amended(Body):
    """What a reply is to say from now on."""

    body: Annotated[Text, Field(max_length=reply_plan.BODY_MAX)]


class Unsent(Body):
    """A text that is being written."""

    channel_id: Id
    body: Annotated[Text, Field(max_length=reply_plan.BODY_MAX)]


@route("POST", "/threads/<id:thread_id>/typing", tag=TAG, body=Typing, answers={204: None}, errors=(404,))
def show_typing(thread_id: int, body: Typing) -> None:
    """Show that I am writing a reply: to colleagues, and to the customer where the channel can.

    It holds for 6 seconds; within 3 seconds it counts once.
    """
    signals.agent_types(context(), me(), thread_id, body.channel_id)


@route(
    "PUT",
    "/messages/<id:message_id>/reactions",
    tag=TAG,
    body=Reactions,
    answers={200: MessageView},
    errors=(404,),
)
def set_reactions(message_id: int, body: Reactions) -> MessageView:
    """React to a customer's message, on channels that can. The customer sees it as the shop's, whoever did it.

    422 when the network does not take the reaction, 503 when it cannot be reached just now.
    """
    signals.react(context(), me(), message_id, body.emoji)
    with context().db.read() as session:
        return picture.message(session, message_id)


@route("POST", "/threads/<id:thread_id>/parts", tag=TAG, body=Unsent, answers={200: Parts}, errors=(404,))
def preview_parts(thread_id: int, body: Unsent) -> Parts:
    """Show the messages as which a text would be sent: several where it is longer than the network takes at once."""
    return {"parts": [*reply_plan.parts(context(), me(), thread_id, body.channel_id, body.body)]}


@route(
    "PATCH",
    "/messages/<id:message_id>",
    tag=TAG,
    body=Amended,
    answers={200: MessageView},
    errors=(403, 404, 409),
)
def edit_message(message_id: int, body: Amended) -> MessageView:
    """Change a reply that has gone out, with the customer and here, on channels that can (`can.edit`).

    Agents change their own replies, supervisors all. 422 when the network refuses it: nothing is changed then. 503 when
    it cannot be asked, or did not say what it did: then `delivery.amendment` stays, and the same request tries again.
    """
    amend.edit(context(), me(), message_id, body.body)
    with context().db.read() as session:
        return picture.message(session, message_id)


@route(
    "DELETE",
    "/messages/<id:message_id>",
    tag=TAG,
    answers={200: MessageView},
    errors=(403, 404, 409),
)
def take_message_back(message_id: int) -> MessageView:
    """Take a reply back from the customer, on channels that can (`can.delete`). Errors as of a change.

    What it said stays among its versions for the shop; its files are removed.
    """
    amend.take_back(context(), me(), message_id)
    with context().db.read() as session:
        return picture.message(session, message_id)


@route("GET", "/messages/<id:message_id>/versions", tag=TAG, answers={200: MessageVersions}, errors=(404,))
def list_versions(message_id: int) -> MessageVersions:
    """List what a message said before its author changed it, the newest first, at most 50."""
    with context().db.read() as session:
        return {"items": history.versions(session, me(), message_id)}
