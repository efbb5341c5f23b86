"""The forms in which addresses that a shop told are kept to be found by, those of identities. Pure."""

from collections.abc import Callable

from inbox.contract import BadAddress
from inbox.contract.addresses import email, fold, phone


def mail(text: str) -> str:
    """The look-up form of a mailbox; of what is none, the text itself, folded."""
    return _form(text, email)


def number(text: str) -> str:
    """The look-up form of a telephone number with its country code; of what is none, the text itself."""
    return _form(text, phone)


def _form(text: str, normalise: Callable[[str], str]) -> str:
    plain = text.strip()
    try:
        return normalise(plain) if plain else ""
    except BadAddress:
        return fold(plain)
