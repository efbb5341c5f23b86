"""What Slack tells who asks: names behind ids, addresses, who is a colleague, and whose chat a chat is."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import JsonValue

from adapters.slack import entities
from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.people import ident, is_chat, line, name_of, party
from inbox.contract import (
    BadAddress,
    Edit,
    Ignored,
    Inbound,
    Io,
    Item,
    Party,
    Reacted,
    Recipient,
    Rejected,
    Unreadable,
)
from inbox.contract.addresses import email

Memory = MutableMapping[str, JsonValue]
N = TypeVar("N", Inbound, Edit)

_SECONDS = 6.0
_NAMES_MAX = 10
"""People named in one message for whom Slack is asked."""


@dataclass(frozen=True)
class Person:
    """Somebody as Slack knows him, if it does. `is_member`: a full member of our own workspace."""

    known: bool = False
    name: str = ""
    mail: str = ""
    locale: str = ""
    is_member: bool = False


class Asking:
    """Asks Slack about people and places, each once as long as `memory` lasts. Raises TryLater or NeedsReauth."""

    def __init__(self, config: SlackConfig, io: Io, memory: Memory) -> None:
        self._api = Api(config, io, _SECONDS)
        self._io, self._memory = io, memory

    def person(self, user: str) -> Person:
        """Somebody by his id; nobody known for one whom Slack does not show."""
        told = self._noted(f"user/{user}", lambda: self._person(user))
        return Person(
            known=bool(told),
            name=str(told.get("name") or ""),
            mail=str(told.get("mail") or ""),
            locale=str(told.get("locale") or ""),
            is_member=told.get("member") is True,
        )

    def place(self, channel: str) -> dict[str, JsonValue]:
        """A conversation: its "name", whether it is "shared" with another company, and in a chat its "user"."""
        return self._noted(f"place/{channel}", lambda: self._place(channel))

    def _noted(self, key: str, ask: Any) -> dict[str, JsonValue]:
        known = self._memory.get(key)
        if not isinstance(known, dict):
            try:
                known = ask()
            except Rejected:
                known = {}
            self._memory[key] = known
        return known

    def _person(self, user: str) -> dict[str, JsonValue]:
        found = _dict(self._api.ask(self._api.client.users_info, user=user, include_locale=True).get("user"))
        profile = _dict(found.get("profile"))
        unfit = ("is_bot", "deleted", "is_restricted", "is_ultra_restricted", "is_stranger")
        return {
            "name": name_of(profile) or name_of(found),
            "mail": line(profile.get("email")),
            "locale": line(found.get("locale")),
            "member": bool(found)
            and ident(found.get("team_id")) == self._team()
            and not any(found.get(sign) is True for sign in unfit),
        }

    def _place(self, channel: str) -> dict[str, JsonValue]:
        answer = self._api.ask(self._api.client.conversations_info, channel=channel)
        found = _dict(answer.get("channel"))
        name = line(found.get("name"))
        return {
            "name": ""
            if not name or found.get("is_im") is True
            else name
            if found.get("is_mpim") is True
            else f"#{name}",
            "shared": found.get("is_ext_shared") is True,
            "user": ident(found.get("user")),
        }

    def _team(self) -> str:
        told = self._io.facts.get("team_id")
        if told:
            return str(told)
        known = self._noted(
            "self", lambda: {"team": ident(self._api.ask(self._api.client.auth_test).get("team_id"))}
        )
        return str(known.get("team") or "")


def complete(config: SlackConfig, item: Item, io: Io, memory: Memory) -> Item:
    """An item with the names that belong to its ids. Raises TryLater, Rejected or NeedsReauth."""
    asking = Asking(config, io, memory)
    try:
        match item:
            case Inbound():
                return _named(_inbound(config, item, asking), asking)
            case Edit():
                return _named(_edit(config, item, asking), asking)
            case Reacted():
                return _reacted(item, asking)
    except Unreadable as error:
        raise Rejected(error.reason, code=error.code) from error
    return item


def colleague(config: SlackConfig, sender: Party, io: Io) -> str:
    """The e-mail address of a full member of our own workspace, or "". Raises TryLater or NeedsReauth."""
    try:
        found = Asking(config, io, {}).person(ident(sender.address))
    except Unreadable:
        return ""
    return _mail(found.mail) if found.is_member else ""


def _inbound(config: SlackConfig, item: Inbound, asking: Asking) -> Inbound:
    if item.place == "team":
        return item.model_copy(update={"sender": _with_name(config, item.sender, asking)})
    if item.ours:
        return _echo(config, item, asking)
    channel = item.external_id.partition("/")[0]
    return _of_one(config, item, asking) if is_chat(channel) else _in_place(config, item, channel, asking)


def _in_place(config: SlackConfig, item: Inbound, channel: str, asking: Asking) -> Inbound:
    """A message in a place of several people. Its payload does not tell guests from colleagues, nor always where
    somebody belongs, so who asks knows better whether it came from the customer's side."""
    told = asking.place(channel)
    place = party(config, channel, str(told.get("name") or ""))
    writer = None if item.writer is None else _with_name(config, item.writer, asking)
    outgoing = item.outgoing
    if told and writer is not None and not item.automatic:
        person = asking.person(writer.address)
        outgoing = told.get("shared") is True and (person.is_member if person.known else outgoing)
    us = writer or item.sender
    return item.model_copy(
        update={
            "outgoing": outgoing,
            "sender": us if outgoing else place,
            "recipients": (Recipient(role="to", party=place),) if outgoing else (),
            "writer": writer,
            "author": item.author or (writer.name if writer is not None else ""),
        }
    )


def _echo(config: SlackConfig, item: Inbound, asking: Asking) -> Inbound:
    """Our own message, in a chat with a person whom its payload does not name."""
    channel = item.external_id.partition("/")[0]
    if item.recipients or not is_chat(channel):
        return item
    user = str(asking.place(channel).get("user") or "")
    if not user:
        return item
    to = _with_name(config, party(config, user), asking)
    return item.model_copy(update={"recipients": (Recipient(role="to", party=to),)})


def _of_one(config: SlackConfig, item: Inbound, asking: Asking) -> Inbound:
    """A message in a chat with one person: his name, his language, and the address that his profile shows."""
    found = asking.person(item.sender.address)
    mail = _mail(found.mail)
    claims = (Party(namespace="email", address=mail, display=found.mail, name=found.name),) if mail else ()
    return item.model_copy(
        update={
            "sender": _with_name(config, item.sender, asking),
            "claims": claims,
            "locale": found.locale if _is_language(found.locale) else "",
        }
    )


def _edit(config: SlackConfig, item: Edit, asking: Asking) -> Edit:
    """A change of a message in a place of several people: that of a guest is the customer's, like the message."""
    channel = item.external_id.partition("/")[0]
    if is_chat(channel) or item.sender.address == channel:
        return item
    person = asking.person(item.sender.address)
    if not person.known or person.is_member:
        return item
    return item.model_copy(update={"sender": party(config, channel)})


def _reacted(item: Reacted, asking: Asking) -> Item:
    """A reaction, unless a colleague put it on something in a channel that is shared with a customer's company."""
    if item.writer is None or asking.place(item.sender.address).get("shared") is not True:
        return item
    if asking.person(item.writer.address).is_member:
        return Ignored(reason="a colleague's reaction", external_id=item.external_id)
    return item


def _named(item: N, asking: Asking) -> N:
    """An item with the names of the people whom its text mentions."""
    people = {user: asking.person(user).name for user in entities.people_in(item.text)[:_NAMES_MAX]}
    if not any(people.values()):
        return item

    def name(user: str) -> str:
        return people.get(user, "")

    html = None if item.html is None else entities.with_names(item.html, lambda user: _html(name(user)))
    return item.model_copy(update={"text": entities.with_names(item.text, name), "html": html})


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _with_name(config: SlackConfig, found: Party, asking: Asking) -> Party:
    return found if found.name else party(config, found.address, asking.person(found.address).name)


def _mail(text: str) -> str:
    try:
        return email(text)
    except BadAddress:
        return ""


def _is_language(text: str) -> bool:
    return bool(text) and all(
        part.isascii() and part.isalnum() and len(part) <= 8 for part in text.split("-")
    )


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
