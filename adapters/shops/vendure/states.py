"""Vendure's words for states, in ours. What is not here was made up by a plugin and is shown as it is."""

from collections.abc import Mapping

from inbox.contract.commerce import OrderState, Progress

ORDER: Mapping[str, OrderState] = {
    "Created": OrderState.PENDING,
    "Draft": OrderState.DRAFT,
    "AddingItems": OrderState.PENDING,
    "ArrangingPayment": OrderState.PENDING,
    "PaymentAuthorized": OrderState.CONFIRMED,
    "PaymentSettled": OrderState.CONFIRMED,
    "PartiallyShipped": OrderState.CONFIRMED,
    "Shipped": OrderState.CONFIRMED,
    "PartiallyDelivered": OrderState.CONFIRMED,
    "Delivered": OrderState.COMPLETED,
    "Modifying": OrderState.ON_HOLD,
    "ArrangingAdditionalPayment": OrderState.ON_HOLD,
    "Cancelled": OrderState.CANCELLED,
}

SENT: Mapping[str, Progress] = {
    "Created": Progress.PREPARING,
    "Pending": Progress.PREPARING,
    "Shipped": Progress.SHIPPED,
    "Delivered": Progress.DELIVERED,
    "Cancelled": Progress.CANCELLED,
}

FETCHED: Mapping[str, Progress] = {
    **SENT,
    "Shipped": Progress.READY_FOR_PICKUP,
    "Delivered": Progress.PICKED_UP,
}
"""The same for goods that wait in a store."""

PAID, HELD, VOIDED, FAILED = "Settled", "Authorized", "Cancelled", ("Declined", "Error")
"""States of a payment."""

EDITABLE = ("PaymentAuthorized", "PaymentSettled")
"""States of an order in which nothing is on its way yet."""

NOT_REFUNDABLE = ("AddingItems", "ArrangingPayment", "PaymentAuthorized", "Draft", "Created")
"""States in which Vendure refuses refunds."""
