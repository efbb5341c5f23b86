"""Telling the team: notices, the ids they are known by, and what colleagues answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_notices()
    create_answers()


def create_notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("root_id", ID, nullable=True),
        sa.Column("thread_id", ID, nullable=True),
        sa.Column("wait_id", ID, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("seen_id", ID, nullable=True),
        sa.Column("idem_key", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("external_id", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name=op.f("fk_notice_assignee_id_agent")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_notice_channel_id_channel")),
        sa.ForeignKeyConstraint(["root_id"], ["notice.id"], name=op.f("fk_notice_root_id_notice")),
        sa.ForeignKeyConstraint(["seen_id"], ["message.id"], name=op.f("fk_notice_seen_id_message")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_notice_thread_id_thread")),
        sa.ForeignKeyConstraint(
            ["wait_id"], ["wait.id"], name=op.f("fk_notice_wait_id_wait"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("channel_id", "key", name=op.f("uq_notice_channel_id_key")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_notice_idem_key")),
    )
    create_index("ix_notice_due", "notice", ["not_before", "id"], "state = 'queued'")
    create_index(
        "ix_notice_moving", "notice", ["channel_id", "id"], "state IN ('queued', 'claimed', 'sending')"
    )
    create_index("ix_notice_leased", "notice", ["lease_until"], "state IN ('claimed', 'sending')")
    create_index("ix_notice_uncertain", "notice", ["not_before", "id"], "state = 'uncertain'")
    create_index("ix_notice_watched", "notice", ["id"], "watched")
    op.create_index("ix_notice_told", "notice", ["channel_id", "what", "created_at"], unique=False)
    op.create_index("ix_notice_wait", "notice", ["wait_id", "channel_id", "reason"], unique=False)
    for column in ("root_id", "seen_id", "thread_id"):
        op.create_index(op.f(f"ix_notice_{column}"), "notice", [column], unique=False)
    op.create_table(
        "notice_alias",
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("external_id", KEY, nullable=False),
        sa.Column("notice_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_notice_alias_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_alias_notice_id_notice")),
        sa.PrimaryKeyConstraint("channel_id", "external_id", name=op.f("pk_notice_alias")),
    )
    op.create_index(op.f("ix_notice_alias_notice_id"), "notice_alias", ["notice_id"], unique=False)


def create_answers() -> None:
    op.create_table(
        "team_answer",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("external_id", KEY, nullable=False),
        sa.Column("root_id", ID, nullable=False),
        sa.Column("envelope_id", ID, nullable=True),
        sa.Column("sender", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("upload_ids", JSON, nullable=True),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_team_answer_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_team_answer_channel_id_channel")
        ),
        sa.ForeignKeyConstraint(
            ["envelope_id"], ["envelope.id"], name=op.f("fk_team_answer_envelope_id_envelope")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_team_answer_message_id_message")
        ),
        sa.ForeignKeyConstraint(["root_id"], ["notice.id"], name=op.f("fk_team_answer_root_id_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_answer")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_team_answer_channel_id_external_id")),
    )
    create_index("ix_team_answer_due", "team_answer", ["not_before", "id"], "state = 'queued'")
    create_index("ix_team_answer_moving", "team_answer", ["root_id", "id"], "state IN ('queued', 'claimed')")
    create_index("ix_team_answer_leased", "team_answer", ["lease_until"], "state = 'claimed'")
    create_index("ix_team_answer_written", "team_answer", ["id"], "state = 'written'")
    for column in ("envelope_id", "message_id"):
        op.create_index(op.f(f"ix_team_answer_{column}"), "team_answer", [column], unique=False)


def create_index(name: str, table: str, columns: list[str], condition: str) -> None:
    """An index of those rows only that fulfil a condition."""
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)
