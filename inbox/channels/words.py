"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class ChannelState(enum.StrEnum):
    """Whether a channel takes part. In `needs_reauth` sends are held until somebody reconnects it."""

    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_REAUTH = "needs_reauth"
    REMOVED = "removed"


class Side(enum.StrEnum):
    """Which way of a channel something concerns; success on one says nothing about the other."""

    IN = "in"
    OUT = "out"


class EnvelopeState(enum.StrEnum):
    """new → done, or failed (kept for a person), or ignored (understood, no message needed)."""

    NEW = "new"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"
