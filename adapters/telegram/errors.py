"""What Telegram's refusals mean to us: one table by the kind of error, one by the words of its description.

The order of the first table matters: `BadRequest` is a kind of `NetworkError` and yet final.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from telegram import error as telegram

from adapters.telegram import library
from inbox.contract import GONE, AdapterError, NeedsReauth, Rejected, TryLater, Uncertain

SAME = "same"
"""Code of a refusal because the message says already what it was to say."""

_DESCRIPTION_MAX = 300
_CONFLICT_SECONDS = 5.0
_TOKEN = re.compile(r"[0-9]{5,}:[A-Za-z0-9_-]{20,}")


class Carried(telegram.TelegramError):
    """One of our own errors on its way through the library, which passes on only its own kind."""

    __slots__ = ("error",)

    def __init__(self, error: AdapterError) -> None:
        super().__init__(error.reason)
        self.error = error


class Migrated(Rejected):
    """The group has become a supergroup, and `chat` is its address from now on."""

    def __init__(self, chat: int) -> None:
        super().__init__("The group became a supergroup and has another address now.", code="migrated")
        self.chat = chat


@dataclass(frozen=True)
class Call:
    """The call that failed: the HTTP status it got, and whether it may have changed something there."""

    status: int
    changes: bool


def translated(error: telegram.TelegramError, call: Call) -> AdapterError:
    """The contract's error for one of the library's."""
    library.prepare()
    for kind, make in _TABLE:
        if isinstance(error, kind):
            return make(error, call)
    return _unclear(error, call)


def unclear(call: Call) -> AdapterError:
    """The error for an answer that nobody understands: what was to change may have changed."""
    return _unclear(telegram.TelegramError(""), call)


@dataclass(frozen=True)
class _Words:
    """What a description that contains `words` means. `gone`: the customer cannot be reached at all."""

    words: str
    code: str
    sentence: str
    gone: bool = False


_WORDS = (
    _Words("bot was blocked by the user", "blocked", "The customer has blocked the bot.", gone=True),
    _Words("user is deactivated", "deactivated", "The customer's Telegram account was deleted.", gone=True),
    _Words(
        "bot can't initiate conversation",
        "not_started",
        "The customer has not started the bot, and bots cannot write first.",
        gone=True,
    ),
    _Words("bot can't send messages to bots", "bot", "Telegram lets no bot write to another one.", gone=True),
    _Words("bot was kicked from", "removed", "The bot was removed from the group.", gone=True),
    _Words("bot is not a member of", "removed", "The bot is no member of the group any more.", gone=True),
    _Words("group chat was deleted", "removed", "The group was deleted.", gone=True),
    _Words("group chat was deactivated", "removed", "The group does not exist any more.", gone=True),
    _Words(
        "chat not found",
        "chat_not_found",
        "Telegram knows no such chat for this bot. The customer has to write to the bot first.",
        gone=True,
    ),
    _Words("peer_id_invalid", "chat_not_found", "Telegram knows no such chat for this bot.", gone=True),
    _Words("not enough rights", "rights", "The bot may not write in this group."),
    _Words("have no rights to send", "rights", "The bot may not write in this group."),
    _Words("chat_write_forbidden", "rights", "The bot may not write in this group."),
    _Words("topic_closed", "topic", "The topic of this group is closed."),
    _Words("message thread not found", "topic", "The topic of this group was deleted."),
    _Words(
        "business_connection_not_allowed",
        "business",
        "The business account does not let the bot reply. The owner can allow it in Telegram's settings.",
    ),
    _Words(
        "business_connection_invalid",
        "business",
        "The business account is not connected to the bot any more.",
    ),
    _Words(
        "business_peer",
        "business_window",
        "In a business account the bot may reply only within 24 hours of the customer's last message.",
    ),
    _Words("voice_messages_forbidden", "voice", "The customer takes no voice messages."),
    _Words("message is too long", "too_long", "The text is too long for Telegram."),
    _Words("caption is too long", "too_long", "The text below the file is too long for Telegram."),
    _Words("text must be non-empty", "empty", "Telegram takes no empty message."),
    _Words("message text is empty", "empty", "Telegram takes no empty message."),
    _Words("file must be non-empty", "empty_file", "Telegram takes no empty file."),
    _Words("file is too big", "too_large", "The file is larger than the 20 MB that a bot may fetch."),
    _Words("too large", "too_large", "The file is larger than the 50 MB that a bot may send."),
    _Words("wrong file", "no_file", "Telegram does not have this file any more."),
    _Words("invalid file_id", "no_file", "Telegram does not have this file any more."),
    _Words("file is temporarily unavailable", "no_file", "Telegram cannot give this file."),
    _Words("message is not modified", SAME, "The message says so already."),
    _Words("message to edit not found", GONE, "The message is not there any more."),
    _Words("message to delete not found", GONE, "The message is not there any more."),
    _Words("message can't be edited", "edit", "Telegram does not let the bot change this message."),
    _Words(
        "message can't be deleted",
        "delete",
        "Telegram does not let the bot take this message back. It may do so for 48 hours.",
    ),
    _Words("there is no text in the message", "edit", "This message has no text that could be changed."),
    _Words("there is no caption in the message", "edit", "This message has no text that could be changed."),
    _Words("reaction_invalid", "reaction", "Telegram does not offer this emoji as a reaction."),
    _Words("message to react not found", "reaction", "The message is not there any more."),
    _Words("message not found", "reaction", "The message is not there any more."),
    _Words(
        "https url must be provided",
        "webhook",
        "Telegram calls https addresses only. Set ONETHREAD_PUBLIC_URL to one, or choose polling.",
    ),
    _Words(
        "webhook can be set up only on ports",
        "webhook",
        "Telegram calls the ports 443, 80, 88 and 8443 only. Use one of them in ONETHREAD_PUBLIC_URL, or "
        "choose polling.",
    ),
    _Words(
        "failed to resolve host",
        "webhook",
        "Telegram does not find the name in ONETHREAD_PUBLIC_URL. Check its spelling and the DNS, or choose "
        "polling.",
    ),
    _Words(
        "ip address",
        "webhook",
        "The address in ONETHREAD_PUBLIC_URL cannot be reached from the internet. Use a public one, or "
        "choose polling.",
    ),
)


def _retry(error: telegram.RetryAfter, _call: Call) -> AdapterError:
    after = error.retry_after
    wish = after.total_seconds() if isinstance(after, timedelta) else float(after)
    return TryLater(f"Telegram asks for a pause of {wish:.0f} s.", after=wish, code="429")


def _moved(error: telegram.ChatMigrated, _call: Call) -> AdapterError:
    return Migrated(error.new_chat_id)


def _unauthorized(_error: telegram.TelegramError, _call: Call) -> AdapterError:
    return NeedsReauth(
        "Telegram does not accept the bot's token. Copy it again from @BotFather, or make a new one there.",
        code="token",
    )


def _conflict(error: telegram.TelegramError, _call: Call) -> AdapterError:
    if "webhook" in error.message.casefold():
        sentence = (
            "Telegram sends this bot's messages to a webhook, so they cannot be fetched. Test and save the "
            "settings of this channel again to take the bot over."
        )
    else:
        sentence = (
            "Another program fetches the messages of this bot at the same time. Stop it: each of the two "
            "would get only some of them."
        )
    return TryLater(sentence, after=_CONFLICT_SECONDS, code="conflict")


def _refused(error: telegram.TelegramError, _call: Call) -> AdapterError:
    said = error.message.casefold()
    for known in _WORDS:
        if known.words in said:
            return Rejected(known.sentence, code=known.code, unreachable=known.gone)
    text = _TOKEN.sub("…", " ".join(error.message.split()))[:_DESCRIPTION_MAX]
    return Rejected(f"Telegram refused it: {text}", code="refused")


def _carried(error: Carried, call: Call) -> AdapterError:
    if isinstance(error.error, Uncertain) and not call.changes:
        return TryLater(error.error.reason, code=error.error.code)
    return error.error


def _unclear(_error: telegram.TelegramError, call: Call) -> AdapterError:
    if call.status == 413:
        return _refused(telegram.BadRequest("Request Entity Too Large"), call)
    if call.status == 429:
        return TryLater("Telegram asks for a pause.", code="429")
    told = f"HTTP {call.status}" if call.status != 200 else "in no known way"
    if call.changes:
        return Uncertain(f"Telegram answered {told}, so it is not known whether it took it.", code="answer")
    return TryLater(f"Telegram has trouble of its own: it answered {told}.", code="answer")


_TABLE: tuple[tuple[type[telegram.TelegramError], Callable[[Any, Call], AdapterError]], ...] = (
    (Carried, _carried),
    (telegram.RetryAfter, _retry),
    (telegram.ChatMigrated, _moved),
    (telegram.InvalidToken, _unauthorized),
    (telegram.Forbidden, _refused),
    (telegram.Conflict, _conflict),
    (telegram.BadRequest, _refused),
    (telegram.TelegramError, _unclear),
)
