"""Who a shop says its visitor is, and whether it says so itself. Pure.

A signed identity is a JWT (RFC 7519, 7515): HS256 and nothing else, `exp` at most 24 hours ahead, `sub` the shop's
own name for its customer. The older form, an HMAC of the id, is accepted too: it proves the id and nothing beside
it. Every refusal has a stable code and a sentence for the shop's engineer; neither is for the visitor.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import jwt

from inbox.contract import BadAddress
from inbox.contract.addresses import email, phone
from inbox.errors import Invalid
from inbox.visits import rules
from inbox.visits.words import Proof, ProofCode

ALGORITHM: Final = "HS256"
TOKEN_MAX = 8192
"""Characters of a token: a browser sends it with each page."""
LIFETIME_MAX = timedelta(hours=24)
LEEWAY = timedelta(seconds=30)
"""How far two clocks may be apart."""
HMAC_LASTS = timedelta(hours=24)
"""How long the older form holds once it was shown: it has no end of its own."""
SUBJECT_MAX = 200

_UNCHECKED: Any = {
    f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}  # looked at here, by our own clock and one by one


class Refused(Exception):
    """A signed identity that proves nothing. `code` is stable, `detail` a sentence for the shop's engineer."""

    def __init__(self, code: ProofCode, detail: str) -> None:
        super().__init__(detail)
        self.code: ProofCode = code
        self.detail = detail


@dataclass(frozen=True)
class Said:
    """What a page tells of its visitor: addresses in look-up form, "" where nothing (usable) was told."""

    name: str = ""
    email: str = ""
    phone: str = ""


NOTHING_SAID: Final = Said()


@dataclass(frozen=True)
class Known:
    """A visitor whom the shop vouches for.

    `until` is when that ends. What is in `said` was signed too if `is_signed`; `email_verified` says that the shop
    has proved the mailbox. `notes` tell what was left out, and why.
    """

    subject: str
    proof: Proof
    until: datetime
    said: Said = NOTHING_SAID
    email_verified: bool = False
    locale: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_signed(self) -> bool:
        """Whether more than the subject was signed."""
        return self.proof is Proof.JWT


def read_jwt(token: str, secrets: Sequence[str], now: datetime, region: str = "") -> Known:
    """The visitor that a token names. `secrets` are the channel's, the newest first. Raises Refused.

    `region` is the country of telephone numbers without country code (see `addresses.phone`), here and below.
    """
    if not secrets:
        raise Refused("not_configured", "This channel has no identity secret. Set one in its settings.")
    if len(token) > TOKEN_MAX:
        raise Refused("too_large", f"The token has more than {TOKEN_MAX} characters.")
    claims = _claims(token, secrets)
    until = _end(claims, now)
    for name in ("nbf", "iat"):
        starts = _moment(claims, name)
        if starts is not None and starts > now + LEEWAY:
            raise Refused(
                "not_yet", f"“{name}” lies {_span(starts - now)} ahead: the server's clock is wrong."
            )
    notes: list[str] = []
    return Known(
        subject=_subject(claims.get("sub"), "sub"),
        proof=Proof.JWT,
        until=until,
        said=_said(claims, notes, region, strict=True),
        email_verified=_flag(claims, "email_verified"),
        locale=rules.locale(_text(claims, "locale")),
        attributes=_attributes(claims.get("attributes")),
        notes=tuple(notes),
    )


def read_hmac(user: Mapping[str, Any], secrets: Sequence[str], now: datetime, region: str = "") -> Known:
    """The visitor in {id, hmac, …}: hmac is the HMAC-SHA256 of the id in hex. Raises Refused."""
    if not secrets:
        raise Refused("not_configured", "This channel has no identity secret. Set one in its settings.")
    subject = _subject(user.get("id"), "id")
    given = user.get("hmac")
    if not isinstance(given, str) or not given.isascii():
        raise Refused("malformed", "“hmac” must be 64 hexadecimal digits.")
    if not any(_is_hmac(secret, subject, given) for secret in secrets):
        raise Refused(
            "bad_signature",
            "The hmac does not fit: it must be HMAC-SHA256 of exactly this id, with this channel's identity "
            "secret as the key, in hexadecimal.",
        )
    return Known(subject=subject, proof=Proof.HMAC, until=now + HMAC_LASTS, said=read_said(user, region))


def read_said(user: Mapping[str, Any], region: str = "") -> Said:
    """What an unsigned {name, email, phone} claims; what is none of that is left out."""
    return _said(user, [], region, strict=False)


def _claims(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    """The claims of a token that one of the secrets signed."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise Refused(
            "malformed", "This is no JWT: three parts of base64url with dots between are expected."
        ) from error
    if header.get("alg") != ALGORITHM:
        raise Refused(
            "wrong_algorithm",
            f"The token's “alg” is {json.dumps(header.get('alg'))[:60]}; only {ALGORITHM} is accepted.",
        )
    for secret in secrets:
        try:
            return dict(jwt.decode(token, secret, algorithms=[ALGORITHM], options=_UNCHECKED))
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError as error:
            raise Refused(
                "malformed", "The token's claims are no JSON object, or it is cut short."
            ) from error
    raise Refused(
        "bad_signature",
        "The signature does not fit: the token was signed with another secret than this channel's, or changed.",
    )


def _end(claims: Mapping[str, Any], now: datetime) -> datetime:
    until = _moment(claims, "exp")
    if until is None:
        raise Refused(
            "missing_exp",
            "The token has no “exp”. Say when it ends, in seconds since 1970, at most 24 hours ahead.",
        )
    if until <= now - LEEWAY:
        raise Refused(
            "expired", f"The token ended {_span(now - until)} ago. Make a fresh one with each page."
        )
    if until > now + LIFETIME_MAX + LEEWAY:
        raise Refused("too_long", f"The token ends in {_span(until - now)}; at most 24 hours are accepted.")
    return until


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    """A NumericDate (RFC 7519, 2)."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("bad_claim", f"“{name}” must be a number: seconds since 1970.")
    try:
        return rules.EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError) as error:
        raise Refused(
            "bad_claim", f"“{name}” is no moment: seconds since 1970 are expected, not milliseconds."
        ) from error


def _subject(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Refused("missing_sub", f"“{name}” must be a text: your own, lasting id of the customer.")
    if not value.strip() or len(value) > SUBJECT_MAX or not value.isprintable():
        raise Refused("missing_sub", f"“{name}” must have 1 to {SUBJECT_MAX} printable characters.")
    return value


def _said(claims: Mapping[str, Any], notes: list[str], region: str, *, strict: bool) -> Said:
    """Name, e-mail and telephone. With `strict` a value of the wrong type is refused, otherwise left out."""
    texts = {}
    for name in ("name", "email", "phone"):
        value = claims.get(name)
        if value is not None and not isinstance(value, str) and strict:
            raise Refused("bad_claim", f"“{name}” must be a text.")
        texts[name] = rules.line(value, rules.NAME_MAX) if isinstance(value, str) else ""
    return Said(
        name=texts["name"],
        email=_address(email, "email", texts["email"], notes),
        phone=_address(partial(phone, region=region), "phone", texts["phone"], notes),
    )


def _address(normal: Callable[[str], str], name: str, text: str, notes: list[str]) -> str:
    try:
        return normal(text) if text else ""
    except BadAddress as error:
        notes.append(f"“{name}” was left out. {error.reason}")
        return ""


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused("bad_claim", f"“{name}” must be a text.")
    return value or ""


def _flag(claims: Mapping[str, Any], name: str) -> bool:
    value = claims.get(name, False)
    if not isinstance(value, bool):
        raise Refused("bad_claim", f"“{name}” must be true or false.")
    return value


def _attributes(value: object) -> dict[str, Any]:
    try:
        return rules.attributes(value) if value is not None else {}
    except Invalid as error:
        raise Refused("bad_claim", f"“attributes” cannot be used. {error.detail}") from error


def _is_hmac(secret: str, subject: str, given: str) -> bool:
    return hmac.compare_digest(
        hmac.digest(secret.encode(), subject.encode("utf-8", "surrogatepass"), "sha256").hex(), given.lower()
    )


def _span(delta: timedelta) -> str:
    seconds = int(delta.total_seconds())
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} seconds"
