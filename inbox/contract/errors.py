"""What an adapter may raise. Texts are shown to agents and written to logs: never put a secret in one."""


class AdapterError(Exception):
    """Base of all errors an adapter raises on purpose.

    `reason` is a sentence an agent understands; `code` is the provider's own code, for the log.
    """

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class NotAuthentic(AdapterError):
    """A webhook's signature, secret or time stamp does not prove that the provider sent it."""


class Unreadable(AdapterError):
    """A payload that cannot be understood. It is kept and shown to a person."""


class BadAddress(AdapterError):
    """Text that is no address of this channel."""


class TryLater(AdapterError):
    """Certainly not accepted, and worth another try: refused connection, 429, SMTP 4xx before the data ended.

    `after` is the provider's own wish in seconds (Retry-After), or None for our back-off.
    """

    def __init__(self, reason: str, *, after: float | None = None, code: str = "") -> None:
        super().__init__(reason, code=code)
        self.after = after


class Rejected(AdapterError):
    """Certainly not accepted, and another try would end the same way.

    `unreachable`: not this message but its recipient is the reason, who gets nothing until he writes again.
    """

    def __init__(self, reason: str, *, code: str = "", unreachable: bool = False) -> None:
        super().__init__(reason, code=code)
        self.unreachable = unreachable


class NeedsReauth(AdapterError):
    """The account's credentials or rights are gone; sends are held until somebody reconnects it."""


class Uncertain(AdapterError):
    """The provider may or may not have accepted the message; only a person may decide to send again."""
