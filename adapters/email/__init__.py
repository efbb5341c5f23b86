"""E-mail: a mailbox read by IMAP and answered by SMTP."""

from typing import TYPE_CHECKING

from adapters.email.addresses import NAMESPACE, typed_party
from adapters.email.config import EmailConfig
from inbox.contract import (
    Adapter,
    Capabilities,
    Health,
    Io,
    Item,
    Manifest,
    Mark,
    Outgoing,
    Party,
    Poller,
    Raw,
    Receipt,
    Step,
)

if TYPE_CHECKING:
    from adapters.email.presets import Preset

MEGABYTE = 1024 * 1024


class EmailAdapter(Adapter[EmailConfig]):
    """The adapter of mailboxes.

    Each method loads what it needs: the child that parses needs no network, and who sends needs no MIME reader.
    """

    manifest = Manifest(
        key="email",
        title="E-mail",
        docs="docs/channels/email.md",
        config=EmailConfig,
        can=Capabilities(
            poll=True,
            formats=("text", "html"),
            subject=True,
            cc=True,
            attachments=True,
            # Base64 adds a third; most providers stop at 25 MB on the wire.
            attachment_max=18 * MEGABYTE,
            attachments_max=18 * MEGABYTE,
            receipts=("bounced",),
            threads=True,
            answers=True,
            can_start=True,
            undo=10,
            quotes=True,
            carries_on=True,
        ),
        namespace=NAMESPACE,
        mark=Mark(icon="mail", light="#56678a", dark="#a7b7da"),
        about=(
            "A mailbox of yours, over IMAP and SMTP: what arrives there appears in the inbox, and answers go out from "
            "its address."
        ),
    )

    @property
    def presets(self) -> tuple["Preset", ...]:
        """Well-known providers, to choose from when an account is connected."""
        from adapters.email.presets import PRESETS

        return tuple(PRESETS)

    def parse(self, config: EmailConfig, raw: Raw) -> tuple[Item, ...]:
        """Read one mail. Pure; raises only Unreadable."""
        from adapters.email.parse import parse

        return parse(config, raw)

    def send(self, config: EmailConfig, message: Outgoing, io: Io) -> Receipt:
        """Hand a reply to the mail server. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
        from adapters.email import smtp

        return smtp.send(config, message, io)

    def poller(self, config: EmailConfig, io: Io) -> Poller:
        """A logged-in connection for reading. Raises TryLater, NeedsReauth or Rejected."""
        from adapters.email.poll import MailPoller

        return MailPoller(config, io)

    def health(self, config: EmailConfig, io: Io) -> Health:
        """Log in to both servers, and find out what they can do. Never raises."""
        from adapters.email import health

        return health.check(config, io)

    def guide(self, config: EmailConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to prepare a mailbox."""
        from adapters.email.guide import guide

        return guide()

    def normalise(self, text: str) -> Party:
        """A typed address as a party. Raises BadAddress."""
        return typed_party(text)


ADAPTER = EmailAdapter()
