"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class DeliveryState(enum.StrEnum):
    """queued → claimed → sending → sent → delivered → read, or failed, uncertain, cancelled."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class Unseen(enum.StrEnum):
    """What became of a reply that the customer had not seen in time on a channel that he may have left."""

    CONTINUED = "continued"
    """It went on by another channel."""
    NO_ADDRESS = "no_address"
    """He has no proved address that could be written to."""
    NO_CHANNEL = "no_channel"
    """No channel is connected that reaches people who are away."""
