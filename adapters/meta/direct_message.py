"""What somebody said in a direct message: a customer, the account elsewhere, or our own app. Pure."""

import re
from collections.abc import Iterable
from typing import Any

from adapters.meta import batch, direct_key
from adapters.meta.batch import Fields
from adapters.meta.direct import Event, Reader
from adapters.meta.direct_files import Content, address, content_of, file_at, notice
from adapters.meta.direct_words import referral
from inbox.contract import Ignored, Inbound, Item, Party, Recipient, Removal

PAGE_INBOX = "263902037430900"
"""The app behind what people write in the inbox of a Page."""

_ENDS = re.compile(r"[^A-Za-z0-9]")


def _message(event: Event) -> Iterable[Item]:
    found = event.about("message")
    mid = batch.ident(found.get("mid"), "a message")
    if found.get("is_deleted"):
        return (Removal(external_ids=(mid,), at=event.at),)
    if found.get("is_self"):
        return (Ignored(reason="the account wrote to itself", external_id=mid),)
    stem = _ENDS.sub("", mid)[-12:].lower() or "message"
    content = _said(found, stem, event.line.network)
    references = _answered(found)
    if found.get("is_echo") or event.outgoing:
        return (_echo(event, found, mid, content, references),)
    return (_inbound(event, mid, content, references),)


def _said(found: Fields, stem: str, network: str) -> Content:
    """Text and attachments, in the order in which they are seen."""
    content = Content(batch.text(found.get("text")))
    for number, attachment in enumerate(batch.objects(found, "attachments"), 1):
        content += content_of(attachment, stem if number == 1 else f"{stem}-{number}")
    content += _story(found, stem)
    came = batch.obj(found, "referral")
    if came:
        content += notice("referral", f"The customer {referral(came)}.")
    if batch.obj(found, "quick_reply"):
        content += notice("quick_reply", "A suggested answer was chosen.")
    if found.get("is_unsupported"):
        text = f"A message of a kind that {network} does not pass on. It can be seen in {network}."
        content += notice("unsupported", text)
    if not (content.text or content.files or content.notices):
        content += notice("unknown", f"{network} sent a message without anything in it that is known here.")
    return content


def _story(found: Fields, stem: str) -> Content:
    """The story that a message answers: it is gone after a day, so it is kept with the answer."""
    story = batch.obj(batch.obj(found, "reply_to"), "story")
    if not story:
        return Content()
    url = address(story.get("url"))
    text = "Answers a story of the account."
    return Content(files=(file_at(url, f"story-{stem}"),) if url else ()) + notice("story_reply", text)


def _answered(found: Fields) -> tuple[str, ...]:
    mid = batch.obj(found, "reply_to").get("mid")
    return () if mid is None else (batch.ident(mid, "an answered message"),)


def _inbound(event: Event, mid: str, content: Content, references: tuple[str, ...] = ()) -> Inbound:
    return Inbound(
        external_id=mid,
        sender=event.customer,
        sent_at=event.at,
        text=content.text,
        files=content.files,
        references=references,
        notices=(content + _standby(event)).notices,
    )


def _echo(event: Event, found: Fields, mid: str, content: Content, references: tuple[str, ...]) -> Inbound:
    """A message of the account's: of ours, of another app, or written in the network itself."""
    app = _app_of(found)
    key, part = direct_key.read(found.get("metadata"))
    ours = bool(app) and app == event.line.app
    known = not app or app == PAGE_INBOX
    return Inbound(
        external_id=mid,
        sender=Party(
            namespace=event.line.namespace,
            account=event.line.account,
            address=event.line.account,
            display=event.line.network if known else "Our app" if ours else "Another app",
        ),
        recipients=(Recipient(role="to", party=event.line.person(event.recipient)),),
        sent_at=event.at,
        text=content.text,
        files=content.files,
        references=references,
        notices=(content + _elsewhere(event, app, ours=ours) + _standby(event)).notices,
        outgoing=True,
        # Where neither key nor app are told, it may be ours as well as not.
        ours=ours or (not app and not event.line.keyed),
        idem_key=key,
        partial=bool(key) and not part.is_last,
        # An app may be a machine. Nobody is told that a person has answered before one surely has.
        automatic="" if known or ours else "sent by another app",
    )


def _app_of(found: Fields) -> str:
    app: Any = found.get("app_id")
    return str(app) if isinstance(app, int) and not isinstance(app, bool) else batch.line(app)


def _elsewhere(event: Event, app: str, *, ours: bool) -> Content:
    if ours:
        return Content()
    where = f"by another app, number {app[:40]}" if app else f"in {event.line.network} itself"
    return notice(
        "elsewhere", "Sent in the Page's inbox." if app == PAGE_INBOX else f"Sent {where}, not from here."
    )


def _standby(event: Event) -> Content:
    """What to know while another app has the conversation."""
    if not event.standby:
        return Content()
    return notice(
        "standby",
        f"Another app answers this conversation in {event.line.network}, and this one only listens.",
    )


def _postback(event: Event) -> Iterable[Item]:
    """A button of the chat that was pressed: its words are what the customer says."""
    found = event.about("postback")
    title, payload = batch.line(found.get("title")), batch.line(found.get("payload"))
    mid = found.get("mid")
    content = Content(title or payload) + notice("button", "A button of the chat was pressed.")
    came = batch.obj(found, "referral")
    if came:
        content += notice("referral", f"The customer {referral(came)}.")
    name = event.made_up_id("button") if mid is None else batch.ident(mid, "a pressed button")
    return (_inbound(event, name, content),)


def _came_by(event: Event) -> Iterable[Item]:
    """A customer opened the conversation by a link or an ad, and has not written yet."""
    told = f"The customer {referral(event.about('referral'))}."
    item = _inbound(event, event.made_up_id("referral"), notice("referral", told))
    return (item.model_copy(update={"automatic": f"a line of {event.line.network}'s own"}),)


READERS: dict[str, Reader] = {"message": _message, "postback": _postback, "referral": _came_by}
"""Readers of what somebody said, by kind of event."""
