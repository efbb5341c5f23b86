"""Helpers of the tests that read mails."""

from typing import Any

from adapters.email.config import EmailConfig
from adapters.email.parse import parse
from inbox.contract import Inbound, Item, Raw, StatusChange

CONFIG = EmailConfig(
    address="support@shop.example",
    other_addresses=("help@shop.example",),
    imap_host="imap.shop.example",
    smtp_host="smtp.shop.example",
)
HEAD = (
    "From: Ann Lee <ann@customer.example>\nTo: support@shop.example\n"
    "Message-ID: <m1@customer.example>\nDate: Tue, 03 Nov 2026 10:15:00 +0100\n"
)


def items(mail: str | bytes, **meta: Any) -> tuple[Item, ...]:
    """What a mail gives."""
    return parse(CONFIG, Raw(body=mail.encode() if isinstance(mail, str) else mail, meta=meta))


def inbound(mail: str | bytes, **meta: Any) -> Inbound:
    """The one message in a mail; without a header of its own it gets a usual one."""
    if isinstance(mail, str) and not mail.startswith(("From:", "Return-Path:", "Received:", "Delivered-To:")):
        mail = HEAD + mail
    (item,) = items(mail, **meta)
    assert isinstance(item, Inbound)
    return item


def changes(mail: str) -> tuple[StatusChange, ...]:
    """The status changes in a report."""
    found = items(mail)
    assert all(isinstance(item, StatusChange) for item in found)
    return tuple(item for item in found if isinstance(item, StatusChange))


def multipart(kind: str, *parts: str, boundary: str = "b1", **params: str) -> str:
    """The header field and body of a multipart."""
    extra = "".join(f'; {name.replace("_", "-")}="{value}"' for name, value in params.items())
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"{extra}\n\n{body}--{boundary}--\n'


def part(media_type: str, content: str = "", *fields: str) -> str:
    """One part of a multipart."""
    return "\n".join([f"Content-Type: {media_type}", *fields, "", content])
