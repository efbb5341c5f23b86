"""Everything that speaks HTTP. `register` attaches it to a Flask application; importing does nothing."""

from flask import Flask

from inbox.flows.context import Context


def register(app: Flask, ctx: Context) -> None:
    """Attach pages, API, webhooks, sockets and all that guards them to `app`, over the context `ctx`."""
    from inbox.web import (
        api,
        auth,
        errors,
        files_built,
        hooks,
        i18n,
        marks,
        pages,
        security,
        shop_hooks,
        sockets,
        widget,
    )
    from inbox.web.numbers import IdConverter

    app.extensions["onethread"] = ctx
    app.url_map.converters["id"] = IdConverter
    errors.register(app)  # first, so that it answers whatever fails later
    security.register(app, ctx)
    i18n.register(app)
    files_built.register(app)
    marks.register(app)
    auth.register(app, ctx)
    pages.register(app)
    hooks.register(app)
    shop_hooks.register(app)
    api.register(app, ctx)
    widget.register(app)
    sockets.register(app, ctx)
