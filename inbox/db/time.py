"""Time as the database sees it, as SQL expressions. Leases and due times use nothing else (rule R15)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from inbox.db.base import UtcDateTime


class utc_in(FunctionElement[datetime]):  # noqa: N801  reads as a SQL function
    """The database's time plus `seconds` (may be negative)."""

    type = UtcDateTime()
    inherit_cache = True
    name = "utc_in"

    def __init__(self, seconds: float) -> None:
        super().__init__(literal(float(seconds), Float))


@compiles(utc_in, "postgresql")
def _postgresql(element: utc_in, compiler: SQLCompiler, **kw: Any) -> str:
    # statement_timestamp() is stable, so that comparisons with it can use an index; clock_timestamp() is not.
    return f"(statement_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)}))"


@compiles(utc_in, "sqlite")
def _sqlite(element: utc_in, compiler: SQLCompiler, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


def utcnow() -> utc_in:
    """The database's current time."""
    return utc_in(0.0)
