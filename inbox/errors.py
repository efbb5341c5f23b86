"""Errors of the product itself. Errors that adapters raise are in `inbox.contract.errors`."""


class OnethreadError(Exception):
    """Base of every error the product raises on purpose."""


class NotFound(OnethreadError):
    """The thing does not exist, or the asker may not know that it does."""


class NotAllowed(OnethreadError):
    """The asker is known and may not do this."""


class Invalid(OnethreadError):
    """Input that its author can mend. `pointer` is a JSON pointer to the field, or empty.

    `slug` names this kind of mistake where programs tell it from others, or is empty.
    """

    def __init__(self, detail: str, pointer: str = "", *, slug: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.slug = slug


class Conflict(OnethreadError):
    """The request was right for a state that is no longer current."""


class Unavailable(OnethreadError):
    """An outside system that the request needs cannot be reached just now; the text says so to whoever asked."""


class SetupError(OnethreadError):
    """The installation cannot run as configured; the text tells the operator what to mend."""
