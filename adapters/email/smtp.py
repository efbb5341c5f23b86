"""Handing a mail over, with every failure told apart: not accepted, never to be accepted, or not known.

smtplib's own `sendmail` hides at which point of the dialogue it failed and which recipients were refused, so
the dialogue around DATA is led here (RFC 5321).
"""

import contextlib
import re
from collections.abc import Iterator

from adapters.email.compose import Mail, compose, uses_plus
from adapters.email.config import EmailConfig
from adapters.email.dialogue import Dialogue, answered, opened, refusal
from inbox.contract import Io, Outgoing, Receipt, Refusal, Rejected, TryLater, Uncertain

_PIECE = 1 << 16
_IDS = re.compile(r"<[!-;=?A-~]{1,300}@[!-;=?A-~]{1,300}>")
_SES_HOST = re.compile(r"email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com")
_SES_REPLY = re.compile(r"[Oo]k ([0-9a-f]{16}-[0-9a-f-]{20,60})")


def send(config: EmailConfig, message: Outgoing, io: Io) -> Receipt:
    """Send one reply. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    mail = compose(config, message, plus=uses_plus(config, io.facts), now=io.now())
    with contextlib.closing(mail.chunks()) as chunks, contextlib.ExitStack() as stack:
        # The first chunk opens all files, so that a missing one is told before anybody is called.
        first = next(chunks)
        dialogue = stack.enter_context(opened(config, io, announce=True))
        refused = _envelope(dialogue, config, mail)
        response = _content(dialogue, config, _joined(first, chunks), mail.size // 2, io)
        # The mail is accepted whatever becomes of the farewell; some servers take 200 ms to answer it.
        with contextlib.suppress(OSError):
            dialogue.putcmd("quit")
    aliases = tuple(alias for alias in substitutes(config.smtp_host, response) if alias != mail.message_id)
    return Receipt(external_id=mail.message_id, aliases=aliases, refused=refused, response=response)


# The envelope


def _envelope(dialogue: Dialogue, config: EmailConfig, mail: Mail) -> tuple[Refusal, ...]:
    """Name sender and recipients; the recipients that were refused while others were taken."""
    _check_size(dialogue, config, mail)
    code, text = _mail_from(dialogue, mail)
    if code != 250:
        raise refusal(f"{config.smtp_host} refused {mail.sender} as sender", code, text)
    refused: list[Refusal] = []
    for recipient in mail.recipients:
        code, text = answered(dialogue.rcpt(recipient))
        if code == 421:
            raise refusal(f"{config.smtp_host} broke off", code, text)
        if code == 530:
            raise refusal(f"{config.smtp_host} wants a login", code, text)
        if code not in (250, 251, 252):
            final = 500 <= code < 600
            refused.append(Refusal(address=recipient, code=str(code), reason=text, permanent=final))
    if len(refused) == len(mail.recipients):
        raise _all_refused(config, refused)
    return tuple(refused)


def _check_size(dialogue: Dialogue, config: EmailConfig, mail: Mail) -> None:
    limit = dialogue.esmtp_features.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < mail.size:
        raise Rejected(
            f"The message is {mail.size / 1e6:.1f} MB as mail; {config.smtp_host} takes "
            f"{int(limit) / 1e6:.1f} MB at most. Send fewer or smaller files.",
            code="size",
        )
    if mail.utf8 and not dialogue.has_extn("smtputf8"):
        raise Rejected(
            f"{config.smtp_host} cannot send to addresses with letters beyond ASCII (SMTPUTF8).",
            code="smtputf8",
        )


def _mail_from(dialogue: Dialogue, mail: Mail) -> tuple[int, str]:
    options = [f"SIZE={mail.size}"] if dialogue.has_extn("size") else []
    if mail.utf8:
        options += ["BODY=8BITMIME", "SMTPUTF8"]
    code, text = answered(dialogue.mail(mail.sender, options))
    if code in (501, 550, 551, 553, 554) and mail.sender != mail.sender_plain:
        # Some providers let an account send under its bare address only: then bounces come without a token.
        dialogue.rset()
        code, text = answered(dialogue.mail(mail.sender_plain, options))
    return code, text


def _all_refused(config: EmailConfig, refused: list[Refusal]) -> TryLater | Rejected:
    listed = "; ".join(f"{entry.address}: {entry.code} {entry.reason}" for entry in refused[:10])
    text = f"{config.smtp_host} refused every recipient. {listed}"
    if all(entry.permanent for entry in refused):
        return Rejected(text, code=refused[0].code)
    return TryLater(text, code=next(entry.code for entry in refused if not entry.permanent))


# The content


def _content(dialogue: Dialogue, config: EmailConfig, chunks: Iterator[bytes], half: int, io: Io) -> str:
    """Send the mail itself; the server's last word. From its first byte on, silence means Uncertain."""
    host = config.smtp_host
    code, text = dialogue.command("DATA")
    if code != 354:
        raise refusal(f"{host} refused the message", code, text)
    try:
        _stream(dialogue, chunks, half, io)
        dialogue.patience(float(config.smtp_final_timeout))
        code, text = answered(dialogue.getreply())
    except (OSError, ValueError) as error:
        verdict = _last_words(dialogue)
        if verdict is None:
            raise Uncertain(
                f"The connection to {host} ended before it said whether it took the message. "
                "It may have been delivered.",
                code="no_reply",
            ) from error
        code, text = verdict
    io.checkpoint("after_wire")
    if not 200 <= code < 300:
        if not 400 <= code < 600:
            raise Uncertain(f"{host} answered in a way that is no SMTP: {code} {text}", code=str(code))
        raise refusal(f"{host} refused the message", code, text)
    return f"{code} {text}"


def _stream(dialogue: Dialogue, chunks: Iterator[bytes], half: int, io: Io) -> None:
    """Send all bytes, with dots doubled at line starts, and the final dot. Every chunk ends with a line."""
    sent = 0
    marked = False
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            piece = chunk[start : start + _PIECE]
            if not marked and sent + len(piece) > half:
                cut = max(1, half - sent)
                dialogue.send(piece[:cut])
                io.checkpoint("mid_body")
                dialogue.send(piece[cut:])
                marked = True
            else:
                dialogue.send(piece)
            sent += len(piece)
    dialogue.send(b".\r\n")


def _joined(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """All chunks as they go over the wire."""
    yield _stuffed(first)
    for chunk in chunks:
        yield _stuffed(chunk)


def _stuffed(chunk: bytes) -> bytes:
    return re.sub(rb"(?m)^\.", b"..", chunk)


def _last_words(dialogue: Dialogue) -> tuple[int, str] | None:
    """A refusal that the server sent before it hung up in the middle of the message."""
    if dialogue.sock is None:
        return None
    try:
        dialogue.patience(1.0)
        code, text = answered(dialogue.getreply())
    except (OSError, ValueError):
        return None
    return (code, text) if 400 <= code < 600 else None


def substitutes(host: str, response: str) -> tuple[str, ...]:
    """Message-IDs that the provider may have put in the place of ours, read from its last word."""
    found = _IDS.findall(response)
    region, ses = _SES_HOST.fullmatch(host.lower()), _SES_REPLY.search(response)
    if region and ses:
        # Amazon tells the bare id; the first region's domain bears no name.
        found += [f"<{ses[1]}@{region[1]}.amazonses.com>", f"<{ses[1]}@email.amazonses.com>"]
    return tuple(dict.fromkeys(found))
