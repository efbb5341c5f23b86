"""Writing what becomes of a message afterwards: more parts of its album, edits, reactions, taking it back.

The caller holds the lock of the message's thread. Files that nothing names any more are returned by their keys,
to be removed from the store once the transaction is committed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from inbox.threads import rules
from inbox.threads.models import Attachment, Message, MessageAlias, MessageVersion, Reaction, Thread
from inbox.threads.words import Kind

VERSIONS_MAX = 50
"""Former versions that are kept of one message, the newest."""

REACTIONS_MAX = 10
"""Reactions that are kept of one person on one message."""

_EMOJI_MAX = 64


def locate(session: Session, channel_id: int, external_id: str) -> Message | None:
    """The message that a network knows under an id, as it is in the database now."""
    return session.execute(
        select(Message)
        .join(MessageAlias, MessageAlias.message_id == Message.id)
        .where(MessageAlias.channel_id == channel_id, MessageAlias.external_id == external_id)
        .execution_options(populate_existing=True)
    ).scalar()


def add_text(session: Session, thread: Thread, message: Message, text: str, html: str | None) -> None:
    """Put the text of an album's part, with its sanitised HTML, below what its message says already."""
    if not text and not html:
        return
    text = rules.clean(text)
    if message.body_text:
        message.body_text, message.body_html = f"{message.body_text}\n{text}", None
    else:
        message.body_text, message.body_html = text, None if html is None else rules.clean(html)
    session.flush()
    _show_newest(session, thread)


def edit(
    session: Session, thread: Thread, message: Message, text: str, html: str | None, at: datetime
) -> bool:
    """Replace what a message says, and keep what it said; False when it says that already."""
    text, html = rules.clean(text), None if html is None else rules.clean(html)
    if (message.body_text, message.body_html) == (text, html):
        return False
    _keep_version(session, message, at)
    message.body_text, message.body_html, message.edited_at = text, html, at
    session.flush()
    _show_newest(session, thread)
    return True


def take_back(
    session: Session, thread: Thread, message: Message, external_ids: Collection[str], at: datetime
) -> list[str] | None:
    """Empty a message, or of an album only the parts that the ids name; returns the keys of files to remove.

    None when nothing is left to take back. What a customer took back is gone; of what our side wrote the words stay
    among its versions, so that it can be told later what the customer may have read.
    """
    if message.removed_at is not None:
        return None
    files = session.scalars(select(Attachment).where(Attachment.message_id == message.id)).all()
    captioned = _captioned(session, message.id)
    parts = {file.part for file in files if file.part is not None} | captioned
    gone = parts & set(external_ids)
    if parts and not gone:
        return None
    if parts - gone:
        dropped = [file for file in files if file.part in gone]
        if captioned and captioned <= gone:
            _empty(session, message, at)
    else:
        dropped = list(files)
        _empty(session, message, at)
        message.quoted_text, message.quoted_html, message.notices = "", None, []
        message.removed_at = at
        if message.subject:
            message.subject = ""
            session.flush()
            thread.subject = _newest_subject(session, thread.id)
    keys = {file.storage_key for file in dropped if file.storage_key is not None}
    for file in dropped:
        session.delete(file)
    session.flush()
    _show_newest(session, thread)
    used = session.scalars(select(Attachment.storage_key).where(Attachment.storage_key.in_(keys)))
    return sorted(keys - set(used)) if keys else []


def react(
    session: Session,
    message_id: int,
    emoji: Sequence[str],
    at: datetime,
    *,
    identity_id: int | None = None,
    agent_id: int | None = None,
) -> bool:
    """Replace somebody's reactions to a message; False when they are the same.

    All agents are one to the network, so those of `agent_id` replace those of any agent.
    """
    wanted = list(dict.fromkeys(rules.clean(each)[:_EMOJI_MAX] for each in emoji if each))[:REACTIONS_MAX]
    owner = Reaction.agent_id.is_not(None) if identity_id is None else Reaction.identity_id == identity_id
    own = (Reaction.message_id == message_id, owner)
    before = session.scalars(select(Reaction.emoji).where(*own).order_by(Reaction.id)).all()
    if list(before) == wanted:
        return False
    session.execute(delete(Reaction).where(*own).execution_options(synchronize_session=False))
    if wanted:
        who = {"message_id": message_id, "identity_id": identity_id, "agent_id": agent_id, "at": at}
        session.execute(insert(Reaction), [{**who, "emoji": each} for each in wanted])
    return True


def add_reactions(
    session: Session, message_id: int, emoji: Sequence[str], at: datetime, identity_id: int
) -> bool:
    """Put further reactions of somebody beside those he has; False when nothing is shown that was not before."""
    shown = reactions_of(session, message_id, identity_id)
    wanted = list(dict.fromkeys(rules.clean(each)[:_EMOJI_MAX] for each in emoji if each))
    for each in wanted:
        if each in shown and at > shown[each]:
            session.execute(
                update(Reaction)
                .where(
                    Reaction.message_id == message_id,
                    Reaction.identity_id == identity_id,
                    Reaction.emoji == each,
                )
                .values(at=at)
                .execution_options(synchronize_session=False)
            )
    new = [each for each in wanted if each not in shown][: max(0, REACTIONS_MAX - len(shown))]
    if new:
        who = {"message_id": message_id, "identity_id": identity_id, "agent_id": None, "at": at}
        session.execute(insert(Reaction), [{**who, "emoji": each} for each in new])
    return bool(new)


def remove_reactions(session: Session, message_id: int, kept: Sequence[str], identity_id: int) -> bool:
    """Leave of somebody's reactions only those `kept`; False when all of them stay."""
    gone = session.execute(
        delete(Reaction)
        .where(
            Reaction.message_id == message_id,
            Reaction.identity_id == identity_id,
            Reaction.emoji.not_in(kept),
        )
        .returning(Reaction.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(gone)


def reactions_of(session: Session, message_id: int, identity_id: int) -> dict[str, datetime]:
    """Somebody's reactions to a message, each with when he put it there, in order."""
    rows = session.execute(
        select(Reaction.emoji, Reaction.at)
        .where(Reaction.message_id == message_id, Reaction.identity_id == identity_id)
        .order_by(Reaction.id)
    )
    return {row.emoji: row.at for row in rows}


def _empty(session: Session, message: Message, at: datetime) -> None:
    if message.kind is Kind.REPLY:
        if message.body_text or message.body_html:
            _keep_version(session, message, at)
        message.body_text, message.body_html = "", None
        return
    message.body_text, message.body_html = "", None
    session.execute(
        delete(MessageVersion)
        .where(MessageVersion.message_id == message.id)
        .execution_options(synchronize_session=False)
    )


def _keep_version(session: Session, message: Message, at: datetime) -> None:
    session.execute(
        insert(MessageVersion).values(
            message_id=message.id, body_text=message.body_text, body_html=message.body_html, replaced_at=at
        )
    )
    _forget_oldest_version(session, message.id)


def _captioned(session: Session, message_id: int) -> set[str]:
    """Which parts of an album brought its text."""
    aliases = session.scalars(
        select(MessageAlias.external_id).where(
            MessageAlias.message_id == message_id,
            MessageAlias.external_id.startswith(rules.GROUP, autoescape=True),
        )
    )
    return {alias.partition(rules.CAPTION)[2] for alias in aliases if rules.CAPTION in alias}


def _forget_oldest_version(session: Session, message_id: int) -> None:
    kept = select(MessageVersion.id).where(MessageVersion.message_id == message_id)
    old = session.scalars(kept.order_by(MessageVersion.id.desc()).offset(VERSIONS_MAX)).all()
    if old:
        session.execute(
            delete(MessageVersion)
            .where(MessageVersion.id.in_(old))
            .execution_options(synchronize_session=False)
        )


def _newest_subject(session: Session, thread_id: int) -> str | None:
    subject = session.scalar(
        select(Message.subject)
        .where(Message.thread_id == thread_id, Message.kind != Kind.NOTE, Message.subject != "")
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return subject[:500] if subject else None


def _show_newest(session: Session, thread: Thread) -> None:
    """Have the list show what the thread's newest message says now."""
    newest = session.execute(
        select(Message.body_text, Message.subject, Message.kind)
        .where(Message.thread_id == thread.id, Message.kind != Kind.SYSTEM)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    if newest is not None:
        thread.preview = rules.preview(newest.body_text or newest.subject, newest.kind)
        session.flush()
