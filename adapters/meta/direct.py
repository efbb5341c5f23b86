"""Direct messages to a Page or a professional Instagram account: the events of a batch, each as what it means. Pure.

Both networks have the same form, which comes in three places: `messaging`, `standby` while another app has the
conversation, and `changes` where the account is connected by Instagram's own login.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.meta import batch
from adapters.meta.batch import Fields
from adapters.meta.direct_words import reaction
from inbox.contract import (
    Edit,
    Ignored,
    Item,
    Level,
    Party,
    Reacted,
    Removal,
    StatusChange,
    Unreadable,
)

MADE_UP = "event:"
"""Begins the ids of what has none at Meta: nothing can be answered or looked up by them."""


@dataclass(frozen=True)
class Line:
    """One account of one of the networks. `kind` is what Meta calls it in a batch, `app` our own app's id or "".

    `keyed`: echoes carry the key that we gave a message.
    """

    namespace: str
    network: str
    kind: str
    account: str
    app: str
    keyed: bool

    def person(self, number: str) -> Party:
        """A customer. His id is good for this account only."""
        return Party(
            namespace=self.namespace,
            account=self.account,
            address=number,
            level=Level.CHANNEL,
            level_reason=f"{self.network} tells who wrote.",
        )


@dataclass(frozen=True)
class Event:
    """One event: who wrote to whom, when, and what happened under the name of its kind."""

    line: Line
    sender: str
    recipient: str
    at: datetime | None
    fields: Fields
    standby: bool = False

    @property
    def outgoing(self) -> bool:
        """Whether the account wrote it itself, here or elsewhere."""
        return self.sender == self.line.account

    @property
    def customer(self) -> Party:
        """The other side."""
        return self.line.person(self.recipient if self.outgoing else self.sender)

    def about(self, name: str) -> Fields:
        """What happened. Raises Unreadable."""
        return batch.obj(self.fields, name)

    def made_up_id(self, what: str) -> str:
        """An id for what has none, the same each time the event comes. Raises Unreadable."""
        if self.at is None:
            raise Unreadable("it has no time", code="timestamp")
        return f"{MADE_UP}{what}:{self.customer.address}:{round(self.at.timestamp() * 1000)}"


Reader = Callable[[Event], Iterable[Item]]


def read(line: Line, entries: list[Any], said: dict[str, Reader]) -> Iterator[Item]:
    """What the entries of a call mean. `said` are the readers of what somebody said, by kind of event."""
    readers = {**said, **_READERS}

    def entry(fields: Fields) -> Iterator[Item]:
        account = batch.ident(fields.get("id"), "an account")
        if account != line.account:
            yield Ignored(reason=f"for another account of {line.network}: {account}")
            return
        for name in ("messaging", "standby"):
            if name not in fields:
                continue
            one = functools.partial(_event, line, readers, standby=name == "standby")
            yield from batch.each(fields[name], name, one)
        if "changes" in fields:
            yield from batch.each(fields["changes"], "changes", functools.partial(_change, line, readers))

    return batch.each(entries, "entry", entry)


def _change(line: Line, readers: dict[str, Reader], fields: Fields) -> Iterable[Item]:
    """A change is an event with another wrapping, or news that are no conversation (a comment, a new post)."""
    name = batch.line(fields.get("field"))
    value = fields.get("value")
    if isinstance(value, dict) and "sender" in value:
        return _event(line, readers, value, standby=name == "standby")
    return (Ignored(reason=f"news about “{name}”, which is no conversation"),)


def _event(line: Line, readers: dict[str, Reader], fields: Fields, *, standby: bool) -> Iterable[Item]:
    kind = next((name for name in readers if name in fields), "")
    if not kind:
        names = ", ".join(sorted(map(batch.line, fields.keys() - {"sender", "recipient", "timestamp"})))[:200]
        return (Ignored(reason=f"an event of a kind that needs no message: {names or 'without a name'}"),)
    if kind in _PASSIVE:
        return (Ignored(reason=_PASSIVE[kind]),)
    event = Event(
        line,
        batch.ident_of(fields, "sender"),
        batch.ident_of(fields, "recipient"),
        batch.moment(fields.get("timestamp")),
        fields,
        standby,
    )
    return readers[kind](event)


def _edit(event: Event) -> Iterable[Item]:
    found = event.about("message_edit")
    mid = batch.ident(found.get("mid"), "an edited message")
    if found.get("text") is None:
        return (Ignored(reason="an edit without a new text", external_id=mid),)
    return (Edit(external_id=mid, sender=event.customer, text=batch.text(found["text"]), at=event.at),)


def _reaction(event: Event) -> Iterable[Item]:
    found = event.about("reaction")
    mid = batch.ident(found.get("mid"), "a message with a reaction")
    if event.outgoing:
        return (Ignored(reason="the account's own reaction", external_id=mid),)
    # A person has one reaction on a message at most, so it is all of them.
    emoji = () if found.get("action") == "unreact" else reaction(found)
    return (Reacted(external_id=mid, sender=event.customer, emoji=emoji, at=event.at),)


def _delivered(event: Event) -> Iterable[Item]:
    """Ids are told now and then, the time up to which everything has arrived always."""
    found = event.about("delivery")
    mids = found.get("mids") or []
    if not isinstance(mids, list):
        raise Unreadable("“mids” is no list", code="mids")
    up_to = batch.moment(found.get("watermark"))
    if not mids and up_to is None:
        raise Unreadable("it does not say what was delivered", code="watermark")
    names = tuple(batch.ident(mid, "a delivered message") for mid in mids)
    if up_to is not None:
        return (
            StatusChange(state="delivered", external_ids=names, to=event.customer, up_to=up_to, at=up_to),
        )
    return tuple(StatusChange(state="delivered", external_ids=(name,), at=event.at) for name in names)


def _seen(event: Event) -> Iterable[Item]:
    """Messenger tells up to when, Instagram which message."""
    found = event.about("read")
    up_to = batch.moment(found.get("watermark"))
    if up_to is not None:
        return (StatusChange(state="read", to=event.customer, up_to=up_to, at=event.at),)
    mid = batch.ident(found.get("mid"), "a message that was seen")
    return (StatusChange(state="read", external_ids=(mid,), at=event.at),)


def _unsent(event: Event) -> Iterable[Item]:
    mid = batch.ident(event.about("message_unsend").get("mid"), "a message that was taken back")
    return (Removal(external_ids=(mid,), at=event.at),)


_PASSIVE = {
    "optin": "an opt-in to later messages",
    "account_linking": "an account was linked or unlinked",
    "pass_thread_control": "another app got the conversation",
    "take_thread_control": "an app took the conversation",
    "request_thread_control": "another app asks for the conversation",
    "app_roles": "the roles of the account's apps were changed",
    "policy_enforcement": "Meta enforces a rule on the account",
    "game_play": "a game was played",
    "messaging_feedback": "an answer to a survey",
    "response_feedback": "an opinion about an answer",
}
"""Events about which there is nothing to tell a person, by kind, and why."""

_READERS: dict[str, Reader] = {
    "message_edit": _edit,
    "message_unsend": _unsent,
    "reaction": _reaction,
    "delivery": _delivered,
    "read": _seen,
    **dict.fromkeys(_PASSIVE, lambda _event: ()),
}
"""Readers by kind. A kind is looked for in their order, after what was said: an event that has a message is one."""
