"""Many threads at once, written straight into the tables: for tests of plans, counts and permissions."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from inbox.agents.models import Agent, Team, TeamMember
from inbox.channels.models import Channel
from inbox.customers.models import Customer, Identity
from inbox.db.base import Base
from inbox.outbox.models import Delivery
from inbox.threads.models import Attachment, Draft, Episode, Message, ReadMark, Thread
from inbox.threads.rules import NOBODY_WAITS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AGENTS = 6
TEAMS = 3


def fill(session: Session, threads: int, *, seed: int = 1, messages: int = 1) -> None:
    """Agents 1…6 (1 admin, 2 and 3 supervisors, 3 to 6 in teams), teams 1…3, and `threads` threads."""
    chance = random.Random(seed)
    roles = ["admin", "supervisor", "supervisor", "agent", "agent", "agent"]
    _add(session, Agent, [_agent(number, role) for number, role in enumerate(roles, 1)])
    _add(session, Team, [{"id": n, "name": f"Team {n}", "created_at": NOW} for n in range(1, TEAMS + 1)])
    members = [(1, 3), (1, 4), (2, 4), (2, 5)]
    _add(session, TeamMember, [{"team_id": team, "agent_id": agent} for team, agent in members])
    _add(session, Channel, [_channel()])
    _add(session, Customer, [_customer(n) for n in range(1, threads + 1)])
    _add(session, Identity, [_identity(n) for n in range(1, threads + 1)])
    rows = [_thread(n, chance, messages) for n in range(1, threads + 1)]
    _add(session, Thread, rows)
    _add(session, Episode, [_episode(row) for row in rows])
    _add(session, Message, [_message(row, seq, messages) for row in rows for seq in range(1, messages + 1)])
    replies = [(row["id"] - 1) * messages + seq for row in rows for seq in range(2, messages + 1, 2)]
    _add(session, Delivery, [_delivery(number, messages) for number in replies])
    _add(session, Attachment, [_attachment(number) for number in replies])
    marks = [row["id"] for row in rows if row["id"] % 3 == 0]
    _add(session, ReadMark, [{"agent_id": 1, "thread_id": n, "seq": 1, "updated_at": NOW} for n in marks])
    drafts = [row["id"] for row in rows if row["id"] % 50 == 0]
    _add(session, Draft, [_draft(agent, n) for n in drafts for agent in (1, 4)])


def _add(session: Session, model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(model), rows)


def _agent(number: int, role: str) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"agent{number}@shop.example",
        "name": f"Agent {number}",
        "role": role,
        "is_active": True,
        "is_demo": False,
        "created_at": NOW,
    }


def _channel() -> dict[str, Any]:
    return {
        "id": 1,
        "kind": "pigeon",
        "name": "Pigeons",
        "account": "Loft One",
        "state": "active",
        "config": {},
        "secrets": b"",
        "facts": {},
        "is_demo": False,
        "created_at": NOW,
    }


def _customer(number: int) -> dict[str, Any]:
    name = f"Customer {number:05d}"
    return {"id": number, "name": name, "sort_name": name.lower(), "is_demo": False, "created_at": NOW}


def _identity(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "customer_id": number,
        "namespace": "pigeon",
        "address": f"loft{number:05d}",
        "display": f"Loft{number:05d}",
        "level": "channel",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }


def _thread(number: int, chance: random.Random, messages: int) -> dict[str, Any]:
    is_open = chance.random() < 0.4
    last = NOW - timedelta(seconds=chance.randrange(10_000_000))
    waits = is_open and chance.random() < 0.5
    return {
        "id": number,
        "customer_id": number,
        "status": "open" if is_open else "resolved",
        "assignee_id": chance.choice([None, None, *range(1, AGENTS + 1)]),
        "team_id": chance.choice([None, *range(1, TEAMS + 1)]),
        "priority": "normal",
        "waiting_since": last if waits else None,
        "due_at": last if waits else NOBODY_WAITS,
        "last_seq": messages,
        "last_message_at": last,
        "last_inbound_at": last,
        "last_channel_id": 1,
        "last_identity_id": number,
        "preview": "Hello",
        "preview_kind": "inbound",
        "trouble": "failed" if chance.random() < 0.02 else None,
        "created_at": last,
    }


def _episode(thread: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": thread["id"],
        "thread_id": thread["id"],
        "number": 1,
        "status": thread["status"],
        "priority": "normal",
        "opened_at": thread["created_at"],
        "first_seq": 1,
        "reopened_count": 0,
    }


def _message(thread: dict[str, Any], seq: int, messages: int) -> dict[str, Any]:
    is_reply = seq % 2 == 0
    return {
        "id": (thread["id"] - 1) * messages + seq,
        "thread_id": thread["id"],
        "seq": seq,
        "episode_id": thread["id"],
        "kind": "reply" if is_reply else "inbound",
        "channel_id": 1,
        "identity_id": thread["id"],
        "author_id": 1 if is_reply else None,
        "body_text": f"Message {seq} about parcel p{thread['id']}",
        "recipients": [],
        "notices": [],
        "created_at": thread["last_message_at"],
    }


def _delivery(message_id: int, messages: int) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "thread_id": (message_id - 1) // messages + 1,
        "channel_id": 1,
        "idem_key": f"key{message_id}",
        "state": "sent",
        "request": {},
        "attempts": 1,
        "not_before": NOW,
        "recipients": [],
        "created_at": NOW,
        "updated_at": NOW,
    }


def _attachment(message_id: int) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "name": "label.png",
        "media_type": "image/png",
        "size": 1,
        "state": "stored",
        "created_at": NOW,
    }


def _draft(agent_id: int, thread_id: int) -> dict[str, Any]:
    return {
        "agent_id": agent_id,
        "thread_id": thread_id,
        "mode": "reply",
        "body": "Dear",
        "fields": {},
        "updated_at": NOW,
    }
