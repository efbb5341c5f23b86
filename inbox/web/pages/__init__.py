"""The server-rendered pages, one module for each subject. All of them work without JavaScript."""

import importlib

from flask import Flask

PAGES = (
    "health",
    "login",
    "setup",
    "profile",
    "photos",
    "agents",
    "teams",
    "channels",
    "connect",
    "shops",
    "connect_shop",
    "site",
    "inbox",
    "customers",
    "kept",
    "merging",
    "privacy",
    "fields",
    "limits",
    "approvals",
)


def register(app: Flask) -> None:
    """Add all pages. Each module offers its routes as `pages`, a blueprint."""
    for name in PAGES:
        app.register_blueprint(importlib.import_module(f"{__name__}.{name}").pages)
