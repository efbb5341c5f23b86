"""What a person decides about a delivery."""

from collections.abc import Callable

from inbox.agents.identity import AgentIdentity
from inbox.flows import triage
from inbox.flows.context import Context
from inbox.live import picture
from inbox.shapes import MessageView
from inbox.web.api.table import route
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Deliveries"


@route(
    "POST",
    "/deliveries/<id:delivery_id>/retry",
    tag=TAG,
    answers={200: MessageView},
    errors=(404, 409),
)
def retry_delivery(delivery_id: int) -> MessageView:
    """Send a failed or uncertain reply again. An uncertain one may reach the customer twice."""
    return _decide(triage.retry, delivery_id)


@route(
    "POST",
    "/deliveries/<id:delivery_id>/cancel",
    tag=TAG,
    answers={200: MessageView},
    errors=(404, 409),
)
def cancel_delivery(delivery_id: int) -> MessageView:
    """Take a reply back before it is sent, or give up a failed or uncertain one."""
    return _decide(triage.cancel, delivery_id)


@route(
    "POST",
    "/deliveries/<id:delivery_id>/edit",
    tag=TAG,
    answers={200: MessageView},
    errors=(404, 409),
)
def edit_delivery(delivery_id: int) -> MessageView:
    """As cancel, and put the text back as my draft."""
    return _decide(triage.edit, delivery_id)


def _decide(story: Callable[[Context, AgentIdentity, int], int], delivery_id: int) -> MessageView:
    message_id = story(context(), me(), delivery_id)
    with context().db.read() as session:
        return picture.message(session, message_id)
