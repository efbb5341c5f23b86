"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class SuggestionState(enum.StrEnum):
    """What became of a suggestion that two customers are one person."""

    OPEN = "open"
    REJECTED = "rejected"
    MERGED = "merged"


class FieldType(enum.StrEnum):
    """What a custom field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHECK = "check"


class Purpose(enum.StrEnum):
    """What a customer may be written to for, besides answers to what he asked."""

    MARKETING = "marketing"
    SURVEYS = "surveys"
    NOTICES = "notices"


class ErasureStep(enum.StrEnum):
    """What an erasing is at, in this order."""

    MESSAGES = "messages"
    PAYLOADS = "payloads"
    EVENTS = "events"
    DONE = "done"
