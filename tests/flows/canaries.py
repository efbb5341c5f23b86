"""Canaries: texts that are put into every place where something about a person is kept, and looked for later."""

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from inbox.flows.context import Context


def canary(place: str) -> str:
    """A word that occurs nowhere by chance; those of different places begin differently."""
    return "".join(chr(ord("a") + byte % 26) for byte in hashlib.sha256(place.encode()).digest()[:14])


def found(ctx: Context, words: dict[str, str]) -> set[str]:
    """Where a canary is left: "name of its place in table.column", or in a file."""
    return _in_database(ctx, words) | _in_files(ctx.settings.data_dir, words)


def _in_database(ctx: Context, words: dict[str, str]) -> set[str]:
    """Every column of every table, those that the database keeps for itself too."""
    left = set()
    with ctx.db.engine.connect() as connection:
        for table in _tables(ctx, connection):
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                for column, value in row.items():
                    left |= {f"{place} in {table}.{column}" for place in _places(value, words)}
    return left


def _tables(ctx: Context, connection: Any) -> list[str]:
    if ctx.db.is_postgresql:
        return list(inspect(connection).get_table_names())
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
    # The tables behind an index hold its words; the index itself keeps no texts that could be selected.
    return [name for name in names if not name.endswith("_fts")]


def _in_files(folder: Path, words: dict[str, str]) -> set[str]:
    """The bytes of the file store, and of SQLite's own files, where what was deleted may still stand."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    files += [path for path in folder.parent.glob("onethread.db*") if path.is_file()]
    return {f"{place} in {path.name}" for path in files for place in _places(path.read_bytes(), words)}


def _places(value: Any, words: dict[str, str]) -> list[str]:
    data = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    data = data.lower()
    return [place for place, word in words.items() if word.encode() in data]
