"""A Telegram of our own: the Bot API over real HTTP on loopback, and people who write to the bot.

It refuses what the real one refuses: by the published description of its methods where that is at hand, and by
`telegram_rules`. It keeps updates until they are confirmed, calls webhooks with their secret, and can be told to
misbehave.
"""

import json
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.peers.served import Served, cut
from tests.peers.telegram_methods import Call, Methods
from tests.peers.telegram_rules import Refused

TOKEN = "7000000001:AAF_a-token-that-only-tests-use_0001"
_ONLY_IF_NAMED = {"message_reaction", "message_reaction_count", "chat_member"}


@dataclass
class Fault:
    """How the next call of a method goes wrong. `seconds` for "hang"; `answer` and `status` for "say".

    "cut": the connection ends before the call is looked at; "cut_after": it was carried out; "pass": nothing
    goes wrong, which lets the one after it hit a later call.
    """

    kind: str
    seconds: float = 0.0
    status: int = 200
    answer: bytes = b""


class Telegram(Served, Methods):
    """One bot and everybody who writes to it. `official` makes it as strict about webhooks as Telegram's own."""

    def __init__(self, *, official: bool = False, token: str = TOKEN, username: str = "shop_bot") -> None:
        Served.__init__(self)
        Methods.__init__(self, token, username, official=official)
        self.token = token
        self.calls: list[Call] = []
        self.faults: dict[str, deque[Fault]] = {}

    # What people do

    def person(self, number: int, name: str = "Anna", **more: Any) -> dict[str, Any]:
        """Somebody, with a chat with the bot that exists once he writes."""
        return {"id": number, "is_bot": False, "first_name": name, "language_code": "en", **more}

    def chat_of(self, person: dict[str, Any]) -> dict[str, Any]:
        """The private chat of a person."""
        names = {key: person[key] for key in ("first_name", "last_name", "username") if key in person}
        return {"id": person["id"], "type": "private", **names}

    def write(self, person: dict[str, Any], text: str = "", **fields: Any) -> dict[str, Any]:
        """A person writes to the bot; further `fields` of the message. Returns the message."""
        chat = fields.pop("chat", None) or self.chat_of(person)
        message = {
            "message_id": next(self.numbers),
            "date": int(time.time()),
            "chat": chat,
            "from": person,
            **({"text": text} if text else {}),
            **fields,
        }
        self.push("message", message)
        return message

    def push(self, kind: str, about: dict[str, Any], *, number: int | None = None) -> int:
        """An update of any kind; with `number` counting goes on from there."""
        if "chat" in about:
            self.chats[about["chat"]["id"]] = about["chat"]
        with self.news:
            update_id = self.next_update if number is None else number
            self.next_update = update_id + 1
            if kind in self.allowed if self.allowed else kind not in _ONLY_IF_NAMED:
                self.updates.append({"update_id": update_id, kind: about})
                self.news.notify_all()
        return update_id

    def file(self, content: bytes, name: str = "photos/file_1.jpg") -> str:
        """Bytes that can be fetched; the id of the file."""
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = (name, content)
        return file_id

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of a method go wrong, one after the other."""
        self.faults.setdefault(method, deque()).extend(faults)

    def refuse(self, method: str, code: int, description: str, **parameters: Any) -> None:
        """The next call of a method is refused."""
        self.fail(method, Fault("say", status=code, answer=_error(Refused(code, description, **parameters))))

    def made(self, *methods: str) -> list[Call]:
        """The calls of these methods so far."""
        return [call for call in self.calls if call.method in methods]

    # Serving

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        _, *path = request.path.split("/", 3)
        try:
            with request:
                response = self._route(request, path)
        except Refused as error:
            response = Response(_error(error), status=error.code, content_type="application/json")
        except ConnectionResetError:
            cut(environ)
            response = Response(status=500)
        return response(environ, start_response)

    def _route(self, request: Request, path: list[str]) -> Response:
        if path[:1] == ["file"]:
            return self._give_file(path)
        token, _, method = (path[0].removeprefix("bot"), "", path[1]) if len(path) > 1 else ("", "", "")
        call = _call(request, method)
        self.calls.append(call)
        if ":" not in token:
            raise Refused(404, "Not Found")
        if token != self.token:
            raise Refused(401, "Unauthorized")
        waiting = self.faults.get(method)
        fault = waiting.popleft() if waiting else None
        if fault is not None and fault.kind not in ("pass", "cut_after"):
            return self._misbehave(fault)
        result = self.carry_out(call)
        if fault is not None and fault.kind == "cut_after":
            raise ConnectionResetError
        return Response(json.dumps({"ok": True, "result": result}), content_type="application/json")

    def _misbehave(self, fault: Fault) -> Response:
        if fault.kind == "hang":
            self.ended.wait(fault.seconds)
        if fault.kind in ("hang", "cut"):
            raise ConnectionResetError
        return Response(fault.answer, status=fault.status, content_type="application/json")

    def _give_file(self, path: list[str]) -> Response:
        if path[1] != f"bot{self.token}":
            raise Refused(401, "Unauthorized")
        found = next((content for name, content in self.files.values() if name == path[2]), None)
        if found is None:
            raise Refused(404, "Not Found")
        return Response(found, content_type="application/octet-stream")

    # Calling

    def _call_hook(self) -> None:
        """Hand updates to the webhook, one after the other, and again while it does not take them."""
        while not self.ended.is_set():
            with self.news:
                if not (self.updates and self.webhook["url"]):
                    self.news.wait(0.2)
                    continue
                update, hook = self.updates[0], dict(self.webhook)
            if self._post(hook, update):
                with self.news:
                    self.updates = [each for each in self.updates if each is not update]
            else:
                self.ended.wait(0.3)

    def _post(self, hook: dict[str, Any], update: dict[str, Any]) -> bool:
        headers = {"Content-Type": "application/json"}
        if hook["secret_token"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook["secret_token"]
        request = urllib.request.Request(hook["url"], json.dumps(update).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(200 <= answer.status < 300)
        except urllib.error.HTTPError as error:
            said = f"Wrong response from the webhook: {error.code} {error.reason}"
        except OSError:
            said = "Connection refused"
        self.webhook |= {"last_error_date": int(time.time()), "last_error_message": said}
        return False


def _call(request: Request, method: str) -> Call:
    params = {**request.args.to_dict(), **request.form.to_dict()}
    if request.mimetype == "application/json":
        params |= {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in request.json.items()
        }
    files = {name: part.stream.read() for name, part in request.files.items()}
    names = {name: part.filename or "" for name, part in request.files.items()}
    return Call(method, params, files, names)


def _error(error: Refused) -> bytes:
    told = {"ok": False, "error_code": error.code, "description": error.description}
    return json.dumps(told | ({"parameters": error.parameters} if error.parameters else {})).encode()
