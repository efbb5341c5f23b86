"""The port that every channel adapter implements (architecture §5).

An adapter is a folder below `adapters/` whose `__init__` has `ADAPTER`, an instance of `Adapter`.
`verify` and `parse` are pure; `send`, `poller`, `fetch_media` and `health` reach the network through `io` only.
"""

import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from inbox.contract.capabilities import Capabilities
from inbox.contract.errors import BadAddress, NotAuthentic, Rejected, Unreadable
from inbox.contract.face import Mark, Step
from inbox.contract.messages import Frozen, Item, Outgoing, Party, Posted, Raw, Receipt, Template

Cursor = dict[str, JsonValue]

GONE = "gone"
"""Code of a refusal because the network does not have the message any more."""


class ChannelConfig(BaseModel):
    """Base of an adapter's configuration. Fields typed `SecretStr` are encrypted at rest and write-only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def account(self) -> str:
        """The account's own address as customers see it ("support@example.com")."""
        raise NotImplementedError

    @property
    def team_place(self) -> str:
        """Address of the place where colleagues are told about threads that wait, or "" (see `Capabilities.team`)."""
        return ""


class Manifest(Frozen):
    """What an adapter is: `key` equals its folder's name and the channel kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    key: str
    title: str
    docs: str
    config: type[ChannelConfig]
    can: Capabilities
    namespace: str
    """The kind of address its parties have."""
    mark: Mark = Mark()
    about: str = ""
    """One or two sentences for whoever chooses what to connect: what comes in and goes out, and what is needed."""


class HookRequest(Frozen):
    """A webhook request: raw `body`, lower-case `headers`, query `args`."""

    method: str
    body: bytes
    headers: dict[str, str]
    args: dict[str, str]


class Accept(Frozen):
    """The request is authentic: keep the body. `dedupe_key` names this delivery, or "" to derive one."""

    dedupe_key: str = ""
    meta: dict[str, Any] = Field(default_factory=dict)


class Challenge(Frozen):
    """The request is the provider's test of the endpoint: answer with `body`, keep nothing."""

    body: str
    media_type: str = "text/plain"


class RawItem(Frozen):
    """One payload that polling found. `dedupe_key` is its place ("INBOX/123/77"), stable over polls."""

    dedupe_key: str
    raw: Raw


class Batch(Frozen):
    """What one poll brought. `cursor` is committed with the items; `more` asks for another poll at once."""

    items: tuple[RawItem, ...] = ()
    cursor: Cursor
    more: bool = False


class Health(Frozen):
    """The result of a live test.

    `problems` are sentences an operator can act on, each naming the part ("IMAP: …"); ok means none. `refused`: the
    provider does not take our credentials any more, or took rights away, so that somebody has to connect it again.
    `facts` are findings to keep with the channel and hand to later calls as `io.facts`. A text `account_name`
    among them is how people know the account ("@shop_bot") whose own address is a bare number.
    """

    ok: bool
    problems: tuple[str, ...] = ()
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    refused: bool = False


class Setup(Frozen):
    """What was arranged at the provider when an account was connected.

    `facts` are kept with the channel like those of `Health`. `next_step` tells a person how to try it
    ("Write to @shop_bot"), with `next_url` where that is done, or both are empty.
    """

    facts: dict[str, JsonValue] = Field(default_factory=dict)
    next_step: str = ""
    next_url: str = ""


class Answerable(Frozen):
    """Whether a party can be answered now: not if there is a `reason`, a sentence. `closes_at` is until when.

    `account` is who it seems to come from, where that is not the connected account itself.
    """

    reason: str = ""
    closes_at: datetime | None = None
    account: str = ""


class HttpResponse(Frozen):
    """Answer to `Io.http`: `body` is complete and below the asked cap."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # type: ignore[override] # hides a deprecated method of pydantic
        """The body as JSON; raises Unreadable."""
        import json

        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Unreadable("The answer is not JSON.") from error


class Io(Protocol):
    """The only way to the network and to time for an adapter. All calls apply the outbound guard."""

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """Findings of the last health check."""
        ...

    def now(self) -> datetime:
        """Current time, UTC."""
        ...

    def connect(self, host: str, port: int, *, timeout: float) -> socket.socket:
        """A connected TCP socket to an address the guard allows.

        Raises TryLater (unreachable) or Rejected (forbidden).
        """
        ...

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10.0,
        max_bytes: int = 1 << 20,
    ) -> HttpResponse:
        """One HTTP exchange.

        Raises TryLater when certainly not sent, Uncertain when it may have been, Rejected (forbidden).
        """
        ...

    def keep_secrets(self, updates: Mapping[str, str]) -> None:
        """Store changed secret fields of the configuration (a rotated refresh token) at once."""
        ...

    def checkpoint(self, name: str) -> None:
        """A named point at which tests may kill the process: "before_wire", "mid_body", "after_wire"."""
        ...

    def stopping(self) -> bool:
        """True when the process wants to end; long waits look at it at least every second."""
        ...


class Poller(Protocol):
    """An open connection that brings new payloads. Used by one thread only."""

    def fetch(self, cursor: Cursor | None) -> Batch:
        """Everything after `cursor`, bounded in count and bytes; None means the first time.

        Raises TryLater (connection trouble: the caller reconnects), NeedsReauth, Rejected.
        """
        ...

    def wait(self, seconds: float) -> None:
        """Return when something may be new, the connection broke, or `seconds` have passed."""
        ...

    def close(self) -> None:
        """Give up the connection; never raises."""
        ...


C = TypeVar("C", bound=ChannelConfig)


class Adapter(ABC, Generic[C]):
    """Base of all channel adapters. Stateless: everything arrives as arguments."""

    manifest: Manifest

    def verify(self, config: C, request: HookRequest) -> Accept | Challenge:
        """Prove that the provider sent the request, on raw bytes in constant time. Raises only NotAuthentic."""
        raise NotAuthentic("This channel takes no webhooks.")

    @abstractmethod
    def parse(self, config: C, raw: Raw) -> tuple[Item, ...]:
        """Read a kept payload. Pure; `config` carries no secrets here. Raises only Unreadable."""

    def complete(self, config: C, item: Item, io: Io, memory: MutableMapping[str, JsonValue]) -> Item:
        """Fill in what a payload leaves out and the network tells who asks: names, addresses, who is a colleague.

        `memory` is what earlier calls for this channel noted, and is lost now and then. Raises TryLater, Rejected
        or NeedsReauth, and then the item is taken as it is.
        """
        return item

    @abstractmethod
    def send(self, config: C, message: Outgoing, io: Io) -> Receipt:
        """Hand a message to the provider. Raises TryLater, Rejected, NeedsReauth or Uncertain."""

    def poller(self, config: C, io: Io) -> Poller:
        """Open a connection for polling. Raises TryLater, NeedsReauth or Rejected."""
        raise Rejected("This channel is not polled.")

    def poll(self, config: C, cursor: Cursor | None, io: Io) -> Batch:
        """One bounded, replay-safe poll over a connection of its own."""
        poller = self.poller(config, io)
        try:
            return poller.fetch(cursor)
        finally:
            poller.close()

    @contextlib.contextmanager
    def fetch_media(self, config: C, ref: str, io: Io) -> Iterator[Iterator[bytes]]:
        """Stream a file that a message only referred to. Raises TryLater, Rejected or NeedsReauth."""
        raise Rejected("This channel has no media to fetch.")
        yield iter(())  # type: ignore[unreachable] # what makes this a generator

    @abstractmethod
    def health(self, config: C, io: Io) -> Health:
        """Try the account for real, without side effects anyone would notice. Never raises."""

    def guide(self, config: C | None, hook_url: str) -> tuple[Step, ...]:
        """What a person does at the provider, in order: shown with the form, and with the connected account. Pure.

        Before there is an account, `config` is None; later it carries no secrets. `hook_url` is our webhook's address,
        or "" as long as there is none: before, and where this installation has no public address. Steps for
        afterwards stand last.
        """
        return ()

    def connected(self, config: C, hook_url: str, io: Io) -> Setup:
        """Arrange at the provider what the account needs, after `health` was good and on every change.

        `hook_url` is our public webhook address, or "" when there is none. Repeatable. Raises TryLater, Rejected
        or NeedsReauth.
        """
        return Setup()

    def disconnected(self, config: C, io: Io) -> None:
        """Take back at the provider what `connected` arranged. Raises TryLater, Rejected or NeedsReauth."""

    def typing(self, config: C, to: Party, io: Io, answering: str = "") -> None:
        """Show the customer that somebody is writing, for a few seconds. Raises as `send` does.

        `answering` is the external id of his newest message there, or "", for networks that show it at a message.
        """

    def react(self, config: C, to: Party, external_id: str, emoji: tuple[str, ...], io: Io) -> None:
        """Put our reactions on a customer's message in place of those before. Raises as `send` does."""
        raise Rejected("This channel has no reactions.")

    def edit(self, config: C, posted: Posted, text: str, io: Io) -> None:
        """Give a reply that has gone out another text. Raises as `send` does.

        Repeatable: a reply that says so already is done. Where only some of its messages could be changed it raises
        Uncertain and says how many.
        """
        raise Rejected("What has gone out on this channel cannot be changed.")

    def delete(self, config: C, posted: Posted, io: Io) -> None:
        """Take a reply that has gone out back from the customer, all of it. Repeatable. Raises as `edit` does.

        What the network does not have any more may count as done; an adapter that cannot tell raises Rejected with
        the code GONE, which counts as done when an earlier try may have taken it back.
        """
        raise Rejected("What has gone out on this channel cannot be taken back.")

    def can(self, config: C) -> Capabilities:
        """What one account can do, where its rights differ from those of its kind. `config` carries no secrets."""
        return self.manifest.can

    def may_answer(
        self, facts: Mapping[str, JsonValue], to: Party, wrote_at: datetime | None, now: datetime
    ) -> Answerable:
        """Whether a party can be answered now, where that depends on more than the account's capabilities. Pure.

        `facts` are those kept with the channel; `wrote_at` is when the party last wrote to the account at `to.place`.
        """
        return Answerable()

    def lookup(self, config: C, message: Outgoing, io: Io) -> Receipt | None:
        """Ask the network for a message that may have been accepted; None while it does not show all of it.

        Only for channels that can `settle`. Raises TryLater, Rejected or NeedsReauth.
        """
        return None

    def colleague(self, config: C, sender: Party, io: Io) -> str:
        """The e-mail address under which the network knows `sender` as a full member of our own organisation, or "".

        Only for channels with a `team` place: "" for guests, strangers, machines, and people who left. Raises
        TryLater or NeedsReauth; Rejected counts as "".
        """
        return ""

    def templates(self, config: C, io: Io) -> tuple[Template, ...]:
        """The account's approved templates. Raises TryLater, Rejected or NeedsReauth."""
        return ()

    def fill(self, config: C, template: Template, values: Mapping[str, str]) -> str:
        """What a customer reads when the gaps are filled. Pure. Raises Rejected where a value is missing or unfit."""
        text = template.text
        for gap in template.fields:
            if not values.get(gap.name, "").strip():
                raise Rejected(f"Nothing fills “{gap.name}”.")
            text = text.replace("{{" + gap.name + "}}", values[gap.name])
        return text

    def link_url(self, config: C, facts: Mapping[str, JsonValue], code: str) -> str:
        """Where a customer goes to bring a one-time code here, or "" (see `Capabilities.proves_links`)."""
        return ""

    def parts(self, config: C, text: str) -> tuple[str, ...]:
        """The messages as which a text would be sent. Pure; the composer shows it as a preview."""
        return (text,)

    def normalise(self, text: str) -> Party:
        """Turn what a person typed into a party of this channel's namespace. Raises BadAddress."""
        raise BadAddress("Addresses cannot be typed for this channel.")
