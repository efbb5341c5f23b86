"""Telling SQLite how to read, as SQL expressions that change no result. PostgreSQL finds it out by itself."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class _Hint(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def __init__(self, condition: ColumnElement[bool]) -> None:
        super().__init__(condition)

    def self_group(self, against: Any = None) -> Any:
        """Itself: "hint(…) = 1" would hide the condition from the planner."""
        return self


class likely(_Hint):  # noqa: N801  reads as a SQL function
    """A condition of a partial index that is in the wanted order.

    Without this SQLite may look up by the condition's columns in another index, and sort what it found.
    """

    inherit_cache = True
    name = "likely"


class only_check(_Hint):  # noqa: N801  reads as a SQL function
    """A condition to check on rows that were found by others, never to look up by."""

    inherit_cache = True
    name = "only_check"


@compiles(likely)
@compiles(only_check)
def _plain(element: _Hint, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)})"


@compiles(likely, "sqlite")
def _likelihood(element: likely, compiler: SQLCompiler, **kw: Any) -> str:
    return f"likelihood({compiler.process(element.clauses, **kw)}, 0.99)"


@compiles(only_check, "sqlite")
def _unary_plus(element: only_check, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+({compiler.process(element.clauses, **kw)})"
