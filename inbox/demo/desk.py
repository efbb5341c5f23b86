"""The demo's desk before anything happens: its agents, and its three channels."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.agents import actions as agents
from inbox.agents import queries as agent_queries
from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.demo import botserver, mails, postoffice, shop
from inbox.demo.script import AGENTS, SHOP
from inbox.flows.context import Context

MAIL, CHAT, TELEGRAM = "mail", "chat", "telegram"
KINDS = {MAIL: "email", CHAT: "chat_widget", TELEGRAM: "telegram"}
"""What the stories call the channels, and the adapters' own names."""


@dataclass(frozen=True)
class Desk:
    """Agents by their short names, channels' ids by what the stories call them."""

    agents: Mapping[str, AgentIdentity]
    channels: Mapping[str, int]


def password(ctx: Context) -> str:
    """The password of all demo agents: of this installation only, and the same at every start."""
    text = base64.b32encode(ctx.vault.derive("demo-password")).decode().lower()
    return "-".join((text[:4], text[4:8], text[8:12]))


def settle(session: Session, ctx: Context, start: datetime) -> Desk:
    """Hire the agents and connect the channels."""
    hired: dict[str, AgentIdentity] = {}
    for short, name, email, role in AGENTS:
        known = agent_queries.agent_by_email(session, email)
        agent_id = known.id if known else None
        if agent_id is None:
            agent_id = agents.add_agent(
                session, email=email, name=name, role=role, password=password(ctx), now=start, is_demo=True
            )
        session.flush()
        identity = agent_queries.identity(session, agent_id)
        if identity is not None:
            hired[short] = identity
    connected = {}
    for call, (name, values, facts) in _accounts(ctx).items():
        channel = channels.connect(
            session, ctx.registry, ctx.vault, KINDS[call], name, values, facts, is_demo=True
        )
        channel.created_at = start
        connected[call] = channel.id
    return Desk(hired, connected)


def reopen(session: Session, links: str) -> dict[str, int]:
    """The channels' ids at another start; `links` is where the bot's stand-in for an app is from now on."""
    rows = session.scalars(
        select(Channel).where(Channel.is_demo, Channel.state != ChannelState.REMOVED).order_by(Channel.id)
    )
    calls = {kind: call for call, kind in KINDS.items()}
    found = {}
    for channel in rows:
        found[calls[channel.kind]] = channel.id
        if channel.kind == KINDS[TELEGRAM]:
            channel.facts = {**channel.facts, "links": links}
    return found


def _accounts(ctx: Context) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    """What to connect: name, settings, and what a live test would find."""
    mailbox = {
        "address": SHOP,
        "name": "Alpe",
        "imap_host": postoffice.HOST,
        "imap_security": "plain",
        "smtp_host": postoffice.HOST,
        "smtp_port": postoffice.PORT,
        "smtp_security": "plain",
        "authserv_id": mails.AUTHSERV,
        "signature": "Alpe – gear for people who go up",
    }
    widget = {
        "site_id": shop.KEY,
        "domains": shop.DOMAINS,
        "title": "Alpe",
        "greeting": "Hello! Ask us anything about gear, repairs and orders.",
        "accent": "#1f6b4f",
        "languages": ("en", "de", "it"),
        "identity_secret": shop.secret(ctx),
    }
    bot = {"token": botserver.TOKEN, "api_base": botserver.BASE, "mode": "poll"}
    return {
        MAIL: ("Support", mailbox, {}),
        CHAT: ("Shop chat", widget, {}),
        TELEGRAM: (
            "Alpe bot",
            bot,
            {"username": botserver.USERNAME, "account_name": f"@{botserver.USERNAME}", "mode": "poll"},
        ),
    }
