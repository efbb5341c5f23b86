"""The demo's desk before anything happens: its agents, its three channels, and the shop beside them."""

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
from inbox.clock import utc_now
from inbox.commerce import actions as shops
from inbox.commerce.models import ShopRow
from inbox.commerce.words import ShopState
from inbox.demo import botserver, mails, postoffice, shop
from inbox.demo.script import AGENTS, SHOP
from inbox.demo.shop import bridge
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
    _connect_shop(session, ctx)
    return Desk(hired, connected)


@dataclass(frozen=True)
class ConnectedShop:
    """The demo's shop, and when the demo was filled."""

    id: int
    opened_at: datetime


def connected_shop(session: Session) -> ConnectedShop | None:
    """The demo's shop, unless somebody has taken it out."""
    row = session.scalars(
        select(ShopRow).where(ShopRow.is_demo, ShopRow.state != ShopState.REMOVED).limit(1)
    ).first()
    return ConnectedShop(row.id, datetime.fromisoformat(row.facts["opened_at"])) if row else None


def _connect_shop(session: Session, ctx: Context) -> None:
    values = {"base_url": bridge.BASE, "token": shop.token(ctx), "hook_secret": shop.hook_secret(ctx)}
    facts = {"account_name": "Alpe", "can": list(bridge.CAN), "opened_at": utc_now().isoformat()}
    shops.connect(session, ctx.shops, ctx.vault, "bridge", "Alpe", values, facts, is_demo=True)


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
