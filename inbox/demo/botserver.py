"""The Bot API server of the made-up shop's bot, inside this process: what it is told stays here.

It knows the calls that the product makes, answers as the real one does, and has no updates of its own: what the
demo's customers write is kept directly.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qs, urlsplit

from inbox.clock import utc_now
from inbox.contract import HttpResponse
from inbox.demo import media
from inbox.demo.arrivals import Arrival, Arrivals

BASE = "https://telegram.alpe.example"
BOT_ID = 7_000_000_001
TOKEN = f"{BOT_ID}:demo-of-the-made-up-shop-Alpe"
USERNAME = "alpe_gear_bot"
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Alpe", "username": USERNAME}
FIRST_NUMBER = 900_000
"""Message numbers of the bot begin here; those of the script's customers are lower."""

_FILE_FIELDS = ("photo", "document", "video", "audio", "voice", "animation")


class BotServer:
    """Answers the bot's calls. `names` are the customers' by their chat."""

    def __init__(self, arrivals: Arrivals, stopping: Callable[[], bool]) -> None:
        self._arrivals = arrivals
        self._stopping = stopping
        self._lock = threading.Lock()
        self._number = FIRST_NUMBER + int(time.time()) % 1_000_000_000
        self._last: dict[int, int] = {}

    def answer(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """The answer to one request."""
        path = urlsplit(url).path
        if path.startswith(f"/file/bot{TOKEN}/"):
            content, media_type = media.make(path.rpartition("/")[2])
            return HttpResponse(status=200, headers={"content-type": media_type}, body=content)
        method = path.removeprefix(f"/bot{TOKEN}/")
        if method == path or "/" in method:
            return _json(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        fields, files = _fields(headers.get("Content-Type", ""), body)
        return _json(200, {"ok": True, "result": self._result(method, fields, files)})

    def last_number(self, chat: int) -> int:
        """The number of what the bot said last in a chat, or 0."""
        return self._last.get(chat, 0)

    def _result(self, method: str, fields: dict[str, str], files: dict[str, str]) -> Any:
        match method:
            case "getMe":
                return {**BOT, "can_join_groups": False, "can_read_all_group_messages": False}
            case "getUpdates":
                self._wait(float(fields.get("timeout", 0)))
                return []
            case "getWebhookInfo":
                return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            case "getFile":
                name = fields["file_id"]
                return {"file_id": name, "file_unique_id": name, "file_path": f"photos/{name}"}
            case "sendMediaGroup":
                media_fields = json.loads(fields["media"])
                return [self._sent(fields, each.get("caption", ""), ["file"]) for each in media_fields]
            case _ if method.startswith("send") and method != "sendChatAction":
                text = fields.get("text", fields.get("caption", ""))
                names = [files.get(name, "file") for name in _FILE_FIELDS if name in fields or name in files]
                return self._sent(fields, text, names)
        return True

    def _sent(self, fields: dict[str, str], text: str, files: list[str]) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            number = self._number
            chat = int(fields["chat_id"])
            self._last[chat] = number
        self._arrivals.add(Arrival("Telegram", f"chat {chat}", "", text, tuple(files), utc_now(), chat=chat))
        message: dict[str, Any] = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "Customer"},
            "from": BOT,
        }
        return {**message, "text": text} if text else message

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stopping():
            time.sleep(0.25)


def _json(status: int, data: dict[str, Any]) -> HttpResponse:
    return HttpResponse(
        status=status, headers={"content-type": "application/json"}, body=json.dumps(data).encode()
    )


def _fields(media_type: str, body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """A call's parameters, and its files' names by parameter."""
    if not media_type.startswith("multipart/"):
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}, {}
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body)
    fields, files = {}, {}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        if part.get_filename() is None:
            fields[name] = bytes(part.get_payload(decode=True) or b"").decode()
        else:
            files[name] = str(part.get_filename())
    return fields, files
