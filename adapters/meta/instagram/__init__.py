"""Instagram: what customers write to a professional account."""

from collections.abc import MutableMapping

from pydantic import JsonValue

from adapters.meta.direct_adapter import DirectAdapter
from adapters.meta.direct_config import REPLY_WINDOW
from adapters.meta.instagram.config import InstagramConfig
from inbox.contract import (
    Capabilities,
    Health,
    Io,
    Item,
    Manifest,
    Mark,
    Outgoing,
    Party,
    Raw,
    Receipt,
    Setup,
    Step,
)


class InstagramAdapter(DirectAdapter[InstagramConfig]):
    """The adapter of Instagram accounts. Each method loads what it needs."""

    manifest = Manifest(
        key="instagram",
        title="Instagram",
        docs="docs/channels/instagram.md",
        config=InstagramConfig,
        can=Capabilities(
            webhook=True,
            text_max=1000,
            text_unit="bytes",
            attachments=True,
            attachment_max=25_000_000,
            receipts=("read",),
            typing=True,
            reply_window=REPLY_WINDOW,
            rate=100.0,
            splits=True,
            answers=True,
            reactions=True,
        ),
        namespace="instagram",
        mark=Mark(
            draw=(
                "M7.5 3.5h9a4 4 0 0 1 4 4v9a4 4 0 0 1-4 4h-9a4 4 0 0 1-4-4v-9a4 4 0 0 1 4-4z "
                "M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6z M16.9 7.1h.01"
            ),
            light="#b4266f",
            dark="#ff8fc4",
        ),
        about=(
            "What customers write to your professional Instagram account, with their answers to your "
            "stories, and your answers. You need an app at Meta."
        ),
    )

    def parse(self, config: InstagramConfig, raw: Raw) -> tuple[Item, ...]:
        """Read one batch. Pure; raises only Unreadable."""
        from adapters.meta.instagram.parse import parse

        return parse(config, raw)

    def complete(
        self, config: InstagramConfig, item: Item, io: Io, memory: MutableMapping[str, JsonValue]
    ) -> Item:
        """Put the customer's name to what he wrote. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.instagram import people

        return people.complete(config, item, io, memory)

    def send(self, config: InstagramConfig, message: Outgoing, io: Io) -> Receipt:
        """Send a reply as one message or several. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
        from adapters.meta.instagram import send

        return send.send(config, message, io)

    def health(self, config: InstagramConfig, io: Io) -> Health:
        """Ask whose the token is and what it may do. Never raises."""
        from adapters.meta.instagram import connect

        return connect.check(config, io)

    def guide(self, config: InstagramConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to have an account's messages here."""
        from adapters.meta.instagram.guide import guide

        return guide(hook_url)

    def connected(self, config: InstagramConfig, hook_url: str, io: Io) -> Setup:
        """Have the account tell our app what happens. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.instagram import connect

        return connect.connected(config, hook_url, io)

    def disconnected(self, config: InstagramConfig, io: Io) -> None:
        """Have the account tell our app no more. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.instagram import connect

        connect.disconnected(config, io)

    def react(
        self, config: InstagramConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io
    ) -> None:
        """Put a heart on a customer's message; none takes it away."""
        from adapters.meta.instagram import send

        send.react(config, to, external_id, emoji, io)

    def parts(self, config: InstagramConfig, text: str) -> tuple[str, ...]:
        """The messages as which a text would be sent, without marks."""
        from adapters.meta.instagram.send import LIMITS

        return LIMITS.parts(text)


ADAPTER = InstagramAdapter()
