"""The script that a shop puts into its pages, and the document of the panel's frame."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import flask_babel  # type: ignore[import-untyped]  # it ships no types
from babel import Locale, UnknownLocaleError
from flask import Blueprint, Response, current_app, render_template, request

from inbox.flows.sites import Place
from inbox.web.context import context
from inbox.web.files_built import contents
from inbox.web.i18n import SOURCE, catalog, direction, locale
from inbox.web.i18n import gettext as _
from inbox.web.widget import standing
from inbox.web.widget.door import guarded, site
from inbox.web.widget.shapes import LoaderConfig, Look, PanelConfig

pages = guarded(Blueprint("widget_pages", __name__, url_prefix="/widget"))

LOADER_SECONDS = 300
PLACE = "__ONETHREAD__"
"""What the built loader has in place of its configuration."""
_LOOPBACK = ("localhost", "127.0.0.1")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; "
    "connect-src 'self' {socket}; font-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors {ancestors}"
)


@pages.get("/<string:key>.js")
@site
def loader(place: Place) -> Response:
    """The script of one site, with what it has to know baked in: before the first click nothing else is asked for."""
    with speaking(place, *_accepted()):
        text = contents(current_app, "widget-loader.js").replace(PLACE, _script(loader_config(place)), 1)
    response = Response(text, content_type="text/javascript; charset=utf-8")
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = f"public, max-age={LOADER_SECONDS}"
    response.headers["Vary"] = "Accept-Language"
    # Every shop's page may load it, also one that isolates itself; it refuses to run where it does not belong.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.make_conditional(request)
    return response


@pages.get("/<string:key>/panel")
@site
def panel(place: Place) -> Response:
    """The document of the frame. Browsers show it on the site's own domains only (frame-ancestors)."""
    ctx = context()
    with speaking(place, request.args.get("lang", "")[:50], *_accepted()):
        with ctx.db.read() as session:
            config: PanelConfig = {
                **_look(place),
                "agents": standing.people_shown(session, place),
                "expects": standing.expects(session, ctx, place),
                "texts": standing.texts(place),
                "file_max": standing.file_max(ctx, place),
            }
        page = render_template(
            "widget/panel.html",
            config=config,
            catalog=_catalog(),
            locale=str(locale()).replace("_", "-"),
            direction=direction(),
        )
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY.format(
        socket=_socket(), ancestors=" ".join(ancestors(place.site.domains, https=ctx.settings.https))
    )
    # A page that is isolated (COEP) frames only documents that are, and that say so.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Accept-Language"
    return response


def loader_config(place: Place) -> LoaderConfig:
    """What is baked into a site's loader, in the language that is spoken."""
    label = place.site.says("launcher", place.site.language(str(locale())))
    return {
        **_look(place),
        "position": place.site.position,
        "offset": place.site.offset,
        "texts": {
            "open": label or _("Open chat"),
            "close": _("Close chat"),
            "unread": _("{n} unread"),
            "failed": _("The chat cannot be reached. Check your connection and try again."),
        },
    }


def ancestors(domains: Iterable[str], *, https: bool) -> Iterable[str]:
    """The sources of a CSP for the hosts that may hold the panel. Without a port any will do.

    Browsers take no IPv6 address as a source (CSP 3, host-source); such a host is left out.
    """
    for domain in domains:
        if domain.startswith("["):
            continue
        host, _sep, port = domain.rpartition(":")
        host, port = (host, port) if host else (domain, "*")
        yield f"https://{host}:{port or '*'}"
        if not https or host in _LOOPBACK:
            yield f"http://{host}:{port or '*'}"


def speaking(place: Place, *wished: str) -> AbstractContextManager[Any]:
    """Speak the one of the site's languages that fits the first wish that any fits."""
    language = place.site.language(*(wish for wish in wished if wish))
    try:
        spoken = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        spoken = Locale.parse(SOURCE)
    manager: AbstractContextManager[Any] = flask_babel.force_locale(spoken)
    return manager


def _accepted() -> list[str]:
    return [tag for tag, _quality in request.accept_languages][:10]


def _look(place: Place) -> Look:
    return {
        "key": place.site.key,
        "name": standing.name(place),
        "domains": list(place.site.domains),
        "accent": place.site.accent,
        "theme": place.site.theme,
    }


def _catalog() -> dict[str, str | list[str]]:
    """The texts of the panel's part in the language that is spoken."""
    wanted = set(json.loads(contents(current_app, "widget-texts.json")))
    return {text: found for text, found in catalog().items() if text in wanted}


def _socket() -> str:
    """The source of our own live connection; some browsers do not count it to 'self'."""
    return f"{'wss' if request.is_secure or context().settings.https else 'ws'}://{request.host}"


def _script(config: LoaderConfig) -> str:
    """JSON that may stand in a script, whatever is around it."""
    return json.dumps(config, separators=(",", ":")).replace("<", "\\u003c")
