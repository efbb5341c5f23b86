"""A batch of a Page's events. Pure."""

from adapters.meta import batch, direct
from adapters.meta.direct_message import READERS
from adapters.meta.messenger.config import MessengerConfig
from inbox.contract import Item, Raw


def parse(config: MessengerConfig, raw: Raw) -> tuple[Item, ...]:
    """What a batch says, each event by itself. Raises Unreadable for what is no batch about Pages."""
    line = direct.Line("messenger", "Messenger", "page", config.page_id, config.app_id, keyed=True)
    return batch.some(direct.read(line, batch.entries(raw, line.kind), READERS))
