"""Which addresses their holder himself proved to be his, which accounts of ours he blocked, and where he was met."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("message", sa.Column("place", KEY, nullable=False, server_default=""))
    take_places_out_of_addresses()
    op.add_column("identity", sa.Column("proved_as", ID, nullable=True))
    # What was proved before is taken for proved together as far as it is one customer's.
    op.execute(
        "UPDATE identity SET proved_as = ("
        "SELECT min(mine.id) FROM identity AS mine "
        "WHERE mine.customer_id = identity.customer_id AND mine.level = 'verified'"
        ") WHERE level = 'verified'"
    )
    op.create_table(
        "shut",
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_shut_identity_id_identity")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_shut_channel_id_channel")),
        sa.PrimaryKeyConstraint("identity_id", "channel_id", "place", name=op.f("pk_shut")),
    )
    op.create_index(op.f("ix_shut_channel_id"), "shut", ["channel_id"], unique=False)


def take_places_out_of_addresses() -> None:
    """Make of a Telegram user's address in a business account ("connection:user") his own, unless he has one.

    Who has written in both chats stays two addresses, which agents can merge; the adapter knows both forms.
    """
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT id, account, address FROM identity "
            "WHERE namespace = 'telegram' AND address LIKE '%:%' ORDER BY last_seen_at DESC"
        )
    ).all()
    for row in found:
        place, _, user = row.address.rpartition(":")
        values = {"id": row.id, "account": row.account, "address": user, "place": place}
        renamed = connection.execute(
            sa.text(
                "UPDATE identity SET address = :address WHERE id = :id AND NOT EXISTS (SELECT 1 FROM identity AS i "
                "WHERE i.namespace = 'telegram' AND i.account = :account AND i.address = :address)"
            ),
            values,
        )
        if renamed.rowcount:
            connection.execute(sa.text("UPDATE message SET place = :place WHERE identity_id = :id"), values)
