"""Slack: an app in a workspace that people write to, called by Slack's Events API or over a connection of ours."""

import contextlib
from collections.abc import Iterator, MutableMapping

from pydantic import JsonValue

from adapters.slack.config import SlackConfig
from inbox.contract import (
    Accept,
    Adapter,
    Capabilities,
    Challenge,
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


class SlackAdapter(Adapter[SlackConfig]):
    """The adapter of Slack apps. Each method loads what it needs: the library alone takes a quarter of a second."""

    manifest = Manifest(
        key="slack",
        title="Slack",
        docs="docs/channels/slack.md",
        config=SlackConfig,
        can=Capabilities(
            webhook=True,
            poll=True,
            formats=("text", "html"),
            text_max=4000,
            attachments=True,
            attachment_max=100_000_000,
            attachments_max=10,
            threads=True,
            settles=True,
            team=True,
            rate=1.0,
            splits=True,
            reactions=True,
            answers=True,
            edit=True,
            delete=True,
        ),
        namespace="slack",
        mark=Mark(
            draw="M9.5 3.5 7.5 20.5M16.5 3.5l-2 17M4 9h16.5M3.5 15H20",
            light="#6b3a86",
            dark="#cfa4ea",
        ),
        about=(
            "An app of yours in a workspace: people write to it, alone or in channels that you share with customers, "
            "and get their answers there."
        ),
    )

    def verify(self, config: SlackConfig, request: HookRequest) -> Accept | Challenge:
        """Prove that Slack called. Raises NotAuthentic."""
        from adapters.slack import hook

        return hook.verify(config, request)

    def parse(self, config: SlackConfig, raw: Raw) -> tuple[Item, ...]:
        """Read one event. Pure; raises only Unreadable."""
        from adapters.slack.parse import parse

        return parse(config, raw)

    def complete(
        self, config: SlackConfig, item: Item, io: Io, memory: MutableMapping[str, JsonValue]
    ) -> Item:
        """Put names to the ids of an item. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.slack import profile

        return profile.complete(config, item, io, memory)

    def colleague(self, config: SlackConfig, sender: Party, io: Io) -> str:
        """The e-mail address of a full member of our workspace, or "". Raises TryLater or NeedsReauth."""
        from adapters.slack import profile

        return profile.colleague(config, sender, io)

    def send(self, config: SlackConfig, message: Outgoing, io: Io) -> Receipt:
        """Send a reply as one message or several. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
        from adapters.slack.send import send

        return send(config, message, io)

    def lookup(self, config: SlackConfig, message: Outgoing, io: Io) -> Receipt | None:
        """Look for a reply in the conversation. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.slack.lookup import lookup

        return lookup(config, message, io)

    def poller(self, config: SlackConfig, io: Io) -> Poller:
        """What takes events from Slack, or looks after the account. Raises nothing before it is used."""
        from adapters.slack.poll import poller

        return poller(config, io)

    @contextlib.contextmanager
    def fetch_media(self, config: SlackConfig, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
        """Stream a file of up to 100 MB. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.slack.media import fetch

        with fetch(config, ref, io) as chunks:
            yield chunks

    def health(self, config: SlackConfig, io: Io) -> Health:
        """Ask who the bot is and what it may do. Never raises."""
        from adapters.slack import connect

        return connect.check(config, io)

    def guide(self, config: SlackConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to make an app, and what is left to do afterwards."""
        from adapters.slack.guide import guide

        return guide(hook_url, by_socket=config is not None and config.mode == "socket")

    def connected(self, config: SlackConfig, hook_url: str, io: Io) -> Setup:
        """Tell what to do at Slack, where no program can do it."""
        from adapters.slack import connect

        return connect.connected(config, hook_url, io)

    def react(self, config: SlackConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io) -> None:
        """Put our reactions on a customer's message in place of those before."""
        from adapters.slack.react import react

        react(config, external_id, emoji, io)

    def edit(self, config: SlackConfig, posted: Posted, text: str, io: Io) -> None:
        """Change the text of a reply."""
        from adapters.slack import amend

        amend.edit(config, posted, text, io)

    def delete(self, config: SlackConfig, posted: Posted, io: Io) -> None:
        """Take back all messages and files of a reply."""
        from adapters.slack import amend

        amend.delete(config, posted, io)

    def parts(self, config: SlackConfig, text: str) -> tuple[str, ...]:
        """The messages as which a text would be sent, without marks."""
        from adapters.slack import styled

        return tuple(styled.plain(part) for part in styled.parts(text))


ADAPTER = SlackAdapter()
