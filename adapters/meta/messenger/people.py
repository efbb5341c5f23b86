"""Who a customer is: events carry a number only, and Meta tells the name to who asks."""

from collections.abc import MutableMapping

from pydantic import JsonValue

from adapters.meta import batch
from adapters.meta.direct_people import Face, completed
from adapters.meta.graph import Graph
from adapters.meta.messenger.config import MessengerConfig
from inbox.contract import Io, Item


def complete(config: MessengerConfig, item: Item, io: Io, memory: MutableMapping[str, JsonValue]) -> Item:
    """An item with its customer's name, as far as Meta tells it. Raises TryLater or NeedsReauth."""
    return completed(item, memory, lambda number: _face(config, number, io))


def _face(config: MessengerConfig, number: str, io: Io) -> Face:
    found = Graph(config, io).get(number, fields="first_name,last_name")
    names = (batch.line(found.get("first_name")), batch.line(found.get("last_name")))
    return Face(" ".join(name for name in names if name))
