"""Agents' pictures. Shops' visitors see them, so nobody has to sign in; their addresses cannot be guessed."""

from flask import Blueprint, Response, url_for

from inbox.agents import queries
from inbox.errors import NotFound
from inbox.threads import attachments
from inbox.web.auth import public
from inbox.web.context import context
from inbox.web.files_built import FOREVER

pages = Blueprint("photos", __name__, url_prefix="/photos")


@pages.get("/<string:key>")
@public
def show(key: str) -> Response:
    """A picture, for as long as it is somebody's. Another picture has another address."""
    ctx = context()
    with ctx.db.read() as session:
        if not queries.photos_among(session, [key]):
            raise NotFound("There is no such picture.")
    data = ctx.files.read(key)
    media_type, kind = attachments.served_as(data[: attachments.HEAD], inline=True)
    response = Response(data, content_type=media_type)
    response.headers["Content-Disposition"] = attachments.disposition(kind, "photo")
    response.headers["Content-Security-Policy"] = attachments.POLICY
    response.headers["Cache-Control"] = FOREVER
    return response


def address(key: str | None) -> str | None:
    """Where an agent's picture is, by its key; None when he has none."""
    return None if key is None else url_for("photos.show", key=key)
