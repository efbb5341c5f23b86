"""All tables in one place, for migrations and tests. Importing it registers every model."""

import importlib

from sqlalchemy import MetaData

from inbox.db.base import Base

ROOMS = (
    "events",
    "agents",
    "channels",
    "customers",
    "threads",
    "sla",
    "outbox",
    "visits",
    "insight",
    "notify",
    "commerce",
)


def metadata() -> MetaData:
    """The metadata with every table of every room."""
    for room in ROOMS:
        importlib.import_module(f"inbox.{room}.models")
    return Base.metadata
