"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class Status(enum.StrEnum):
    """State of an episode, and of a thread as that of its newest episode."""

    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Priority(enum.StrEnum):
    """How urgent an episode is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Kind(enum.StrEnum):
    """Kinds of message."""

    INBOUND = "inbound"
    REPLY = "reply"
    NOTE = "note"
    SYSTEM = "system"


class Trouble(enum.StrEnum):
    """What is wrong with a thread's deliveries, worst last."""

    UNCERTAIN = "uncertain"
    FAILED = "failed"


class AttachmentState(enum.StrEnum):
    """Whether an attachment's bytes are here."""

    STORED = "stored"
    MISSING = "missing"
    TOO_LARGE = "too_large"
    FAILED = "failed"


class DraftMode(enum.StrEnum):
    """Reply and note are two drafts; text never moves between them."""

    REPLY = "reply"
    NOTE = "note"
