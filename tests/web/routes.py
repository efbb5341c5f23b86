"""The routes of the application, each with an address that fits it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

_EXAMPLES = {
    "kind": "pigeon",
    "view": "mine",
    "mode": "reply",
    "filename": "nothing.js",
    "key": "no-such-site",
}
_VARIABLE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """A rule and one of its methods; `example` is an address, with numbers of rows that do not exist."""

    rule: str
    method: str
    example: str


def routes(app: Flask) -> Iterator[Route]:
    """All routes, in a stable order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        example = _VARIABLE.sub(lambda found: _EXAMPLES.get(found[1], "987654"), rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.rule, method, example)
