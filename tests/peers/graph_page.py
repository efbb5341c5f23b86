"""A Page in Messenger or a professional Instagram account at our own Graph API, and people who write to it."""

import itertools
import json
import re
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from werkzeug.wrappers import Response

from tests.peers.graph import APP_ID, TOKEN, Graph
from tests.peers.graph_call import Answer, Call, Refused, Route, bad
from tests.peers.graph_page_rules import INSTAGRAM, MESSENGER, Rules

PAGE_ID = "101000000000001"
IG_ID = "17841400000000001"
PERSON = "7100000000000001"
INBOX_APP = 263902037430900

_SCOPES = {
    "page": ["pages_messaging", "pages_manage_metadata"],
    "instagram": ["instagram_basic", "instagram_manage_messages", "pages_manage_metadata"],
}


class Account:
    """An account and everybody who writes to it.

    `echo` says when the echo of what an app sent comes: "after" the answer to who sent it, "before" it, or "never";
    `tells_app` whether it names the app. `login` makes it an account of Instagram's own login.
    """

    def __init__(self, rules: Rules, number: str, *, login: bool = False, graph: Graph | None = None) -> None:
        self.rules = rules
        self.number = number
        self.login = login
        self.name, self.username = "Shoe Shop", "shoe.shop"
        self.scopes = list(_SCOPES[rules.kind])
        self.expires_at = 0
        self.tells_rights = True
        self.human_agent = False
        self.echo = "after"
        self.tells_app = True
        self.people: dict[str, dict[str, str]] = {}
        self.heard: dict[str, float] = {}
        self.gone: set[str] = set()
        self.subscribed: list[str] = []
        self.known: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.reactions: dict[str, str] = {}
        self.attachments: dict[str, tuple[str, bytes]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self._ids = itertools.count(1)
        self.routes: Sequence[Route] = (
            ("GET", re.compile("me"), self._about_me),
            ("GET", re.compile("debug_token"), self._about_token),
            ("GET", re.compile("me/subscribed_apps"), self._subscriptions),
            ("POST", re.compile("me/subscribed_apps"), self._subscribe),
            ("DELETE", re.compile("me/subscribed_apps"), self._unsubscribe),
            ("POST", re.compile("me/message_attachments"), self._upload),
            ("POST", re.compile("me/messages"), self._send),
            ("GET", re.compile(r"([0-9]+)"), self._about_person),
        )
        self.open_routes: Sequence[Route] = (("GET", re.compile(r"cdn/(.+)"), self._give),)
        self.graph = graph or Graph(self, token="IGAAtoken-that-only-tests-use" if login else TOKEN)

    @property
    def url(self) -> str:
        """What `api_base` is set to."""
        return self.graph.url

    def __enter__(self) -> Self:
        self.graph.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.graph.stop()

    # What people do

    def person(self, number: str = PERSON, first: str = "Anna", last: str = "Moretti", **more: str) -> str:
        """Somebody who has written before; his id for this account."""
        self.people[number] = {
            "first_name": first,
            "last_name": last,
            "name": f"{first} {last}",
            "username": first.lower(),
            **more,
        }
        self.heard[number] = time.time()
        return number

    def write(self, number: str = PERSON, text: str = "", **fields: Any) -> str:
        """A person writes; further `fields` of the message. Its id."""
        if number not in self.people:
            self.person(number)
        self.heard[number] = time.time()
        mid = fields.pop("mid", None) or self._mid()
        message = {"mid": mid, **({"text": text} if text else {}), **fields}
        self.happen("message", message, number)
        return mid

    def happen(self, kind: str, about: Any, number: str = PERSON, *, where: str = "messaging") -> None:
        """Something else that a person does ("reaction", "read")."""
        self.graph.push(self.batch(self.event(kind, about, number), where=where))

    def answer_elsewhere(self, text: str, number: str = PERSON, *, app: int | None = INBOX_APP) -> str:
        """Somebody answers in Meta's own inbox, or another app does. The message's id."""
        mid = self._mid()
        message = {"mid": mid, "text": text, "is_echo": True, **({"app_id": app} if app else {})}
        self.graph.push(self.batch(self.event("message", message, number, outgoing=True)))
        return mid

    def event(self, kind: str, about: Any, number: str = PERSON, *, outgoing: bool = False) -> dict[str, Any]:
        """An event as it stands in a batch."""
        sides = (self.number, number) if outgoing else (number, self.number)
        return {
            "sender": {"id": sides[0]},
            "recipient": {"id": sides[1]},
            "timestamp": int(time.time() * 1000),
            kind: about,
        }

    def batch(self, *events: Any, where: str = "messaging") -> dict[str, Any]:
        """A webhook's body."""
        entry = {"id": self.number, "time": int(time.time() * 1000), where: list(events)}
        return {"object": self.rules.kind, "entry": [entry]}

    def file(self, content: bytes, name: str = "shoes.jpg", media_type: str = "image/jpeg") -> str:
        """Bytes that can be fetched; their address."""
        self.files[name] = (media_type, content)
        return f"{self.url}/cdn/{name}?oe=1"

    def silent(self, days: float, number: str = PERSON) -> None:
        """A person has not written for some days."""
        self.heard[number] = time.time() - days * 86_400

    # The account and its app

    def _about_me(self, call: Call, _found: re.Match[str]) -> Answer:
        wanted = re.sub(r"\{.*?\}", "", call.params.get("fields", "id,name")).split(",")
        linked = {"id": self.number, "username": self.username}
        me: dict[str, Any] = {
            "id": "9900000000000001" if self.rules.kind == "instagram" else self.number,
            "name": self.name,
            "username": self.username,
        }
        if self.login:
            me["user_id"] = self.number
        elif self.rules.kind == "instagram":
            me["instagram_business_account"] = linked
        unknown = [name for name in wanted if name not in (*me, "instagram_business_account")]
        if unknown:
            raise bad(f"Tried accessing nonexisting field ({unknown[0]})")
        return {name: me[name] for name in ("id", *wanted) if name in me}

    def _about_token(self, call: Call, _found: re.Match[str]) -> Answer:
        if self.login or not self.tells_rights:
            raise bad("You must provide an app access token, or a user access token of the app's developer")
        data = {"app_id": APP_ID, "is_valid": True, "scopes": self.scopes, "expires_at": self.expires_at}
        return {"data": data if call.params.get("input_token") == self.graph.token else {"is_valid": False}}

    def _subscriptions(self, _call: Call, _found: re.Match[str]) -> Answer:
        mine = {"id": APP_ID, "name": "Onethread", "subscribed_fields": self.subscribed}
        return {"data": [mine] if self.subscribed else []}

    def _subscribe(self, call: Call, _found: re.Match[str]) -> Answer:
        wanted = str(call.fields.get("subscribed_fields", "")).split(",")
        known = MESSENGER.fields if not self.login else self.rules.fields
        for number, name in enumerate(wanted):
            if name not in known:
                raise bad(f"Param subscribed_fields[{number}] must be one of {known}")
        self.subscribed = wanted
        return {"success": True}

    def _unsubscribe(self, _call: Call, _found: re.Match[str]) -> Answer:
        self.subscribed = []
        return {"success": True}

    def _about_person(self, call: Call, found: re.Match[str]) -> Answer:
        person = self.people.get(found[1])
        if person is None:
            raise bad(f"Unsupported get request. Object with ID '{found[1]}' does not exist", 33)
        known = ("name", "username") if self.rules.kind == "instagram" else ("first_name", "last_name")
        wanted = call.params.get("fields", ",".join(known)).split(",")
        if set(wanted) - {*known, "name", "id"}:
            raise bad("Tried accessing nonexisting field")
        return {"id": found[1], **{name: person[name] for name in wanted if person.get(name)}}

    # Messages

    def _upload(self, call: Call, _found: re.Match[str]) -> Answer:
        kind = self.rules.check_upload(call)
        number = str(1_857_777_774_821_000 + next(self._ids))
        self.attachments[number] = (kind, call.files["filedata"])
        return {"attachment_id": number}

    def _send(self, call: Call, _found: re.Match[str]) -> Answer:
        fields = call.fields
        number = self._recipient(fields)
        action, message = fields.get("sender_action"), fields.get("message")
        if action is not None:
            if message is not None:
                raise bad("Cannot send both message and state at the same time.", 2018034)
            return self._act(action, fields, number)
        if not isinstance(message, dict):
            raise bad("The parameter message is required")
        silent = time.time() - self.heard.get(number, 0.0)
        self.rules.check_window(fields, silent, human_agent=self.human_agent)
        self._check_message(message, fields)
        mid = self._mid()
        self.sent.append({"mid": mid, **fields})
        if self.echo != "never":
            body = written_echo(self, message, mid, number)
            if self.echo == "before" and self.graph.hook:
                self.graph.call_hook(body)
            else:
                self.graph.push(json.loads(body))
        return {"recipient_id": number, "message_id": mid}

    def _recipient(self, fields: dict[str, Any]) -> str:
        recipient = fields.get("recipient")
        number = recipient.get("id") if isinstance(recipient, dict) else None
        if not isinstance(number, str):
            raise bad("The parameter recipient is required")
        if number not in self.people:
            raise bad("No matching user found", self.rules.unknown_person)
        if number in self.gone:
            raise Refused(551, "(#551) This person isn't available right now.", subcode=1545041)
        return number

    def _act(self, action: str, fields: dict[str, Any], number: str) -> Answer:
        if action in ("react", "unreact") and self.rules.reacts:
            payload = fields.get("payload") or {}
            if payload.get("message_id") not in self.known:
                raise bad("The message cannot be found")
            if action == "react" and payload.get("reaction") != "love":
                raise bad("Param payload[reaction] must be one of {love}")
            self.reactions[payload["message_id"]] = payload.get("reaction", "")
        elif action not in ("typing_on", "typing_off", "mark_seen"):
            raise bad("Param sender_action is not one that is known")
        return {"recipient_id": number}

    def _check_message(self, message: dict[str, Any], fields: dict[str, Any]) -> None:
        unknown = set(message) - {"text", "attachment", "metadata"}
        if unknown or ("metadata" in message and not self.rules.metadata):
            raise bad(f"Invalid keys were found in param message: {sorted(unknown) or 'metadata'}")
        if ("text" in message) == ("attachment" in message):
            raise bad("Message must have either a text or an attachment", 2018034)
        if "text" in message:
            self.rules.check_text(message["text"])
        else:
            attachment = message["attachment"]
            found = self.attachments.get(str(attachment.get("payload", {}).get("attachment_id")))
            if found is None:
                raise bad("Attachment id not found", 2018074)
            if found[0] != attachment.get("type"):
                raise bad("The attachment is of another type", 2018047)
        answered = fields.get("reply_to")
        if answered is not None and answered.get("mid") not in self.known:
            raise bad("Invalid parameter: reply_to")

    def _give(self, _call: Call, found: re.Match[str]) -> Answer:
        known = self.files.get(found[1])
        if known is None:
            return Response("URL signature expired", status=403)
        return Response(known[1], content_type=known[0])

    def _mid(self) -> str:
        mid = f"m_{self.rules.kind}-{next(self._ids):06d}"
        self.known.add(mid)
        return mid


def written_echo(account: Account, message: dict[str, Any], mid: str, number: str) -> bytes:
    """The echo of a message that our app sent."""
    about: dict[str, Any] = {"mid": mid, "is_echo": True}
    about |= {name: message[name] for name in ("text", "metadata") if name in message}
    if "attachment" in message:
        kind = message["attachment"]["type"]
        about["attachments"] = [{"type": kind, "payload": {"url": account.file(b"x", f"{mid}.bin")}}]
    if account.tells_app:
        about["app_id"] = int(APP_ID)
    return json.dumps(account.batch(account.event("message", about, number, outgoing=True))).encode()


def page() -> Account:
    """A Page in Messenger."""
    return Account(MESSENGER, PAGE_ID)


def instagram(*, login: bool = False) -> Account:
    """An Instagram account, linked to a Page or connected by Instagram's own login."""
    return Account(INSTAGRAM, IG_ID, login=login)
