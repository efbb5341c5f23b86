"""Reading an update (Bot API 10.1): a table from its kind to what it means. Pure."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from telegram import Message, Update

from adapters.telegram import library, people, update
from adapters.telegram.config import TelegramConfig
from adapters.telegram.content import Content, content_of
from adapters.telegram.members import reachable
from adapters.telegram.people import (
    Place,
    line,
    name_of,
    owner_of,
    party_at,
    party_of_chat,
    party_of_user,
    place_of,
)
from adapters.telegram.replies import answered, notices_of, quoted_of
from inbox.contract import (
    Account,
    Edit,
    Ignored,
    Inbound,
    Item,
    Link,
    Moved,
    Party,
    Raw,
    Reacted,
    Recipient,
    Removal,
    Unreadable,
)

# What the library, or we after it, stumble over when a payload does not follow the schema.
_MISSHAPEN = (
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    OSError,
    RecursionError,
)
_START = re.compile(r"/start(?:@[A-Za-z0-9_]{1,64})?(?: +(?P<code>\S.*))?\s*", re.DOTALL)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_SERVICE_ACCOUNT = 777000
_ANONYMOUS_ADMIN = 1087968824
_CHANNEL_BOT = 136817688


def parse(config: TelegramConfig, raw: Raw) -> tuple[Item, ...]:
    """What an update means, always at least one item. Raises Unreadable."""
    library.prepare()
    data = update.read(raw.body)
    try:
        return _items(config, _fit(data))
    except _MISSHAPEN as error:
        raise Unreadable(
            f"The update does not follow Telegram's Bot API ({type(error).__name__}).", code="schema"
        ) from error


def _items(config: TelegramConfig, data: dict[str, Any]) -> tuple[Item, ...]:
    found = Update.de_json(data, None)
    for kind, read in _KINDS.items():
        about = getattr(found, kind)
        if about is not None:
            return read(config, about, found.update_id)
    names = ", ".join(sorted(name for name in data if name != "update_id"))
    return (Ignored(reason=f"an update that means nothing here: {names[:200] or 'empty'}"),)


def _fit(value: Any) -> Any:
    """The same with each character that no database takes replaced by one as long: offsets still hold."""
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_fit(each) for each in value]
    if isinstance(value, dict):
        return {_fit(key): _fit(each) for key, each in value.items()}
    return value


# Messages


def _message(_config: TelegramConfig, message: Message, update_id: int) -> tuple[Item, ...]:
    place = place_of(message)
    skipped = _skipped(message)
    if skipped:
        return (Ignored(reason=skipped, external_id=place.external_id(message.message_id)),)
    moved = _moved(message)
    if moved is not None:
        return (moved,)
    party = party_at(place, message)
    if message.chat.type == "private" and not place.business:
        started = _START.fullmatch(message.text or "")
        if started is not None:
            return (_started(started["code"], party),)
    return (_inbound(message, place, party, update_id),)


def _business_message(config: TelegramConfig, message: Message, update_id: int) -> tuple[Item, ...]:
    """A message in a chat of a connected business account: the customer's, its owner's, or a bot's."""
    place = place_of(message)
    customer = party_at(place, message)
    bot = message.sender_business_bot
    if bot is not None and bot.id == config.bot_id:
        return (Ignored(reason="our own reply", external_id=place.external_id(message.message_id)),)
    author = message.from_user
    if bot is None and (author is None or author.id == message.chat.id):
        return (_inbound(message, place, customer, update_id),)
    owner = customer if author is None else owner_of(author, place.business)
    written = _inbound(message, place, customer, update_id)
    automatic = written.automatic
    if bot is not None:
        automatic = f"sent by the bot {name_of(bot)}"
    elif message.is_from_offline:
        automatic = "an away or greeting message, or one that was scheduled"
    changes = {
        "sender": owner,
        "outgoing": True,
        "recipients": (Recipient(role="to", party=customer),),
        "automatic": automatic,
        "claims": (),
        "locale": "",
    }
    return (written.model_copy(update=changes),)


def _inbound(message: Message, place: Place, party: Party, update_id: int) -> Inbound:
    content = content_of(message)
    own = place.external_id(message.message_id)
    group = line(message.media_group_id)
    shared = message.chat.type != "private" and place.direct == 0
    return Inbound(
        # A message that waits to be sent has no number yet; several of them must not look like one.
        external_id=own if message.message_id else f"{own}@{update_id}",
        sender=party,
        author=people.author_of(message) if shared else "",
        sent_at=_moment(message.date),
        text=content.text,
        html=content.html,
        quoted_text=quoted_of(message),
        files=content.files,
        references=answered(message, place),
        automatic=content.automatic,
        notices=(*content.notices, *notices_of(message)),
        group=f"{place.business}:{place.chat}:{group}" if group else "",
        claims=content.claims,
        locale=people.locale_of(message.from_user) if not shared else "",
    )


def _skipped(message: Message) -> str:
    """Why a message needs no thread, or ""."""
    author = message.from_user
    if message.chat.type == "channel":
        return "a post in a channel"
    if message.is_automatic_forward:
        return "a channel's post, copied into its discussion group"
    stands_in = author is not None and author.id in (_ANONYMOUS_ADMIN, _CHANNEL_BOT)
    if message.sender_chat is None and author is not None and author.is_bot and not stands_in:
        return f"written by the bot {name_of(author)}"
    if message.chat.type == "private" and author is not None and author.id == _SERVICE_ACCOUNT:
        return "a line of Telegram's own account"
    text = message.text or ""
    if message.chat.type != "private" and _START.fullmatch(text):
        return "the bot was started in a group"
    return ""


def _moved(message: Message) -> Moved | None:
    """A group that became a supergroup, as both chats tell it."""
    title = line(message.chat.title)
    if message.migrate_to_chat_id:
        old, new = message.chat.id, message.migrate_to_chat_id
    elif message.migrate_from_chat_id:
        old, new = message.migrate_from_chat_id, message.chat.id
    else:
        return None
    return Moved(old=_group(old, title), new=_group(new, title))


def _group(chat: int, title: str) -> Party:
    return people.party_of_group(Place(people.number(chat)), title)


def _started(code: str | None, party: Party) -> Item:
    """/start with a code links two channels; without one it only opens the chat, and asks for nothing."""
    if code is None:
        return Ignored(reason="the chat with the bot was opened")
    if not _CODE.fullmatch(code.strip()):
        return Ignored(reason="the chat with the bot was opened by a link of somebody else's")
    return Link(code=code.strip(), party=party)


# Changes of messages


def _edited(config: TelegramConfig, message: Message, _update_id: int) -> tuple[Item, ...]:
    place = place_of(message)
    own = place.external_id(message.message_id)
    skipped = _skipped(message)
    if skipped:
        return (Ignored(reason=skipped, external_id=own),)
    if message.location is not None and message.venue is None:
        return (Ignored(reason="a live location moved", external_id=own),)
    if message.sender_business_bot is not None and message.sender_business_bot.id == config.bot_id:
        return (Ignored(reason="our own reply", external_id=own),)
    content: Content = content_of(message)
    edit = Edit(
        external_id=own,
        sender=_author_party(message, place),
        text=content.text,
        html=content.html,
        at=_moment(message.edit_date),
    )
    return (edit,)


def _author_party(message: Message, place: Place) -> Party:
    author = message.from_user
    if place.business and author is not None and author.id != message.chat.id:
        return owner_of(author, place.business)
    return party_at(place, message)


def _deleted(_config: TelegramConfig, deleted: Any, _update_id: int) -> tuple[Item, ...]:
    place = Place(people.number(deleted.chat.id), line(deleted.business_connection_id))
    ids = tuple(place.external_id(message_id) for message_id in deleted.message_ids)
    return (Removal(external_ids=ids),) if ids else (Ignored(reason="nothing was deleted"),)


def _reaction(_config: TelegramConfig, change: Any, _update_id: int) -> tuple[Item, ...]:
    place = Place(people.number(change.chat.id))
    if change.user is not None and change.user.is_bot:
        return (Ignored(reason="a bot's reaction"),)
    party = party_of_chat(change.chat)
    if change.chat.type == "private" and change.user is not None:
        party = party_of_user(change.user)
    emoji = tuple(_emoji(reaction) for reaction in change.new_reaction)
    reacted = Reacted(
        external_id=place.external_id(change.message_id),
        sender=party,
        emoji=tuple(dict.fromkeys(emoji)),
        at=_moment(change.date),
    )
    return (reacted,)


def _emoji(reaction: Any) -> str:
    """A reaction as a character; a sticker of somebody's own and a paid star get one that says so."""
    return {"emoji": line(getattr(reaction, "emoji", "")), "paid": "⭐"}.get(str(reaction.type)) or "✨"


# The account


def _connection(_config: TelegramConfig, connection: Any, _update_id: int) -> tuple[Item, ...]:
    rights = connection.rights
    owner = connection.user
    told = {
        "user_id": people.number(owner.id),
        "name": name_of(owner),
        "username": line(owner.username),
        "enabled": bool(connection.is_enabled),
        "can_reply": bool(rights is not None and rights.can_reply),
    }
    return (Account(facts={f"business:{line(connection.id)}": told}),)


def _member(_config: TelegramConfig, change: Any, _update_id: int) -> tuple[Item, ...]:
    return (reachable(change),)


def _unasked(reason: str) -> Callable[[TelegramConfig, Any, int], tuple[Item, ...]]:
    return lambda _config, _about, _update_id: (Ignored(reason=reason),)


def _moment(found: Any) -> datetime | None:
    """A time with its zone; Telegram's 0 stands for none."""
    return found if isinstance(found, datetime) and found.year > 1970 else None


_KINDS: dict[str, Callable[[TelegramConfig, Any, int], tuple[Item, ...]]] = {
    "message": _message,
    "edited_message": _edited,
    "business_message": _business_message,
    "edited_business_message": _edited,
    "deleted_business_messages": _deleted,
    "business_connection": _connection,
    "message_reaction": _reaction,
    "my_chat_member": _member,
    "channel_post": _unasked("a post in a channel"),
    "edited_channel_post": _unasked("a post in a channel"),
    "guest_message": _unasked("a question to a guest bot"),
    "message_reaction_count": _unasked("a count of anonymous reactions"),
    "inline_query": _unasked("an inline query"),
    "chosen_inline_result": _unasked("an inline query"),
    "callback_query": _unasked("a button that this product never made"),
    "shipping_query": _unasked("a step of a payment"),
    "pre_checkout_query": _unasked("a step of a payment"),
    "purchased_paid_media": _unasked("a step of a payment"),
    "poll": _unasked("the state of a poll"),
    "poll_answer": _unasked("a vote in a poll"),
    "chat_member": _unasked("somebody came, went or changed in a group"),
    "chat_join_request": _unasked("a wish to join a group"),
    "chat_boost": _unasked("a boost of a group"),
    "removed_chat_boost": _unasked("a boost of a group"),
    "managed_bot": _unasked("another bot's affairs"),
}
