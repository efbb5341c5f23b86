"""The Bot API's own description of its methods and types, to check calls with and to make payloads from.

It is one of the collected samples beside the checkout; where that is not there, `load` gives None.
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "telegram-bot-api-spec" / "api.json"

_SCALARS: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "True": (bool,),
}
# Types that the descriptions only talk about.
_SPECIAL = {"InputFile": ("String",)}


@dataclass(frozen=True)
class Schema:
    """`methods` and `types` as they are published."""

    methods: dict[str, Any]
    types: dict[str, Any]

    def problem(self, method: str, given: dict[str, Any], files: set[str]) -> str:
        """Why a call does not follow the description, or ""."""
        known = {field["name"]: field for field in self.methods[method].get("fields", [])}
        for name in (*given, *files):
            if name not in known and not name.startswith("attached"):
                return f"{method} has no parameter {name}"
        for name, field in known.items():
            if name not in given:
                if field["required"] and name not in files:
                    return f"{method} needs {name}"
                continue
            value, types = given[name], field["types"]
            if "String" not in types or value[:1] in "[{":
                value = _read(value)
            wrong = self.misfit(value, types, name)
            if wrong:
                return wrong
        return ""

    def misfit(self, value: Any, types: list[str], where: str) -> str:
        """Why a value is of none of these types, or ""."""
        reasons = [self._misfit_one(value, name, where) for name in types]
        return "" if "" in reasons else reasons[0]

    def _misfit_one(self, value: Any, name: str, where: str) -> str:
        if name.startswith("Array of "):
            inner = name.removeprefix("Array of ")
            if not isinstance(value, list):
                return f"{where} is no list"
            return next(filter(None, (self.misfit(each, [inner], f"{where}[]") for each in value)), "")
        if name in _SCALARS:
            fits = isinstance(value, _SCALARS[name]) and isinstance(value, bool) == (bool in _SCALARS[name])
            return "" if fits else f"{where} is no {name}"
        if name in _SPECIAL:
            return self.misfit(value, list(_SPECIAL[name]), where)
        described = self.types[name]
        if "subtypes" in described:
            return self.misfit(value, described["subtypes"], where)
        if not isinstance(value, dict):
            return f"{where} is no {name}"
        fields = {field["name"]: field for field in described.get("fields", [])}
        unknown = sorted(set(value) - set(fields))
        if unknown:
            return f"{where} ({name}) has no field {unknown[0]}"
        for field_name, field in fields.items():
            if field_name in value:
                wrong = self.misfit(value[field_name], field["types"], f"{where}.{field_name}")
                if wrong:
                    return wrong
            elif field["required"]:
                return f"{where} ({name}) needs {field_name}"
        return ""

    # Making

    def example(self, name: str, *with_fields: str, depth: int = 0, **fixed: Any) -> dict[str, Any]:
        """An object of a type with the fields it must have, those asked for, and `fixed` ones."""
        described = self.types[name]
        made: dict[str, Any] = {}
        for field in described.get("fields", []):
            if field["name"] in fixed:
                made[field["name"]] = fixed[field["name"]]
            elif field["required"] or field["name"] in with_fields:
                made[field["name"]] = self.value(field["types"][0], field, depth + 1)
        return made

    def value(self, name: str, field: dict[str, Any], depth: int) -> Any:
        """A value of a type, as the field's description tells."""
        if name.startswith("Array of "):
            return [self.value(name.removeprefix("Array of "), field, depth)]
        if name == "Integer":
            return 1_700_000_000 if "Unix" in field["description"] else 7
        if name == "Float":
            return 47.5
        if name in ("Boolean", "True"):
            return True
        if name in ("String", "InputFile"):
            return _literal(field)
        subtypes = self.types[name].get("subtypes")
        if subtypes:
            return self.value(subtypes[0], field, depth)
        assert depth < 12, f"{name} is nested without end"
        return self.example(name, depth=depth)

    def fields(self, name: str) -> Iterator[str]:
        """Names of a type's fields."""
        return (field["name"] for field in self.types[name]["fields"])


def _literal(field: dict[str, Any]) -> str:
    """The constant that a description names ("always “emoji”"), or a word."""
    text = field["description"]
    for mark in ("always “", 'always "'):
        if mark in text:
            return str(text.partition(mark)[2].split('"')[0].split("”")[0])
    if field["name"] == "type":
        for mark in ("either “", 'either "', "one of “", 'one of "', 'can be "'):
            if mark in text:
                return str(text.partition(mark)[2].split('"')[0].split("”")[0])
    return {"currency": "EUR", "status": "member"}.get(field["name"], f"some {field['name']}")


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@functools.cache
def load() -> Schema | None:
    """The description, or None where it is not at hand."""
    if not PATH.is_file():
        return None
    data = json.loads(PATH.read_text("utf-8"))
    return Schema(data["methods"], data["types"])
