"""A workspace that lives in memory: people, conversations, messages, files, and the events that tell of them."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

TEAM, PARTNER = "T0SHOP01", "T0PARTNER"
BOT_USER, BOT_ID, APP = "U0BOT0001", "B0BOT0001", "A0APP0001"


@dataclass
class Conversation:
    """A chat or a channel with the bot in it, until it is taken out."""

    id: str
    kind: str
    name: str = ""
    shared: bool = False
    user: str = ""
    archived: bool = False
    is_member: bool = True
    messages: list[dict[str, Any]] = field(default_factory=list)


class World:
    """People and conversations. What happens in it becomes events, which `push` hands on."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.conversations: dict[str, Conversation] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._last = 0
        self.person("Shop", id=BOT_USER, is_bot=True)

    def push(self, event: dict[str, Any], *, shared: bool = False, **around: Any) -> None:
        """Hand an event on."""
        raise NotImplementedError

    # People and places

    def person(self, name: str = "Anna Moretti", *, team: str = TEAM, mail: str = "", **more: Any) -> str:
        """Somebody; `more` are fields of the user ("is_restricted"). Returns the id."""
        number = more.pop("id", f"U0PERSON{next(self._numbers):03d}")
        profile = {"real_name": name, "display_name": name.split(maxsplit=1)[0].lower(), "team": team}
        self.users[number] = {
            "id": number,
            "team_id": team,
            "name": name.split(maxsplit=1)[0].lower(),
            "deleted": False,
            "is_bot": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_stranger": team != TEAM,
            "locale": "it-IT",
            "profile": profile | ({"email": mail} if mail else {}),
            **more,
        }
        return number

    def chat(self, user: str) -> str:
        """The chat of a person with the bot."""
        known = next((each.id for each in self.conversations.values() if each.user == user), None)
        if known is None:
            known = f"D0CHAT{next(self._numbers):04d}"
            self.conversations[known] = Conversation(known, "im", user=user)
        return known

    def channel(self, name: str = "acme-support", *, kind: str = "group", shared: bool = False) -> str:
        """A channel with the bot in it: "group" is a private one, "channel" a public one, "mpim" a chat of several."""
        number = f"C0PLACE{next(self._numbers):03d}"
        self.conversations[number] = Conversation(number, kind, name, shared)
        return number

    def stamp(self) -> str:
        """A time stamp that no message has yet."""
        self._last = max(self._last + 1, int(time.time() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    # What people do

    def say(self, user: str, channel: str, text: str = "", **fields: Any) -> dict[str, Any]:
        """Somebody writes. Further `fields` of the message. Returns the message."""
        place, who = self.conversations[channel], self.users[user]
        message = {
            "type": "message",
            "user": user,
            "ts": self.stamp(),
            "client_msg_id": f"client-{next(self._numbers)}",
            "text": text,
            "team": who["team_id"],
            **fields,
        }
        if place.shared and who["team_id"] != TEAM:
            message |= {"user_team": who["team_id"], "source_team": who["team_id"]}
        self.keep(place, message)
        return message

    def keep(self, place: Conversation, message: dict[str, Any], *, metadata: bool = True) -> None:
        """Put a message into a conversation and tell of it."""
        place.messages.append(message)
        told = {key: value for key, value in message.items() if key != "metadata" or metadata}
        self.tell(place, told)

    def tell(self, place: Conversation, message: dict[str, Any]) -> None:
        """Tell of a message."""
        kind = {"channel": place.id, "channel_type": place.kind, "event_ts": message["ts"]}
        self.push({**message, **kind}, shared=place.shared)

    def edit(self, channel: str, ts: str, text: str) -> None:
        """The author changes his message."""
        place, message = self.conversations[channel], self.message(channel, ts)
        before = dict(message)
        message |= {"text": text, "edited": {"user": message["user"], "ts": self.stamp()}}
        self._change(place, "message_changed", {"message": dict(message), "previous_message": before})

    def delete(self, channel: str, ts: str) -> None:
        """The author takes his message back."""
        place, message = self.conversations[channel], self.message(channel, ts)
        place.messages.remove(message)
        self._change(place, "message_deleted", {"deleted_ts": ts, "previous_message": message})

    def _change(self, place: Conversation, subtype: str, about: dict[str, Any]) -> None:
        ts = self.stamp()
        head = {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}
        self.push({**head, "channel": place.id, "channel_type": place.kind, **about}, shared=place.shared)

    def react(self, user: str, channel: str, ts: str, name: str, *, added: bool = True) -> None:
        """Somebody puts a reaction on a message, or takes it off."""
        message = self.message(channel, ts)
        listed = message.setdefault("reactions", [])
        found = next((each for each in listed if each["name"] == name), None)
        if found is None:
            found = {"name": name, "users": [], "count": 0}
            listed.append(found)
        if added:
            found["users"].append(user)
        else:
            found["users"].remove(user)
        message["reactions"] = [each for each in listed if each["users"]]
        item = {"type": "message", "channel": channel, "ts": ts}
        about = {"user": user, "item": item, "reaction": name, "event_ts": self.stamp()}
        kind = "reaction_added" if added else "reaction_removed"
        self.push({"type": kind, **about}, shared=self.conversations[channel].shared)

    def file(
        self, content: bytes, name: str = "photo.png", mimetype: str = "image/png", **more: Any
    ) -> dict[str, Any]:
        """A file that lies at Slack, as messages list it."""
        number = f"F0FILE{next(self._numbers):04d}"
        self.contents[number] = content
        self.files[number] = {
            "id": number,
            "name": name,
            "title": name,
            "mimetype": mimetype,
            "size": len(content),
            "mode": "hosted",
            "url_private": f"{self.address()}/files-pri/{TEAM}-{number}/{name}",
            **more,
        }
        return self.files[number]

    def address(self) -> str:
        """Where files lie."""
        raise NotImplementedError

    def message(self, channel: str, ts: str) -> dict[str, Any]:
        """A message that is there."""
        return next(each for each in self.conversations[channel].messages if each["ts"] == ts)
