"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class Role(enum.StrEnum):
    """What an agent may do, from least to most."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
