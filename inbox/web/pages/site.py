"""A channel that is a panel on a shop's site: the script to put into its pages, and a test for signed identities."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.exceptions import NotFound

from inbox.agents.words import Role
from inbox.channels import queries
from inbox.flows import sites
from inbox.flows.sites import Place
from inbox.visits.proofs import TOKEN_MAX, Known, Refused, read_jwt
from inbox.web import auth
from inbox.web.context import context

pages = Blueprint("site", __name__, url_prefix="/settings/channels")


@dataclass(frozen=True)
class Tried:
    """What came of a token that an admin tried."""

    known: Known | None = None
    refused: Refused | None = None


@pages.get("/<id:channel_id>/site")
@auth.require_role(Role.ADMIN)
def show(channel_id: int) -> str:
    """The script, and how the shop says who is signed in."""
    return _page(channel_id, _place(channel_id), None)


@pages.post("/<id:channel_id>/site")
@auth.require_role(Role.ADMIN)
def test_identity(channel_id: int) -> str:
    """Try a signed identity, and say precisely why it is refused. Nothing of it is kept."""
    place = _place(channel_id)
    token = "".join(request.form.get("token", "")[: 2 * TOKEN_MAX].split())
    try:
        ctx = context()
        tried = Tried(known=read_jwt(token, place.site.secrets, ctx.clock(), ctx.settings.default_region))
    except Refused as error:
        tried = Tried(refused=error)
    return _page(channel_id, place, tried)


def _place(channel_id: int) -> Place:
    ctx = context()
    with ctx.db.read() as session:
        queries.row(session, channel_id)  # a removed one is not found
        place = sites.by_id(session, ctx, channel_id)
    if place is None:
        raise NotFound
    return place


def _page(channel_id: int, place: Place, tried: Tried | None) -> str:
    return render_template(
        "settings/site.html",
        channel=place.channel,
        domains=place.site.domains,
        script=_public(url_for("widget_pages.loader", key=place.site.key)),
        has_secret=bool(place.site.secrets),
        tried=tried,
        facts=_facts(tried.known) if tried is not None and tried.known is not None else (),
        channel_id=channel_id,
    )


def _public(path: str) -> str:
    """A path of ours as the shop's pages reach it."""
    base = context().settings.public_url or request.host_url
    return base.rstrip("/") + path


def _facts(known: Known) -> list[tuple[str, Any]]:
    """What a good token says, by the names of its claims."""
    found = [
        ("sub", known.subject),
        ("name", known.said.name),
        ("email", known.said.email),
        ("phone", known.said.phone),
        ("locale", known.locale),
        *((f"attributes.{name}", value) for name, value in known.attributes.items()),
    ]
    return [(name, value) for name, value in found if value not in ("", None)]
