"""Who and where: chats and people of Telegram as parties.

A person's chat with the bot has the person's own number, which is the same for every bot. Groups, topics of a group
and direct messages of a channel are places of their own: whoever writes there, answers go to the place.
"""

import re
from dataclasses import dataclass
from typing import Any

from telegram import Chat, Message, User

from inbox.contract import Level, Party, Rejected, Unreadable

NAMESPACE = "telegram"

_REASON = "Telegram tells who wrote."
_NUMBER_MAX = 1 << 63
_ADDRESS = re.compile(
    r"(?:(?P<business>[^:\s]{1,200}):)?(?P<chat>-?[0-9]{1,19})(?:/(?:(?P<topic>[0-9]{1,19})|d(?P<direct>[0-9]{1,19})))?"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Place:
    """Where a message was written and where an answer goes.

    `business` is the connection over which a business account lets us act; the same chat without it is the chat with
    the bot, and whoever writes in both is one person. `topic` is one of a group's, `direct` one of a channel's direct
    messages.
    """

    chat: int
    business: str = ""
    topic: int = 0
    direct: int = 0

    @property
    def address(self) -> str:
        """The look-up form, as identities keep it: whose chat it is, not over which connection."""
        inner = f"/{self.topic}" if self.topic else f"/d{self.direct}" if self.direct else ""
        return f"{self.chat}{inner}"

    def external_id(self, message_id: int) -> str:
        """The id of a message in this chat; the same chat has other messages in a business account."""
        return f"{self.business}:{self.chat}:{number(message_id)}"

    def message_id(self, external_id: str) -> int | None:
        """The number of a message of this chat, or None for one of another."""
        head, _, last = external_id.rpartition(":")
        same = head == f"{self.business}:{self.chat}" and last.isascii() and last.isdigit()
        return int(last) if same and int(last) else None


def place_at(to: Party) -> Place:
    """Where a party is met. Raises Rejected.

    Addresses of former versions have the connection in them.
    """
    found = _ADDRESS.fullmatch(to.address)
    if found is None:
        raise Rejected("This is no address in Telegram.", code="address")
    business = to.place or found["business"] or ""
    return Place(int(found["chat"]), business, int(found["topic"] or 0), int(found["direct"] or 0))


def place_of(message: Message) -> Place:
    """The place where a message was written. Raises Unreadable."""
    chat = message.chat
    direct = message.direct_messages_topic
    # In a chat with one person topics are only an order of his: there is one thread with him.
    in_topic = message.is_topic_message and chat.type != "private"
    return Place(
        number(chat.id),
        business=line(message.business_connection_id),
        topic=number(message.message_thread_id) if in_topic else 0,
        direct=number(direct.topic_id) if direct is not None else 0,
    )


def number(value: Any) -> int:
    """An id, which needs more than 32 bits. Raises Unreadable."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= _NUMBER_MAX:
        raise Unreadable("An id of Telegram's is no number.", code="id")
    return value


def party_at(place: Place, message: Message) -> Party:
    """The party of a place: the person himself, or the group. Raises Unreadable."""
    chat, direct = message.chat, message.direct_messages_topic
    if direct is not None and direct.user is not None:
        return _party(place, name_of(direct.user), line(direct.user.username))
    if chat.type != "private":
        return _party(place, _title(message, place), line(chat.username))
    return _party(place, name_of(chat), line(chat.username))


def party_of_chat(chat: Chat, business: str = "") -> Party:
    """The party of a chat, where no message tells more. Raises Unreadable."""
    name = name_of(chat) if chat.type == "private" else line(chat.title)
    return _party(Place(number(chat.id), business), name, line(chat.username))


def party_of_group(place: Place, title: str) -> Party:
    """A group by its number, where nothing else is told."""
    return _party(place, title, "")


def party_of_user(user: User) -> Party:
    """A user as such. Raises Unreadable."""
    return _party(Place(number(user.id)), name_of(user), line(user.username))


def owner_of(user: User, business: str) -> Party:
    """The owner of a business account, who speaks for it, and not as somebody who writes himself. Raises Unreadable."""
    owner = party_of_user(user)
    return owner.model_copy(update={"address": f"{business}:{owner.address}"})


def author_of(message: Message) -> str:
    """Who of several people at a place wrote; an anonymous one shows the name of his group or channel."""
    on_behalf = message.sender_chat
    if on_behalf is not None:
        signed = line(message.author_signature)
        name = line(on_behalf.title) or name_of(on_behalf)
        return f"{name} ({signed})" if signed else name
    return name_of(message.from_user) if message.from_user is not None else ""


def name_of(somebody: User | Chat) -> str:
    """A person's name as he wrote it, or his user name, or "" for a deleted account."""
    parts = (line(somebody.first_name), line(somebody.last_name))
    name = " ".join(part for part in parts if part)
    return name or (f"@{line(somebody.username)}" if somebody.username else "")


def locale_of(user: User | None) -> str:
    """The language of a person's app, as a BCP 47 tag, or ""."""
    code = line(user.language_code) if user is not None else ""
    return code if _LANGUAGE.fullmatch(code) else ""


def line(value: Any) -> str:
    """A text of one line without control characters; "" for none. Raises Unreadable for no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable("A text of Telegram's is no text.", code="text")
    return _BLANKS.sub(" ", value).strip()[:1000]


def _party(place: Place, name: str, username: str) -> Party:
    return Party(
        namespace=NAMESPACE,
        address=place.address,
        display=f"@{username}" if username else name or str(place.chat),
        name=name,
        level=Level.CHANNEL,
        level_reason=_REASON,
        place=place.business,
    )


def _title(message: Message, place: Place) -> str:
    title = line(message.chat.title)
    root = message.reply_to_message
    opened = root.forum_topic_created if root is not None else message.forum_topic_created
    topic = line(opened.name) if place.topic and opened is not None else ""
    return f"{title} › {topic}" if topic else title
