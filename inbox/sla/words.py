"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class WaitOutcome(enum.StrEnum):
    """How a wait ended."""

    ANSWERED = "answered"
    CLOSED_UNANSWERED = "closed_unanswered"
    MERGED = "merged"
    """The customer became one with somebody who had waited longer; that wait goes on for both."""
