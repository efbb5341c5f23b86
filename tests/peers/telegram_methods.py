"""The methods of the Bot API, as far as a support inbox calls them, over one bot's state."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.peers import telegram_rules as rules
from tests.peers import telegram_schema
from tests.peers.telegram_rules import Refused, bad, read


@dataclass
class Call:
    """One call that a client made. `files` are uploaded bytes by part, `names` their file names."""

    method: str
    params: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def json(self, name: str) -> Any:
        """A parameter that is written as JSON, or None."""
        return read(self.params, name)


class Methods:
    """What the methods do. Whoever serves them calls `carry_out`."""

    def __init__(self, token: str, username: str, *, official: bool) -> None:
        number = int(token.partition(":")[0])
        self.me = {"id": number, "is_bot": True, "first_name": "Shop", "username": username}
        self.official = official
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.chats: dict[int, dict[str, Any]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        """What the bot has sent and is still there, by chat and number."""
        self.deletes_in: set[str] = set()
        """Business connections whose owners let the bot delete what it has sent."""
        self.webhook: dict[str, Any] = {"url": ""}
        self.schema = telegram_schema.load()
        self.ended = threading.Event()
        self.news = threading.Condition()
        self.updates: list[dict[str, Any]] = []
        self.next_update = 1000
        self.numbers = itertools.count(1)
        self.allowed: list[str] = []
        self._poll = 0

    @property
    def pending(self) -> list[dict[str, Any]]:
        """Updates that nobody has confirmed."""
        with self.news:
            return list(self.updates)

    def carry_out(self, call: Call) -> Any:
        """The result of a call. Raises Refused."""
        if self.schema is not None:
            if call.method not in self.schema.methods:
                raise Refused(404, "Not Found")
            wrong = self.schema.problem(call.method, call.params, set(call.files))
            if wrong:
                raise bad(wrong)
        if call.method not in _METHODS:
            raise Refused(404, "Not Found")
        return _METHODS[call.method](self, call)

    def _get_me(self, _call: Call) -> Any:
        more = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return {
            **self.me,
            **dict.fromkeys(more, False),
            "can_connect_to_business": True,
            "has_main_web_app": False,
        }

    def _get_webhook_info(self, _call: Call) -> Any:
        more = {"has_custom_certificate": False, "pending_update_count": len(self.pending)}
        return {**{key: value for key, value in self.webhook.items() if key != "secret_token"}, **more}

    def _set_webhook(self, call: Call) -> Any:
        rules.check_webhook(call.params, official=self.official)
        with self.news:
            self.webhook = {"url": call.params["url"], "secret_token": call.params.get("secret_token", "")}
            self.allowed = call.json("allowed_updates") or self.allowed
            self._poll += 1
            self.news.notify_all()
        return True

    def _delete_webhook(self, _call: Call) -> Any:
        self.webhook = {"url": ""}
        return True

    def _get_updates(self, call: Call) -> Any:
        if self.webhook["url"]:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
                "the webhook first",
            )
        limit = int(call.params.get("limit", 100))
        if not 1 <= limit <= 100:
            raise bad("limit must be between 1 and 100")
        until = time.monotonic() + int(call.params.get("timeout", 0))
        with self.news:
            if "allowed_updates" in call.params:
                self.allowed = call.json("allowed_updates")
            self._poll += 1
            mine = self._poll
            self.news.notify_all()
            self._confirm(int(call.params.get("offset", 0)))
            while not self.updates and not self.ended.is_set() and (left := until - time.monotonic()) > 0:
                self.news.wait(min(left, 0.5))
                if self._poll != mine:
                    by = "setWebhook" if self.webhook["url"] else "other getUpdates"
                    raise Refused(
                        409,
                        f"Conflict: terminated by {by} request; make sure that only one bot instance is running",
                    )
            return self.updates[:limit]

    def _confirm(self, offset: int) -> None:
        """Forget what lies below the offset; one far beyond all numbers belongs to a count of before."""
        if offset < 0:
            self.updates = self.updates[offset:]
        elif offset <= self.next_update + 10:
            self.updates = [update for update in self.updates if update["update_id"] >= offset]

    def _get_file(self, call: Call) -> Any:
        found = self.files.get(call.params["file_id"])
        if found is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(found[1]) > rules.FETCH_MAX:
            raise bad("file is too big")
        file_id = call.params["file_id"]
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(found[1]),
            "file_path": found[0],
        }

    def _send_chat_action(self, call: Call) -> Any:
        self._chat(call)
        return True

    def _set_message_reaction(self, call: Call) -> Any:
        self._chat(call)
        chosen = call.json("reaction") or []
        if len(chosen) > 1 or any(each.get("emoji") not in rules.REACTIONS for each in chosen):
            raise bad("REACTION_INVALID")
        return True

    def _send_message(self, call: Call) -> Any:
        text = call.params["text"]
        if not text.strip():
            raise bad("message text is empty")
        rules.check_text(text, call.json("entities"), rules.TEXT_MAX, "message is too long")
        return self._made(call, text=text.strip())

    def _send_media_group(self, call: Call) -> Any:
        media = call.json("media")
        rules.check_album(media, call.files)
        return [self._made(call, media_group_id="g1", caption=part.get("caption", "")) for part in media]

    def _send_file(self, call: Call) -> Any:
        part = _PARTS.get(call.method, call.method.removeprefix("send").lower())
        if part not in call.files:
            raise bad("wrong file identifier/HTTP URL specified")
        rules.check_file(call.method, len(call.files[part]))
        if call.method == "sendSticker":
            rules.check_sticker(call.names[part], call.files[part])
        caption = call.params.get("caption", "")
        entities = call.json("caption_entities")
        rules.check_text(caption, entities, rules.CAPTION_MAX, "message caption is too long")
        return self._made(call, caption=caption, bare=call.method in _PARTS)

    def _send_contact(self, call: Call) -> Any:
        number, name = call.params["phone_number"], call.params["first_name"]
        if not any(char.isdigit() for char in number) or not name.strip():
            raise bad("PHONE_NUMBER_INVALID")
        if len(call.params.get("vcard", "").encode()) > rules.VCARD_MAX:
            raise bad("VCARD_TOO_LONG")
        return self._made(call, contact={"phone_number": number, "first_name": name}, bare=True)

    def _send_location(self, call: Call) -> Any:
        return self._made(call, location=_spot(call), bare=True)

    def _send_venue(self, call: Call) -> Any:
        title, address = call.params["title"], call.params["address"]
        if not title.strip() or not address.strip():
            raise bad("VENUE_ID_INVALID")
        venue = {"location": _spot(call), "title": title, "address": address}
        return self._made(call, venue=venue, location=venue["location"], bare=True)

    def _edit_text(self, call: Call) -> Any:
        found = self._own_message(call, "edit")
        if "text" not in found:
            raise bad("there is no text in the message to edit")
        text = call.params["text"]
        if not text.strip():
            raise bad("message text is empty")
        rules.check_text(text, call.json("entities"), rules.TEXT_MAX, "message is too long")
        return self._edited(found, call, text=text.strip(), entities=call.json("entities") or [])

    def _edit_caption(self, call: Call) -> Any:
        found = self._own_message(call, "edit")
        if "text" in found or found.get("bare"):
            raise bad("there is no caption in the message to edit")
        caption, entities = call.params.get("caption", ""), call.json("caption_entities")
        rules.check_text(caption, entities, rules.CAPTION_MAX, "message caption is too long")
        return self._edited(found, call, caption=caption, caption_entities=entities or [])

    def _edited(self, found: dict[str, Any], _call: Call, **now: Any) -> dict[str, Any]:
        if all(found.get(name, type(value)()) == value for name, value in now.items()):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        found |= now
        return {key: value for key, value in found.items() if key not in _OWN} | {
            "edit_date": int(time.time())
        }

    def _own_message(self, call: Call, what: str) -> dict[str, Any]:
        chat, number = self._chat(call)["id"], int(call.params["message_id"])
        found = self.messages.get((chat, number))
        if found is None:
            raise bad(f"message to {what} not found")
        if found["business"] != call.params.get("business_connection_id", ""):
            raise bad(f"message to {what} not found")
        return found

    def _delete_messages(self, call: Call) -> Any:
        chat = self._chat(call)["id"]
        self._delete([(chat, number) for number in self._numbers(call)], "")
        return True

    def _delete_business_messages(self, call: Call) -> Any:
        connection = call.params["business_connection_id"]
        if connection not in self.deletes_in:
            raise bad("BUSINESS_CONNECTION_NOT_ALLOWED")
        numbers = set(self._numbers(call))
        self._delete([key for key in self.messages if key[1] in numbers], connection)
        return True

    def _numbers(self, call: Call) -> list[int]:
        numbers: list[int] = call.json("message_ids")
        if not 1 <= len(numbers) <= 100:
            raise bad("message identifiers are not specified, or too many")
        return numbers

    def _delete(self, keys: list[tuple[int, int]], business: str) -> None:
        """All or nothing; what is not there is passed over."""
        there = [key for key in keys if key in self.messages and self.messages[key]["business"] == business]
        if any(time.time() - self.messages[key]["date"] > rules.DELETE_WITHIN for key in there):
            raise bad("message can't be deleted for everyone")
        for key in there:
            del self.messages[key]

    def _chat(self, call: Call) -> dict[str, Any]:
        number = int(call.params["chat_id"])
        if number in self.migrated:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.migrated[number],
            )
        if number in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if number not in self.chats:
            raise bad("chat not found")
        return self.chats[number]

    def _made(self, call: Call, **fields: Any) -> dict[str, Any]:
        chat = self._chat(call)
        given = {key: value for key, value in fields.items() if value and key != "bare"}
        message = {
            "message_id": next(self.numbers),
            "date": int(time.time()),
            "chat": chat,
            "from": self.me,
            **given,
        }
        entities = {name: call.json(name) or [] for name in ("entities", "caption_entities")}
        business = call.params.get("business_connection_id", "")
        self.messages[chat["id"], message["message_id"]] = {
            **message,
            **entities,
            "business": business,
            "bare": bool(fields.get("bare")),
        }
        return message


def _spot(call: Call) -> dict[str, float]:
    latitude, longitude = float(call.params["latitude"]), float(call.params["longitude"])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise bad("wrong latitude or longitude specified")
    return {"latitude": latitude, "longitude": longitude}


_PARTS = {"sendSticker": "sticker", "sendVideoNote": "video_note"}
"""Files that have no caption, by the method."""

_OWN = {"business", "bare", "entities", "caption_entities"}
"""What is noted of a message beside what it shows."""

_METHODS: dict[str, Callable[[Methods, Call], Any]] = {
    "getMe": Methods._get_me,
    "getWebhookInfo": Methods._get_webhook_info,
    "setWebhook": Methods._set_webhook,
    "deleteWebhook": Methods._delete_webhook,
    "getUpdates": Methods._get_updates,
    "getFile": Methods._get_file,
    "sendChatAction": Methods._send_chat_action,
    "setMessageReaction": Methods._set_message_reaction,
    "sendMessage": Methods._send_message,
    "sendMediaGroup": Methods._send_media_group,
    "sendContact": Methods._send_contact,
    "sendLocation": Methods._send_location,
    "sendVenue": Methods._send_venue,
    "editMessageText": Methods._edit_text,
    "editMessageCaption": Methods._edit_caption,
    "deleteMessages": Methods._delete_messages,
    "deleteBusinessMessages": Methods._delete_business_messages,
    **dict.fromkeys(
        ("sendPhoto", "sendAnimation", "sendVideo", "sendAudio", "sendVoice", "sendDocument", *_PARTS),
        Methods._send_file,
    ),
}
