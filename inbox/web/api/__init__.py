"""The JSON API under /api/v1: the one the inbox itself uses. See docs/api.md."""

import importlib

from flask import Flask

from inbox.flows.context import Context
from inbox.web.api import table

PARTS = (
    "threads",
    "writing",
    "signals",
    "deliveries",
    "attachments",
    "customers",
    "people",
    "merges",
    "acts",
    "commerce",
    "directory",
    "envelopes",
    "shop_pictures",
    "sync",
    "openapi",
)


def routes() -> list[table.Route]:
    """The whole table of routes."""
    for name in PARTS:
        importlib.import_module(f"{__name__}.{name}")
    return table.ROUTES


def register(app: Flask, _ctx: Context) -> None:
    """Add all API routes to `app`."""
    routes()
    app.register_blueprint(table.blueprint())
