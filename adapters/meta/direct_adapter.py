"""What the adapters of Messenger and Instagram have in common."""

import contextlib
from collections.abc import Iterator
from typing import TypeVar

from adapters.meta.direct_config import LATE_WINDOW, DirectConfig
from inbox.contract import Accept, Adapter, Capabilities, Challenge, HookRequest, Io, Party

D = TypeVar("D", bound=DirectConfig)


class DirectAdapter(Adapter[D]):
    """An adapter of direct messages. Each method loads what it needs."""

    def can(self, config: D) -> Capabilities:
        """With the right to answer late, a person may do so for 7 days."""
        late = LATE_WINDOW if config.human_agent else None
        return self.manifest.can.model_copy(update={"late_window": late})

    def verify(self, config: D, request: HookRequest) -> Accept | Challenge:
        """Prove that Meta called. Raises NotAuthentic."""
        from adapters.meta import hook

        return hook.verify(config, request)

    @contextlib.contextmanager
    def fetch_media(self, config: D, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
        """Fetch a file from Meta's own hosts. Raises TryLater or Rejected."""
        from adapters.meta import media

        yield media.fetch(config, ref, io)

    def typing(self, config: D, to: Party, io: Io, answering: str = "") -> None:
        """Show for a few seconds that somebody writes."""
        from adapters.meta import direct_send

        direct_send.typing(config, to, io)
