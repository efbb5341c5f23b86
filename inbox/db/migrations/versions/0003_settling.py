"""Deliveries: when the last try went out, and when the network is asked about an uncertain one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("delivery", sa.Column("started_at", MOMENT, nullable=True))
    op.add_column("delivery", sa.Column("settle_at", MOMENT, nullable=True))
    op.add_column("delivery", sa.Column("settle_tries", sa.Integer(), nullable=False, server_default="0"))
    for name, columns, condition in (
        ("ix_delivery_settle", ["settle_at", "id"], "state = 'uncertain' AND settle_at IS NOT NULL"),
        ("ix_delivery_unread", ["thread_id", "channel_id"], "state IN ('sent', 'delivered')"),
    ):
        op.create_index(
            name,
            "delivery",
            columns,
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
