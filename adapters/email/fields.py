"""Values of the header fields we write, such that nothing put into them can become syntax.

They are not left to the standard library's policy, whose folding has let crafted names and subjects break out of
their line more than once. Everything that enters a header is checked for control characters first.
"""

import re
from collections.abc import Sequence
from email.charset import QP, Charset
from email.header import Header

from inbox.contract import Party, Rejected
from inbox.contract.addresses import ascii_domain

_WORDS = Charset("utf-8")
_WORDS.header_encoding = QP
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Harmless in a subject that came from a customer, and yet line ends to some software: turned into blanks.
_BLANKS = re.compile(r"[\t\x80-\x9f\u2028\u2029]+")
_TOKEN = re.compile(r"[A-Za-z0-9._-]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
# A dot-atom, international or not, or a quoted string without escapes.
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x20\x7f-\x9f]{1,64}|\"[!#-\[\]-~ ]{1,62}\"")


def message_id_of(text: str) -> str:
    """A Message-ID in angle brackets, or "" for anything else: our own stand-ins, a customer's garbage."""
    text = text.strip()
    if not text.startswith("<") and "@" in text:
        text = f"<{text}>"
    return text if _MESSAGE_ID.fullmatch(text) else ""


def address_of(party: Party) -> str:
    """A party's address for the wire, as its owner writes it where that is known. Raises Rejected."""
    text = party.display if party.display.casefold() == party.address.casefold() else party.address
    local, _, domain = text.strip().rpartition("@")
    domain = ascii_domain(domain)
    if not domain or not _LOCAL.fullmatch(local):
        raise Rejected(f'"{shown(text)}" is no mail address.', code="address")
    return f"{local}@{domain}"


def mailboxes(parties: Sequence[Party]) -> str:
    return ",\r\n ".join(mailbox(party.name, address_of(party)) for party in parties)


def mailbox(name: str, address: str) -> str:
    """A name and an address. The name is quoted or encoded, so that nothing in it is syntax."""
    name = " ".join(clean(name, "name").split())[:200]
    if not name:
        return address
    if name.isascii() and "=?" not in name and len(name) <= 60:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded('From', name)}\r\n <{address}>"


def words(header: str, text: str) -> str:
    """Free text for a header: folded at blanks if that suffices, otherwise encoded words."""
    plain = text.isascii() and "=?" not in text and max(map(len, text.split() or [""])) <= 70
    if not plain:
        return _encoded(header, text)
    lines, line = [], ""
    for word in text.split():
        if line and len(header) + 2 + len(line) + 1 + len(word) > 76:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded(header: str, text: str) -> str:
    return Header(text, _shortest(text), header_name=header, maxlinelen=75).encode(linesep="\r\n")


def _shortest(text: str) -> Charset:
    """Quoted-printable words for text with few foreign letters, base64 for the rest."""
    return _WORDS if sum(character > "\x7f" for character in text) * 6 < len(text) else Charset("utf-8")


def clean(text: str, what: str) -> str:
    """Text that may enter a header. Raises Rejected for line breaks and other control characters."""
    if _CONTROL.search(text):
        raise Rejected(f"The {what} holds a line break or control character.", code="control_character")
    return _BLANKS.sub(" ", text)


def check_token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise Rejected("The message's own key cannot be part of an address.", code="key")
    return text


def shown(text: str) -> str:
    return _BLANKS.sub(" ", _CONTROL.sub(" ", text))[:100]
