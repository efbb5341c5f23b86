"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class Reason(enum.StrEnum):
    """Why colleagues are told of a thread."""

    UNASSIGNED = "unassigned"
    """A customer waits, and nobody has taken the thread."""
    OVERDUE = "overdue"
    """A customer waits for too long, whoever has the thread."""


class What(enum.StrEnum):
    """What a notice says."""

    WAITS = "waits"
    """A customer waits: the root below which colleagues answer."""
    MANY = "many"
    """So many more customers wait."""
    NEWS = "news"
    """What became of a thread meanwhile, below its root."""
    RESULT = "result"
    """What became of a colleague's answer, below its root."""
    REFUSED = "refused"
    """Why a colleague's answer was not taken, below its root."""


class NoticeState(enum.StrEnum):
    """queued → claimed → sending → sent, or failed, uncertain, cancelled; or it was told together with others."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    TOGETHER = "together"


class News(enum.StrEnum):
    """What can become of a thread that colleagues were told of."""

    TAKEN = "taken"
    ANSWERED = "answered"
    DOUBTFUL = "doubtful"
    """It was answered, and nobody knows whether that arrived."""
    RESOLVED = "resolved"


class AnswerState(enum.StrEnum):
    """queued → claimed → written → settled, or refused."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    WRITTEN = "written"
    """It is a message of the thread; what became of its delivery is not told yet."""
    SETTLED = "settled"
    REFUSED = "refused"


class Result(enum.StrEnum):
    """What became of a colleague's answer, as he is told."""

    NOTED = "noted"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class Refusal(enum.StrEnum):
    """Why a colleague's answer was not taken."""

    STRANGER = "stranger"
    """The network does not vouch for him, or no agent has his address."""
    HIDDEN = "hidden"
    """He may not see the thread."""
    GONE = "gone"
    RESOLVED = "resolved"
    NEWER = "newer"
    """Something was written that the team's place had not been shown."""
    UNFIT = "unfit"
    """The thread cannot be answered so; a sentence says why."""
    UNCHECKED = "unchecked"
    """The network could not be asked who he is."""
