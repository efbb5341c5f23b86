"""Who a customer is: events carry a number only, and Instagram tells name and user name to who asks."""

from collections.abc import MutableMapping

from pydantic import JsonValue

from adapters.meta import batch
from adapters.meta.direct_people import Face, completed
from adapters.meta.graph import Graph
from adapters.meta.instagram.config import InstagramConfig
from inbox.contract import Io, Item


def complete(config: InstagramConfig, item: Item, io: Io, memory: MutableMapping[str, JsonValue]) -> Item:
    """An item with its customer's name, as far as Meta tells it. Raises TryLater or NeedsReauth."""
    return completed(item, memory, lambda number: _face(config, number, io))


def _face(config: InstagramConfig, number: str, io: Io) -> Face:
    found = Graph(config, io).get(number, fields="name,username")
    username = batch.line(found.get("username"))
    return Face(batch.line(found.get("name")) or username, f"@{username}" if username else "")
