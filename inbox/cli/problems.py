"""Errors that whoever runs a command can mend, in words. Everything else keeps its traceback."""

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, ProgrammingError

from inbox.contract import AdapterError
from inbox.db.work import is_full
from inbox.errors import Invalid, OnethreadError
from inbox.log import scrub


def explain(error: BaseException) -> str | None:
    """A sentence that says what to do about `error`, or None when it is a fault of the program."""
    match error:
        case Invalid(detail=detail):
            return detail
        case OnethreadError() | AdapterError():
            return str(error)
        case ValidationError():
            return _settings(error)
        case OperationalError() | ProgrammingError():
            return _database(error)
        case ArgumentError() | NoSuchModuleError():
            return (
                "DATABASE_URL cannot be understood. It looks like postgresql://user:password@host/database."
            )
        case PermissionError() if error.filename:
            return f"No right to use {error.filename}. Give the account that runs Onethread that right."
    return None


def _settings(error: ValidationError) -> str | None:
    if error.title != "Settings":
        return None
    lines = [f"{_name(problem['loc'][0])}: {problem['msg']}." for problem in error.errors() if problem["loc"]]
    return "A setting is wrong. " + " ".join(lines)


def _name(field: int | str) -> str:
    name = str(field).upper()
    return name if name in ("DATABASE_URL", "REDIS_URL") else f"ONETHREAD_{name}"


def _database(error: OperationalError | ProgrammingError) -> str | None:
    if is_full(error):
        return (
            "The database has no space left, and nothing was changed. Make room on its disk, then try again."
        )
    text = str(error.orig)
    if "no such table" in text or getattr(error.orig, "sqlstate", None) == "42P01":
        return "The database has no tables yet. Run: onethread db upgrade"
    if "no such column" in text or getattr(error.orig, "sqlstate", None) == "42703":
        return "The database has an older schema than this program. Run: onethread db upgrade"
    if isinstance(error, ProgrammingError):
        return None
    return f"The database does not answer: {scrub(text).splitlines()[0]}"
