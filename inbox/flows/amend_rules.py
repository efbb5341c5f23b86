"""Whether a reply that has gone out can still be changed or taken back. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.contract import Capabilities
from inbox.errors import Invalid
from inbox.outbox.amending import Change
from inbox.outbox.words import DeliveryState

NOT_OURS = "Only replies that were sent from here can be changed."
NOT_THERE = "The customer does not have this reply, so there is nothing to change there."
NO_EDIT = "What has gone out on this channel cannot be changed."
NO_DELETE = "What has gone out on this channel cannot be taken back."
TOO_LATE = "The network does not let this be done any more: too much time has passed."
TAKEN_BACK = "This reply was taken back."
NO_TEMPLATE = "A template is the provider's text; it cannot be changed."
NOT_YOURS = "Only its author and supervisors may change this reply."

WITH_THE_CUSTOMER = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
"""States in which the customer has the reply, and it can be changed there."""


@dataclass(frozen=True)
class Sent:
    """A reply as its delivery knows it."""

    state: DeliveryState
    sent_at: datetime | None
    is_template: bool = False


def check(can: Capabilities, sent: Sent, change: Change, now: datetime) -> None:
    """Raise Invalid unless the network lets this be done with the reply now."""
    able, within = (can.edit, can.edit_within) if change == "edit" else (can.delete, can.delete_within)
    if not able:
        raise Invalid(NO_EDIT if change == "edit" else NO_DELETE)
    if sent.state not in WITH_THE_CUSTOMER or sent.sent_at is None:
        raise Invalid(NOT_THERE)
    if within is not None and now - sent.sent_at > timedelta(seconds=within):
        raise Invalid(TOO_LATE)
    if change == "edit" and sent.is_template:
        raise Invalid(NO_TEMPLATE)
