"""Messages as a visitor sees them, and what else changes while he looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy.orm import Session

from inbox.clock import utc_now
from inbox.contract import markup
from inbox.contract.site import SiteMessage
from inbox.errors import Invalid
from inbox.events.catalog import EventKind
from inbox.events.queries import feed, head, later
from inbox.flows.panel import reader_of
from inbox.flows.signals import TYPING
from inbox.flows.sites import Place
from inbox.outbox import seen, views
from inbox.shapes import iso
from inbox.threads.sniff import INLINE
from inbox.threads.words import Kind
from inbox.visits import rules, stream
from inbox.visits.queries import Visitor
from inbox.visits.stream import Entry, StoredFile
from inbox.web.pages import photos
from inbox.web.widget.look import Look
from inbox.web.widget.shapes import PanelAnswered, PanelFile, PanelMessage, PanelTyping, PendingMessage

EVENTS = 200
"""Events of the thread that one look takes in."""

ANSWERED = 200
"""Characters of an answered message that are shown with its answer."""

RESETS = frozenset({EventKind.THREAD_MERGED})
"""After these the thread is another one: what a panel holds is not to be mended, but replaced."""


@dataclass(frozen=True)
class Found:
    """Messages, and where the look that found them stands. `seen` is as in `PanelPart`."""

    items: list[PanelMessage]
    more: bool
    cursor: str
    seen: int
    reset: bool = False


def newest(session: Session, look: Look, limit: int) -> Found:
    """The newest messages."""
    cursor = head(session)  # before the state that it continues
    entries = stream.newest(session, look.visitor, look.now, limit + 1)
    return _found(session, look, entries[-limit:], len(entries) > limit, cursor)


def older(session: Session, look: Look, message_id: int, limit: int) -> Found:
    """The last messages before one."""
    cursor = head(session)
    entries = stream.before(session, look.visitor, look.now, message_id, limit + 1)
    return _found(session, look, entries[-limit:], len(entries) > limit, cursor)


def newer(session: Session, look: Look, message_id: int, limit: int) -> Found:
    """The first messages after one."""
    cursor = head(session)
    entries = stream.after(session, look.visitor, look.now, message_id, limit + 1)
    return _found(session, look, entries[:limit], len(entries) > limit, cursor)


def changed(session: Session, look: Look, since: str, limit: int) -> Found:
    """All that is new or changed after a cursor, as it is now. A cursor that is of no use starts all over."""
    top = head(session)
    thread_id = look.visitor.thread_id
    if thread_id is None:
        return _found(session, look, [], False, top)
    try:
        news = feed(session, since, EVENTS, thread_id=thread_id)
    except Invalid:
        return _again(session, look, limit)
    if news.reset or any(event.kind in RESETS for event in news.events):
        return _again(session, look, limit)
    ids = {event.message_id for event in news.events if event.message_id is not None}
    entries = stream.these(session, look.visitor, look.now, ids) if ids else []
    # Of other threads nothing concerns him: the next look need not pass by their events again.
    cursor = news.cursor if news.more else later(top, news.cursor)
    return _found(session, look, entries, news.more, cursor)


def unread(session: Session, look: Look) -> int:
    """How many replies on this channel the visitor has not read."""
    reader = reader_of(look.visitor, look.viewer)
    return 0 if reader is None else seen.unread(session, reader)


def typing(session: Session, look: Look) -> PanelTyping | None:
    """Who is writing to the visitor right now."""
    now = utc_now()
    data = stream.typed(session, look.visitor, now - TYPING)
    if data is None or data.get("until", "") <= iso(now):
        return None
    return {"name": str(data.get("name") or ""), "until": str(data["until"])}


def pending(session: Session, look: Look) -> list[PendingMessage]:
    """The visitor's own messages that are kept and not in the thread yet."""
    found: list[PendingMessage] = []
    for waiting in stream.waiting(session, look.visitor):
        try:
            message = SiteMessage.model_validate_json(waiting.body)
        except ValidationError:
            continue  # kept by an earlier version in another form; the thread will have it
        files = [StoredFile(file.id, file.name, file.size, file.media_type) for file in message.files]
        found.append(
            {
                "client_msg_id": message.client_msg_id,
                "body": message.text,
                "files": [file_view(look.place, file) for file in files],
                "at": iso(waiting.received_at),
            }
        )
    return found


def file_view(place: Place, file: StoredFile) -> PanelFile:
    """A file as JSON."""
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "image": file.media_type in INLINE,
        "url": f"/widget/v1/{place.site.key}/files/{file.id}",
    }


def readable(session: Session, look: Look, entries: Collection[Entry]) -> list[Entry]:
    """Those of the entries that the visitor may read."""
    replies = [entry.id for entry in entries if entry.kind is Kind.REPLY]
    gone_out = seen.went_out(session, replies) if replies else set()
    viewer = look.viewer
    return [entry for entry in entries if rules.may_read(viewer, entry.line(went_out=entry.id in gone_out))]


def _again(session: Session, look: Look, limit: int) -> Found:
    found = newest(session, look, limit)
    return Found(found.items, found.more, found.cursor, found.seen, reset=True)


def _found(session: Session, look: Look, entries: Sequence[Entry], more: bool, cursor: str) -> Found:
    shown = readable(session, look, entries)
    files = stream.files(session, [entry.id for entry in shown]) if shown else {}
    mark = stream.seen(session, look.visitor, look.now)
    answers = _answered(session, look, shown)
    items = [_message(look, entry, files.get(entry.id, ()), mark, answers.get(entry.id)) for entry in shown]
    return Found(items, more, cursor, mark.message_id)


def _answered(session: Session, look: Look, shown: Sequence[Entry]) -> dict[int, PanelAnswered]:
    """Which messages an agent chose to answer, by the replies that do; of those only what the visitor may read."""
    replies = [entry.id for entry in shown if entry.kind is Kind.REPLY]
    chosen = views.answers_of(session, replies) if replies else {}
    if not chosen:
        return {}
    entries = readable(session, look, stream.these(session, look.visitor, look.now, set(chosen.values())))
    found: dict[int, PanelAnswered] = {
        entry.id: {"id": entry.id, "body": entry.text[:ANSWERED]} for entry in entries if not entry.removed
    }
    return {reply: found[answered] for reply, answered in chosen.items() if answered in found}


def _message(
    look: Look,
    entry: Entry,
    files: Sequence[StoredFile],
    mark: stream.Mark,
    answers: PanelAnswered | None = None,
) -> PanelMessage:
    mine = entry.kind is Kind.INBOUND
    text = "" if entry.removed else entry.text
    in_markdown = not mine and entry.is_ours
    return {
        "id": entry.id,
        "client_msg_id": _client_msg_id(look.visitor, entry) if mine else None,
        "mine": mine,
        "author": None if mine else {"name": entry.agent, "photo": photos.address(entry.photo)},
        "body": markup.to_text(text) if in_markdown else text,
        "html": markup.to_html(text) if in_markdown and text else None,
        "files": [] if entry.removed else [file_view(look.place, file) for file in files],
        "at": iso(entry.at),
        "state": ("read" if entry.seq <= mark.seq else "delivered") if mine else None,
        "edited": entry.edited,
        "removed": entry.removed,
        "answers": None if entry.removed else answers,
    }


def _client_msg_id(visitor: Visitor, entry: Entry) -> str | None:
    """The id under which this very browser sent a message."""
    start = f"{visitor.address}:"
    own = entry.identity_id == visitor.identity_id and entry.channel_id == visitor.channel_id
    return entry.external_id.removeprefix(start) if own and entry.external_id.startswith(start) else None
