"""Telegram: a bot that customers write to, called by webhook or fetched by long polling."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from adapters.telegram.config import TelegramConfig
from inbox.contract import (
    Accept,
    Adapter,
    Answerable,
    Capabilities,
    Health,
    HookRequest,
    Io,
    Item,
    Manifest,
    Mark,
    Outgoing,
    Party,
    Poller,
    Posted,
    Raw,
    Receipt,
    Setup,
    Step,
)


class TelegramAdapter(Adapter[TelegramConfig]):
    """The adapter of bots. Each method loads what it needs: the library alone takes a quarter of a second."""

    manifest = Manifest(
        key="telegram",
        title="Telegram",
        docs="docs/channels/telegram.md",
        config=TelegramConfig,
        can=Capabilities(
            webhook=True,
            poll=True,
            formats=("text", "html"),
            text_max=4096,
            text_unit="utf16",
            attachments=True,
            attachment_max=50_000_000,
            typing=True,
            rate=30.0,
            splits=True,
            reactions=True,
            answers=True,
            edit=True,
            delete=True,
            delete_within=48 * 3600,
            proves_links=True,
        ),
        namespace="telegram",
        mark=Mark(icon="send", light="#1b71b4", dark="#70bbf4"),
        about=(
            "A bot of yours: customers write to it in Telegram, alone or in groups, and get their answers there. You "
            "need its token from @BotFather."
        ),
    )

    def verify(self, config: TelegramConfig, request: HookRequest) -> Accept:
        """Prove that Telegram called. Raises NotAuthentic."""
        from adapters.telegram import hook

        return hook.verify(config, request)

    def parse(self, config: TelegramConfig, raw: Raw) -> tuple[Item, ...]:
        """Read one update. Pure; raises only Unreadable."""
        from adapters.telegram.parse import parse

        return parse(config, raw)

    def send(self, config: TelegramConfig, message: Outgoing, io: Io) -> Receipt:
        """Send a reply as one message or several. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
        from adapters.telegram.send import send

        return send(config, message, io)

    def poller(self, config: TelegramConfig, io: Io) -> Poller:
        """What fetches updates, or looks after the webhook. Raises nothing before it is used."""
        from adapters.telegram.poll import poller

        return poller(config, io)

    @contextlib.contextmanager
    def fetch_media(self, config: TelegramConfig, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
        """Stream a file of up to 20 MB. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.telegram.media import fetch

        with fetch(config, ref, io) as chunks:
            yield chunks

    def health(self, config: TelegramConfig, io: Io) -> Health:
        """Ask who the bot is. Never raises."""
        from adapters.telegram import connect

        return connect.check(config, io)

    def guide(self, config: TelegramConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to get a bot."""
        from adapters.telegram.guide import guide

        return guide()

    def connected(self, config: TelegramConfig, hook_url: str, io: Io) -> Setup:
        """Set the webhook or take it away. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.telegram import connect

        return connect.connected(config, hook_url, io)

    def disconnected(self, config: TelegramConfig, io: Io) -> None:
        """Take the webhook away. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.telegram import connect

        connect.disconnected(config, io)

    def typing(self, config: TelegramConfig, to: Party, io: Io, answering: str = "") -> None:
        """Show for five seconds that somebody writes."""
        from adapters.telegram import send

        send.typing(config, to, io)

    def react(
        self, config: TelegramConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io
    ) -> None:
        """Put our reaction on a customer's message; none takes it away."""
        from adapters.telegram import send

        send.react(config, to, external_id, emoji, io)

    def edit(self, config: TelegramConfig, posted: Posted, text: str, io: Io) -> None:
        """Change the text of a reply, or that below its files."""
        from adapters.telegram import amend

        amend.edit(config, posted, text, io)

    def delete(self, config: TelegramConfig, posted: Posted, io: Io) -> None:
        """Delete all messages of a reply, for the customer too."""
        from adapters.telegram import amend

        amend.delete(config, posted, io)

    def may_answer(
        self, facts: Mapping[str, JsonValue], to: Party, wrote_at: datetime | None, now: datetime
    ) -> Answerable:
        """Whether a business account, in whose chat somebody wrote, still lets the bot answer there."""
        if not to.place and ":" not in to.address:
            return Answerable()
        from adapters.telegram import business

        return business.may_answer(facts, to, wrote_at, now)

    def link_url(self, config: TelegramConfig, facts: Mapping[str, JsonValue], code: str) -> str:
        """Where the bot gets a one-time code by a press of "Start", or "" while its name is not known.

        The fact `links` tells where a Bot API server that is not Telegram's own has its apps.
        """
        username = facts.get("username")
        return f"{facts.get('links') or 'https://t.me'}/{username}?start={code}" if username else ""

    def parts(self, config: TelegramConfig, text: str) -> tuple[str, ...]:
        """The messages as which a text would be sent, without marks."""
        from adapters.telegram.split import parts

        return tuple(part.text for part in parts(text))


ADAPTER = TelegramAdapter()
