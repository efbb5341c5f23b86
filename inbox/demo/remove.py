"""Removing the demo: exactly its rows, in one transaction, and their files after it.

What real work has come to name in the meantime (a demo agent who answered a real customer) is switched off
instead, so that nobody's history loses a line.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.agents.models import Agent, AgentSession, ApiToken
from inbox.channels.models import Channel, Envelope, PollState
from inbox.channels.words import ChannelState
from inbox.commerce.models import (
    CartRow,
    EpisodeOrder,
    OrderRow,
    ShopAct,
    ShopCopy,
    ShopEventRow,
    ShopLink,
    ShopRow,
)
from inbox.customers.models import (
    Block,
    Claim,
    Consent,
    Customer,
    CustomerNote,
    CustomerTag,
    Erasure,
    Identity,
    Merge,
    MergeRow,
    OneTimeCode,
    Shut,
    Suggestion,
)
from inbox.demo.fill import FILLED
from inbox.events.models import Event, Fact
from inbox.flows.context import Context
from inbox.insight.models import Rating
from inbox.notify.models import Notice, NoticeAlias, TeamAnswer
from inbox.outbox.models import Delivery
from inbox.sla.models import Wait
from inbox.threads.models import (
    Attachment,
    Draft,
    Episode,
    Message,
    MessageAlias,
    MessageVersion,
    Participant,
    Reaction,
    ReadMark,
    Thread,
)
from inbox.visits.models import Visit, VisitorSession


def remove(ctx: Context) -> int:
    """Remove the demo and return how many threads it had."""
    keys, threads = ctx.db.run(_remove)
    for key in keys:
        ctx.files.remove(key)
    return threads


def _remove(session: Session) -> tuple[Sequence[str], int]:
    customers = select(Customer.id).where(Customer.is_demo)
    threads = select(Thread.id).where(Thread.customer_id.in_(customers))
    messages = select(Message.id).where(Message.thread_id.in_(threads))
    identities = select(Identity.id).where(Identity.customer_id.in_(customers))
    episodes = select(Episode.id).where(Episode.thread_id.in_(threads))
    channels = select(Channel.id).where(Channel.is_demo)
    agents = select(Agent.id).where(Agent.is_demo)
    shops = select(ShopRow.id).where(ShopRow.is_demo)
    visitors = select(VisitorSession.id).where(
        or_(VisitorSession.identity_id.in_(identities), VisitorSession.channel_id.in_(channels))
    )
    uploads = Attachment.message_id.is_(None) & or_(
        Attachment.uploaded_by_id.in_(agents), Attachment.visitor_id.in_(visitors)
    )
    files = or_(Attachment.message_id.in_(messages), uploads)
    count = len(session.execute(threads.where(Thread.merged_into_id.is_(None))).all())
    keys = _keys(session, select(Attachment.storage_key).where(files))
    keys += _keys(session, select(Envelope.body_key).where(Envelope.channel_id.in_(channels)))
    merges = or_(Merge.survivor_id.in_(customers), Merge.other_id.in_(customers))
    notices = select(Notice.id).where(or_(Notice.thread_id.in_(threads), Notice.channel_id.in_(channels)))
    for table, condition in (
        (ShopAct, or_(ShopAct.customer_id.in_(customers), ShopAct.shop_id.in_(shops))),
        (EpisodeOrder, or_(EpisodeOrder.episode_id.in_(episodes), EpisodeOrder.shop_id.in_(shops))),
        (ShopLink, or_(ShopLink.customer_id.in_(customers), ShopLink.shop_id.in_(shops))),
        (CartRow, or_(CartRow.customer_id.in_(customers), CartRow.shop_id.in_(shops))),
        (OrderRow, OrderRow.shop_id.in_(shops)),
        (ShopCopy, ShopCopy.shop_id.in_(shops)),
        (ShopEventRow, ShopEventRow.shop_id.in_(shops)),
        (ShopRow, ShopRow.is_demo),
        (TeamAnswer, TeamAnswer.root_id.in_(notices)),
        (NoticeAlias, NoticeAlias.notice_id.in_(notices)),
        (Notice, or_(Notice.thread_id.in_(threads), Notice.channel_id.in_(channels))),
        (Event, or_(Event.thread_id.in_(threads), Event.message_id.in_(messages))),
        (Draft, Draft.thread_id.in_(threads)),
        (ReadMark, ReadMark.thread_id.in_(threads)),
        (Participant, or_(Participant.thread_id.in_(threads), Participant.identity_id.in_(identities))),
        (Attachment, files),
        (Visit, Visit.session_id.in_(visitors)),
        (VisitorSession, VisitorSession.id.in_(visitors)),
        (Rating, Rating.episode_id.in_(episodes)),
        (Delivery, Delivery.thread_id.in_(threads)),
        (Wait, Wait.thread_id.in_(threads)),
        (MessageAlias, MessageAlias.message_id.in_(messages)),
        (MessageVersion, MessageVersion.message_id.in_(messages)),
        (Reaction, Reaction.message_id.in_(messages)),
        (Message, Message.thread_id.in_(threads)),
        (Episode, Episode.thread_id.in_(threads)),
        (Thread, Thread.customer_id.in_(customers)),
        (Suggestion, or_(Suggestion.low_id.in_(customers), Suggestion.high_id.in_(customers))),
        (MergeRow, MergeRow.merge_id.in_(select(Merge.id).where(merges))),
        (Merge, merges),
        (Claim, Claim.customer_id.in_(customers)),
        (CustomerNote, CustomerNote.customer_id.in_(customers)),
        (CustomerTag, CustomerTag.customer_id.in_(customers)),
        (Consent, Consent.customer_id.in_(customers)),
        (Erasure, Erasure.customer_id.in_(customers)),
        (OneTimeCode, OneTimeCode.identity_id.in_(identities)),
        (Block, or_(Block.identity_id.in_(identities), Block.channel_id.in_(channels))),
        (Shut, or_(Shut.identity_id.in_(identities), Shut.channel_id.in_(channels))),
        (Identity, Identity.customer_id.in_(customers)),
        (Customer, Customer.is_demo),
    ):
        _delete(session, table, condition)
    for channel_id in session.scalars(channels).all():
        _delete_or(session, channel_id, _delete_channel, _switch_off_channel)
    for agent_id in session.scalars(agents).all():
        _delete_or(session, agent_id, _delete_agent, _switch_off_agent)
    _delete(session, Fact, Fact.key.startswith(FILLED.rpartition(".")[0]))
    return keys, count


def _keys(session: Session, named: Select[Any]) -> list[str]:
    return [key for key in session.scalars(named) if key is not None]


def _delete(session: Session, table: Any, condition: Any) -> None:
    session.execute(delete(table).where(condition).execution_options(synchronize_session=False))


def _delete_or(session: Session, row_id: int, attempt: Any, otherwise: Any) -> None:
    """Delete, or switch off what other rows still name."""
    try:
        with session.begin_nested():
            attempt(session, row_id)
    except IntegrityError:
        otherwise(session, row_id)


def _delete_channel(session: Session, channel_id: int) -> None:
    _delete(session, PollState, PollState.channel_id == channel_id)
    _delete(session, Envelope, Envelope.channel_id == channel_id)
    _delete(session, Channel, Channel.id == channel_id)


def _switch_off_channel(session: Session, channel_id: int) -> None:
    session.execute(
        update(Channel)
        .where(Channel.id == channel_id)
        .values(state=ChannelState.REMOVED, secrets=b"", is_demo=False)
    )


def _delete_agent(session: Session, agent_id: int) -> None:
    _delete(session, Event, Event.agent_id == agent_id)
    _delete(session, Agent, Agent.id == agent_id)


def _switch_off_agent(session: Session, agent_id: int) -> None:
    for table in (AgentSession, ApiToken):
        _delete(session, table, table.agent_id == agent_id)
    session.execute(
        update(Agent).where(Agent.id == agent_id).values(is_active=False, password_hash=None, is_demo=False)
    )
