"""Reports about mail we sent: bounces and delays (RFC 3464), read receipts (RFC 8098), and bounces of old form."""

import re
from datetime import datetime

from adapters.email.addresses import OwnAddresses, field_mailboxes, mailboxes, normalise
from adapters.email.charset import decode
from adapters.email.headers import Headers, parameters, split_header
from adapters.email.mime import Part
from adapters.email.text import clean_line
from inbox.contract import StatusChange

_RECIPIENTS_MAX = 100
_REPORTS = {"message/delivery-status", "message/global-delivery-status"}
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SMTP_LINE = re.compile(r"\b([45]\d\d)[ -](?:[45]\.\d{1,3}\.\d{1,3}[ -])?\s*\S")
_SENDERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon|bounces?)(?:[+._-].*)?")
_TEXT_SEEN = 20_000
_MEANING = {
    "5.0.0": "The message could not be delivered.",
    "5.1.0": "The address was refused.",
    "5.1.1": "This mailbox does not exist.",
    "5.1.2": "The domain of this address does not exist.",
    "5.1.3": "The address is malformed.",
    "5.1.6": "The mailbox has moved.",
    "5.1.10": "The address was not found.",
    "5.2.0": "The mailbox does not take mail.",
    "5.2.1": "The mailbox is closed.",
    "5.2.2": "The mailbox is full.",
    "4.2.2": "The mailbox is full.",
    "5.2.3": "The message is too large for the mailbox.",
    "5.3.4": "The message is too large.",
    "5.4.1": "The receiving server does not answer.",
    "4.4.1": "The receiving server does not answer.",
    "5.4.4": "No mail server is known for the domain.",
    "5.4.7": "It could not be delivered in time.",
    "4.4.7": "It could not be delivered in time.",
    "5.7.0": "The receiving server refused the message by its rules.",
    "5.7.1": "The receiving server refused the message by its rules.",
    "5.7.26": "The receiving server could not verify that the message is ours (SPF, DKIM, DMARC).",
}


def status_changes(root: Part, own: OwnAddresses, at: datetime | None) -> tuple[StatusChange, ...]:
    """The news a report brings, or () when the mail is no report about a message of ours."""
    parts = list(root.walk())
    tokens = bounce_tokens(root.headers, own)
    if receipt := next(
        (part for part in parts if part.media_type == "message/disposition-notification"), None
    ):
        return _read_receipt(receipt, at)
    reports = [part for part in parts if part.media_type in _REPORTS]
    if root.media_type != "multipart/report" or not reports:
        return _from_text(root, parts, tokens, at) if _old_form(root, tokens) else ()
    ids = _ids(root, parts)
    if not tokens and not ids:
        return ()
    groups = [group for report in reports for group in _groups(report)][:_RECIPIENTS_MAX]
    changes = [change for group in groups if (change := _change(group, tokens, ids, at)) is not None]
    return tuple(changes) or _from_text(root, parts, tokens, at)


def bounce_tokens(headers: Headers, own: OwnAddresses) -> tuple[str, ...]:
    """Tokens of our bounce addresses (local+b.TOKEN@domain) that this mail was sent to."""
    found: list[str] = []
    for name in ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "return-path"):
        found += [own.token(normalise(mailbox.address), "b") for mailbox in field_mailboxes(headers, name)]
    return tuple(dict.fromkeys(filter(None, found)))


def _groups(part: Part) -> list[Headers]:
    """The per-recipient groups of a delivery-status part; groups are separated by blank lines."""
    raw = part.content()
    groups: list[Headers] = []
    position = 0
    while position < len(raw) and len(groups) <= _RECIPIENTS_MAX:
        headers, after = split_header(raw, position, len(raw))
        if headers.fields:
            groups.append(headers)
        elif after == position:
            newline = raw.find(b"\n", position)
            after = len(raw) if newline < 0 else newline + 1
        position = after
    return [group for group in groups if "final-recipient" in group or "original-recipient" in group]


def _change(
    group: Headers, tokens: tuple[str, ...], ids: tuple[str, ...], at: datetime | None
) -> StatusChange | None:
    found = _STATUS.search(group.plain("status", 200))
    kind, semicolon, rest = group.words("diagnostic-code", 600).partition(";")
    said = (rest if semicolon else kind).strip()
    code = found[1] if found else ""
    if (
        (not code or code.endswith(".0.0"))
        and (better := _STATUS.search(said))
        and better[1][0] == (code or better[1])[0]
    ):
        code = better[1]
    action = parameters(group.plain("action", 50))[0].partition(" ")[0]
    state = {
        "failed": "failed",
        "delayed": "delayed",
        "delivered": "delivered",
        "relayed": "delivered",
        "expanded": "delivered",
    }.get(action) or {"5": "failed", "4": "delayed", "2": "delivered"}.get(code[:1])
    if state is None:
        return None
    return StatusChange(
        state=state,  # type: ignore[arg-type]  # the tables above hold nothing else
        tokens=tokens,
        external_ids=ids,
        recipient=_recipient(group),
        reason=_reason(code, said, state),
        code=code,
        at=at,
    )


def _recipient(group: Headers) -> str:
    """The address we wrote to: the original one if told, for the final one may be an alias of it."""
    for name in ("original-recipient", "final-recipient"):
        value = group.plain(name, 1000)
        address = (value.partition(";")[2] or value).strip().strip("<>")
        found = mailboxes(address)
        if found and (normal := normalise(found[0].address)):
            return normal
    return ""


def _reason(code: str, said: str, state: str) -> str:
    if state == "delivered":
        return ""
    meaning = _MEANING.get(code, "")
    if state == "delayed" and (not meaning or code.startswith("5")):
        meaning = "Delivery is delayed; the mail server keeps trying."
    meaning = meaning or "The message could not be delivered."
    return clean_line(f"{meaning} ({said})" if said else meaning, 500)


def _ids(root: Part, parts: list[Part]) -> tuple[str, ...]:
    """Ids of the message reported on: the enclosed one's, else those the report refers to."""
    enclosed: list[str] = []
    for part in parts:
        if part.media_type in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
        ):
            content = part.content()
            enclosed += split_header(content, 0, len(content))[0].ids("message-id")
    referred = [*root.headers.ids("in-reply-to"), *reversed(root.headers.ids("references"))]
    return tuple(dict.fromkeys(enclosed or referred))[:10]


def _read_receipt(part: Part, at: datetime | None) -> tuple[StatusChange, ...]:
    content = part.content()
    headers, _body = split_header(content, 0, len(content))
    ids = tuple(headers.ids("original-message-id")[:1])
    disposition = headers.plain("disposition", 200).lower().rpartition(";")[2]
    if not ids or "displayed" not in disposition:
        return ()
    found = mailboxes(headers.plain("final-recipient", 1000).partition(";")[2])
    recipient = normalise(found[0].address) if found else ""
    return (StatusChange(state="read", external_ids=ids, recipient=recipient, at=at),)


def _old_form(root: Part, tokens: tuple[str, ...]) -> bool:
    """Whether a mail without a report part is a bounce: from a mail system, and about a message of ours."""
    senders = field_mailboxes(root.headers, "from")
    local = normalise(senders[0].address).rpartition("@")[0] if senders else ""
    if not _SENDERS.fullmatch(local):
        return False
    return bool(tokens) or "x-failed-recipients" in root.headers


def _from_text(
    root: Part, parts: list[Part], tokens: tuple[str, ...], at: datetime | None
) -> tuple[StatusChange, ...]:
    """A bounce that says what happened in prose (qmail, Exim, old gateways)."""
    ids = _ids(root, parts)
    body = next((part for part in parts if part.media_type == "text/plain" and part.end > part.start), None)
    text = decode((body.content() if body else b"")[:_TEXT_SEEN], "")
    if not ids:
        # The copy of our message stands in the text.
        ids = tuple(dict.fromkeys(re.findall(r"(?im)^message-id:\s*(<[^<>\s]{1,500}>)", text)))[:5]
    if not tokens and not ids:
        return ()
    status = _STATUS.search(text)
    line = next((line for line in text.splitlines() if _SMTP_LINE.search(line[:500])), "")
    code = status[1] if status else ""
    delayed = code.startswith("4") or bool(
        re.search(r"(?i)warning|delayed|will (?:be )?retr|not yet been delivered", text[:2000])
    )
    state = "delayed" if delayed else "failed"
    recipients = [
        normalise(mailbox.address) for mailbox in field_mailboxes(root.headers, "x-failed-recipients")
    ]
    return tuple(
        StatusChange(
            state="delayed" if delayed else "failed",
            tokens=tokens,
            external_ids=ids,
            recipient=recipient,
            reason=_reason(code, clean_line(line, 300), state),
            code=code,
            at=at,
        )
        for recipient in dict.fromkeys(recipients[:_RECIPIENTS_MAX] or [""])
    )
