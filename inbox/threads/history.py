"""Reading what became of messages after they were written: reactions, and what they said before."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent
from inbox.customers.models import Customer, Identity
from inbox.errors import NotFound
from inbox.shapes import MessageVersionView, ReactionView, iso
from inbox.threads.models import Message, MessageVersion, Reaction, Thread
from inbox.threads.queries import visible_to
from inbox.threads.sanitize import render

VERSIONS = 50
"""The newest versions that are shown; nobody reads further back."""

REACTIONS = 50
"""Reactions of one message that are shown."""


def reactions(session: Session, message_ids: Sequence[int]) -> dict[int, list[ReactionView]]:
    """Reactions by message id, in the order in which they were put."""
    if not message_ids:
        return {}
    rows = session.execute(
        select(
            Reaction.message_id,
            Reaction.emoji,
            Reaction.agent_id,
            Agent.name.label("agent"),
            Identity.name.label("identity"),
            Customer.name.label("customer"),
        )
        .outerjoin(Agent, Agent.id == Reaction.agent_id)
        .outerjoin(Identity, Identity.id == Reaction.identity_id)
        .outerjoin(Customer, Customer.id == Identity.customer_id)
        .where(Reaction.message_id.in_(message_ids))
        .order_by(Reaction.id)
    )
    found: dict[int, list[ReactionView]] = {}
    for row in rows:
        shown = found.setdefault(row.message_id, [])
        if len(shown) < REACTIONS:
            shown.append(_reaction(row))
    return found


def version_counts(session: Session, message_ids: Sequence[int]) -> dict[int, int]:
    """How many former versions each message has; one that has none is absent."""
    if not message_ids:
        return {}
    rows = session.execute(
        select(MessageVersion.message_id, func.count().label("versions"))
        .where(MessageVersion.message_id.in_(message_ids))
        .group_by(MessageVersion.message_id)
    )
    return {row.message_id: row.versions for row in rows}


def versions(session: Session, agent: AgentIdentity, message_id: int) -> list[MessageVersionView]:
    """What a message said before, the newest first. Raises NotFound, also when the agent may not read it."""
    readable = (
        select(Message.id)
        .join(Thread, Thread.id == Message.thread_id)
        .where(Message.id == message_id, visible_to(agent))
    )
    if session.execute(readable).first() is None:
        raise NotFound("There is no such message.")
    rows = session.scalars(
        select(MessageVersion)
        .where(MessageVersion.message_id == message_id)
        .order_by(MessageVersion.id.desc())
        .limit(VERSIONS)
    )
    return [
        {
            "id": row.id,
            "body_text": row.body_text,
            "body_html": None if row.body_html is None else render(row.body_html, {}, images=False).html,
            "replaced_at": iso(row.replaced_at),
        }
        for row in rows
    ]


def _reaction(row: Any) -> ReactionView:
    return {
        "emoji": row.emoji,
        "by": row.agent or row.identity or row.customer or "",
        "mine": row.agent_id is not None,
        "agent_id": row.agent_id,
    }
