"""WhatsApp at our own Graph API: one business's number, its files and templates, and people who write to it.

It refuses what the real one refuses, at once or later in a status, as the real one does: a message outside of the
window of a day is taken, and then fails.
"""

import hashlib
import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from werkzeug.wrappers import Response

from tests.peers.graph import APP_ID, Graph
from tests.peers.graph_call import Answer, Call, Refused, Route, bad
from tests.peers.graph_whatsapp_rules import check_mark, check_message, check_upload, failure, want

PHONE_NUMBER_ID = "106540352242922"
WABA_ID = "102290129340398"
DISPLAY = "+1 555-078-3881"
DAY = 86_400
LISTED = 25
"""Templates of a page when nobody says how many."""


@dataclass
class Person:
    """Somebody in WhatsApp. Who has a user name may hide his number; `wrote_at` opens the window."""

    number: str
    user_id: str
    name: str = "Anna Moretti"
    username: str = ""
    hidden: bool = False
    wrote_at: float = 0.0

    def contact(self) -> dict[str, Any]:
        """How payloads describe him."""
        profile = {"name": self.name, **({"username": self.username} if self.username else {})}
        return {
            "profile": profile,
            **({} if self.hidden else {"wa_id": self.number}),
            **({"user_id": self.user_id} if self.user_id else {}),
        }


class WhatsApp:
    """A number of a WhatsApp Business account, and its Graph API."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.templates: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.read: list[str] = []
        self.subscribed = False
        self.override: dict[str, str] = {}
        self.takes_override = True
        self.number: dict[str, Any] = {
            "id": PHONE_NUMBER_ID,
            "display_phone_number": DISPLAY,
            "verified_name": "Lucky Shrub",
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "status": "CONNECTED",
        }
        self.scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
        self.accounts = {"100000000000001": ["1"], WABA_ID: [PHONE_NUMBER_ID]}
        self.expires_at = 0
        self.tells_rights = True
        self.spoilt = False
        self._ids = itertools.count(1)
        self.routes: Sequence[Route] = (
            ("GET", re.compile(PHONE_NUMBER_ID), self._about_number),
            ("POST", re.compile(PHONE_NUMBER_ID), self._configure),
            ("GET", re.compile("debug_token"), self._about_token),
            ("GET", re.compile(r"([0-9]+)/phone_numbers"), self._numbers),
            ("POST", re.compile(f"{WABA_ID}/subscribed_apps"), self._subscribe),
            ("GET", re.compile(f"{WABA_ID}/message_templates"), self._list_templates),
            ("POST", re.compile(f"{PHONE_NUMBER_ID}/media"), self._upload),
            ("POST", re.compile(f"{PHONE_NUMBER_ID}/messages"), self._send),
            ("GET", re.compile(r"(9[0-9]{14})"), self._about_file),
        )
        self.open_routes: Sequence[Route] = (
            ("GET", re.compile(r"whatsapp_business/attachments/(9[0-9]{14})"), self._give),
        )
        self.graph = Graph(self)

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

    def person(self, number: str = "4915112345678", **more: Any) -> Person:
        """Somebody who can be written to."""
        found = Person(number, more.pop("user_id", f"DE.{number[::-1]}"), **more)
        self.people[found.number] = self.people[found.user_id] = found
        return found

    def write(self, person: Person, words: str = "", **fields: Any) -> dict[str, Any]:
        """A person writes; further `fields` of the message. Returns the webhook's body, which is pushed."""
        person.wrote_at = time.time()
        message = {
            **({} if person.hidden else {"from": person.number}),
            **({"from_user_id": person.user_id} if person.user_id else {}),
            "id": self.wamid(),
            "timestamp": str(int(person.wrote_at)),
            **({"type": "text", "text": {"body": words}} if words else {}),
            **fields,
        }
        body = self.body(contacts=[person.contact()], messages=[message])
        self.graph.push(body)
        return body

    def file(self, content: bytes, media_type: str = "image/jpeg") -> dict[str, Any]:
        """Bytes that a person sends; what a message says of them."""
        media_id = self._keep(media_type, content)
        return {"id": media_id, "mime_type": media_type, "sha256": hashlib.sha256(content).hexdigest()}

    def status(self, wamid: str, state: str, **more: Any) -> dict[str, Any]:
        """News of a message of ours, pushed; `more` fields of the status, such as `errors`."""
        sent = next((each for each in self.sent if each["wamid"] == wamid), {})
        callback = sent.get("biz_opaque_callback_data")
        status = {
            "id": wamid,
            "status": state,
            "timestamp": str(int(time.time())),
            **({"biz_opaque_callback_data": callback} if callback else {}),
            **more,
        }
        body = self.body(statuses=[status])
        self.graph.push(body)
        return body

    def body(self, field: str = "messages", **value: Any) -> dict[str, Any]:
        """A webhook's body about this number."""
        metadata = {
            "display_phone_number": re.sub(r"\D", "", DISPLAY),
            "phone_number_id": PHONE_NUMBER_ID,
        }
        told = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": WABA_ID, "changes": [{"value": told, "field": field}]}],
        }

    def wamid(self) -> str:
        """A new id of a message."""
        return f"wamid.HBgN{next(self._ids):020d}"

    # The number, the token and the account

    def _about_number(self, call: Call, _found: re.Match[str]) -> Answer:
        wanted = call.params.get("fields", "id,display_phone_number,verified_name").split(",")
        unknown = [name for name in wanted if name not in self.number]
        if unknown:
            raise bad(f"Tried accessing nonexisting field ({unknown[0]})")
        return {name: self.number[name] for name in {*wanted, "id"}}

    def _about_token(self, call: Call, _found: re.Match[str]) -> Answer:
        if not self.tells_rights:
            raise bad(
                "You must provide an app access token or a user access token that is an owner or developer"
            )
        if call.params.get("input_token") != self.graph.token:
            raise bad("The parameter input_token is required")
        granular = [{"scope": scope, "target_ids": list(self.accounts)} for scope in self.scopes]
        return {
            "data": {
                "app_id": APP_ID,
                "type": "SYSTEM_USER",
                "expires_at": self.expires_at,
                "is_valid": True,
                "scopes": self.scopes,
                "granular_scopes": granular,
            }
        }

    def _numbers(self, _call: Call, found: re.Match[str]) -> Answer:
        if found[1] not in self.accounts:
            raise bad(f"Unsupported get request. Object with ID '{found[1]}' does not exist", 33)
        return {"data": [{"id": number} for number in self.accounts[found[1]]]}

    def _subscribe(self, _call: Call, _found: re.Match[str]) -> Answer:
        self.subscribed = True
        return {"success": True}

    def _configure(self, call: Call, _found: re.Match[str]) -> Answer:
        told = call.fields.get("webhook_configuration")
        if not isinstance(told, dict) or "override_callback_uri" not in told:
            raise bad("The parameter webhook_configuration is required")
        if told["override_callback_uri"] and not self.takes_override:
            raise Refused(
                2200, "(#2200) Callback verification failed with the following errors: HTTP Status Code = 404"
            )
        if told["override_callback_uri"] and not told.get("verify_token"):
            raise bad("The parameter verify_token is required")
        self.override = told if told["override_callback_uri"] else {}
        return {"success": True}

    # Files

    def _keep(self, media_type: str, content: bytes) -> str:
        media_id = f"9{next(self._ids):014d}"
        self.media[media_id] = (media_type, content)
        return media_id

    def _upload(self, call: Call, _found: re.Match[str]) -> Answer:
        want(call.fields, "messaging_product", "type")
        if "file" not in call.files:
            raise bad("The parameter file is required.")
        media_type, content = call.types["file"], call.files["file"]
        check_upload(media_type, content)
        return {"id": self._keep(media_type, content)}

    def _about_file(self, call: Call, found: re.Match[str]) -> Answer:
        if found[1] not in self.media or call.params.get("phone_number_id") not in (None, PHONE_NUMBER_ID):
            raise bad(f"Unsupported get request. Object with ID '{found[1]}' does not exist", 33)
        media_type, content = self.media[found[1]]
        return {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/whatsapp_business/attachments/{found[1]}?ext=1",
            "mime_type": media_type,
            "sha256": hashlib.sha256(content).hexdigest(),
            "file_size": len(content),
            "id": found[1],
        }

    def _give(self, call: Call, found: re.Match[str]) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.graph.token}":
            return Response("", status=401)
        media_type, content = self.media[found[1]]
        return Response(content[:-1] + b"!" if self.spoilt else content, content_type=media_type)

    # Templates

    def _list_templates(self, call: Call, _found: re.Match[str]) -> Answer:
        size, start = int(call.params.get("limit", LISTED)), int(call.params.get("after", 0))
        page = self.templates[start : start + size]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + len(page))}}
        if start + size < len(self.templates):
            paging["next"] = f"{self.url}/v24.0/{WABA_ID}/message_templates?after={start + size}"
        return {"data": page, "paging": paging}

    # Messages

    def _send(self, call: Call, _found: re.Match[str]) -> Answer:
        fields = call.fields
        if "status" in fields:
            self.read.append(check_mark(fields))
            return {"success": True}
        who, kind = check_message(fields, self.media, self.templates)
        wamid = self.wamid()
        self.sent.append({**fields, "wamid": wamid})
        known = {"wa_id": who.removeprefix("+")} if "to" in fields else {"user_id": who}
        self._later(wamid, kind, self.people.get(who.removeprefix("+")))
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": who, **known}],
            "messages": [{"id": wamid, "message_status": "accepted"}],
        }

    def _later(self, wamid: str, kind: str, person: Person | None) -> None:
        """What is told later and by itself: nobody is there, or the window is closed."""
        if person is None:
            self.status(wamid, "failed", errors=[failure(131026, "Message undeliverable")])
        elif kind != "template" and time.time() - person.wrote_at > DAY:
            self.status(wamid, "failed", errors=[failure(131047, "Re-engagement message")])
