"""The methods of Slack's Web API as far as an inbox calls them, with the refusals that the real ones make."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.peers.slack_world import APP, BOT_ID, BOT_USER, TEAM, Conversation, World

SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,files:read,files:write,groups:history,groups:read,"
    "im:history,im:read,im:write,metadata.message:read,mpim:history,mpim:read,reactions:read,reactions:write,"
    "team:read,users:read,users:read.email"
)
_TEXT_MAX = 40_000
_EMOJI = {
    "+1",
    "-1",
    "thumbsup",
    "thumbsdown",
    "heart",
    "pray",
    "clap",
    "tada",
    "grin",
    "fire",
    "thinking_face",
    "cry",
}


class Refused(Exception):
    """A logical error: HTTP 200 with `ok` false."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


@dataclass(frozen=True)
class Call:
    """A call that was made: the method, and its arguments as they came."""

    method: str
    args: dict[str, Any]


class Methods(World):
    """The methods. A name with dots is a method with underscores."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = SCOPES
        self.uploads: dict[str, tuple[str, int]] = {}
        self.told_metadata = True
        """Whether events about messages carry their metadata."""

    def carry_out(self, call: Call) -> dict[str, Any]:
        """The answer to a call. Raises Refused."""
        found = _METHODS.get(call.method)
        if found is None:
            raise Refused("unknown_method", req_method=call.method)
        method, scope = found
        if scope and scope not in self.scopes.split(","):
            raise Refused("missing_scope", needed=scope, provided=self.scopes)
        return {"ok": True, **method(self, call.args)}

    # Who and where

    def auth_test(self, _args: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://shop.slack.com/",
            "team": "Shop",
            "user": "shop",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def bots_info(self, args: dict[str, Any]) -> dict[str, Any]:
        if args.get("bot") != BOT_ID:
            raise Refused("bot_not_found")
        return {"bot": {"id": BOT_ID, "app_id": APP, "user_id": BOT_USER, "name": "shop", "deleted": False}}

    def users_info(self, args: dict[str, Any]) -> dict[str, Any]:
        found = self.users.get(_needed(args, "user"))
        if found is None:
            raise Refused("user_not_found")
        shown = dict(found)
        if "users:read.email" not in self.scopes:
            shown["profile"] = {key: value for key, value in found["profile"].items() if key != "email"}
        return {"user": shown}

    def conversations_info(self, args: dict[str, Any]) -> dict[str, Any]:
        place = self._place(_needed(args, "channel"))
        told = {
            "id": place.id,
            "is_im": place.kind == "im",
            "is_mpim": place.kind == "mpim",
            "is_private": place.kind != "channel",
            "is_ext_shared": place.shared,
            "is_member": place.is_member,
            "is_archived": place.archived,
        }
        return {"channel": told | ({"user": place.user} if place.kind == "im" else {"name": place.name})}

    def conversations_open(self, args: dict[str, Any]) -> dict[str, Any]:
        user = self.users.get(_needed(args, "users"))
        if user is None:
            raise Refused("user_not_found")
        if user["deleted"]:
            raise Refused("user_disabled")
        if user["is_bot"]:
            raise Refused("cannot_dm_bot")
        return {"channel": {"id": self.chat(user["id"])}}

    # Messages

    def chat_postMessage(self, args: dict[str, Any]) -> dict[str, Any]:
        place = self._writable(_needed(args, "channel"))
        text = args.get("text") or ""
        if not text and not args.get("blocks"):
            raise Refused("no_text")
        if len(text) > _TEXT_MAX:
            raise Refused("msg_too_long")
        metadata = _json(args.get("metadata"))
        if metadata is not None and not (
            isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
        ):
            raise Refused("invalid_metadata_format")
        message = self._ours(place, args.get("thread_ts"), text=text)
        if metadata is not None:
            message["metadata"] = metadata
        self.keep(place, message, metadata=self.told_metadata)
        return {"channel": place.id, "ts": message["ts"], "message": message}

    def chat_update(self, args: dict[str, Any]) -> dict[str, Any]:
        place, message = self._own(args)
        text = args.get("text") or ""
        if not text and not args.get("blocks"):
            raise Refused("no_text")
        if len(text) > _TEXT_MAX:
            raise Refused("msg_too_long")
        message |= {"text": text, "edited": {"user": BOT_USER, "ts": self.stamp()}}
        return {"channel": place.id, "ts": message["ts"], "text": text}

    def chat_delete(self, args: dict[str, Any]) -> dict[str, Any]:
        place, message = self._own(args, "cant_delete_message")
        place.messages.remove(message)
        return {"channel": place.id, "ts": message["ts"]}

    def _own(
        self, args: dict[str, Any], refusal: str = "cant_update_message"
    ) -> tuple[Conversation, dict[str, Any]]:
        place, ts = self._place(_needed(args, "channel")), _needed(args, "ts")
        found = next((each for each in place.messages if each["ts"] == ts), None)
        if found is None:
            raise Refused("message_not_found")
        if found.get("bot_id") != BOT_ID:
            raise Refused(refusal)
        return place, found

    def conversations_history(self, args: dict[str, Any]) -> dict[str, Any]:
        place = self._place(_needed(args, "channel"))
        top = [each for each in place.messages if each.get("thread_ts", each["ts"]) == each["ts"]]
        return self._page(top[::-1], args)

    def conversations_replies(self, args: dict[str, Any]) -> dict[str, Any]:
        place, root = self._place(_needed(args, "channel")), _needed(args, "ts")
        below = [each for each in place.messages if root in (each["ts"], each.get("thread_ts"))]
        if not below:
            raise Refused("thread_not_found")
        return self._page(below, args)

    def _page(self, messages: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
        oldest, limit, start = (
            float(args.get("oldest") or 0),
            int(args.get("limit") or 100),
            int(args.get("cursor") or 0),
        )
        if _is(args.get("include_all_metadata")) and "metadata.message:read" not in self.scopes:
            raise Refused("missing_scope", needed="metadata.message:read", provided=self.scopes)
        found = [each for each in messages if float(each["ts"]) >= oldest]
        shown = [
            {
                key: value
                for key, value in each.items()
                if key != "metadata" or _is(args.get("include_all_metadata"))
            }
            for each in found[start : start + limit]
        ]
        following = str(start + limit) if start + limit < len(found) else ""
        return {
            "messages": shown,
            "has_more": bool(following),
            "response_metadata": {"next_cursor": following},
        }

    def _ours(self, place: Conversation, thread_ts: Any, **fields: Any) -> dict[str, Any]:
        if thread_ts is not None and not (isinstance(thread_ts, str) and "." in thread_ts):
            raise Refused("invalid_thread_ts")
        head = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "app_id": APP,
            "team": TEAM,
            "ts": self.stamp(),
        }
        profile = {"bot_profile": {"id": BOT_ID, "app_id": APP, "name": "Shop", "team_id": TEAM}}
        return {**head, **profile, **({"thread_ts": thread_ts} if thread_ts else {}), **fields}

    # Reactions

    def reactions_get(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"type": "message", "message": self._message(args)}

    def reactions_add(self, args: dict[str, Any]) -> dict[str, Any]:
        message, name = self._message(args), _needed(args, "name")
        if name not in _EMOJI:
            raise Refused("invalid_name")
        if BOT_USER in self._users_of(message, name):
            raise Refused("already_reacted")
        self.react(BOT_USER, args["channel"], args["timestamp"], name)
        return {}

    def reactions_remove(self, args: dict[str, Any]) -> dict[str, Any]:
        message, name = self._message(args), _needed(args, "name")
        if BOT_USER not in self._users_of(message, name):
            raise Refused("no_reaction")
        self.react(BOT_USER, args["channel"], args["timestamp"], name, added=False)
        return {}

    def _users_of(self, message: dict[str, Any], name: str) -> list[str]:
        return next((each["users"] for each in message.get("reactions", []) if each["name"] == name), [])

    def _message(self, args: dict[str, Any]) -> dict[str, Any]:
        place = self._place(_needed(args, "channel"))
        found = [each for each in place.messages if each["ts"] == _needed(args, "timestamp")]
        if not found:
            raise Refused("message_not_found")
        return found[0]

    # Files

    def files_info(self, args: dict[str, Any]) -> dict[str, Any]:
        found = self.files.get(_needed(args, "file"))
        if found is None:
            raise Refused("file_not_found")
        return {"file": found}

    def files_delete(self, args: dict[str, Any]) -> dict[str, Any]:
        if self.files.pop(_needed(args, "file"), None) is None:
            raise Refused("file_not_found")
        self.contents.pop(args["file"], None)
        return {}

    def files_getUploadURLExternal(self, args: dict[str, Any]) -> dict[str, Any]:
        name, length = _needed(args, "filename"), str(_needed(args, "length"))
        if not length.isdigit() or not int(length):
            raise Refused("invalid_arguments")
        number = f"F0UPLOAD{len(self.uploads) + 1:03d}"
        self.uploads[number] = (name, int(length))
        return {"upload_url": f"{self.address()}/upload/v1/{number}", "file_id": number}

    def files_completeUploadExternal(self, args: dict[str, Any]) -> dict[str, Any]:
        wanted = _json(_needed(args, "files"))
        place = self._writable(_needed(args, "channel_id"))
        listed = []
        for each in wanted:
            if each["id"] not in self.contents:
                raise Refused("file_not_found")
            listed.append(self.files[each["id"]] | {"title": each.get("title") or ""})
        message = self._ours(
            place, args.get("thread_ts"), text=args.get("initial_comment") or "", files=listed
        )
        message["subtype"] = "file_share"
        for file in listed:
            side = "public" if place.kind == "channel" else "private"
            self.files[file["id"]]["shares"] = {side: {place.id: [{"ts": message["ts"]}]}}
        self.keep(place, message)
        return {"files": [{"id": file["id"], "title": file["title"]} for file in listed]}

    def take_upload(self, number: str, content: bytes) -> bool:
        """The bytes of a file come in; False when they are not those that were announced."""
        name, length = self.uploads.get(number, ("", -1))
        if length != len(content):
            return False
        self.contents[number] = content
        kind = "application/octet-stream"
        url = f"{self.address()}/files-pri/{TEAM}-{number}/{name}"
        self.files[number] = {
            "id": number,
            "name": name,
            "mimetype": kind,
            "size": length,
            "url_private": url,
        }
        return True

    # Conversations

    def _place(self, channel: str) -> Conversation:
        if channel not in self.conversations:
            raise Refused("channel_not_found")
        return self.conversations[channel]

    def _writable(self, channel: str) -> Conversation:
        place = self._place(channel)
        if place.archived:
            raise Refused("is_archived")
        if not place.is_member:
            raise Refused("not_in_channel")
        return place


def _needed(args: dict[str, Any], name: str) -> Any:
    if not args.get(name):
        raise Refused(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]}
        )
    return args[name]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _is(value: Any) -> bool:
    return value in (True, "1", "true", 1)


_METHODS: dict[str, tuple[Callable[[Methods, dict[str, Any]], dict[str, Any]], str]] = {
    "auth.test": (Methods.auth_test, ""),
    "bots.info": (Methods.bots_info, "users:read"),
    "users.info": (Methods.users_info, "users:read"),
    "conversations.info": (Methods.conversations_info, "groups:read"),
    "conversations.open": (Methods.conversations_open, "im:write"),
    "conversations.history": (Methods.conversations_history, "im:history"),
    "conversations.replies": (Methods.conversations_replies, "im:history"),
    "chat.postMessage": (Methods.chat_postMessage, "chat:write"),
    "chat.update": (Methods.chat_update, "chat:write"),
    "chat.delete": (Methods.chat_delete, "chat:write"),
    "files.delete": (Methods.files_delete, "files:write"),
    "reactions.get": (Methods.reactions_get, "reactions:read"),
    "reactions.add": (Methods.reactions_add, "reactions:write"),
    "reactions.remove": (Methods.reactions_remove, "reactions:write"),
    "files.info": (Methods.files_info, "files:read"),
    "files.getUploadURLExternal": (Methods.files_getUploadURLExternal, "files:write"),
    "files.completeUploadExternal": (Methods.files_completeUploadExternal, "files:write"),
}
