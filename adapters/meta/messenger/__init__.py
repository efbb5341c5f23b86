"""Messenger: what customers write to a Facebook Page."""

from collections.abc import MutableMapping

from pydantic import JsonValue

from adapters.meta.direct_adapter import DirectAdapter
from adapters.meta.direct_config import REPLY_WINDOW
from adapters.meta.messenger.config import MessengerConfig
from inbox.contract import (
    Capabilities,
    Health,
    Io,
    Item,
    Manifest,
    Mark,
    Outgoing,
    Raw,
    Receipt,
    Setup,
    Step,
)


class MessengerAdapter(DirectAdapter[MessengerConfig]):
    """The adapter of Facebook Pages. Each method loads what it needs."""

    manifest = Manifest(
        key="messenger",
        title="Messenger",
        docs="docs/channels/messenger.md",
        config=MessengerConfig,
        can=Capabilities(
            webhook=True,
            text_max=2000,
            attachments=True,
            attachment_max=25_000_000,
            receipts=("delivered", "read"),
            typing=True,
            reply_window=REPLY_WINDOW,
            rate=100.0,
            splits=True,
            answers=True,
        ),
        namespace="messenger",
        mark=Mark(
            draw=(
                "M20.5 11.3c0 4.3-3.8 7.6-8.5 7.6-1 0-2-.1-2.9-.4L5 20.5v-3.7a7.3 7.3 0 0 1-1.5-5.5c.5-3.9 "
                "4-7.1 8.5-7.1s8.5 3.2 8.5 7.1z M8 13l3-3 2.3 2.3L16.2 9.6"
            ),
            light="#5b45d6",
            dark="#a99bff",
        ),
        about=(
            "What customers write to your Facebook Page, and your answers. You need an app at Meta and "
            "control of the Page."
        ),
    )

    def parse(self, config: MessengerConfig, raw: Raw) -> tuple[Item, ...]:
        """Read one batch. Pure; raises only Unreadable."""
        from adapters.meta.messenger.parse import parse

        return parse(config, raw)

    def complete(
        self, config: MessengerConfig, item: Item, io: Io, memory: MutableMapping[str, JsonValue]
    ) -> Item:
        """Put the customer's name to what he wrote. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.messenger import people

        return people.complete(config, item, io, memory)

    def send(self, config: MessengerConfig, message: Outgoing, io: Io) -> Receipt:
        """Send a reply as one message or several. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
        from adapters.meta.messenger import send

        return send.send(config, message, io)

    def health(self, config: MessengerConfig, io: Io) -> Health:
        """Ask whose the token is and what it may do. Never raises."""
        from adapters.meta.messenger import connect

        return connect.check(config, io)

    def guide(self, config: MessengerConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to have a Page's messages here."""
        from adapters.meta.messenger.guide import guide

        return guide(hook_url)

    def connected(self, config: MessengerConfig, hook_url: str, io: Io) -> Setup:
        """Have the Page tell our app what happens. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.messenger import connect

        return connect.connected(config, hook_url, io)

    def disconnected(self, config: MessengerConfig, io: Io) -> None:
        """Have the Page tell our app no more. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.messenger import connect

        connect.disconnected(config, io)

    def parts(self, config: MessengerConfig, text: str) -> tuple[str, ...]:
        """The messages as which a text would be sent, without marks."""
        from adapters.meta.messenger.send import LIMITS

        return LIMITS.parts(text)


ADAPTER = MessengerAdapter()
