"""The closed sets of words in which shops are told of.

UNKNOWN is for states that the shop, or a plugin in it, made up: `raw_state` beside it has its own word, which is what
people see then.
"""

import enum


class Can(enum.StrEnum):
    """What a shop's connection can do. Screens offer what is here, and say why something is not."""

    CART_READ = "cart.read"
    CART_PUSH = "cart.push"
    CART_LINK = "cart.link"
    ORDER_SEARCH = "order.search"
    PRODUCT_SEARCH = "product.search"
    STOCK = "stock.read"
    LOYALTY = "loyalty.read"
    COUPON = "coupon.create"
    REFUND = "order.refund"
    REFUND_LINES = "order.refund_lines"
    CANCEL = "order.cancel"
    EDIT_ADDRESS = "order.edit_address"
    RESHIP = "order.reship"
    DRAFT = "order.draft"
    NOTE = "order.note"
    RETURN = "order.return"


class CartState(enum.StrEnum):
    """Where a cart stands."""

    ACTIVE = "active"
    CHECKOUT = "checkout"
    ABANDONED = "abandoned"
    CONVERTED = "converted"
    EXPIRED = "expired"


class OrderState(enum.StrEnum):
    """The order itself, whatever is paid and sent."""

    DRAFT = "draft"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Payment(enum.StrEnum):
    """What is paid."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTLY_PAID = "partly_paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Way(enum.StrEnum):
    """How goods reach the customer."""

    SHIP = "ship"
    PICKUP_STORE = "pickup_store"
    PICKUP_POINT = "pickup_point"
    LOCAL_DELIVERY = "local_delivery"
    DIGITAL = "digital"
    IN_STORE = "in_store"


class Progress(enum.StrEnum):
    """How far a fulfilment is."""

    UNFULFILLED = "unfulfilled"
    PREPARING = "preparing"
    READY_FOR_PICKUP = "ready_for_pickup"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    PICKED_UP = "picked_up"
    DELAYED = "delayed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ReturnState(enum.StrEnum):
    """How far a return is."""

    REQUESTED = "requested"
    OPEN = "open"
    RECEIVED = "received"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class By(enum.StrEnum):
    """Why a buyer was found, from strongest to weakest."""

    ID = "id"
    ORDER_NUMBER = "order_number"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS_PHONE = "address_phone"


class Topic(enum.StrEnum):
    """What an event of a shop is about."""

    CART = "cart"
    ORDER = "order"
    BUYER = "buyer"
    PRODUCT = "product"
    FORGET = "forget"
    GONE = "gone"
