"""Probes for whoever keeps the server running. They tell names of parts, no details."""

import structlog
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from inbox.db.migrate import is_current
from inbox.files import StoreFull
from inbox.flows.context import Context
from inbox.web.auth import public
from inbox.web.context import context

log = structlog.get_logger(__name__)

pages = Blueprint("health", __name__)

PROBE = bytes(64 * 1024)
"""Written to the file store to see whether it can be: a full disk still takes an empty file."""


@pages.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return jsonify(ok=True)


@pages.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """The process can work: 200, or 503 with the reasons."""
    reasons = [reason for reason in (_database(context()), _files(context())) if reason]
    if reasons:
        log.warning("not_ready", reasons=reasons)
    return jsonify(ready=not reasons, reasons=reasons), 503 if reasons else 200


def _database(ctx: Context) -> str | None:
    try:
        with ctx.db.read() as session:
            session.execute(text("SELECT 1"))
        # A schema does not become older: once it was right, the look is saved.
        if not current_app.extensions.get("onethread_schema_current"):
            if not is_current(ctx.settings.database):
                return "database: the schema is not current, run “onethread db upgrade”"
            current_app.extensions["onethread_schema_current"] = True
    except SQLAlchemyError:
        return "database: cannot be reached"
    return "database: no space is left" if ctx.db.full else None


def _files(ctx: Context) -> str | None:
    try:
        ctx.files.remove(ctx.files.put_bytes(PROBE).key)
    except StoreFull:
        return "files: the store cannot be written"
    return None
