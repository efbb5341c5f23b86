"""One person: claims, suggestions, the journal of merges, what is known about a customer, visitors, ratings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_tables()
    op.add_column("attachment", sa.Column("part", KEY, nullable=True))
    op.add_column("customer", sa.Column("fields", JSON, nullable=False, server_default="{}"))
    op.add_column("customer", sa.Column("erased_at", MOMENT, nullable=True))
    op.add_column("delivery", sa.Column("unseen_at", MOMENT, nullable=True))
    op.add_column("message", sa.Column("edited_at", MOMENT, nullable=True))
    op.add_column("message", sa.Column("removed_at", MOMENT, nullable=True))
    op.add_column("thread", sa.Column("erased_at", MOMENT, nullable=True))
    op.add_column("thread", sa.Column("channel_ids", JSON, nullable=False, server_default="[]"))
    cast = "" if op.get_bind().dialect.name == "sqlite" else "::jsonb"
    op.execute(
        f"UPDATE thread SET channel_ids = ('[' || last_channel_id || ']'){cast} WHERE last_channel_id IS NOT NULL"
    )
    add_reference("attachment", "visitor_id", "visitor_session")
    add_reference("customer", "merged_into_id", "customer")
    add_reference("delivery", "continued_by_id", "message")
    add_reference("thread", "merged_into_id", "thread")
    op.drop_index("ix_event_thread_id", "event")
    op.create_index("ix_event_thread", "event", ["thread_id", "xid", "id"], unique=False)
    op.create_index(
        "ix_delivery_unseen",
        "delivery",
        ["unseen_at", "id"],
        unique=False,
        sqlite_where=sa.text("unseen_at IS NOT NULL"),
        postgresql_where=sa.text("unseen_at IS NOT NULL"),
    )
    op.create_index(
        "ix_wait_first",
        "wait",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("is_first"),
        postgresql_where=sa.text("is_first"),
    )


def add_reference(table: str, column: str, other: str) -> None:
    """Add a column that refers to another table. SQLite takes the constraint only with the column."""
    name = f"fk_{table}_{column}_{other}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {other} (id)"
        )
    else:
        op.add_column(table, sa.Column(column, ID, nullable=True))
        op.create_foreign_key(name, table, other, [column], ["id"])
    op.create_index(f"ix_{table}_{column}", table, [column], unique=False)


def create_tables() -> None:
    op.create_table(
        "custom_field",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint("key", name=op.f("uq_custom_field_key")),
    )
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("namespace", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_consent_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_consent_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(
        "ix_consent_customer", "consent", ["customer_id", "namespace", "purpose", "id"], unique=False
    )
    op.create_table(
        "erasure",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("sought", JSON, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["agent.id"], name=op.f("fk_erasure_asked_by_id_agent")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_erasure_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_erasure_customer_id")),
    )
    op.create_index(
        "ix_erasure_open",
        "erasure",
        ["id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "customer_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["agent.id"], name=op.f("fk_customer_note_author_id_agent")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_note_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_note")),
    )
    op.create_index(op.f("ix_customer_note_customer_id"), "customer_note", ["customer_id"], unique=False)
    op.create_table(
        "customer_tag",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("tag", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_tag_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("customer_id", "tag", name=op.f("pk_customer_tag")),
    )
    op.create_index(op.f("ix_customer_tag_tag"), "customer_tag", ["tag"], unique=False)
    op.create_table(
        "merge_journal",
        sa.Column("id", ID, nullable=False),
        sa.Column("is_split", sa.Boolean(), nullable=False),
        sa.Column("survivor_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("undo_until", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by_id", ID, nullable=True),
        sa.Column("before", JSON, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_merge_journal_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["customer.id"], name=op.f("fk_merge_journal_other_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["survivor_id"], ["customer.id"], name=op.f("fk_merge_journal_survivor_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["agent.id"], name=op.f("fk_merge_journal_undone_by_id_agent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_journal")),
    )
    op.create_index(op.f("ix_merge_journal_other_id"), "merge_journal", ["other_id"], unique=False)
    op.create_index("ix_merge_journal_survivor", "merge_journal", ["survivor_id", "id"], unique=False)
    op.create_table(
        "suggestion",
        sa.Column("id", ID, nullable=False),
        sa.Column("low_id", ID, nullable=False),
        sa.Column("high_id", ID, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["agent.id"], name=op.f("fk_suggestion_decided_by_id_agent")
        ),
        sa.ForeignKeyConstraint(["high_id"], ["customer.id"], name=op.f("fk_suggestion_high_id_customer")),
        sa.ForeignKeyConstraint(["low_id"], ["customer.id"], name=op.f("fk_suggestion_low_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
        sa.UniqueConstraint("low_id", "high_id", name=op.f("uq_suggestion_low_id_high_id")),
    )
    op.create_index(op.f("ix_suggestion_high_id"), "suggestion", ["high_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("identity_id", ID, nullable=True),
        sa.Column("namespace", KEY, nullable=False),
        sa.Column("address", KEY, nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("mailed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_claim_customer_id_customer")),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_claim_identity_id_identity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint(
            "customer_id", "namespace", "address", name=op.f("uq_claim_customer_id_namespace_address")
        ),
    )
    op.create_index(op.f("ix_claim_address"), "claim", ["address"], unique=False)
    op.create_index(op.f("ix_claim_identity_id"), "claim", ["identity_id"], unique=False)
    op.create_table(
        "merge_row",
        sa.Column("merge_id", ID, nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["merge_id"],
            ["merge_journal.id"],
            name=op.f("fk_merge_row_merge_id_merge_journal"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("merge_id", "place", "row_id", name=op.f("pk_merge_row")),
    )
    op.create_table(
        "one_time_code",
        sa.Column("hash", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_one_time_code_identity_id_identity")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_one_time_code")),
    )
    op.create_index(op.f("ix_one_time_code_expires_at"), "one_time_code", ["expires_at"], unique=False)
    op.create_index(op.f("ix_one_time_code_identity_id"), "one_time_code", ["identity_id"], unique=False)
    op.create_table(
        "visitor_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("identity_id", ID, nullable=True),
        sa.Column("verified_until", MOMENT, nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_visitor_session_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_visitor_session_identity_id_identity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_visitor_session_hash")),
    )
    op.create_index(op.f("ix_visitor_session_channel_id"), "visitor_session", ["channel_id"], unique=False)
    op.create_index(op.f("ix_visitor_session_identity_id"), "visitor_session", ["identity_id"], unique=False)
    op.create_index(
        op.f("ix_visitor_session_last_seen_at"), "visitor_session", ["last_seen_at"], unique=False
    )
    op.create_index(
        "ix_visitor_session_unused",
        "visitor_session",
        ["last_seen_at"],
        unique=False,
        sqlite_where=sa.text("identity_id IS NULL"),
        postgresql_where=sa.text("identity_id IS NULL"),
    )
    op.create_table(
        "visit",
        sa.Column("session_id", ID, nullable=False),
        sa.Column("page_url", sa.String(), nullable=False),
        sa.Column("page_title", sa.String(), nullable=False),
        sa.Column("referrer", sa.String(), nullable=False),
        sa.Column("page_at", MOMENT, nullable=True),
        sa.Column("cart", JSON, nullable=True),
        sa.Column("cart_at", MOMENT, nullable=True),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("said", JSON, nullable=False),
        sa.Column("locale", KEY, nullable=False),
        sa.Column("came_at", MOMENT, nullable=False),
        sa.Column("online_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["visitor_session.id"],
            name=op.f("fk_visit_session_id_visitor_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_visit")),
    )
    op.create_table(
        "rating",
        sa.Column("id", ID, nullable=False),
        sa.Column("episode_id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("identity_id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("rated_at", MOMENT, nullable=True),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_rating_score")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_rating_agent_id_agent")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_rating_channel_id_channel")),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"], name=op.f("fk_rating_episode_id_episode")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_rating_identity_id_identity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("episode_id", name=op.f("uq_rating_episode_id")),
    )
    op.create_index(op.f("ix_rating_channel_id"), "rating", ["channel_id"], unique=False)
    op.create_index(op.f("ix_rating_identity_id"), "rating", ["identity_id"], unique=False)
    op.create_index(op.f("ix_rating_rated_at"), "rating", ["rated_at"], unique=False)
    op.create_table(
        "message_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("replaced_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_version_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_version")),
    )
    op.create_index(op.f("ix_message_version_message_id"), "message_version", ["message_id"], unique=False)
    op.create_table(
        "reaction",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("identity_id", ID, nullable=True),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("emoji", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_reaction_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_reaction_identity_id_identity")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_reaction_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
    )
    op.create_index(op.f("ix_reaction_identity_id"), "reaction", ["identity_id"], unique=False)
    op.create_index(op.f("ix_reaction_message_id"), "reaction", ["message_id"], unique=False)
