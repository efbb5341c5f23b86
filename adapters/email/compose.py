"""A reply as a mail: pure, the same bytes for the same input, and 7-bit clean so that no relay touches it.

The parts' bodies are the standard library's work, the header block is ours (see `fields`).
"""

import base64
import contextlib
import hashlib
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import MIMEPart
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from html import escape
from typing import BinaryIO

from adapters.email.config import EmailConfig
from adapters.email.fields import (
    address_of,
    check_token,
    clean,
    mailbox,
    mailboxes,
    message_id_of,
    shown,
    words,
)
from inbox.contract import OutFile, Outgoing, Rejected
from inbox.contract.markup import to_html, to_text

REFERENCES_MAX = 11
"""How many ids of the chain are kept: the first, and the ten nearest."""
_LOCAL_MAX = 64
_POLICY = SMTP_POLICY.clone(cte_type="7bit")
_REPLY_PREFIX = re.compile(r"^\s*re(\[\d+\])?\s*:\s*", re.I)
_BOX = "margin:12px 0;padding:4px 14px;border:1px solid #d1cdc4;border-radius:8px"
_BLOCK = 57 * 1200
"""Bytes of a file that are read at once: a multiple of what fits a line of base64."""


@dataclass(frozen=True)
class Mail:
    """A mail that is ready to go.

    `sender` and `recipients` are the envelope, `size` the bytes on the wire, `utf8` tells that an address
    needs SMTPUTF8. `chunks` may be called again for another try; each chunk ends with a line.
    """

    message_id: str
    sender: str
    sender_plain: str
    recipients: tuple[str, ...]
    utf8: bool
    head: bytes
    files: tuple[OutFile, ...]
    boundary: str

    @property
    def size(self) -> int:
        """Bytes of the whole mail."""
        return sum(len(part) for part in self._frame()) + sum(_encoded_size(file.size) for file in self.files)

    def chunks(self) -> Generator[bytes]:
        """The mail's bytes. Raises Rejected when a file cannot be read."""
        frame = self._frame()
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(_open(file)) for file in self.files]
            yield next(frame)
            for file, stream in zip(self.files, streams, strict=True):
                yield next(frame)
                yield from _encode(file, stream)
            yield from frame

    def _frame(self) -> Iterator[bytes]:
        """Everything but the files: the head, what stands before each file, the end."""
        yield self.head
        for file in self.files:
            yield f"\r\n--{self.boundary}\r\n".encode() + _file_headers(file)
        if self.files:
            yield f"\r\n--{self.boundary}--\r\n".encode()


def compose(config: EmailConfig, message: Outgoing, *, plus: bool, now: datetime) -> Mail:
    """The mail for a reply. `plus` says whether tagged forms of our address may be used.

    Raises Rejected for input that cannot be put into a mail.
    """
    check_token(message.idem_key)
    token = message.reply_token and check_token(message.reply_token)
    bounce = message.bounce_token and check_token(message.bounce_token)
    local = config.address.rpartition("@")[0]
    own = f"{local}@{config.domain}"
    key = f"{message.idem_key}.{token}" if token else message.idem_key
    message_id = f"<{key}@{config.domain}>"
    headers = [
        ("Message-ID", message_id),
        ("Date", format_datetime(now.astimezone(UTC))),
        ("From", mailbox(message.sender_name or config.name, own)),
        ("To", mailboxes((message.to,))),
        ("Cc", mailboxes(message.cc)),
        ("Reply-To", _tagged(config, "r", token) if plus and token else ""),
        ("Subject", words("Subject", subject_of(message))),
        ("In-Reply-To", message_id_of(message.in_reply_to)),
        ("References", _chain(message)),
        ("Auto-Submitted", "auto-replied" if message.automatic else ""),
        ("X-Auto-Response-Suppress", "All" if message.automatic else ""),
        ("X-Onethread-Id", message.idem_key),
        ("MIME-Version", "1.0"),
    ]
    boundary = "=_" + hashlib.sha256(message.idem_key.encode()).hexdigest()[:32]
    body = _body(config, message, boundary)
    if message.files:
        headers.append(("Content-Type", f'multipart/mixed;\r\n boundary="{boundary}"'))
        body = f"\r\n--{boundary}\r\n".encode() + body
    block = "".join(f"{name}: {value}\r\n" for name, value in headers if value)
    recipients = tuple(dict.fromkeys(address_of(party) for party in (message.to, *message.cc, *message.bcc)))
    utf8 = not (block + own + "".join(recipients)).isascii()
    return Mail(
        message_id=message_id,
        sender=(_tagged(config, "b", bounce) if plus and bounce else "") or own,
        sender_plain=own,
        recipients=recipients,
        utf8=utf8,
        head=block.encode() + body,
        files=message.files,
        boundary=boundary,
    )


def uses_plus(config: EmailConfig, facts: object) -> bool:
    """Whether tagged forms of our address arrive: as set, or as the last live test found."""
    if config.plus_addressing == "auto":
        return isinstance(facts, dict) and facts.get("plus_addressing") is True
    return config.plus_addressing == "on"


def plus_form(config: EmailConfig, tag: str) -> str:
    """Our address with a tag: local+tag@domain, or "" when that would be too long for a local part."""
    local = f"{config.address.rpartition('@')[0]}+{tag}"
    return f"{local}@{config.domain}" if len(local.encode()) <= _LOCAL_MAX else ""


def subject_of(message: Outgoing) -> str:
    """The subject with exactly one "Re: " before it when the message answers another."""
    text = clean(message.subject, "subject").strip()
    bare = text
    while match := _REPLY_PREFIX.match(bare):
        bare = bare[match.end() :]
    if message.in_reply_to or message.references or bare != text:
        return f"Re: {bare}" if bare else "Re:"
    return text


# Headers


def _chain(message: Outgoing) -> str:
    found = [message_id_of(text) for text in (*message.references, message.in_reply_to)]
    ids = list(dict.fromkeys(filter(None, found)))
    if len(ids) > REFERENCES_MAX:
        ids = [ids[0], *ids[1 - REFERENCES_MAX :]]
    return "\r\n ".join(ids)


def _tagged(config: EmailConfig, kind: str, token: str) -> str:
    return plus_form(config, f"{kind}.{token}")


# Body


def _body(config: EmailConfig, message: Outgoing, boundary: str) -> bytes:
    """The text part and its HTML twin."""
    signature = message.signature or config.signature
    text, html = to_text(message.text), _boxed(to_html(message.text))
    if signature:
        text += f"\n\n-- \n{to_text(signature)}"
        html += f'<div class="signature"><p>-- </p>{to_html(signature)}</div>'
    if message.quoted is not None:
        intro = _intro(message.quoted.author, message.quoted.at)
        text += f"\n\n{intro}\n" + "\n".join(_quoted_lines(message.quoted.text))
        quoted = escape(message.quoted.text).replace("\n", "<br>\n")
        html += (
            f'<div class="quote"><p>{escape(intro)}</p><blockquote type="cite">{quoted}</blockquote></div>'
        )
    plain = MIMEPart(_POLICY)
    plain.set_content(text.rstrip("\n") + "\n")
    rich = MIMEPart(_POLICY)
    rich.set_content(f"<!DOCTYPE html><html><body>{html}</body></html>\n", subtype="html")
    inner = f"{boundary}.a"
    parts = b"".join(f"\r\n--{inner}\r\n".encode() + part.as_bytes() for part in (plain, rich))
    head = f'Content-Type: multipart/alternative;\r\n boundary="{inner}"\r\n'.encode()
    return head + parts + f"\r\n--{inner}--\r\n".encode()


def _boxed(html: str) -> str:
    """Quotations that begin with a heading, as what is inserted from a shop does, in a box of their own.

    Readers of mail know no style sheet, and every `<` of the text itself is escaped.
    """
    return html.replace("<blockquote><p><strong>", f'<blockquote style="{_BOX}"><p><strong>')


def _intro(author: str, at: datetime) -> str:
    moment = at.astimezone(UTC)
    who = " ".join(shown(author).split()) or "they"
    return f"On {moment:%Y-%m-%d} at {moment:%H:%M} UTC, {who} wrote:"


def _quoted_lines(text: str) -> Iterable[str]:
    for line in text.rstrip("\n").split("\n"):
        yield f">{line}" if line.startswith(">") else f"> {line}".rstrip()


# Files


def _file_headers(file: OutFile) -> bytes:
    part = MIMEPart(_POLICY)
    main, _, sub = file.media_type.partition("/")
    if not (
        re.fullmatch(r"[A-Za-z0-9.+_-]+", main) and re.fullmatch(r"[A-Za-z0-9.+_-]+", sub)
    ) or main.lower() in (
        "multipart",
        "message",
    ):
        main, sub = "application", "octet-stream"
    name = clean(file.name, "file's name").strip()[:200] or "file"
    part.add_header("Content-Type", f"{main}/{sub}", name=name)
    part.add_header("Content-Disposition", "attachment", filename=name)
    part.add_header("Content-Transfer-Encoding", "base64")
    return part.as_bytes()


def _open(file: OutFile) -> BinaryIO:
    try:
        return file.open()
    except OSError as error:
        raise Rejected(f'The file "{shown(file.name)}" cannot be read.', code="file") from error


def _encode(file: OutFile, stream: BinaryIO) -> Iterator[bytes]:
    try:
        rest = b""
        while block := stream.read(_BLOCK):
            # A stream may give less than it was asked for; only whole lines may be encoded before the end.
            block = rest + block
            whole = len(block) - len(block) % 57
            rest = block[whole:]
            if whole:
                yield base64.encodebytes(block[:whole]).replace(b"\n", b"\r\n")
        if rest:
            yield base64.encodebytes(rest).replace(b"\n", b"\r\n")
    except OSError as error:
        raise Rejected(f'The file "{shown(file.name)}" cannot be read.', code="file") from error


def _encoded_size(size: int) -> int:
    """Bytes of a file of `size` bytes in lines of base64."""
    lines = -(-size // 57)
    return 4 * -(-size // 3) + 2 * lines
