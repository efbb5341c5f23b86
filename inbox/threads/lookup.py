"""Small reads of one thread that the stories need. Pages and lists are in `queries`."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.errors import NotFound
from inbox.threads.models import Attachment, Draft, Episode, Message, MessageAlias, Participant, Thread
from inbox.threads.rules import GROUP
from inbox.threads.words import DraftMode, Kind

REFERENCES_MAX = 20


def has_news(session: Session, thread_id: int, seq: int, agent_id: int) -> bool:
    """Whether anybody else wrote after `seq`: a customer, or a colleague a reply or a note."""
    return (
        session.execute(
            select(Message.id)
            .where(
                Message.thread_id == thread_id,
                Message.seq > seq,
                Message.kind != Kind.SYSTEM,
                or_(Message.author_id.is_(None), Message.author_id != agent_id),
            )
            .limit(1)
        ).scalar()
        is not None
    )


def by_client_id(session: Session, author_id: int, client_msg_id: str) -> Message | None:
    """The message an agent's browser wrote under that id."""
    return session.execute(
        select(Message).where(Message.author_id == author_id, Message.client_msg_id == client_msg_id)
    ).scalar()


def by_external_id(session: Session, channel_id: int, external_ids: Sequence[str]) -> int | None:
    """The id of the message of a channel that one of the ids names."""
    if not external_ids:
        return None
    return session.execute(
        select(MessageAlias.message_id)
        .where(
            tuple_(MessageAlias.channel_id, MessageAlias.external_id).in_(
                [(channel_id, e) for e in external_ids]
            )
        )
        .limit(1)
    ).scalar()


def threads_of_references(
    session: Session, channel_ids: Sequence[int], external_ids: Sequence[str]
) -> list[int]:
    """Ids of the threads that the referred messages are in, nearest reference first.

    All channels with the same kind of address are searched: an answer may come to another mailbox of ours.
    """
    wanted = list(external_ids)[:REFERENCES_MAX]
    if not wanted or not channel_ids:
        return []
    rows = session.execute(
        select(MessageAlias.external_id, Message.thread_id)
        .join(Message, Message.id == MessageAlias.message_id)
        .where(
            tuple_(MessageAlias.channel_id, MessageAlias.external_id).in_(
                [(channel_id, external_id) for channel_id in channel_ids for external_id in wanted]
            )
        )
    ).all()
    order = {external_id: place for place, external_id in enumerate(wanted)}
    ranked = sorted(rows, key=lambda row: order[row.external_id])
    return list(dict.fromkeys(row.thread_id for row in ranked))


def participates_in(session: Session, identity_id: int, thread_ids: Collection[int]) -> set[int]:
    """Which of the threads somebody may answer into besides his own."""
    if not thread_ids:
        return set()
    return set(
        session.execute(
            select(Participant.thread_id).where(
                Participant.identity_id == identity_id, Participant.thread_id.in_(thread_ids)
            )
        ).scalars()
    )


def reply_subject(session: Session, thread: Thread, channel_id: int, asked: str | None) -> str:
    """The subject of a reply: the one asked for, else that of the newest message on the channel."""
    if asked is not None and asked.strip():
        return " ".join(asked.split())[:500]
    newest = session.execute(
        select(Message.subject)
        .where(
            Message.thread_id == thread.id,
            Message.channel_id == channel_id,
            Message.kind.in_((Kind.INBOUND, Kind.REPLY)),
            Message.subject != "",
        )
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()
    return newest or thread.subject or ""


def newest_inbound(session: Session, thread_id: int, channel_id: int, before_seq: int) -> Message | None:
    """The customer's newest message on a channel before `before_seq`: what a reply answers."""
    return session.execute(
        select(Message)
        .where(
            Message.thread_id == thread_id,
            Message.channel_id == channel_id,
            Message.kind == Kind.INBOUND,
            Message.seq < before_seq,
        )
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()


def wire_ids(session: Session, thread_id: int, channel_id: int, before_seq: int) -> list[str]:
    """External ids of the newest messages on a channel before `before_seq`, oldest first.

    Of each message the id is taken under which the other side knows it, which is its first alias.
    """
    rows = session.execute(
        select(Message.seq, Message.external_id, MessageAlias.external_id.label("alias"))
        .join(MessageAlias, MessageAlias.message_id == Message.id)
        .where(
            Message.thread_id == thread_id,
            Message.channel_id == channel_id,
            Message.seq < before_seq,
            MessageAlias.channel_id == channel_id,
            ~MessageAlias.external_id.startswith(GROUP, autoescape=True),
        )
        .order_by(Message.seq.desc())
        .limit(REFERENCES_MAX * 3)
    ).all()
    ids: dict[int, str] = {}
    for row in rows:
        if row.alias != row.external_id or row.seq not in ids:
            ids[row.seq] = row.alias
    return [ids[seq] for seq in sorted(ids)][-REFERENCES_MAX:]


def attachments(session: Session, message_id: int) -> list[Attachment]:
    """A message's attachments, in order."""
    return list(
        session.execute(
            select(Attachment)
            .where(Attachment.message_id == message_id)
            .order_by(Attachment.position, Attachment.id)
        ).scalars()
    )


def drop_draft(session: Session, agent_id: int, thread_id: int, mode: str) -> None:
    """Forget a draft: it was sent, or emptied."""
    session.execute(
        delete(Draft).where(
            Draft.agent_id == agent_id, Draft.thread_id == thread_id, Draft.mode == DraftMode(mode)
        )
    )


def get(session: Session, message_id: int) -> Message:
    """A message by its id. Raises NotFound."""
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message.")
    return message


def wire_id(session: Session, message_id: int, channel_id: int) -> str:
    """The id under which the other side knows a message, or ""."""
    message = get(session, message_id)
    aliases = session.execute(
        select(MessageAlias.external_id).where(
            MessageAlias.message_id == message_id,
            MessageAlias.channel_id == channel_id,
            ~MessageAlias.external_id.startswith(GROUP, autoescape=True),
        )
    ).scalars()
    known = sorted(aliases, key=lambda alias: alias == message.external_id)
    return known[0] if known else ""


def signature_of(session: Session, agent_id: int | None) -> str:
    """The signature below an agent's replies."""
    if agent_id is None:
        return ""
    return session.execute(select(Agent.signature).where(Agent.id == agent_id)).scalar() or ""


def thread(session: Session, thread_id: int) -> Thread:
    """A thread by its id: where its messages are now, if it was merged away. Raises NotFound."""
    found = session.get(Thread, thread_id)
    while found is not None and found.merged_into_id is not None:
        found = session.get(Thread, found.merged_into_id)
    if found is None:
        raise NotFound("There is no such thread.")
    return found


def of_customer(session: Session, customer_id: int) -> int | None:
    """The id of a customer's thread, if he has one."""
    return session.execute(select(Thread.id).where(Thread.customer_id == customer_id)).scalar()


def living_threads(session: Session, thread_ids: Collection[int]) -> dict[int, int]:
    """Those of the ids that are threads, each with the thread where its messages are now."""
    asked, found = set(thread_ids), dict[int, int | None]()
    while asked:
        rows = session.execute(select(Thread.id, Thread.merged_into_id).where(Thread.id.in_(asked)))
        found |= {row.id: row.merged_into_id for row in rows}
        asked = {into for into in found.values() if into is not None} - set(found)
    return {number: _living(found, number) for number in thread_ids if number in found}


def _living(merged_into: Mapping[int, int | None], thread_id: int) -> int:
    while (into := merged_into[thread_id]) is not None:
        thread_id = into
    return thread_id


def episode(session: Session, episode_id: int) -> Episode:
    """An episode as it is in the database now. Raises NotFound."""
    found = session.execute(
        select(Episode).where(Episode.id == episode_id).execution_options(populate_existing=True)
    ).scalar()
    if found is None:
        raise NotFound("There is no such episode.")
    return found


def last_author(session: Session, episode_id: int) -> int | None:
    """The agent who wrote the last reply of an episode, if anybody did."""
    return session.execute(
        select(Message.author_id)
        .where(Message.episode_id == episode_id, Message.kind == Kind.REPLY, Message.author_id.is_not(None))
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()
