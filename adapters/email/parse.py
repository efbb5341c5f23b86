"""A kept mail as items for the inbox. Pure: the same bytes give the same items, on any machine, at any time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.email import authenticity, automatic, bounce, htmlquotes, quotes
from adapters.email.addresses import (
    NAMESPACE,
    OwnAddresses,
    field_mailboxes,
    message_id_token,
    normalise,
    own_addresses,
    party,
)
from adapters.email.bodies import Content, collect
from adapters.email.fingerprint import fingerprint
from adapters.email.headers import IDS_MAX, Headers, parse_date
from adapters.email.mime import Part, read
from inbox.contract import File, Inbound, Item, Level, Notice, Party, Raw, Recipient

if TYPE_CHECKING:
    from adapters.email.config import EmailConfig

_TOKENS_MAX = 20
_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|vs|vb|vl|pd|doorst|fs|пересл|转发|轉寄|転送)\s*[:：]", re.I
)
# Where the sender is found when From names none that can be used.
_OTHER_SENDERS = ("sender", "reply-to", "x-sender", "return-path")
# Who really wrote, when a mailing list or a web form put our own address into From.
_BEHIND_US = ("x-original-from", "x-original-sender", "reply-to")


def parse(config: "EmailConfig", raw: Raw) -> tuple[Item, ...]:
    """Read a mail. `raw.meta` is what the poller noted: role of the folder, internaldate, truncated.

    Gives one Inbound (`outgoing` for mail of our own), or StatusChanges for a report about mail of ours.
    Raises Unreadable only.
    """
    root = read(raw.body)
    own = own_addresses(config.address, config.other_addresses)
    sent_at = _sent_at(root.headers, raw.meta)
    if raw.meta.get("role") != "sent" and (changes := bounce.status_changes(root, own, sent_at)):
        return changes
    size = _truncated(raw.meta)
    content = _unfetched(raw.meta, size) if size is not None else collect(root)
    external_id = fingerprint(root.headers, _contents(root, size))
    return (_message(config, root.headers, raw.meta, own, content, external_id, sent_at),)


def _message(
    config: "EmailConfig",
    headers: Headers,
    meta: dict[str, Any],
    own: OwnAddresses,
    content: Content,
    external_id: str,
    sent_at: datetime | None,
) -> Inbound:
    sender, notices = _sender(headers, own, external_id)
    outgoing = meta.get("role") == "sent"  # From alone proves nothing: anybody can write our address there
    if outgoing:
        reason = "auto-submitted" if automatic.auto_submitted(headers) else ""
    else:
        reason = "reaction" if content.reaction else automatic.reason(headers, sender.address, own)
        sender = _with_level(config, headers, sender)
    text, quoted_text, html, quoted_html = _folded(headers, content)
    return Inbound(
        external_id=external_id,
        aliases=tuple(headers.ids("message-id")[:1]),
        sender=sender,
        recipients=tuple(_recipients(headers, sender)),
        sent_at=sent_at,
        subject=headers.words("subject"),
        text=text,
        quoted_text=quoted_text,
        html=html,
        quoted_html=quoted_html,
        files=content.files,
        references=_references(headers),
        reply_tokens=_reply_tokens(headers, own, outgoing=outgoing),
        automatic=reason,
        outgoing=outgoing,
        idem_key=_idem_key(headers) if own.own(sender.address) else "",
        notices=(*content.notices, *notices),
    )


def _sender(headers: Headers, own: OwnAddresses, external_id: str) -> tuple[Party, tuple[Notice, ...]]:
    """Who wrote the mail. One that names nobody gets an address of its own that leads nowhere."""
    written = field_mailboxes(headers, "from")
    found = next(filter(None, map(party, written)), None)
    if found is not None and own.own(found.address) and not _bears_our_mark(headers):
        behind = _first_party(headers, _BEHIND_US)
        if behind is not None and not own.own(behind.address):
            return behind, ()
    if found is None:
        found = _first_party(headers, _OTHER_SENDERS)
        if found is not None and written and written[0].name:
            found = found.model_copy(update={"name": written[0].name})
    if found is not None:
        return found, ()
    name = written[0].name if written else headers.words("from", 200)
    unknown = Party(namespace=NAMESPACE, address=f"unknown-{external_id[3:15]}@sender.invalid", name=name)
    return unknown, (Notice(code="no_sender", text="This e-mail names no sender that can be answered."),)


def _first_party(headers: Headers, names: tuple[str, ...]) -> Party | None:
    for name in names:
        for mailbox in field_mailboxes(headers, name):
            if found := party(mailbox):
                return found
    return None


def _with_level(config: "EmailConfig", headers: Headers, sender: Party) -> Party:
    """The sender with how sure we are; only an address that stands alone in From can be checked."""
    written = field_mailboxes(headers, "from")
    if len(written) == 1 and normalise(written[0].address) == sender.address:
        level, reason = authenticity.level(
            headers, sender.address, config.authserv_id, microsoft=config.trust_microsoft_results
        )
    else:
        level, reason = Level.CLAIMED, "The sender is not the one address in the From field."
    return sender.model_copy(update={"level": level, "level_reason": reason})


def _bears_our_mark(headers: Headers) -> bool:
    """Whether the mail has the header and the Message-ID we give our own, and both agree."""
    mark = headers.plain(automatic.OWN_HEADER, 100)
    return bool(mark) and automatic.marked_by_its_maker(headers, mark)


def _recipients(headers: Headers, sender: Party) -> Iterator[Recipient]:
    for name, role in (("to", "to"), ("cc", "cc"), ("bcc", "bcc"), ("reply-to", "reply_to")):
        seen: set[str] = {sender.address} if role == "reply_to" else set()
        for mailbox in field_mailboxes(headers, name):
            found = party(mailbox)
            if found is not None and found.address not in seen:
                seen.add(found.address)
                yield Recipient(role=role, party=found)  # type: ignore[arg-type]  # the literals above


def _references(headers: Headers) -> tuple[str, ...]:
    """Ids the mail refers to, nearest first."""
    found = [*headers.ids("in-reply-to"), *reversed(headers.ids("references"))]
    own_id = headers.ids("message-id")[:1]
    return tuple(found for found in dict.fromkeys(found) if found not in own_id)[:IDS_MAX]


def _idem_key(headers: Headers) -> str:
    """Our own key of a reply, as `compose` wrote it."""
    return headers.plain(automatic.OWN_HEADER, 100).strip()[:64] if _bears_our_mark(headers) else ""


def _reply_tokens(headers: Headers, own: OwnAddresses, *, outgoing: bool) -> tuple[str, ...]:
    """Candidates for our tokens: in the plus address it was sent to, then in the ids it refers to.

    For a copy of our own message that is the one in its Message-ID.
    """
    found: list[str] = []
    for name in _DELIVERED_TO:
        found += [own.token(normalise(mailbox.address), "r") for mailbox in field_mailboxes(headers, name)]
    ids = headers.ids("message-id")[:1] if outgoing else []
    found += [message_id_token(message_id)[1] for message_id in (*ids, *_references(headers))]
    return tuple(dict.fromkeys(filter(None, found)))[:_TOKENS_MAX]


def _folded(headers: Headers, content: Content) -> tuple[str, str, str | None, str | None]:
    """Text and HTML, each as new part and quoted tail."""
    if content.reaction:
        return content.reaction, content.text, None, content.html
    forwarded = bool(_FORWARD_SUBJECT.match(headers.words("subject")))
    text, quoted_text = quotes.split_text(content.text, forwarded=forwarded)
    if content.html is None:
        return text, quoted_text, None, None
    html, quoted_html = htmlquotes.split_html(content.html, forwarded=forwarded)
    return text, quoted_text, html, quoted_html


def _sent_at(headers: Headers, meta: dict[str, Any]) -> datetime | None:
    """When it was sent: the Date field unless it is missing, absurd or after the mail arrived."""
    arrived = _arrived(meta)
    sent = parse_date(headers.plain("date", 200))
    if sent is None or sent.year < 1990 or (arrived is not None and sent > arrived + timedelta(days=1)):
        return arrived
    return sent


def _arrived(meta: dict[str, Any]) -> datetime | None:
    try:
        arrived = datetime.fromisoformat(str(meta.get("internaldate", "")))
    except ValueError:
        return None
    return arrived.astimezone(UTC) if arrived.tzinfo else arrived.replace(tzinfo=UTC)


def _truncated(meta: dict[str, Any]) -> int | None:
    """Size of a mail of which only the headers were fetched, or None when all of it was."""
    found = meta.get("truncated")
    size = found.get("size") if isinstance(found, dict) else None
    return size if isinstance(size, int) else None if not found else 0


def _unfetched(meta: dict[str, Any], size: int) -> Content:
    truncated = meta.get("truncated")
    if isinstance(truncated, dict) and truncated.get("reason") == "unfetchable":
        code, said = (
            "unfetchable",
            "The mail server could not hand over this e-mail. It is still in the mailbox.",
        )
    else:
        megabytes = f"{size / 1_000_000:.0f} MB"
        code = "too_large"
        said = f"This e-mail is too large ({megabytes}) and was not fetched. It is still in the mailbox."
    file = File(name="message.eml", media_type="message/rfc822", size=size, problem=said)
    return Content(files=(file,), notices=(Notice(code=code, text=said),))


def _contents(root: Part, size: int | None) -> Iterator[tuple[str, bytes]]:
    if size is not None:
        yield "truncated", str(size).encode()
        return
    for part in root.walk():
        if not part.children:
            yield part.media_type, part.content()
