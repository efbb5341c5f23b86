"""Webhooks of all networks at once, as each network writes and signs them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters.telegram.config import TelegramConfig
from adapters.telegram.hook import HEADER as TELEGRAM_HEADER
from adapters.telegram.hook import secret_of
from inbox.channels import actions as channels
from inbox.flows.context import Context
from inbox.threads.models import Message
from inbox.threads.words import Kind
from tests.adapters.instagram import peer as instagram
from tests.adapters.messenger import peer as messenger
from tests.adapters.slack import peer as slack
from tests.adapters.whatsapp import peer as whatsapp
from tests.peers.graph import APP_SECRET, signed
from tests.peers.graph_page import IG_ID, PAGE_ID
from tests.peers.graph_whatsapp import PHONE_NUMBER_ID, WABA_ID
from tests.peers.process import free_port
from tests.peers.slack import BOT_TOKEN, SIGNING_SECRET, Slack

PEOPLE = 20
"""Who writes on each network."""
START = 1_790_000_000
Hook = tuple[bytes, dict[str, str]]


@dataclass(frozen=True)
class Network:
    """A network's kind, the settings of an account there, and the webhook of a person's numbered message."""

    kind: str
    settings: dict[str, Any]
    hook: Callable[[int, int, str], Hook]


def networks() -> list[Network]:
    """All that call webhooks. Nobody listens where they could be asked."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    bot = {"token": "7000000001:" + "x" * 35, "mode": "webhook"}
    app = {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET}
    team = Slack()
    secret = secret_of(TelegramConfig.model_validate(bot))

    def direct(kind: str, number: str) -> Callable[[int, int, str], Hook]:
        def hook(who: int, at: int, text: str) -> Hook:
            event = {
                "sender": {"id": str(7_100_000_000 + who)},
                "recipient": {"id": number},
                "timestamp": (START + at) * 1000,
                "message": {"mid": f"m_{kind}_{at}", "text": text},
            }
            return _graph({"object": kind, "entry": [{"id": number, "time": 1, "messaging": [event]}]})

        return hook

    def phone(who: int, at: int, text: str) -> Hook:
        number = str(491_510_000_000 + who)
        message = {"from": number, "id": f"wamid.{at}", "timestamp": str(START + at), "type": "text"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "1", "phone_number_id": PHONE_NUMBER_ID},
            "contacts": [{"wa_id": number, "profile": {"name": f"Anna {who}"}}],
            "messages": [{**message, "text": {"body": text}}],
        }
        changes = [{"field": "messages", "value": value}]
        return _graph({"object": "whatsapp_business_account", "entry": [{"id": WABA_ID, "changes": changes}]})

    def chat(who: int, at: int, text: str) -> Hook:
        event = {"type": "message", "user": f"U0ANNA{who}", "text": text, "ts": f"{START + at}.000100"}
        request = slack.hook_request(team.payload({**event, "channel": f"D0ANNA{who}"}))
        return request.body, dict(request.headers)

    def update(who: int, at: int, text: str) -> Hook:
        person = {"id": 5_000_000_000 + who, "first_name": f"Anna {who}"}
        message = {"message_id": at, "date": START + at, "text": text, "chat": {**person, "type": "private"}}
        told = {"update_id": at, "message": {**message, "from": {**person, "is_bot": False}}}
        return json.dumps(told).encode(), {TELEGRAM_HEADER: secret}

    return [
        Network("messenger", {**messenger.SETTINGS, "api_base": nowhere}, direct("page", PAGE_ID)),
        Network("instagram", {**instagram.SETTINGS, "api_base": nowhere}, direct("instagram", IG_ID)),
        Network("whatsapp", {**whatsapp.SETTINGS, "api_base": nowhere}, phone),
        Network("slack", {**app, "api_base": nowhere}, chat),
        Network("telegram", {**bot, "api_base": nowhere}, update),
    ]


def _graph(body: dict[str, Any]) -> Hook:
    raw = json.dumps(body).encode()
    return raw, {"content-type": "application/json", "x-hub-signature-256": signed(APP_SECRET, raw)}


def connect(ctx: Context, found: list[Network]) -> dict[str, int]:
    """An account on each network; the channels' ids by kind."""

    def story(session: Session, network: Network) -> int:
        settings = network.settings
        made = channels.connect(session, ctx.registry, ctx.vault, network.kind, network.kind, settings)
        return made.id

    return {network.kind: ctx.db.run(story, network) for network in found}


def calls(found: list[Network], count: int) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """So many webhooks, of the networks and their people in turn; every tenth comes twice."""
    for number in range(count):
        network = found[number % len(found)]
        who = number // len(found) % PEOPLE
        body, headers = network.hook(who, number + 1, f"{network.kind} {who} says {number:06d}")
        for _ in range(2 if number % 10 == 0 else 1):
            yield network.kind, body, headers


def told(ctx: Context) -> dict[int, list[str]]:
    """What every thread holds of customers, by seq."""
    with ctx.db.read() as session:
        rows = session.execute(
            select(Message.thread_id, Message.body_text)
            .where(Message.kind == Kind.INBOUND)
            .order_by(Message.thread_id, Message.seq)
        )
        threads: dict[int, list[str]] = {}
        for thread_id, text in rows:
            threads.setdefault(thread_id, []).append(text)
    return threads
