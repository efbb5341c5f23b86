"""The blueprint of the panel's API, and what its parts share. Shapes are in `shapes`, limits in `limits`."""

from flask import Blueprint, Response

from inbox.flows import panel
from inbox.flows.context import Context
from inbox.flows.visits import Arrived
from inbox.visits import queries
from inbox.web.api.table import reply
from inbox.web.context import context
from inbox.web.numbers import know_ids
from inbox.web.widget import boot
from inbox.web.widget.door import guarded
from inbox.web.widget.look import Look
from inbox.web.widget.pages import speaking
from inbox.web.widget.shapes import Identity

api = guarded(Blueprint("widget", __name__, url_prefix="/widget/v1/<string:key>"))
api.record(know_ids)


def first_picture(look: Look, arrived: Arrived, identity: Identity, locale: str) -> Response:
    """The panel's first picture, in the visitor's language."""
    ctx = context()
    with ctx.db.read() as session, speaking(look.place, locale):
        picture = boot.boot(session, ctx, look, arrived, identity)
    panel.arrived(ctx, look.visitor)
    return reply(picture)


def locale_of(ctx: Context, look: Look) -> str:
    """The language that the visitor's page asked for, or ""."""
    with ctx.db.read() as session:
        return queries.visit(session, look.visitor.session_id).locale
