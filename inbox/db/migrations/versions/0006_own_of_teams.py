"""One's own threads among those of teams are found without going through all of one's own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    of_teams = sa.text("team_id IS NOT NULL")
    op.create_index(
        "ix_thread_assignee_teams",
        "thread",
        ["assignee_id", "status", "last_message_at", "id"],
        sqlite_where=of_teams,
        postgresql_where=of_teams,
    )
