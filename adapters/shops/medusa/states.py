"""Medusa's words for states, in ours. What is not here was made up by somebody and is shown as it is."""

from collections.abc import Mapping

from inbox.contract.commerce import OrderState, Payment, ReturnState

ORDER: Mapping[str, OrderState] = {
    "pending": OrderState.CONFIRMED,
    "completed": OrderState.COMPLETED,
    "archived": OrderState.COMPLETED,
    "draft": OrderState.DRAFT,
    "canceled": OrderState.CANCELLED,
    "requires_action": OrderState.ON_HOLD,
}
"""Medusa's "pending" is a placed order that is not completed, which is what other shops call confirmed."""

PAYMENT: Mapping[str, Payment] = {
    "not_paid": Payment.PENDING,
    "awaiting": Payment.PENDING,
    "requires_action": Payment.PENDING,
    "authorized": Payment.AUTHORIZED,
    "partially_authorized": Payment.AUTHORIZED,
    "captured": Payment.PAID,
    "completed": Payment.PAID,
    "partially_captured": Payment.PARTLY_PAID,
    "partially_refunded": Payment.PARTLY_REFUNDED,
    "refunded": Payment.REFUNDED,
    "canceled": Payment.VOIDED,
}

RETURN: Mapping[str, ReturnState] = {
    "open": ReturnState.REQUESTED,
    "requested": ReturnState.OPEN,
    "partially_received": ReturnState.OPEN,
    "received": ReturnState.RECEIVED,
    "canceled": ReturnState.CANCELLED,
}
"""A return that Medusa calls open is being put together; a requested one is agreed to and waits for the goods."""
