"""Addresses from which a site's chat takes nothing any more, because an agent blocked them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_block_identity_id_identity")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_block_channel_id_channel")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_block_agent_id_agent")),
        sa.PrimaryKeyConstraint("identity_id", "channel_id", name=op.f("pk_block")),
    )
    op.create_index(op.f("ix_block_channel_id"), "block", ["channel_id"], unique=False)
