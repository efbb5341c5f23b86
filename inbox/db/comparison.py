"""What the comparison of tables and database leaves out: the full-text index, which only the database keeps."""

from typing import Any


def include_object(_thing: Any, name: str | None, kind: str, *_compared: Any) -> bool:
    """Leave out what only one of the databases has: the tsvector column and its index, the FTS5 tables."""
    if name is None:
        return True
    match kind:
        case "table":
            return "_fts" not in name
        case "column":
            return name != "search"
        case "index":
            return not name.endswith("_search")
        case _:
            return True
