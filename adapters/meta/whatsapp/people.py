"""Who: people of WhatsApp as parties.

Since 2026 a person may hide his number behind a user name. What stays is an id that Meta gives him for the whole
business ("US.1349…"), so that is his address; his number is one only where Meta tells no such id.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from adapters.meta.batch import Fields, line
from inbox.contract import BadAddress, Level, Moved, Party, Unreadable
from inbox.contract.addresses import PHONE, is_phone, phone

NAMESPACE = "whatsapp"

_REASON = "WhatsApp tells who wrote."
_USER_ID = re.compile(r"[A-Z]{2}(?:\.ENT)?\.[A-Za-z0-9]{1,128}")
_DIGITS = re.compile(r"\+?([1-9][0-9]{6,14})")
_USERNAME = re.compile(r"@?([\w.]{1,60})")


@dataclass(frozen=True)
class Person:
    """Somebody as a payload tells him; whatever it does not tell is "". `number` is with its "+"."""

    user_id: str = ""
    number: str = ""
    parent_id: str = ""
    username: str = ""
    name: str = ""

    @property
    def address(self) -> str:
        """The look-up form, or "" for nobody."""
        return self.user_id or self.number or self.parent_id

    def party(self) -> Party:
        """The person as a party. Raises Unreadable for nobody."""
        if not self.address:
            raise Unreadable("it does not say whose it is", code="person")
        return self._at(self.address)

    def moves(self) -> Iterator[Moved]:
        """That who was known by his number has an address which lasts, where both are told."""
        if self.user_id and self.number:
            yield Moved(old=self._at(self.number), new=self._at(self.user_id))

    def claims(self) -> tuple[Party, ...]:
        """His number as an address apart from WhatsApp, by which other channels may know him."""
        if not self.number:
            return ()
        try:
            address = phone(self.number)
        except BadAddress:
            return ()
        return (Party(namespace=PHONE, address=address, display=address, name=self.name),)

    def _at(self, address: str) -> Party:
        return Party(
            namespace=NAMESPACE,
            address=address,
            display=self.number or self.username or self.name or address,
            name=self.name,
            level=Level.CHANNEL,
            level_reason=_REASON,
        )


def contacts_of(value: Fields) -> tuple[Person, ...]:
    """The people whom a payload describes; what is no description of one is left out."""
    found = value.get("contacts")
    told = found if isinstance(found, list) else []
    people = [_contact(contact) for contact in told if isinstance(contact, dict)]
    return tuple(person for person in people if person.address)


def author_of(message: Fields, contacts: Iterable[Person]) -> Person:
    """Who wrote a message, with what is known of him."""
    told = Person(
        user_id=user_id(message.get("from_user_id")),
        number=number(message.get("from")),
        parent_id=user_id(message.get("from_parent_user_id")),
    )
    return _completed(told, tuple(contacts))


def reader_of(echo: Fields, contacts: Iterable[Person]) -> Person:
    """To whom the business wrote."""
    told = Person(
        user_id=user_id(echo.get("to_user_id")),
        number=number(echo.get("to")),
        parent_id=user_id(echo.get("to_parent_user_id")),
    )
    return _completed(told, tuple(contacts))


def business(value: Fields, echo: Fields) -> Party:
    """Our own number as the author of what was written elsewhere. Raises Unreadable."""
    metadata = value.get("metadata")
    shown = metadata.get("display_phone_number") if isinstance(metadata, dict) else None
    own = number(echo.get("from")) or number(re.sub(r"[^0-9+]", "", shown) if isinstance(shown, str) else "")
    if not own:
        raise Unreadable("it does not say which number wrote it", code="person")
    return Person(number=own).party()


def normalise(text: str) -> Party:
    """A typed telephone number, or a business-scoped user id, as a party. Raises BadAddress."""
    written = text.strip()
    # A number that WhatsApp itself told stays as it is: it writes some in a form that is not dialled any more.
    known = _USER_ID.fullmatch(written) or is_phone(written)
    address = written if known else phone(written)
    return Party(namespace=NAMESPACE, address=address, display=address)


def is_user_id(address: str) -> bool:
    """Whether an address is an id of Meta's and no number."""
    return _USER_ID.fullmatch(address) is not None


def user_id(value: Any) -> str:
    """A business-scoped user id, or ""."""
    return value if isinstance(value, str) and _USER_ID.fullmatch(value) else ""


def number(value: Any) -> str:
    """A number of WhatsApp's ("4930123456") with its "+", or ""."""
    found = _DIGITS.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    return f"+{found[1]}" if found else ""


def _contact(contact: Fields) -> Person:
    found = contact.get("profile")
    profile = found if isinstance(found, dict) else {}
    username = _USERNAME.fullmatch(line(profile.get("username") or contact.get("username")))
    return Person(
        user_id=user_id(contact.get("user_id")),
        number=number(contact.get("wa_id")),
        parent_id=user_id(contact.get("parent_user_id")),
        username=f"@{username[1]}" if username else "",
        name=line(profile.get("name")),
    )


def _completed(told: Person, contacts: tuple[Person, ...]) -> Person:
    """A person with what the payload's contacts say of him. A contact of somebody else's says nothing."""
    known = next((person for person in contacts if _is_same(told, person)), None)
    if known is None and not told.address and len(contacts) == 1:
        known = contacts[0]
    if known is None:
        return told
    return Person(
        user_id=told.user_id or known.user_id,
        number=told.number or known.number,
        parent_id=told.parent_id or known.parent_id,
        username=known.username,
        name=known.name,
    )


def _is_same(one: Person, other: Person) -> bool:
    if one.user_id and other.user_id:
        return one.user_id == other.user_id
    if one.number and other.number:
        return one.number == other.number
    return bool(one.parent_id) and one.parent_id == other.parent_id
