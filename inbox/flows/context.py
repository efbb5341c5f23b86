"""What every story needs, put together once by `inbox.app.build`."""

import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from inbox.channels.parsing import ParserPool
from inbox.channels.registry import Registry
from inbox.channels.secrets import Vault
from inbox.clock import Clock, utc_now
from inbox.commerce.registry import Registry as ShopRegistry
from inbox.contract import Io
from inbox.db.work import Database
from inbox.files import FileStore
from inbox.flows.aside import Aside
from inbox.flows.memory import Memories
from inbox.flows.refreshes import Refreshes
from inbox.flows.shelf import Shelf
from inbox.flows.shop_io import ShopMemories
from inbox.flows.shop_pictures import Pictures
from inbox.outbox.lanes import Lanes
from inbox.settings import Settings


class Bell(Protocol):
    """Wakes whoever waits for work. A lost ring costs seconds, never work: the rows are the truth."""

    @property
    def patience(self) -> float:
        """Seconds after which whoever waits should look for itself."""
        ...

    def ring(self, name: str) -> None:
        """Tell that there is something new. Names: "inbound", "outbound", "shops", "feed", "channels"."""
        ...

    def ring_here(self, name: str) -> None:
        """Wake only the threads of this process."""
        ...

    def wait(self, name: str, seconds: float) -> bool:
        """Wait until `name` is rung, at most `seconds`; True if it was."""
        ...

    def close(self) -> None:
        """Wake everybody for the last time."""
        ...


class MakeIo(Protocol):
    """Makes the network half of an adapter call."""

    def __call__(
        self, facts: Mapping[str, JsonValue], keep_secrets: Callable[[Mapping[str, str]], None]
    ) -> Io: ...


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def _nothing(_name: str) -> None:
    return None


def _source(_locale: str, text: str) -> str:
    return text


@dataclass
class Context:
    """The parts of one running process.

    `owner` names this process in leases. `checkpoint` is where tests kill it. `stop` is set when it ends.
    """

    settings: Settings
    db: Database
    registry: Registry
    vault: Vault
    files: FileStore
    bell: Bell
    parser: ParserPool
    make_io: MakeIo
    lanes: Lanes = field(default_factory=lambda: Lanes(2))
    memories: Memories = field(default_factory=Memories)
    shops: ShopRegistry = field(default_factory=ShopRegistry)
    shop_memories: ShopMemories = field(default_factory=ShopMemories)
    refreshes: Refreshes = field(default_factory=Refreshes)
    clock: Clock = utc_now
    checkpoint: Callable[[str], None] = _nothing
    aside: Callable[[Callable[[], None]], bool] = field(default_factory=Aside)
    translate: Callable[[str, str], str] = _source
    """A fixed English text in a customer's language (a BCP 47 tag, or "")."""
    templates: Shelf = field(default_factory=Shelf)
    pictures: Pictures = field(default_factory=Pictures)
    owner: str = field(default_factory=_owner)
    stop: threading.Event = field(default_factory=threading.Event)
