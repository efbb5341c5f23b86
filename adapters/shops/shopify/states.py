"""Shopify's words for states, in ours. What is not here is new and is shown as it is."""

from collections.abc import Mapping

from inbox.contract.commerce import Payment, Progress, ReturnState, Way

PAYMENT: Mapping[str, Payment] = {
    "AUTHORIZED": Payment.AUTHORIZED,
    "EXPIRED": Payment.FAILED,
    "PAID": Payment.PAID,
    "PARTIALLY_PAID": Payment.PARTLY_PAID,
    "PARTIALLY_REFUNDED": Payment.PARTLY_REFUNDED,
    "PENDING": Payment.PENDING,
    "REFUNDED": Payment.REFUNDED,
    "VOIDED": Payment.VOIDED,
}

PARCEL: Mapping[str, Progress] = {
    "ATTEMPTED_DELIVERY": Progress.DELAYED,
    "CANCELED": Progress.CANCELLED,
    "CARRIER_PICKED_UP": Progress.SHIPPED,
    "CONFIRMED": Progress.PREPARING,
    "DELAYED": Progress.DELAYED,
    "DELIVERED": Progress.DELIVERED,
    "FAILURE": Progress.FAILED,
    "FULFILLED": Progress.SHIPPED,
    "IN_TRANSIT": Progress.SHIPPED,
    "LABEL_PRINTED": Progress.PREPARING,
    "LABEL_PURCHASED": Progress.PREPARING,
    "LABEL_VOIDED": Progress.PREPARING,
    "MARKED_AS_FULFILLED": Progress.SHIPPED,
    "NOT_DELIVERED": Progress.FAILED,
    "OUT_FOR_DELIVERY": Progress.OUT_FOR_DELIVERY,
    "PICKED_UP": Progress.PICKED_UP,
    "READY_FOR_PICKUP": Progress.READY_FOR_PICKUP,
    "SUBMITTED": Progress.PREPARING,
}

PACKING: Mapping[str, Progress] = {
    "OPEN": Progress.UNFULFILLED,
    "SCHEDULED": Progress.UNFULFILLED,
    "ON_HOLD": Progress.UNFULFILLED,
    "IN_PROGRESS": Progress.PREPARING,
    "INCOMPLETE": Progress.FAILED,
}
"""States of goods that nobody has sent yet; those of closed and cancelled ones are left out."""

OVER = ("CLOSED", "CANCELLED")

WAY: Mapping[str, Way] = {
    "SHIPPING": Way.SHIP,
    "PICK_UP": Way.PICKUP_STORE,
    "PICKUP_POINT": Way.PICKUP_POINT,
    "LOCAL": Way.LOCAL_DELIVERY,
    "RETAIL": Way.IN_STORE,
    "NONE": Way.DIGITAL,
}

RETURN: Mapping[str, ReturnState] = {
    "REQUESTED": ReturnState.REQUESTED,
    "OPEN": ReturnState.OPEN,
    "CLOSED": ReturnState.CLOSED,
    "DECLINED": ReturnState.DECLINED,
    "CANCELED": ReturnState.CANCELLED,
}

UNSENT = ("UNFULFILLED", "ON_HOLD", "SCHEDULED", "OPEN", "PENDING_FULFILLMENT", "REQUEST_DECLINED")
"""Orders of which nothing has been packed yet."""

ACCOUNTLESS = ("DISABLED", "INVITED", "DECLINED")
"""Customers whom an order made, and who have not signed up."""
