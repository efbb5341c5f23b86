"""Logging: one structured line per happening, on standard error, without secrets.

Lines of libraries (logging) and ours (structlog) take the same way. Whatever a line carries is searched for
secrets by name and by shape before it is written; error texts of adapters and tracebacks included.
"""

import logging
import logging.config
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from inbox.settings import Settings

MASK = "[redacted]"

_SECRET_NAMES = re.compile(
    r"passw|secret|token|authorization|cookie|api_?key|private_?key|signature|credential|session_id",
    re.IGNORECASE,
)
_SECRET_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{MASK}@"),  # a password in an address
    (
        re.compile(
            r"\b(Bearer|Basic|XOAUTH2|AUTH(?:ENTICATE)? PLAIN)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE
        ),
        rf"\1 {MASK}",
    ),
    (re.compile(r"/bot\d+:[A-Za-z0-9_-]+"), f"/bot{MASK}"),
    (re.compile(r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]+"), MASK),
    (re.compile(r"(?i)\b(access_token|refresh_token|client_secret|password|passwd)=[^&\s]+"), rf"\1={MASK}"),
)

# Chatty at the level we want to hear from ourselves.
_QUIET = (
    "sqlalchemy",
    "alembic",
    "engineio",
    "socketio",
    "geventwebsocket",
    "urllib3",
    "imapclient",
    "rq",
    "asyncio",
)


def scrub(text: str) -> str:
    """`text` with everything masked that has the shape of a secret."""
    for pattern, replacement in _SECRET_SHAPES:
        text = pattern.sub(replacement, text)
    return text


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Mask values whose name or shape says that they are secret, at any depth."""
    return {name: _clean(name, value) for name, value in line.items()}


def _clean(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name) and value not in (None, "", True, False):
        return MASK
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _clean(str(key), entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", entry) for entry in value]
    return value


def set_up(settings: Settings) -> None:
    """Send all logging to standard error, as text for people or JSON for collectors."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor
    if settings.log_format == "json":
        renderer = structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, sort_keys=False
        )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        redact,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": settings.log_level.upper()},
            "loggers": {name: {"level": "WARNING"} for name in _QUIET if settings.log_level != "debug"},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
