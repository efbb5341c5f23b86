"""Wiring: the only file that puts the parts together. Importing it does nothing."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Flask
from pydantic import JsonValue

from inbox import log, web
from inbox.channels.parsing import ParserPool
from inbox.channels.registry import Registry
from inbox.channels.secrets import open_vault
from inbox.contract import Io
from inbox.db.tables import metadata
from inbox.db.work import Database
from inbox.files import FileStore
from inbox.flows.context import Context
from inbox.jobs.bells import make_bell
from inbox.net import Guard, NetIo
from inbox.outbox.lanes import Lanes
from inbox.settings import Settings
from inbox.web.i18n import in_language

ROOT = Path(__file__).resolve().parent


def build(settings: Settings, registry: Registry | None = None) -> Context:
    """The context of one process. Opens no connection and starts no thread; call it after any fork.

    Raises SetupError when the installation cannot run as configured.
    """
    log.set_up(settings)
    metadata()  # registers every table: a command may load one room, whose foreign keys lead to others
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    bell = make_bell(settings)
    stop = threading.Event()
    checkpoint = _crash_at(settings.crash_at)
    guard = Guard(allow_private=settings.allow_private_hosts)
    files = FileStore(settings.data_dir / "files")

    def make_io(facts: Mapping[str, JsonValue], keep_secrets: Callable[[Mapping[str, str]], None]) -> Io:
        return NetIo(guard, facts=facts, on_secrets=keep_secrets, checkpoint=checkpoint, stopping=stop.is_set)

    return Context(
        settings=settings,
        db=Database(settings.database, ring=bell.ring),
        registry=registry or Registry(),
        vault=open_vault(settings),
        files=files,
        bell=bell,
        parser=ParserPool(
            seconds=settings.parse_seconds, memory_mb=settings.parse_memory_mb, size=2, spool_dir=files.spool
        ),
        make_io=make_io,
        lanes=Lanes((settings.worker_threads + 1) // 2),
        checkpoint=checkpoint,
        translate=in_language,
        stop=stop,
    )


def create_app(ctx: Context) -> Flask:
    """The web application over a context."""
    app = Flask("inbox.web", root_path=str(ROOT / "web"), template_folder=str(_templates()))
    web.register(app, ctx)
    return app


def _templates() -> Path:
    """The templates: beside the package in a checkout, inside it once installed."""
    beside = ROOT.parent / "templates"
    return beside if (beside / "_base.html").is_file() else ROOT / "_templates"


def _crash_at(name: str) -> Callable[[str], None]:
    """Fault injection: the process kills itself at the named checkpoint, as a power cut would."""

    def checkpoint(reached: str) -> None:
        if name and reached == name:
            os._exit(137)

    return checkpoint
