"""Putting names to the numbers of customers, each asked for once."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass

from pydantic import JsonValue

from inbox.contract import Inbound, Item, Party, Rejected


@dataclass(frozen=True)
class Face:
    """A customer's name, and how he is called in the network (“@anna”) where it has such names."""

    name: str
    display: str = ""


def completed(item: Item, memory: MutableMapping[str, JsonValue], ask: Callable[[str], Face]) -> Item:
    """A message with its customer's name, from `memory` or by asking. Raises what `ask` raises, but for Rejected."""
    if not isinstance(item, Inbound):
        return item
    if item.outgoing:
        recipients = tuple(
            each.model_copy(update={"party": _named(each.party, memory, ask)}) for each in item.recipients
        )
        return item.model_copy(update={"recipients": recipients})
    return item.model_copy(update={"sender": _named(item.sender, memory, ask)})


def _named(party: Party, memory: MutableMapping[str, JsonValue], ask: Callable[[str], Face]) -> Party:
    key = f"face:{party.address}"
    known = memory.get(key)
    if not isinstance(known, list):
        face = _asked(party.address, ask)
        known = [face.name, face.display]
        memory[key] = known
    name, display = (str(each) for each in known)
    return party.model_copy(update={"name": name, "display": display})


def _asked(number: str, ask: Callable[[str], Face]) -> Face:
    """Who somebody is. Of whom Meta does not tell, it is not asked with every message."""
    try:
        return ask(number)
    except Rejected:
        return Face("")
