"""The site widget: a panel of our own on a shop's pages. It reads replies from us, so nothing is sent anywhere."""

from adapters.chat_widget.config import WidgetConfig
from inbox.contract import (
    Adapter,
    Capabilities,
    Health,
    Io,
    Item,
    Manifest,
    Mark,
    Outgoing,
    Posted,
    Raw,
    Receipt,
    Setup,
)

KIND = "chat_widget"
NAMESPACE = "visitor"


class WidgetAdapter(Adapter[WidgetConfig]):
    """The adapter of panels on shops' sites."""

    manifest = Manifest(
        key=KIND,
        title="Site widget",
        docs="docs/channels/chat_widget.md",
        config=WidgetConfig,
        can=Capabilities(
            site=True,
            formats=("text", "html"),
            attachments=True,
            receipts=("delivered", "read"),
            typing=True,
            answers=True,
            edit=True,
            delete=True,
            idempotent_send=True,
            unseen_after=180,
        ),
        namespace=NAMESPACE,
        mark=Mark(icon="chat", light="#0c766b", dark="#56d3c6"),
        about="A chat on your own site: visitors write there, and find their answers there or in their mail.",
    )

    def parse(self, config: WidgetConfig, raw: Raw) -> tuple[Item, ...]:
        """Read a message that our web layer kept. Pure; raises only Unreadable."""
        from adapters.chat_widget.parse import parse

        return parse(config, raw, NAMESPACE)

    def send(self, config: WidgetConfig, message: Outgoing, io: Io) -> Receipt:
        """Nothing to hand over: with this receipt the reply counts as sent, and the panel shows it.

        The receipt follows from the reply's key alone, so a repeated send is the same send.
        """
        io.checkpoint("before_wire")
        receipt = Receipt(external_id=f"site:{message.idem_key}")
        io.checkpoint("after_wire")
        return receipt

    def edit(self, config: WidgetConfig, posted: Posted, text: str, io: Io) -> None:
        """Nothing to hand over: the panel shows what the thread says."""
        io.checkpoint("before_wire")
        io.checkpoint("after_wire")

    def delete(self, config: WidgetConfig, posted: Posted, io: Io) -> None:
        """Nothing to hand over either."""
        io.checkpoint("before_wire")
        io.checkpoint("after_wire")

    def health(self, config: WidgetConfig, io: Io) -> Health:
        """There is no account to try: what was wrong with the settings was said when they were checked."""
        return Health(ok=True)

    def connected(self, config: WidgetConfig, hook_url: str, io: Io) -> Setup:
        """Nothing to arrange; the script has to be put into the shop's pages by a person."""
        return Setup(
            next_step="Put the script into your shop's pages, open one of them, and write to yourself."
        )


ADAPTER = WidgetAdapter()
