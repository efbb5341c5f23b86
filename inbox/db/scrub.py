"""Removing what was deleted from SQLite's files too. PostgreSQL reuses such space by itself, with its next vacuum."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from inbox.db.work import Database


def overwrite(session: Session) -> None:
    """Have what this transaction deletes overwritten with zeros, instead of only given free."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON").close()


def finish(db: Database, indexed: Iterable[str]) -> None:
    """Drop deleted words from the full-text indexes of these tables, and the write-ahead log with the old pages."""
    if db.is_postgresql:
        return
    with db.write() as session:
        overwrite(session)
        for table in indexed:
            # Deleted words stay in an index's segments until these are merged.
            merge = f"INSERT INTO {table}_fts ({table}_fts) VALUES ('optimize')"  # noqa: S608  our own tables
            session.connection().exec_driver_sql(merge)
    raw = db.engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
