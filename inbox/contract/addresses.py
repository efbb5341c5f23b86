"""The forms in which addresses are looked up: whatever way one is written, it is one address. Pure.

E-mail: NFKC and case-folded, the domain in ASCII (RFC 5890, UTS 46). Telephone numbers: E.164. Every form is a
fixed point: what was normalised once stays as it is.
"""

import functools
import re
import unicodedata

from inbox.contract.errors import BadAddress

EMAIL = "email"
PHONE = "phone"
"""Kinds of address (`Party.namespace`) that people have apart from any one channel."""

_LOCAL = re.compile(r"""[^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f]{1,64}""")
_QUOTED_LOCAL = re.compile(r'"[^"\\\x00-\x1f\x7f-\x9f]{1,62}"')
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LITERAL = re.compile(r"\[[0-9a-f.:]{2,60}\]|\[ipv6:[0-9a-f.:]{2,60}\]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST = 400
_PHONE_LONGEST = 40


def email(text: str) -> str:
    """The look-up form of an e-mail address. Raises BadAddress for what is none."""
    found = _email(text[:_LONGEST])
    if not found or len(text) > _LONGEST:
        raise BadAddress("This is not an e-mail address.")
    return found


def ascii_domain(domain: str) -> str:
    """A domain name in lower-case ASCII (A-labels), or a literal in brackets; "" if it is neither."""
    folded = fold(domain).rstrip(".")
    if _LITERAL.fullmatch(folded):
        return folded
    if not folded.isascii():
        import idna

        try:
            folded = idna.encode(folded, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError, ValueError):
            return ""
    if not folded or len(folded) > 253 or not all(_LABEL.fullmatch(label) for label in folded.split(".")):
        return ""
    return folded


def phone(text: str, region: str = "") -> str:
    """The E.164 form ("+4930123456") of a telephone number. Raises BadAddress for what is none.

    `region` is the ISO 3166 country in which a number without country code is dialled; "" takes numbers with
    their country code only.
    """
    import phonenumbers

    written = unicodedata.normalize("NFKC", text).strip()
    if len(written) > _PHONE_LONGEST:
        raise BadAddress("This is not a telephone number.")
    try:
        number = phonenumbers.parse(written, region.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise BadAddress(
            "Give the telephone number with its country code, like +49 30 123456."
            if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
            else "This is not a telephone number."
        ) from error
    found = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    # Possible, not assigned: numbering plans grow faster than libraries, and a network that sent from it knows.
    if not phonenumbers.is_possible_number(number) or not is_phone(found):
        raise BadAddress("This is not a telephone number.")
    return found


def is_phone(address: str) -> bool:
    """Whether an address in look-up form is a telephone number, whatever kind of address it is kept as."""
    return _E164.fullmatch(address) is not None


def fold(text: str) -> str:
    """NFKC and casefold until nothing changes, so that folding twice equals folding once."""
    for _ in range(4):
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            break
        text = folded
    return text


@functools.lru_cache(maxsize=1024)
def _email(text: str) -> str:
    local, _at, domain = text.strip().rpartition("@")
    domain = ascii_domain(domain)
    local = fold(local)
    if not domain or not (_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        return ""
    if local.startswith('"') and _LOCAL.fullmatch(local[1:-1]):
        local = local[1:-1]
    return f"{local}@{domain}" if len(local) + len(domain) < 320 else ""
