"""What `fields` of the Admin API gives: "a" is a column, "*b" a relation with its columns, "b.c" a column of one."""

from typing import Any

_JSON = {"metadata"}


class UnknownField(Exception):
    """Something that the object does not have."""


def picked(thing: Any, fields: str) -> Any:
    """The parts of an object that were asked for. Raises UnknownField."""
    tree: dict[str, Any] = {}
    for field in fields.split(","):
        node = tree
        for step in field.lstrip("*+").split("."):
            node = node.setdefault(step, {})
        if field.startswith("*"):
            node["*"] = {}
    return _picked(thing, tree)


def _picked(thing: Any, tree: dict[str, Any]) -> Any:
    if isinstance(thing, list):
        return [_picked(one, tree) for one in thing]
    if not isinstance(thing, dict):
        return thing
    wanted = {name: node for name, node in tree.items() if name != "*"}
    unknown = wanted.keys() - thing.keys()
    if unknown:
        raise UnknownField(sorted(unknown)[0])
    found = {
        name: thing[name] for name in thing if name == "id" or ("*" in tree and _is_column(name, thing[name]))
    }
    for name, node in wanted.items():
        found[name] = thing[name] if _is_column(name, thing[name]) else _picked(thing[name], node)
    return found


def _is_column(name: str, value: Any) -> bool:
    return name in _JSON or not isinstance(value, dict | list)
