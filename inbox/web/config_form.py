"""Forms made from a configuration: of a channel's adapter, or of a kind of shop.

Secrets travel one way. What was typed is never written into a page again; while a form is mended, they are
kept in it sealed, for the same admin and for an hour.
"""

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from pydantic import BaseModel

from inbox.channels import rules
from inbox.channels.rules import Field
from inbox.contract import Health
from inbox.errors import Invalid, SetupError
from inbox.web import auth
from inbox.web.context import context

PREFIX = "c_"
_CLEAR = "clear_"
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Group:
    """Inputs that belong together: those that everybody fills in, and `more`.

    `problems` are the live test's findings about them.
    """

    key: str
    title: str
    first: list[Field]
    more: list[Field]
    problems: list[str]


@dataclass
class Sent:
    """A sent form: what the operator chose, and the values for the adapter, secrets included.

    `made` are secrets of ours which the provider has yet to be told: the only ones that a form shows.
    """

    name: str = ""
    team_id: int | None = None
    anyway: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)


def read(purpose: str, model: type[BaseModel], known: Mapping[str, Any], also: Collection[str] = ()) -> Sent:
    """The sent form; `purpose` is what it is for ("form:email"). Raises Invalid for a field that it does not have.

    A secret comes from the input, else from the form's sealed part, else from `known` unless it was to go. `also` are
    further fields that are allowed.
    """
    hidden = rules.secret_names(model)
    allowed = {"csrf_token", "name", "anyway", "kept", *also}
    allowed |= {PREFIX + name for name in model.model_fields} | {_CLEAR + name for name in hidden}
    if unknown := set(request.form) - allowed:
        raise Invalid("The form has a field that is missing or not expected.", f"/{min(unknown)}")
    texts = {
        name.removeprefix(PREFIX): text for name, text in request.form.items() if name.startswith(PREFIX)
    }
    values = rules.from_form(model, texts)
    kept = {name: text for name, text in known.items() if name in hidden and text}
    kept |= unseal(purpose, request.form.get("kept", ""))
    for name in hidden:
        if request.form.get(_CLEAR + name):
            kept.pop(name, None)
    team = request.form.get("team_id", "")
    return Sent(
        name=request.form.get("name", "").strip(),
        team_id=int(team) if team.isascii() and team.isdigit() and len(team) < 19 else None,
        anyway=bool(request.form.get("anyway")),
        values={**{name: text for name, text in kept.items() if name in hidden}, **values},
        texts={name: text for name, text in texts.items() if name not in hidden},
        made={
            each.name: texts[each.name]
            for each in rules.fields(model)
            if each.generate and texts.get(each.name)
        },
    )


def typed_secrets(model: type[BaseModel], sent: Sent) -> dict[str, Any]:
    """The secrets that a form carried, to be kept in it sealed while it is mended."""
    hidden = rules.secret_names(model)
    return {name: value for name, value in sent.values.items() if name in hidden and value}


def groups(model: type[BaseModel], problems: tuple[str, ...]) -> list[Group]:
    """Inputs by the prefix that they share; those without one come first."""
    fields = rules.fields(model)
    keys = list(dict.fromkeys(["", *(each.group for each in fields)]))
    placed = rules.place(problems, keys)
    found = []
    for key in keys:
        first = [each for each in fields if each.group == key and each.essential]
        more = [each for each in fields if each.group == key and not each.essential]
        found.append(Group(key, rules.title_of(key) if key else "", first, more, placed.get(key, [])))
    return found


def seal(purpose: str, secrets: Mapping[str, Any]) -> str:
    """Secrets as a form carries them along, for this admin and for an hour."""
    data = {"at": context().clock().timestamp(), "secrets": dict(secrets)}
    sealed = context().vault.seal(json.dumps(data).encode(), _bound(purpose))
    return base64.urlsafe_b64encode(sealed).decode()


def unseal(purpose: str, text: str) -> dict[str, str]:
    """The secrets that a form carried along; nothing when they are too old or were tampered with."""
    if not text:
        return {}
    try:
        data = json.loads(context().vault.open(base64.urlsafe_b64decode(text), _bound(purpose)))
    except (SetupError, ValueError):
        return {}
    age = context().clock().timestamp() - data["at"]
    secrets: dict[str, str] = data["secrets"]
    return secrets if 0 <= age <= _KEPT_SECONDS else {}


def as_error(health: Health) -> str | None:
    """What a live test found wrong, as one sentence."""
    return None if health.ok else " ".join(health.problems)


def complaint(error: Invalid) -> dict[str, str]:
    """A mistake by the field that it is about."""
    name = error.pointer.strip("/")
    return {("name!" if name == "name" else ""): error.detail}


def _bound(purpose: str) -> str:
    return f"{purpose}:{auth.me().id}"
