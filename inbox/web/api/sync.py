"""Catching up with the live feed."""

from typing import Annotated

from pydantic import Field

from inbox.events.queries import feed
from inbox.live import hydrate
from inbox.shapes import Delta
from inbox.web.api.table import Query, Text, route
from inbox.web.auth import me
from inbox.web.context import context

BATCH = 200
"""Events told at once."""


class SyncQuery(Query):
    """Where to go on from: the `cursor` of a snapshot or of the last delta."""

    since: Annotated[Text, Field(min_length=1, max_length=60)]


@route("GET", "/sync", tag="Live", query=SyncQuery, answers={200: Delta})
def sync(query: SyncQuery) -> Delta:
    """Tell what happened since a cursor.

    The same deltas are pushed over Socket.IO as the event `feed`. A delta whose `prev` is not your cursor does
    not follow what you know: ask here, again and again while `more` is true. With `reset`, load everything anew.
    """
    with context().db.read() as session:
        return hydrate(session, feed(session, query.since, BATCH), me())
