"""The context of the application that answers the current request."""

from flask import current_app

from inbox.flows.context import Context


def context() -> Context:
    """What `inbox.app.build` put together."""
    ctx: Context = current_app.extensions["onethread"]
    return ctx
