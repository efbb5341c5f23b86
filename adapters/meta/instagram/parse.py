"""A batch of an Instagram account's events. Pure."""

from adapters.meta import batch, direct
from adapters.meta.direct_message import READERS
from adapters.meta.instagram.config import InstagramConfig
from inbox.contract import Item, Raw


def parse(config: InstagramConfig, raw: Raw) -> tuple[Item, ...]:
    """What a batch says, each event by itself. Raises Unreadable for what is no batch about Instagram."""
    line = direct.Line("instagram", "Instagram", "instagram", config.ig_id, config.app_id, keyed=False)
    return batch.some(direct.read(line, batch.entries(raw, line.kind), READERS))
