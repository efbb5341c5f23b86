"""Agents' pictures: the key of each in the file store, by which it is also asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("agent", sa.Column("photo", KEY, nullable=True))
    op.create_index(op.f("ix_agent_photo"), "agent", ["photo"], unique=True)
