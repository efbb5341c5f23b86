"""The site widget as HTTP: the loader, the panel's document, its API and its live connection.

Any channel whose manifest says `site` is served. See docs/channels/chat_widget.md for what a shop does, and
docs/widget.md for what the two sides say to each other.
"""

import importlib

from flask import Flask

PARTS = ("messages", "files", "signals", "proving")


def register(app: Flask) -> None:
    """Add the widget's routes to `app`."""
    from inbox.web.widget import door
    from inbox.web.widget.api import api
    from inbox.web.widget.pages import pages

    for name in PARTS:
        importlib.import_module(f"{__name__}.{name}")  # adds its views to the API
    door.register(app)
    for blueprint in (pages, api):
        app.register_blueprint(blueprint)
