"""A network that exists only in tests: JSON payloads in, a notebook of sent messages out.

It follows the adapters' contract, so the core is tested with a channel that is not e-mail.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue, SecretStr

from inbox.contract import (
    Accept,
    Account,
    Adapter,
    BadAddress,
    Broken,
    Capabilities,
    ChannelConfig,
    Edit,
    Health,
    HookRequest,
    Inbound,
    Io,
    Item,
    Level,
    Link,
    Manifest,
    Moved,
    NotAuthentic,
    Outgoing,
    Party,
    Posted,
    Raw,
    Reachable,
    Reacted,
    Receipt,
    Removal,
    StatusChange,
    Template,
    Unreadable,
)

ITEMS: dict[str, type[Any]] = {
    "edit": Edit,
    "removal": Removal,
    "reacted": Reacted,
    "reachable": Reachable,
    "moved": Moved,
    "link": Link,
    "account": Account,
    "broken": Broken,
}
PART = 40
"""Characters of one note, when the loft splits longer texts."""


class PigeonConfig(ChannelConfig):
    """Configuration of a loft."""

    loft: str = "Loft One"
    secret: SecretStr = SecretStr("coo")
    patient: int | None = None
    """Of a loft with that right: seconds after the customer's last note in which a person may answer."""
    tower: str = ""
    """Where the team is told of customers who wait."""

    @property
    def account(self) -> str:
        return self.loft

    @property
    def team_place(self) -> str:
        return self.tower


class Pigeon(Adapter[PigeonConfig]):
    """The adapter. `sent` lists what went out; `answer` decides what each send does.

    `typed` and `reactions` list the other calls; `trouble` is what they raise. `arrived` are the receipts that a
    look-up finds, by key, and `approved` the templates; `asked` counts both, `outage` is what both raise.
    `amended` are the changes of what went out: the reply and its new text, None where it was taken back; `flight` is
    called with each before it is noted. `colleagues` are the addresses by which the network vouches for people.
    """

    manifest = Manifest(
        key="pigeon",
        title="Pigeon post",
        docs="tests/pigeon.py",
        config=PigeonConfig,
        can=Capabilities(webhook=True, attachments=True, cc=True, subject=True, can_start=True, quotes=True),
        namespace="pigeon",
    )

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.answer: Callable[[Outgoing], Receipt] = lambda message: Receipt(
            external_id=f"out:{message.idem_key}"
        )
        self.typed: list[str] = []
        self.answering = ""
        self.reactions: list[tuple[str, str, tuple[str, ...]]] = []
        self.trouble: Exception | None = None
        self.amended: list[tuple[Posted, str | None]] = []
        self.flight: Callable[[], None] = lambda: None
        self.arrived: dict[str, Receipt] = {}
        self.approved: tuple[Template, ...] = ()
        self.asked = 0
        self.outage: Exception | None = None
        self.colleagues: dict[str, str] = {}

    def learns(self, **can: Any) -> None:
        """Change what this network can do."""
        changed = self.manifest.can.model_copy(update=can)
        self.manifest = self.manifest.model_copy(update={"can": changed})

    def can(self, config: PigeonConfig) -> Capabilities:
        if config.patient is None:
            return self.manifest.can
        return self.manifest.can.model_copy(update={"late_window": config.patient})

    def lookup(self, config: PigeonConfig, message: Outgoing, io: Io) -> Receipt | None:
        self._ask()
        return self.arrived.get(message.idem_key)

    def templates(self, config: PigeonConfig, io: Io) -> tuple[Template, ...]:
        self._ask()
        return self.approved

    def _ask(self) -> None:
        self.asked += 1
        if self.outage is not None:
            raise self.outage

    def verify(self, config: PigeonConfig, request: HookRequest) -> Accept:
        if request.headers.get("x-pigeon") != config.secret.get_secret_value():
            raise NotAuthentic("The ring on its leg is not ours.")
        return Accept()

    def parse(self, config: PigeonConfig, raw: Raw) -> tuple[Item, ...]:
        try:
            data = json.loads(raw.body)
        except ValueError as error:
            raise Unreadable("The note is smudged.") from error
        return tuple(_item(entry) for entry in data)

    def send(self, config: PigeonConfig, message: Outgoing, io: Io) -> Receipt:
        io.checkpoint("before_wire")
        self.sent.append(message)
        io.checkpoint("mid_body")
        receipt = self.answer(message)
        io.checkpoint("after_wire")
        return receipt

    def typing(self, config: PigeonConfig, to: Party, io: Io, answering: str = "") -> None:
        self.typed.append(to.address)
        self.answering = answering
        if self.trouble is not None:
            raise self.trouble

    def react(
        self, config: PigeonConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io
    ) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.reactions.append((to.address, external_id, emoji))

    def edit(self, config: PigeonConfig, posted: Posted, text: str, io: Io) -> None:
        self._amend(posted, text, io)

    def delete(self, config: PigeonConfig, posted: Posted, io: Io) -> None:
        self._amend(posted, None, io)

    def _amend(self, posted: Posted, text: str | None, io: Io) -> None:
        io.checkpoint("before_wire")
        self.flight()
        if self.trouble is not None:
            raise self.trouble
        self.amended.append((posted, text))
        io.checkpoint("after_wire")

    def colleague(self, config: PigeonConfig, sender: Party, io: Io) -> str:
        if self.trouble is not None:
            raise self.trouble
        return self.colleagues.get(sender.address, "")

    def parts(self, config: PigeonConfig, text: str) -> tuple[str, ...]:
        return tuple(text[start : start + PART] for start in range(0, len(text), PART))

    def link_url(self, config: PigeonConfig, facts: Mapping[str, JsonValue], code: str) -> str:
        return f"https://pigeons.example/{code}"

    def health(self, config: PigeonConfig, io: Io) -> Health:
        return Health(ok=True)

    def normalise(self, text: str) -> Party:
        if not text.strip() or "\n" in text:
            raise BadAddress("That is no loft.")
        return Party(namespace="pigeon", address=text.strip().casefold(), display=text.strip())


def _item(entry: dict[str, Any]) -> Item:
    if "state" in entry:
        to = entry.pop("to", None)
        return StatusChange.model_validate({**entry, "to": None if to is None else party(to)})
    if "item" in entry:
        found: Item = ITEMS[entry.pop("item")].model_validate(
            {
                name: party(value)
                if name in ("sender", "party", "old", "new") and isinstance(value, str)
                else value
                for name, value in entry.items()
            }
        )
        return found
    sender = entry.pop("from")
    more = {"name": entry.pop("name", ""), "level": entry.pop("level", "claimed")}
    more["namespace"] = entry.pop("namespace", "pigeon")
    return Inbound(external_id=entry.pop("id"), sender=party(sender, **more), **entry)


def party(address: str, namespace: str = "pigeon", **more: Any) -> Party:
    """Somebody at an address of this network, or of another."""
    more["level"] = Level(more.get("level", "claimed"))
    return Party(namespace=namespace, address=address.casefold(), display=address, **more)


def note(
    number: int | str, sender: str = "anna", text: str = "Where is my order?", **more: Any
) -> dict[str, Any]:
    """One inbound item of a payload."""
    return {"id": f"in:{number}", "aliases": [f"wire:{number}"], "from": sender, "text": text, **more}


def told(number: int | str, sender: str, text: str, *references: str, **more: Any) -> dict[str, Any]:
    """What somebody writes in the team's place, below the lines of those ids."""
    return note(number, sender, text, place="team", references=references, **more)


def news(item: str, **fields: Any) -> dict[str, Any]:
    """One item of a payload that is no message: "edit", "removal", … with parties by their addresses."""
    return {"item": item, **fields}


def payload(*items: dict[str, Any]) -> bytes:
    """A payload with these items."""
    return json.dumps(items).encode()
