"""Networks for the running server that differ as mail, a chat on a site and a messenger do, and one with a window.

The server finds them as it finds adapters of others: by the entry points of a distribution that lies in the folder in
which it runs. What goes out is noted in a file, so that the test in its own process can read it.
"""

import base64
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.agents import queries
from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.channels.registry import Registry
from inbox.contract import (
    Adapter,
    Capabilities,
    ChannelConfig,
    Edit,
    Health,
    Inbound,
    Io,
    Item,
    Level,
    Manifest,
    NeedsReauth,
    Outgoing,
    Party,
    Posted,
    Raw,
    RawItem,
    Reacted,
    Receipt,
    Removal,
    Template,
    TemplateField,
)
from inbox.flows import people, receive
from inbox.flows.context import Context
from tests.browser.shop import Shop
from tests.fixtures_app import InlineParser
from tests.peers.process import wait_until
from tests.reading import Identity, Message, Thread

_numbers = itertools.count(1)
_ITEMS: TypeAdapter[tuple[Edit | Removal | Reacted | Inbound, ...]] = TypeAdapter(
    tuple[Edit | Removal | Reacted | Inbound, ...]
)


DAY = 24 * 3600
TEMPLATES = (
    Template(
        name="order_shipped",
        language="en",
        text="Hello {{name}}, your order {{number}} is on its way.",
        fields=(TemplateField(name="name", example="Anna"), TemplateField(name="number", example="10412")),
        kind="Utility",
    ),
    Template(name="are_you_there", language="en", text="Are you still there?", kind="Utility"),
    Template(
        name="summer_sale",
        language="en",
        text="Everything must go.",
        kind="Marketing",
        problem="The provider has paused it.",
    ),
)


class LoftConfig(ChannelConfig):
    """An account, and the file into which is written what goes out."""

    loft: str
    book: str
    patient: bool = False
    """Whether a person may answer for a week here, where the network has a window."""
    approved: bool = False
    """Whether it has templates."""

    @property
    def account(self) -> str:
        return self.loft


class Loft(Adapter[LoftConfig]):
    """A network with the given abilities; its payloads are the contract's own items as JSON."""

    def __init__(self, key: str, title: str, can: Capabilities) -> None:
        self.manifest = Manifest(
            key=key, title=title, docs="tests/browser/lofts.py", config=LoftConfig, can=can, namespace=key
        )

    def can(self, config: LoftConfig) -> Capabilities:
        late = {"late_window": 7 * DAY} if config.patient else {}
        return self.manifest.can.model_copy(update={**late, "templates": config.approved})

    def templates(self, config: LoftConfig, io: Io) -> tuple[Template, ...]:
        return TEMPLATES

    def parse(self, config: LoftConfig, raw: Raw) -> tuple[Item, ...]:
        items = json.loads(raw.body)
        for file in (file for item in items for file in item.get("files", ())):
            file["content"] = base64.b64decode(file["content"])
        return _ITEMS.validate_python(items)

    def send(self, config: LoftConfig, message: Outgoing, io: Io) -> Receipt:
        if self.rings(config).exists():
            raise NeedsReauth("The loft does not know our ring any more.")
        external_id = f"out:{message.idem_key}"
        with Path(config.book).open("a") as book:
            for text in self.parts(config, message.text):
                entry: dict[str, Any] = {
                    "by": self.manifest.key,
                    "to": message.to.address,
                    "text": text,
                    "id": external_id,
                }
                if message.chosen:
                    entry["answers"] = message.in_reply_to
                if message.template is not None:
                    entry["template"] = message.template.model_dump()
                book.write(json.dumps(entry) + "\n")
        return Receipt(external_id=external_id)

    def rings(self, config: LoftConfig) -> Path:
        """A file that lies there as long as our rights are gone."""
        return Path(f"{config.book}.{self.manifest.key}.revoked")

    def health(self, config: LoftConfig, io: Io) -> Health:
        return Health(ok=True)

    def parts(self, config: LoftConfig, text: str) -> tuple[str, ...]:
        limit = self.manifest.can.text_max
        if not self.manifest.can.splits or limit is None:
            return (text,)
        return tuple(text[start : start + limit] for start in range(0, len(text), limit))

    def react(self, config: LoftConfig, to: Party, external_id: str, emoji: tuple[str, ...], io: Io) -> None:
        with Path(config.book).open("a") as book:
            book.write(json.dumps({"by": self.manifest.key, "to": to.address, "emoji": emoji}) + "\n")

    def edit(self, config: LoftConfig, posted: Posted, text: str, io: Io) -> None:
        self._amend(config, posted, {"edited": text})

    def delete(self, config: LoftConfig, posted: Posted, io: Io) -> None:
        self._amend(config, posted, {"deleted": True})

    def _amend(self, config: LoftConfig, posted: Posted, what: dict[str, Any]) -> None:
        if self.rings(config).exists():
            raise NeedsReauth("The loft does not know our ring any more.")
        entry = {"by": self.manifest.key, "to": posted.to.address, "id": posted.external_ids[0], **what}
        with Path(config.book).open("a") as book:
            book.write(json.dumps(entry) + "\n")


POST = Loft(
    "loft_post",
    "Post",
    Capabilities(formats=("text", "html"), subject=True, cc=True, attachments=True, can_start=True),
)
SITE = Loft("loft_site", "Site chat", Capabilities(attachments=True, text_max=120, typing=True))
BIRD = Loft(
    "loft_bird",
    "Bird",
    Capabilities(
        formats=("text", "html"),
        attachments=True,
        attachment_max=1_000,
        text_max=4096,
        text_unit="utf16",
        splits=True,
        reactions=True,
        edit=True,
        delete=True,
        answers=True,
    ),
)
GATE = Loft("loft_gate", "Gate", Capabilities(reply_window=DAY, attachments=True, text_max=1000))
LOFTS = {loft.manifest.key: loft for loft in (POST, SITE, BIRD, GATE)}


def install(folder: Path) -> None:
    """Let the server that runs in this folder find them."""
    info = folder / "lofts-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lofts\nVersion: 1\n")
    names = {"loft_post": "POST", "loft_site": "SITE", "loft_bird": "BIRD", "loft_gate": "GATE"}
    lines = [f"{key} = tests.browser.lofts:{name}" for key, name in names.items()]
    (info / "entry_points.txt").write_text("\n".join(["[onethread.adapters]", *lines, ""]))


def _plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()


class Lofts:
    """An account on each network, connected to the shop; on the one with a window while a test needs it."""

    def __init__(self, shop: Shop) -> None:
        registry = Registry(LOFTS)  # type: ignore[arg-type]
        self.shop = shop
        self.ctx: Context = replace(shop.ctx, registry=registry, parser=InlineParser(registry))  # type: ignore[arg-type]
        self.book = shop.installation.folder / "lofts.book"
        self.book.touch()
        self.channel = {key: self._connect(key) for key in LOFTS if key != GATE.manifest.key}

    @contextmanager
    def gate(self, **more: bool) -> Iterator[int]:
        """An account on the network with a window (`patient`, `approved`); it is removed afterwards."""
        key = GATE.manifest.key
        self.channel[key] = self._connect(key, loft=f"gate{next(_numbers)}@shop", **more)
        try:
            yield self.channel[key]
        finally:
            self.ctx.db.run(channels.remove, self.channel.pop(key))

    def _connect(self, key: str, **more: Any) -> int:
        values = {"loft": f"{key.removeprefix('loft_')}@shop", "book": str(self.book), **more}

        def story(session: Session) -> int:
            return channels.connect(session, self.ctx.registry, self.ctx.vault, key, key, values).id

        return self.ctx.db.run(story)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What went out on all three, oldest first."""
        return [json.loads(line) for line in self.book.read_text().splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        """What went out last, or nothing yet."""
        return self.sent[-1] if self.sent else {}

    def person(self, name: str = "Anna Moretti") -> "Person":
        """Somebody new, with an address on every network."""
        return Person(self, name, f"p{next(_numbers)}")

    def ada(self) -> AgentIdentity:
        """The admin, as stories know her."""
        with self.ctx.db.read() as session:
            found = queries.identity(session, self.shop.agent_id("ada"))
        assert found is not None
        return found


@dataclass(frozen=True)
class Person:
    """Somebody who writes on several networks; the shop does not know that it is the same person."""

    lofts: Lofts
    name: str
    address: str

    def at(self, key: str, level: Level = Level.CHANNEL) -> Party:
        """The person as a network knows them, and how sure it is."""
        return Party(
            namespace=key,
            address=self.address,
            display=f"@{self.address}",
            name=self.name,
            level=level,
        )

    def writes(self, key: str, text: str, **more: Any) -> int:
        """A message of the person comes in on a network; returns the thread that it is in."""
        before = self._count(key)
        number = more.pop("number", None) or f"in{next(_numbers)}"
        sender = self.at(key, more.pop("level", Level.CHANNEL))
        self.happens(key, Inbound(external_id=f"{self.address}:{number}", sender=sender, text=text, **more))
        wait_until(lambda: self._count(key) > before, 30, "the message in a thread")
        return self.thread(key)

    def happens(self, key: str, *items: Edit | Removal | Reacted | Inbound) -> None:
        """The network tells something."""
        ctx = self.lofts.ctx
        body = json.dumps(_ITEMS.dump_python(items), default=_plain).encode()
        raw = RawItem(dedupe_key=f"loft/{next(_numbers)}", raw=Raw(body=body))
        keep = partial(envelopes.keep, files=ctx.files, channel_id=self.lofts.channel[key])
        ctx.db.run(lambda session: keep(session, items=[raw], now=ctx.clock()))
        receive.drain(ctx)

    def thread(self, key: str) -> int:
        """The thread in which what the person writes on a network ends up."""
        with self.lofts.ctx.db.read() as session:
            mine = select(Identity.customer_id).where(
                Identity.namespace == key, Identity.address == self.address
            )
            return int(session.execute(select(Thread.id).where(Thread.customer_id.in_(mine))).scalar_one())

    def customer(self, key: str) -> int:
        """The customer whom the shop takes the person for on a network."""
        with self.lofts.ctx.db.read() as session:
            mine = select(Identity.customer_id).where(
                Identity.namespace == key, Identity.address == self.address
            )
            return int(session.execute(mine).scalar_one())

    def is_one(self, keep: str, *others: str) -> int:
        """An agent finds out that it is one person on these networks; returns the merge."""
        merge = 0
        for other in others:
            done = people.merge(self.lofts.ctx, self.lofts.ada(), self.customer(keep), self.customer(other))
            merge = done.merge_id
        return merge

    def sent_on(self, key: str) -> list[str]:
        """The texts that reached the person on a network."""
        return [
            entry["text"]
            for entry in self.lofts.sent
            if entry["by"] == key and entry["to"] == self.address and "text" in entry
        ]

    def _count(self, key: str) -> int:
        with self.lofts.ctx.db.read() as session:
            mine = select(Identity.id).where(Identity.namespace == key, Identity.address == self.address)
            count = select(func.count()).select_from(Message)
            return int(session.execute(count.where(Message.identity_id.in_(mine))).scalar_one())
