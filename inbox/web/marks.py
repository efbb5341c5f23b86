"""The signs of channels in pages and in the inbox: drawings within the page, colours in a style sheet of their own."""

import functools
import hashlib
from typing import TypedDict

from flask import Flask, Response, current_app, url_for
from markupsafe import Markup

from inbox.channels.marks import OTHER, marks
from inbox.channels.registry import Registry
from inbox.commerce.registry import Registry as Shops
from inbox.contract import Mark
from inbox.flows.context import Context
from inbox.web import auth
from inbox.web.context import context
from inbox.web.files_built import FOREVER, asset

_DRAWN = Markup('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>')
_NAMED = Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>')


class MarkView(TypedDict):
    """A mark for the inbox: the name of an icon, or the path of a drawing, and a CSS colour."""

    icon: str
    draw: str
    colour: str


def register(app: Flask) -> None:
    """Serve the colours, and give templates `mark(kind)`, a drawing, and `marks_sheet()`, the address of the colours.

    An element of the class `k-KIND` has the colour of that kind of channel as `--c`, one of `s-KIND` that of a kind
    of shop, whose drawing is `shop_mark(kind)`.
    """
    app.add_url_rule("/marks.css", "marks", sheet)
    app.add_template_global(mark)
    app.add_template_global(shop_mark)
    app.add_template_global(marks_sheet)


@auth.public
def sheet() -> Response:
    """The colour of every kind, for its class."""
    answer = Response(_rules(context()), mimetype="text/css")
    answer.headers["Cache-Control"] = FOREVER
    return answer


def marks_sheet() -> str:
    """The address of the colours, which changes with them."""
    digest = hashlib.sha256(_rules(context()).encode()).hexdigest()[:10]
    return url_for("marks", v=digest)


def mark(kind: str) -> Markup:
    """The drawing of a kind of channel or address."""
    return _drawing(_known(context().registry).get(kind, OTHER))


def shop_mark(kind: str) -> Markup:
    """The drawing of a kind of shop."""
    return _drawing(_known_shops(context().shops).get(kind, OTHER))


def _drawing(found: Mark) -> Markup:
    if found.draw:
        return _DRAWN.format(found.draw)
    return _NAMED.format(asset(current_app, "icons.svg"), found.icon)


def mark_views(ctx: Context) -> dict[str, MarkView]:
    """All marks by kind, for the inbox."""
    return {
        kind: {"icon": found.icon, "draw": found.draw, "colour": _colour(found)}
        for kind, found in _known(ctx.registry).items()
    }


@functools.lru_cache(maxsize=4)
def _known(registry: Registry) -> dict[str, Mark]:
    return marks(registry)


@functools.lru_cache(maxsize=4)
def _known_shops(registry: Shops) -> dict[str, Mark]:
    return {kind: registry.get(kind).manifest.mark for kind in registry.kinds()}


def _rules(ctx: Context) -> str:
    classes = [(f"k-{kind}", found) for kind, found in _known(ctx.registry).items()]
    classes += [(f"s-{kind}", found) for kind, found in _known_shops(ctx.shops).items()]
    return "".join(f".{name}{{--c:{_colour(found)}}}\n" for name, found in classes)


def _colour(found: Mark) -> str:
    return f"light-dark({found.light}, {found.dark})"
