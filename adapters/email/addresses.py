"""Mail addresses: reading address fields, the form for look-up, and which addresses are our own. Pure."""

import re
from dataclasses import dataclass

from adapters.email.headers import ADDRESS_FIELD_MAX, Headers, decode_words
from adapters.email.text import clean_line
from inbox.contract import BadAddress, Party, addresses

NAMESPACE = "email"
MAILBOXES_MAX = 200
_TOKEN = re.compile(r"[a-z2-7]{10,40}")
_OWN_ID = re.compile(r"<([A-Za-z0-9_-]{6,64})\.([A-Za-z2-7]{10,40})@[^<>\s@]+>")
_LOOSE = re.compile(r"[^\s@<>()\[\],;:\"']{1,64}@[^\s@<>()\[\],;:\"']{1,253}")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One entry of an address field: decoded `name`, and `address` as written ("" if there was none)."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """The addresses that lead to this mailbox, in look-up form, our main one first."""

    all: tuple[str, ...]

    @property
    def main(self) -> str:
        """The address we answer from."""
        return self.all[0]

    def own(self, address: str) -> bool:
        """Whether a look-up form is ours, with or without a "+tag"."""
        local, _at, domain = address.rpartition("@")
        return address in self.all or f"{local.partition('+')[0]}@{domain}" in self.all

    def token(self, address: str, kind: str) -> str:
        """The token in local+KIND.TOKEN@domain if the rest is an address of ours, else ""."""
        local, _at, domain = address.rpartition("@")
        base, plus, tag = local.partition("+")
        mark, dot, token = tag.partition(".")
        found = plus and dot and mark == kind and _TOKEN.fullmatch(token) and f"{base}@{domain}" in self.all
        return token if found else ""


def own_addresses(main: str, others: tuple[str, ...]) -> OwnAddresses:
    """Our addresses in look-up form; one that is none is left out."""
    found = [normal for address in (main, *others) if (normal := normalise(address))]
    return OwnAddresses(tuple(dict.fromkeys(found)) or (main.lower(),))


def normalise(address: str) -> str:
    """The look-up form of an address; "" if it is none. Idempotent."""
    try:
        return addresses.email(address)
    except BadAddress:
        return ""


def party(mailbox: Mailbox) -> Party | None:
    """The party of an entry, or None when its address is none."""
    address = normalise(mailbox.address)
    if not address:
        return None
    display = clean_line(mailbox.address, 320)
    name = mailbox.name if mailbox.name.casefold() not in (address, display.casefold()) else ""
    return Party(namespace=NAMESPACE, address=address, display=display, name=name)


def typed_party(text: str) -> Party:
    """What a person typed ("Ann <ann@example.com>" or a bare address) as a party. Raises BadAddress."""
    if len(text) > ADDRESS_FIELD_MAX or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text.strip()):
        raise BadAddress("This is not an e-mail address.")
    found = mailboxes(text)
    if len(found) != 1 or (result := party(found[0])) is None:
        raise BadAddress("This is not an e-mail address." if len(found) < 2 else "Give one e-mail address.")
    return result


def field_mailboxes(headers: Headers, name: str) -> list[Mailbox]:
    """The entries of all fields called `name`, each field cut at 4 kB."""
    found: list[Mailbox] = []
    for value in headers.raw(name)[:20]:
        found += mailboxes(headers.text(value[:ADDRESS_FIELD_MAX]))
    return found[:MAILBOXES_MAX]


def mailboxes(value: str) -> list[Mailbox]:
    """Split an address field into its entries. Groups are opened, comments give a missing name. Linear.

    Reads what mailers really write: unquoted commas stay a separator, missing brackets, encoded words in
    quotes, several "@". Encoded words are decoded only after splitting, so that a name cannot add an entry.
    """
    found: list[Mailbox] = []
    for entry in _entries(value[:ADDRESS_FIELD_MAX]):
        mailbox = entry.mailbox()
        if mailbox.address or mailbox.name:
            found.append(mailbox)
    return found


class _Entry:
    """One entry while it is being read."""

    def __init__(self) -> None:
        self.phrase: list[str] = []
        # The phrase with each quoted string as one quotation mark: what is quoted must not pass for an address.
        self.bare: list[str] = []
        self.angle: list[str] | None = None
        self.comment: list[str] = []

    def mailbox(self) -> Mailbox:
        phrase, bare = "".join(self.phrase).strip(), "".join(self.bare)
        address, name = re.sub(r"\s+", "", "".join(self.angle or [])), phrase
        if "@" not in address:
            loose = _LOOSE.search(bare if "@" in bare else phrase)
            address = loose[0] if loose else ""
            name = phrase.replace(address, "") if address else phrase
        if not name.strip("\"' "):
            name = "".join(self.comment)
        if address.startswith("@") or address.lower().startswith("mailto:"):
            address = address.rpartition(":")[2]
        return Mailbox(clean_line(decode_words(name), 300).strip("\"' "), address)


def _entries(value: str) -> list[_Entry]:  # noqa: C901 - one state machine, a branch per character
    entries, entry = [], _Entry()
    depth, quoted, escaped = 0, False, False
    for char in value:
        target = entry.phrase if entry.angle is None or char == ">" else entry.angle
        if escaped:
            (entry.comment if depth else target).append(char)
            escaped = False
        elif char == "\\" and (quoted or depth):
            escaped = True
        elif depth:
            depth += (char == "(") - (char == ")")
            if depth:
                entry.comment.append(char)
        elif char == '"' and (entry.angle is None or quoted):
            quoted = not quoted
            if quoted:
                entry.bare.append(char)
        elif quoted:
            target.append(char)
        elif char == "(":
            depth = 1
        elif char == "<":
            entry.angle = []
        elif char == ">":
            # What follows a closed address belongs to no name.
            entries.append(entry)
            entry = _Entry()
        elif char in ",;":
            entries.append(entry)
            entry = _Entry()
        elif char == ":" and entry.angle is None:
            # The name of a group says nothing about its members.
            entry = _Entry()
        else:
            target.append(char)
            if entry.angle is None:
                entry.bare.append(char)
    return [*entries, entry]


def message_id_token(message_id: str) -> tuple[str, str]:
    """(idempotency key, reply token) of a message id in the form we give our own messages, or ("", "")."""
    match = _OWN_ID.fullmatch(message_id)
    return (match[1], match[2].lower()) if match else ("", "")
