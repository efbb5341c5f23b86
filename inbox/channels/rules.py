"""Pure decisions about channels: how a configuration becomes a form, and how healthy an account is."""

import secrets
import types
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from inbox.channels.words import ChannelState

Control = Literal["text", "secret", "number", "check", "select", "area", "list"]
Tone = Literal["ok", "warn", "bad", ""]

_ABBREVIATIONS = {
    "imap": "IMAP",
    "smtp": "SMTP",
    "tls": "TLS",
    "oauth": "OAuth",
    "url": "URL",
    "api": "API",
} | {
    "id": "ID",
    "ca": "CA",
    "mb": "MB",
}
_LONG = 1000
"""Texts that may be longer than this many characters get an area of several lines."""
_GROUP_MIN = 3
_RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class Field:
    """One input of a connection form.

    `group` is the name prefix it shares with others ("imap"), or "". `essential` inputs are shown at once, the
    others on demand: what has no default, and the secrets beside such. `generate` marks a secret of ours that the
    provider is told: the form proposes one, and shows it for copying as long as it is not saved. `rare` marks a secret
    that few accounts need, and these not at first.
    """

    name: str
    title: str
    description: str
    control: Control
    options: tuple[str, ...]
    default: str
    required: bool
    group: str
    essential: bool = False
    generate: bool = False
    rare: bool = False

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The options with a text for each."""
        return [(option, _ABBREVIATIONS.get(option, option)) for option in self.options]


def secret_names(model: type[BaseModel]) -> frozenset[str]:
    """The fields that are encrypted at rest and never shown again."""
    return frozenset(
        name for name, info in model.model_fields.items() if _plain(info.annotation) is SecretStr
    )


def fields(model: type[BaseModel]) -> list[Field]:
    """A configuration's inputs, in the order of the model, grouped by prefix.

    Fields marked `kept_by_itself` (in `json_schema_extra`) are the adapter's own business and no inputs.
    """
    prefixes = [name.partition("_")[0] for name in model.model_fields if "_" in name]
    groups = {prefix for prefix in prefixes if prefixes.count(prefix) >= _GROUP_MIN}
    found = [
        _field(name, info, groups)
        for name, info in model.model_fields.items()
        if not _marked(info, "kept_by_itself")
    ]
    asked = {field.group for field in found if field.required}
    return [
        replace(
            field,
            essential=field.required
            or field.generate
            or (field.control == "secret" and field.group in asked and not field.rare),
        )
        for field in found
    ]


def generated(model: type[BaseModel]) -> dict[str, str]:
    """Proposals for the secrets that the provider is told by us: 32 letters, digits, - and _ each."""
    return {field.name: secrets.token_urlsafe(24) for field in fields(model) if field.generate}


def title_of(name: str) -> str:
    """A field's name as a heading: "imap_host" → "IMAP host"."""
    words = [_ABBREVIATIONS.get(word, word) for word in name.split("_")]
    return words[0][:1].upper() + " ".join(words)[1:]


def from_form(model: type[BaseModel], form: Mapping[str, str]) -> dict[str, Any]:
    """Values of a sent form, by field name; what was left empty is left to the default.

    An emptied input is only passed on where the default is a text, so that "no Sent folder" can be said.
    """
    values: dict[str, Any] = {}
    for field in fields(model):
        text = form.get(field.name, "")
        if field.control != "secret":
            text = text.replace("\r\n", "\n").strip()
        if field.control == "check":
            values[field.name] = bool(text)
        elif text or (field.default and field.control in ("text", "area")):
            values[field.name] = text
        elif field.control == "list" and field.name in form:
            values[field.name] = ()
    return values


def to_form(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, str]:
    """Texts for the inputs from public values; secrets are left out."""
    hidden = secret_names(model)
    return {name: _text(value) for name, value in values.items() if name not in hidden}


def sentences(error: ValidationError) -> dict[str, str]:
    """What is wrong with a configuration, by field name ("" for the whole)."""
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        text = {"missing": "This is needed.", "extra_forbidden": "There is no such setting."}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        found.setdefault(name, text[:1].upper() + text[1:].rstrip(".") + ".")
    return found


def place(problems: Iterable[str], groups: Collection[str]) -> dict[str, list[str]]:
    """Problems of a live test by the part that they name: "SMTP: …" belongs to the group "smtp"; else ""."""
    placed: dict[str, list[str]] = {}
    for problem in problems:
        part = problem.partition(":")[0].strip().casefold()
        placed.setdefault(part if part in groups else "", []).append(problem)
    return placed


def light(
    state: ChannelState,
    *,
    error_at: datetime | None,
    worked_at: Collection[datetime | None],
    stuck: int,
    now: datetime,
) -> Tone:
    """The colour of a channel's light: bad needs somebody now, warn deserves a look.

    `worked_at` are the last successes of any kind, `stuck` counts what waits for a person.
    One direction may fail while the other works, so a recent error stays a warning after a success.
    """
    if state is ChannelState.NEEDS_REAUTH:
        return "bad"
    if state is not ChannelState.ACTIVE:
        return ""
    successes = [moment for moment in worked_at if moment is not None]
    if error_at is not None:
        if not successes or max(successes) < error_at:
            return "bad"
        if now - error_at < _RECENT:
            return "warn"
    return "warn" if stuck else "ok"


def hook_url(public_url: str, kind: str, channel_id: int) -> str:
    """Our address for a channel's webhooks, or "" without an address of our own."""
    base = public_url.rstrip("/")
    return f"{base}/hooks/{kind}/{channel_id}" if base else ""


def _marked(info: FieldInfo, mark: str) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(mark))


def _field(name: str, info: FieldInfo, groups: Collection[str]) -> Field:
    plain = _plain(info.annotation)
    default = None if info.is_required() else info.get_default(call_default_factory=False)
    prefix = name.partition("_")[0]
    return Field(
        name=name,
        title=info.title or title_of(name),
        description=info.description or "",
        control=_control(plain, info),
        options=tuple(str(option) for option in get_args(plain)) if get_origin(plain) is Literal else (),
        default="" if isinstance(default, SecretStr) else _text(default),
        required=info.is_required(),
        group=prefix if prefix in groups else "",
        generate=plain is SecretStr and _marked(info, "generate"),
        rare=_marked(info, "rare"),
    )


def _control(plain: Any, info: FieldInfo) -> Control:
    if plain is SecretStr:
        return "secret"
    if plain is bool:
        return "check"
    if plain in (int, float):
        return "number"
    if get_origin(plain) is Literal:
        return "select"
    if get_origin(plain) in (tuple, list):
        return "list"
    longest = next((rule.max_length for rule in info.metadata if hasattr(rule, "max_length")), None)
    return "area" if longest is not None and longest > _LONG else "text"


def _plain(annotation: Any) -> Any:
    """The type without "or None"."""
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        if len(inner) == 1:
            return inner[0]
    return annotation


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, tuple | list):
        return ", ".join(str(part) for part in value)
    return str(value)
