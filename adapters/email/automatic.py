"""Whether a machine wrote a mail (RFC 3834, RFC 5230, channels.md "Loops"). Pure."""

import re

from adapters.email.addresses import OwnAddresses, message_id_token
from adapters.email.headers import Headers, parameters

OWN_HEADER = "x-onethread-id"
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon"
    r"|(?:do[._-]?)?not?[._-]?reply|nao[._-]?responda|noresponder|nepasrepondre)(?:[+._-].*)?"
)
_BULK = {"bulk", "list", "junk", "auto_reply", "auto-reply"}


def reason(headers: Headers, sender: str, own: OwnAddresses) -> str:
    """Why the mail is thought automatic, as a stable code, or "". `sender` is the look-up form of From."""
    own_list = is_own_list(headers, own)
    checks = (
        ("auto-submitted", auto_submitted(headers)),
        ("null-sender", headers.plain("return-path", 100).replace(" ", "") == "<>"),
        ("report", parameters(headers.plain("content-type", 8192))[0] == "multipart/report"),
        ("precedence", headers.plain("precedence", 50).lower() in (_BULK - {"list"} if own_list else _BULK)),
        ("list", "list-id" in headers and not own_list),
        ("auto-response-suppress", "x-auto-response-suppress" in headers),
        ("auto-reply", any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder"))),
        ("robot", bool(_ROBOTS.fullmatch(sender.rpartition("@")[0]))),
        ("own-address", own.own(sender)),
        ("loop", _loop(headers)),
    )
    return next((code for code, true in checks if true), "")


def is_own_list(headers: Headers, own: OwnAddresses) -> bool:
    """Whether the mail came through a list that is our own address (a group such as support@example.com).

    Such a list only hands customers' mail on: its list headers say nothing about who wrote.
    """
    list_id = headers.plain("list-id", 500).lower().rpartition("<")[2].strip("<> ")
    return any(list_id == address.replace("@", ".") for address in own.all)


def auto_submitted(headers: Headers) -> bool:
    """Whether the mail itself says that no person sent it."""
    return any(
        parameters(value.decode("ascii", "replace"))[0] not in ("no", "")
        for value in headers.raw("auto-submitted")
    )


def _loop(headers: Headers) -> bool:
    """Our mark on a mail that is not the one we marked: somebody's machine sent our message back.

    A colleague's installation marks its own mail too, but there the mark and the Message-ID agree.
    """
    mark = headers.plain(OWN_HEADER, 100)
    return bool(mark) and not marked_by_its_maker(headers, mark)


def marked_by_its_maker(headers: Headers, mark: str) -> bool:
    """Whether the Message-ID is the one that goes with our mark: <mark.token@…>, or <mark@…> without a token."""
    return any(
        mark in (message_id_token(found)[0], found[1:].partition("@")[0])
        for found in headers.ids("message-id")[:1]
    )
