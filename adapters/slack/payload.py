"""What Slack hands over, whichever way it comes: the event, and what stands around it. Pure."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from adapters.slack.people import ident
from inbox.contract import Unreadable

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_FORM_MAX = 20


@dataclass(frozen=True)
class Frame:
    """What stands around an event: our own workspace, bot and app, and whether the channel is shared with others."""

    team: str
    bot: str
    app: str
    shared: bool


def read(body: bytes) -> dict[str, Any]:
    """A payload as data, with each character that no database takes replaced. Raises Unreadable."""
    try:
        text = body.decode()
        data = json.loads(text) if not text.startswith(("payload=", "token=", "command=")) else _form(text)
        fit = _fit(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The payload is no JSON.", code="json") from error
    if not isinstance(fit, dict):
        raise Unreadable("The payload is no object.", code="json")
    return fit


def _form(text: str) -> dict[str, Any]:
    """What Slack sends of buttons and of slash commands, to whoever gives it the same address for all."""
    fields = parse_qs(text, max_num_fields=10 * _FORM_MAX)
    if "command" in fields:
        return {"type": "slash_commands"}
    data = json.loads(fields["payload"][0]) if "payload" in fields else {}
    return {"type": "interactive", "kind": data.get("type") if isinstance(data, dict) else None}


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_fit(each) for each in value]
    if isinstance(value, dict):
        return {_fit(key): _fit(each) for key, each in value.items()}
    return value


def event_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """The event of a payload, or None where it is about something else."""
    event = data.get("event")
    return event if isinstance(event, dict) else None


def frame_of(data: dict[str, Any]) -> Frame:
    """What stands around the event of a payload. Raises Unreadable."""
    told = data.get("authorizations")
    ours = told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else {}
    team = ident(ours.get("team_id")) or ident(data.get("context_team_id")) or ident(data.get("team_id"))
    bot = ident(ours.get("user_id")) if ours.get("is_bot") is True else ""
    return Frame(team, bot, ident(data.get("api_app_id")), data.get("is_ext_shared_channel") is True)


def dedupe_key(data: dict[str, Any]) -> str:
    """A name that the same news has each time: Slack may tell them again under another event id."""
    event = event_of(data)
    if event is None:
        return f"payload/{_digest(data)}"
    team = data.get("context_team_id") or data.get("team_id")
    if event.get("type") not in ("message", "app_mention"):
        return f"event/{_digest([team, event])}"
    inner = event.get("message")
    message = inner if isinstance(inner, dict) else event
    edited = message.get("edited")
    changed = edited.get("ts") if isinstance(edited, dict) else None
    about = [
        team,
        event.get("channel"),
        message.get("ts"),
        event.get("deleted_ts"),
        event.get("type"),
        event.get("subtype"),
        # A change without a time of its own, such as a preview that Slack added, has that of its event.
        changed or (event.get("event_ts") if inner is not None else None),
    ]
    return f"message/{_digest(about)}"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:40]
