"""Shops: connections, their events, carts and orders as last seen, who is who there, and what agents have done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)

BUSY = "order_id <> '' AND kind <> 'note' AND state IN ('proposed', 'approved', 'sending', 'uncertain')"


def upgrade() -> None:
    create_connections()
    create_copies()
    create_links()
    create_acts()
    op.add_column("visit", sa.Column("pages", JSON, nullable=False, server_default=sa.text("'[]'")))


def create_connections() -> None:
    op.create_table(
        "shop",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("config", JSON, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_event_at", MOMENT, nullable=True),
        sa.Column("last_fetch_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_error_at", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("closed_until", MOMENT, nullable=True),
        sa.Column("since", JSON, nullable=True),
        sa.Column("changes_at", MOMENT, nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
    )
    op.create_index(op.f("ix_shop_state"), "shop", ["state"], unique=False)
    op.create_table(
        "shop_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("dedupe_key", KEY, nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("meta", JSON, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_event_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_event")),
        sa.UniqueConstraint("shop_id", "dedupe_key", name=op.f("uq_shop_event_shop_id_dedupe_key")),
    )
    op.create_index(
        "ix_shop_event_due",
        "shop_event",
        ["not_before", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_shop_event_failed",
        "shop_event",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(op.f("ix_shop_event_received_at"), "shop_event", ["received_at"], unique=False)


def create_copies() -> None:
    op.create_table(
        "shop_copy",
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_copy_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "part", "key", name=op.f("pk_shop_copy")),
    )
    op.create_index(op.f("ix_shop_copy_expires_at"), "shop_copy", ["expires_at"], unique=False)
    op.create_table(
        "shop_order",
        sa.Column("id", ID, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("external_id", KEY, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_key", KEY, nullable=False),
        sa.Column("buyer_id", KEY, nullable=False),
        sa.Column("email", KEY, nullable=False),
        sa.Column("phone", KEY, nullable=False),
        sa.Column("placed_at", MOMENT, nullable=True),
        sa.Column("total", sa.String(), nullable=False),
        sa.Column("refunded", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("payment", KEY, nullable=False),
        sa.Column("raw_state", sa.String(), nullable=False),
        sa.Column("tokens", JSON, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_order_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order")),
        sa.UniqueConstraint("shop_id", "external_id", name=op.f("uq_shop_order_shop_id_external_id")),
    )
    op.create_index("ix_shop_order_buyer", "shop_order", ["shop_id", "buyer_id", "placed_at"], unique=False)
    op.create_index(op.f("ix_shop_order_email"), "shop_order", ["email"], unique=False)
    op.create_index("ix_shop_order_number", "shop_order", ["shop_id", "number_key"], unique=False)
    op.create_table(
        "cart",
        sa.Column("id", ID, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("external_id", KEY, nullable=False),
        sa.Column("token", KEY, nullable=False),
        sa.Column("buyer_id", KEY, nullable=False),
        sa.Column("email", KEY, nullable=False),
        sa.Column("phone", KEY, nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("session_id", ID, nullable=True),
        sa.Column("state", KEY, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("changed", JSON, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("last_activity_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_cart_customer_id_customer")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["visitor_session.id"],
            name=op.f("fk_cart_session_id_visitor_session"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_cart_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart")),
        sa.UniqueConstraint("shop_id", "external_id", name=op.f("uq_cart_shop_id_external_id")),
    )
    op.create_index(op.f("ix_cart_customer_id"), "cart", ["customer_id"], unique=False)
    op.create_index(op.f("ix_cart_expires_at"), "cart", ["expires_at"], unique=False)
    op.create_index(op.f("ix_cart_session_id"), "cart", ["session_id"], unique=False)
    op.create_index("ix_cart_shop_buyer", "cart", ["shop_id", "buyer_id"], unique=False)
    op.create_index("ix_cart_shop_token", "cart", ["shop_id", "token"], unique=False)


def create_links() -> None:
    op.create_table(
        "shop_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("buyer_id", KEY, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_shop_link_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_shop_link_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_link_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_link")),
        sa.UniqueConstraint(
            "customer_id", "shop_id", "buyer_id", name=op.f("uq_shop_link_customer_id_shop_id_buyer_id")
        ),
    )
    op.create_index("ix_shop_link_buyer", "shop_link", ["shop_id", "buyer_id"], unique=False)
    op.create_table(
        "episode_order",
        sa.Column("episode_id", ID, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_episode_order_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episode.id"], name=op.f("fk_episode_order_episode_id_episode")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_episode_order_shop_id_shop")),
        sa.PrimaryKeyConstraint("episode_id", "shop_id", "order_id", name=op.f("pk_episode_order")),
    )


def create_acts() -> None:
    op.create_table(
        "act_limit",
        sa.Column("role", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("currency", KEY, nullable=False),
        sa.Column("most", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("role", "kind", "currency", name=op.f("pk_act_limit")),
    )
    op.create_table(
        "shop_act",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("thread_id", ID, nullable=True),
        sa.Column("episode_id", ID, nullable=True),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("act", JSON, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("preview", JSON, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("result", JSON, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_shop_act_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_shop_act_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["agent.id"], name=op.f("fk_shop_act_decided_by_id_agent")
        ),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_shop_act_episode_id_episode")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_act_shop_id_shop")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_shop_act_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_act")),
        sa.UniqueConstraint("key", name=op.f("uq_shop_act_key")),
    )
    op.create_index("ix_shop_act_agent", "shop_act", ["agent_id", "kind", "created_at"], unique=False)
    op.create_index(op.f("ix_shop_act_customer_id"), "shop_act", ["customer_id"], unique=False)
    op.create_index(op.f("ix_shop_act_episode_id"), "shop_act", ["episode_id"], unique=False)
    op.create_index(
        "ix_shop_act_open",
        "shop_act",
        ["not_before", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('approved', 'sending', 'pending', 'uncertain')"),
        postgresql_where=sa.text("state IN ('approved', 'sending', 'pending', 'uncertain')"),
    )
    op.create_index("ix_shop_act_order", "shop_act", ["shop_id", "order_id"], unique=False)
    op.create_index(
        "uq_shop_act_busy",
        "shop_act",
        ["shop_id", "order_id"],
        unique=True,
        sqlite_where=sa.text(BUSY),
        postgresql_where=sa.text(BUSY),
    )
    op.create_index(
        "ix_shop_act_proposed",
        "shop_act",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(op.f("ix_shop_act_thread_id"), "shop_act", ["thread_id"], unique=False)
