"""Writing threads, episodes, messages and attachments. The only writer of what the list shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.contract import Level
from inbox.customers import lookup as customers
from inbox.errors import Conflict, NotFound
from inbox.threads import rules
from inbox.threads.models import Attachment, Episode, Message, MessageAlias, Participant, Thread
from inbox.threads.words import AttachmentState, Kind, Priority, Status, Trouble

_message = cast(Table, Message.__table__)  # appending is the hottest path: plain inserts, no ORM
_alias = cast(Table, MessageAlias.__table__)


@dataclass(frozen=True)
class NewMessage:
    """A message to append. Times are UTC; texts are stored without NUL."""

    kind: Kind
    body_text: str = ""
    quoted_text: str = ""
    body_html: str | None = None
    quoted_html: str | None = None
    subject: str = ""
    channel_id: int | None = None
    identity_id: int | None = None
    place: str = ""
    author_id: int | None = None
    envelope_id: int | None = None
    external_id: str | None = None
    client_msg_id: str | None = None
    body_hash: str | None = None
    sender_name: str = ""
    sender_level: Level | None = None
    sender_level_reason: str = ""
    recipients: Sequence[dict[str, Any]] = ()
    automatic: str | None = None
    notices: Sequence[dict[str, Any]] = ()
    system: dict[str, Any] | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class NewFile:
    """An attachment to add to a message; `storage_key` is empty unless it is stored."""

    name: str
    media_type: str
    size: int = 0
    storage_key: str | None = None
    content_id: str = ""
    inline: bool = False
    state: AttachmentState = AttachmentState.STORED
    problem: str = ""


@dataclass(frozen=True)
class Opened:
    """The episode a message belongs to, what the message did to it, and whose the thread was before."""

    episode: Episode
    did: rules.OnInbound = rules.OnInbound.JOIN
    was_assignee_id: int | None = None


def ensure(session: Session, customer_id: int, now: datetime) -> int:
    """The id of the customer's one thread, made when missing; safe against parallel first messages."""
    found = session.execute(select(Thread.id).where(Thread.customer_id == customer_id)).scalar()
    if found is not None:
        return found
    living = customers.living(session, customer_id, keep=True)
    if living != customer_id:
        return ensure(session, living, now)
    insert_thread = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(
        insert_thread(Thread)
        .values(
            customer_id=customer_id,
            status=Status.RESOLVED,
            priority=Priority.NORMAL,
            due_at=rules.NOBODY_WAITS,
            last_seq=0,
            last_message_at=now,
            preview="",
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["customer_id"])
    )
    return session.execute(select(Thread.id).where(Thread.customer_id == customer_id)).scalar_one()


def lock(session: Session, thread_id: int) -> Thread:
    """The thread, locked until the end of the transaction: of one that was merged away, perhaps this very moment,
    the one where its messages are now. Raises NotFound.

    `seq` is allocated and the list columns are written only while this lock is held.
    """
    sought: int | None = thread_id
    while sought is not None:
        thread = session.execute(
            select(Thread)
            .where(Thread.id == sought)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar()
        if thread is None:
            break
        if thread.merged_into_id is None:
            return thread
        sought = thread.merged_into_id
    raise NotFound("There is no such thread.")


def newest_episode(session: Session, thread_id: int) -> Episode | None:
    """The thread's newest episode, or None before its first message."""
    return session.execute(
        select(Episode).where(Episode.thread_id == thread_id).order_by(Episode.number.desc()).limit(1)
    ).scalar()


def episode_for_inbound(
    session: Session, thread: Thread, now: datetime, *, reopen: timedelta, automatic: bool
) -> Opened:
    """The episode that an inbound message belongs to, started or reopened where needed."""
    episode = newest_episode(session, thread.id)
    did = rules.on_inbound(
        episode.status if episode else None,
        episode.resolved_at if episode else None,
        now,
        reopen=reopen,
        automatic=automatic,
    )
    if did is rules.OnInbound.START or episode is None:
        before = thread.assignee_id
        return Opened(start_episode(session, thread, now), rules.OnInbound.START, before)
    if did is rules.OnInbound.REOPEN:
        reopen_episode(thread, episode)
    return Opened(episode, did)


def start_episode(session: Session, thread: Thread, now: datetime) -> Episode:
    """A new open episode of a thread that has none open. It starts unassigned in the thread's team."""
    previous = newest_episode(session, thread.id)
    episode = Episode(
        thread_id=thread.id,
        number=1 if previous is None else previous.number + 1,
        status=Status.OPEN,
        team_id=thread.team_id,
        priority=Priority.NORMAL,
        opened_at=now,
        first_seq=thread.last_seq + 1,
        reopened_count=0,
    )
    session.add(episode)
    session.flush()
    thread.status, thread.assignee_id, thread.priority = Status.OPEN, None, Priority.NORMAL
    return episode


def reopen_episode(thread: Thread, episode: Episode) -> None:
    """Open a resolved episode again; it keeps its assignee, team and priority."""
    episode.status, episode.resolved_at, episode.resolved_by_id = Status.OPEN, None, None
    episode.reopened_count += 1
    thread.status = Status.OPEN


def resolve_episode(thread: Thread, episode: Episode, agent_id: int | None, now: datetime) -> None:
    """End an episode."""
    episode.status, episode.resolved_at, episode.resolved_by_id = Status.RESOLVED, now, agent_id
    thread.status = Status.RESOLVED


def append(session: Session, thread: Thread, episode: Episode, new: NewMessage, now: datetime) -> int:
    """Append a message to a locked thread and return its id. The thread's list columns follow.

    Raises Conflict when its customer was erased: who writes again from there begins anew.
    """
    if thread.erased_at is not None:
        raise Conflict("This customer was erased; nothing more can be written here.")
    seq = thread.last_seq + 1
    message_id: int = session.execute(
        insert(_message)
        .values(
            thread_id=thread.id,
            seq=seq,
            episode_id=episode.id,
            kind=new.kind,
            channel_id=new.channel_id,
            identity_id=new.identity_id,
            place=new.place,
            author_id=new.author_id,
            envelope_id=new.envelope_id,
            external_id=new.external_id,
            client_msg_id=new.client_msg_id,
            body_hash=new.body_hash,
            subject=rules.clean(new.subject),
            body_text=rules.clean(new.body_text),
            quoted_text=rules.clean(new.quoted_text),
            body_html=None if new.body_html is None else rules.clean(new.body_html),
            quoted_html=None if new.quoted_html is None else rules.clean(new.quoted_html),
            sender_name=rules.clean(new.sender_name),
            sender_level=new.sender_level,
            sender_level_reason=new.sender_level_reason,
            recipients=list(new.recipients),
            automatic=new.automatic,
            notices=list(new.notices),
            system=new.system,
            sent_at=new.sent_at,
            created_at=now,
        )
        .returning(_message.c.id)
    ).scalar_one()
    thread.last_seq = seq
    if new.kind is not Kind.SYSTEM:
        thread.last_message_at = now
        thread.preview = rules.preview(rules.clean(new.body_text) or rules.clean(new.subject), new.kind)
        thread.preview_kind = new.kind
        thread.preview_author_id = new.author_id
    if new.kind is Kind.INBOUND:
        thread.last_inbound_at = now
        thread.last_channel_id, thread.last_identity_id = new.channel_id, new.identity_id
        if new.channel_id is not None and thread.channel_ids[:1] != [new.channel_id]:
            others = [number for number in thread.channel_ids if number != new.channel_id]
            thread.channel_ids = [new.channel_id, *others]
    if new.subject and new.kind in (Kind.INBOUND, Kind.REPLY):
        thread.subject = rules.clean(new.subject)[:500]
    return message_id


def append_system(
    session: Session, thread: Thread, episode: Episode, code: str, text: str, now: datetime, **data: Any
) -> int:
    """Append a grey line that tells what happened: a stable `code` with its data, and its English text."""
    line = NewMessage(
        Kind.SYSTEM, text, system={"code": code, "data": data}, author_id=data.get("agent_id"), sent_at=now
    )
    return append(session, thread, episode, line, now)


def add_aliases(session: Session, channel_id: int, message_id: int, external_ids: Iterable[str]) -> None:
    """Remember further ids of a message. An id that already means another message keeps its meaning."""
    insert_alias = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    rows = [
        {"channel_id": channel_id, "external_id": external_id, "message_id": message_id}
        for external_id in dict.fromkeys(external_ids)
        if external_id
    ]
    if rows:
        session.execute(insert_alias(_alias).on_conflict_do_nothing(), rows)


def add_files(
    session: Session,
    message_id: int,
    files: Sequence[NewFile],
    now: datetime,
    *,
    first: int = 0,
    part: str | None = None,
) -> None:
    """Add attachments to a message, in order from position `first` on. `part` is the album's part they came with."""
    if not files:
        return
    session.execute(
        insert(Attachment),
        [
            {
                "message_id": message_id,
                "part": part,
                "position": position,
                "name": rules.file_name(file.name),
                "media_type": file.media_type,
                "size": file.size,
                "storage_key": file.storage_key,
                "content_id": file.content_id,
                "inline": file.inline,
                "state": file.state,
                "problem": file.problem,
                "created_at": now,
            }
            for position, file in enumerate(files, first)
        ],
    )


def add_participant(session: Session, thread_id: int, identity_id: int, agent_id: int, now: datetime) -> None:
    """Let somebody who was written to in a thread answer into it."""
    insert_participant = (
        postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    )
    session.execute(
        insert_participant(Participant)
        .values(thread_id=thread_id, identity_id=identity_id, added_by_id=agent_id, added_at=now)
        .on_conflict_do_nothing()
    )


def bind_uploads(session: Session, message_id: int, attachment_ids: Sequence[int], agent_id: int) -> None:
    """Turn an agent's own uploads into attachments of his message. Raises NotFound for any other id."""
    for position, attachment_id in enumerate(attachment_ids):
        bound = session.execute(
            update(Attachment)
            .where(
                Attachment.id == attachment_id,
                Attachment.uploaded_by_id == agent_id,
                Attachment.message_id.is_(None),
            )
            .values(message_id=message_id, position=position)
            .returning(Attachment.id)
        ).scalar()
        if bound is None:
            raise NotFound("One of the attachments is gone; upload it again.")


def set_waiting(thread: Thread, since: datetime | None) -> None:
    """Show on the thread that its customer waits since a moment, or that he does not."""
    thread.waiting_since = since
    thread.due_at = since or rules.NOBODY_WAITS


def set_trouble(session: Session, thread_id: int, trouble: Trouble | None) -> None:
    """Show on the thread that a delivery of it needs a person."""
    session.execute(update(Thread).where(Thread.id == thread_id).values(trouble=trouble))


def release_uploads(session: Session, message_id: int, agent_id: int) -> list[int]:
    """Give a message's attachments back to the agent as copies of uploads; returns their new ids, in order."""
    originals = session.execute(
        select(Attachment).where(Attachment.message_id == message_id).order_by(Attachment.position)
    ).scalars()
    copies = [
        Attachment(
            uploaded_by_id=agent_id,
            position=original.position,
            name=original.name,
            media_type=original.media_type,
            size=original.size,
            storage_key=original.storage_key,
            state=original.state,
            created_at=original.created_at,
        )
        for original in originals
    ]
    session.add_all(copies)
    session.flush()
    return [copy.id for copy in copies]
