"""Full-text search over the indexes that the migrations keep: a tsvector column, or an FTS5 table.

What a person typed becomes a query of quoted words, the last of them a prefix; no character of it is syntax.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, column, func, literal, literal_column, select, table
from sqlalchemy.orm import DeclarativeBase, Session

WORDS = 8
"""Further words are left out: they would only cost time."""

LENGTH = 200
"""Characters of the text that are looked at."""

SAMPLE = 20_000
COMMON = 200
"""A word is common that is in so many of the newest SAMPLE rows."""

LOOKED_AT = 2_000
"""The newest matches of a rarer word; the planner's guess for more of them makes it read the whole table."""


def words(text: str) -> list[str]:
    """The words to look for: those with a letter or digit in them."""
    typed = "".join(c if c.isprintable() else " " for c in text[:LENGTH]).split()
    return [word for word in typed if any(c.isalnum() for c in word)][:WORDS]


def search(
    session: Session, model: type[DeclarativeBase], text: str
) -> tuple[Select[Any], ColumnElement[int]] | None:
    """A select of the rows of `model` that contain every word, and its column of ids to sort by.

    None when there is no word to look for. The caller adds joins, columns and a limit.
    """
    wanted = words(text)
    if not wanted:
        return None
    source = model.metadata.tables[model.__tablename__]
    if session.get_bind().dialect.name == "postgresql":
        query = func.to_tsquery(literal_column("'simple'"), literal(_tsquery(wanted)))
        matches = literal_column(f"{source.name}.search").op("@@")(query)
        if _is_common(session, source, matches):
            return select(source.c.id).where(matches), source.c.id
        hits = select(source.c.id).where(matches).cte("hits").prefix_with("MATERIALIZED")
        newest = select(hits.c.id).order_by(hits.c.id.desc()).limit(LOOKED_AT).subquery()
        return select(source.c.id).join_from(newest, source, source.c.id == newest.c.id), source.c.id
    name = f"{source.name}_fts"
    index = table(name, column("rowid"), column(name))
    matches = index.c[name].op("MATCH")(literal(_fts5(wanted)))
    rows = select(index.c.rowid.label("id")).join_from(index, source, source.c.id == index.c.rowid)
    return rows.where(matches), index.c.rowid


def _is_common(session: Session, source: FromClause, matches: ColumnElement[bool]) -> bool:
    """Whether the newest rows hold many matches, so that reading backwards soon finds enough.

    For rare words PostgreSQL's guess is far off: it would read backwards through the whole table. For them
    all matches are taken from the index first.
    """
    newest = select(func.max(source.c.id)).scalar_subquery()
    sample = select(source.c.id).where(source.c.id > newest - SAMPLE, matches).limit(COMMON).subquery()
    return session.execute(select(func.count()).select_from(sample)).scalar_one() >= COMMON


def _tsquery(wanted: list[str]) -> str:
    quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in wanted]
    return " & ".join(quoted) + (":*" if _is_prefix(wanted[-1]) else "")


def _fts5(wanted: list[str]) -> str:
    quoted = ['"' + word.replace('"', '""') + '"' for word in wanted]
    return " AND ".join(quoted) + ("*" if _is_prefix(wanted[-1]) else "")


def _is_prefix(word: str) -> bool:
    """Whether a word may be the beginning of a longer one; a single letter would match half of everything."""
    return len(word) > 1
