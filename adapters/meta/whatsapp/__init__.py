"""WhatsApp: a business's number in Meta's Cloud API, called by webhook."""

import contextlib
from collections.abc import Iterator, Mapping

from adapters.meta.whatsapp.config import WhatsAppConfig
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
    Raw,
    Receipt,
    Setup,
    Step,
    Template,
)


class WhatsAppAdapter(Adapter[WhatsAppConfig]):
    """The adapter of numbers. A conversation is begun, and gone on with after a day, by a template only."""

    manifest = Manifest(
        key="whatsapp",
        title="WhatsApp",
        docs="docs/channels/whatsapp.md",
        config=WhatsAppConfig,
        can=Capabilities(
            webhook=True,
            formats=("text", "html"),
            text_max=4096,
            attachments=True,
            attachment_max=100_000_000,
            receipts=("delivered", "read"),
            typing=True,
            templates=True,
            # A stranger has no open window, so it is a template that begins.
            can_start=True,
            reply_window=86_400,
            rate=80.0,
            splits=True,
            answers=True,
            reactions=True,
        ),
        namespace="whatsapp",
        mark=Mark(
            draw=(
                "M3.6 20.4l1.3-4.3A8.4 8.4 0 1 1 8 19.2z M9.2 8.4c-.2 3.4 2.9 6.5 6.3 6.3l.5-1.9-2-1-1 .9"
                "a4.2 4.2 0 0 1-1.8-1.8l.9-1-1-2z"
            ),
            light="#0d7544",
            dark="#5bd39a",
        ),
        about=(
            "What customers write to your number in WhatsApp, your answers, and templates to begin with. "
            "You need an app at Meta and a number in its Cloud API."
        ),
    )

    def verify(self, config: WhatsAppConfig, request: HookRequest) -> Accept | Challenge:
        """Prove that Meta called. Raises NotAuthentic."""
        from adapters.meta import hook

        return hook.verify(config, request)

    def parse(self, config: WhatsAppConfig, raw: Raw) -> tuple[Item, ...]:
        """Read one call. Pure; raises only Unreadable."""
        from adapters.meta.whatsapp.parse import parse

        return parse(config, raw)

    def send(self, config: WhatsAppConfig, message: Outgoing, io: Io) -> Receipt:
        """Send a reply in one message or several, or a template. Raises TryLater, Rejected, NeedsReauth, Uncertain."""
        from adapters.meta.whatsapp.send import send

        return send(config, message, io)

    @contextlib.contextmanager
    def fetch_media(self, config: WhatsAppConfig, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
        """Stream a file of up to 100 MB. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.whatsapp.media import fetch

        with fetch(config, ref, io) as chunks:
            yield chunks

    def health(self, config: WhatsAppConfig, io: Io) -> Health:
        """Ask about the number and the token. Never raises."""
        from adapters.meta.whatsapp import connect

        return connect.check(config, io)

    def guide(self, config: WhatsAppConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to have a number's messages here."""
        from adapters.meta.whatsapp.guide import guide

        return guide(hook_url)

    def connected(self, config: WhatsAppConfig, hook_url: str, io: Io) -> Setup:
        """Have the number's events sent to us. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.whatsapp import connect

        return connect.connected(config, hook_url, io)

    def disconnected(self, config: WhatsAppConfig, io: Io) -> None:
        """Have them sent to us no more. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.whatsapp import connect

        connect.disconnected(config, io)

    def typing(self, config: WhatsAppConfig, to: Party, io: Io, answering: str = "") -> None:
        """Mark the customer's newest message as read, and show for 25 seconds that somebody answers it."""
        from adapters.meta.whatsapp import send

        send.typing(config, answering, io)

    def react(
        self, config: WhatsAppConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io
    ) -> None:
        """Put our reaction on a customer's message; none takes it away."""
        from adapters.meta.whatsapp import send

        send.react(config, to, external_id, emoji, io)

    def templates(self, config: WhatsAppConfig, io: Io) -> tuple[Template, ...]:
        """The account's templates; those that cannot be sent say why. Raises TryLater, Rejected or NeedsReauth."""
        from adapters.meta.whatsapp.templates import templates

        return templates(config, io)

    def fill(self, config: WhatsAppConfig, template: Template, values: Mapping[str, str]) -> str:
        """What a customer reads when the gaps are filled. Pure. Raises Rejected."""
        from adapters.meta.whatsapp.templates import fill

        return fill(template, values)

    def parts(self, config: WhatsAppConfig, text: str) -> tuple[str, ...]:
        """The messages as which a text would be sent, with WhatsApp's own marks."""
        from adapters.meta.whatsapp.split import parts

        return parts(text)

    def normalise(self, text: str) -> Party:
        """A typed telephone number as a party. Raises BadAddress."""
        from adapters.meta.whatsapp.people import normalise

        return normalise(text)


ADAPTER = WhatsAppAdapter()
