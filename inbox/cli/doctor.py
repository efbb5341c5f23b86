"""`onethread doctor`: what is wrong with the installation, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inbox.cli.common import load_settings
from inbox.settings import Settings

if TYPE_CHECKING:
    from inbox.flows.context import Context

Check = Callable[[Settings], Iterator[str]]


@click.command()
def doctor() -> int:
    """Check settings, database, Redis, files, keys, built files, channels and shops. Status 1: something to mend."""
    from inbox import log
    from inbox.cli.problems import explain

    settings = load_settings()
    log.set_up(settings.model_copy(update={"log_level": "error"}))
    found = 0
    for name, check in CHECKS.items():
        try:
            problems = list(check(settings))
        except Exception as error:
            text = explain(error)
            if text is None:
                raise
            problems = [text]
        click.echo(f"{'ok' if not problems else 'MEND':5} {name}")
        for problem in problems:
            click.echo(f"      {problem}")
        found += len(problems)
    click.echo("All is well." if not found else f"{found} to mend.")
    return 1 if found else 0


def _settings(settings: Settings) -> Iterator[str]:
    if not settings.embedded and not settings.public_url:
        yield "ONETHREAD_PUBLIC_URL is not set: links in mails and webhooks need the address that people use."
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        yield "ONETHREAD_PUBLIC_URL must begin with https:// (or http:// in a closed network)."
    if settings.crash_at:
        yield "ONETHREAD_CRASH_AT is set: this process will kill itself. It is for tests only; remove it."


def _secret_key(settings: Settings) -> Iterator[str]:
    from inbox.channels.secrets import open_vault

    if settings.secret_key is None and not settings.embedded:
        yield (
            "ONETHREAD_SECRET_KEY is not set: every machine would make a key of its own and could not open the "
            "secrets of the others. Set the same long random text for all processes."
        )
        return
    if settings.secret_key is None:
        path = settings.data_dir / "secret_key"
        if path.exists() and path.stat().st_mode & 0o077:
            yield f"{path} can be read by others. Run: chmod 600 {path}"
    open_vault(settings)


def _database(settings: Settings) -> Iterator[str]:
    from inbox.db.engine import make_engine

    engine = make_engine(settings.database)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                version = connection.dialect.server_version_info or (0,)
                if version < (13,):
                    yield f"PostgreSQL {version[0]} is too old. Use 13 or newer."
    finally:
        engine.dispose()


def _schema(settings: Settings) -> Iterator[str]:
    from inbox.db.migrate import is_current

    if not is_current(settings.database):
        yield "The database does not have the newest schema. Run: onethread db upgrade"


def _redis(settings: Settings) -> Iterator[str]:
    if not settings.redis_url:
        return
    import redis

    try:
        with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        yield (
            f"Redis does not answer at REDIS_URL ({type(error).__name__}). Start it, correct the address, or "
            "remove REDIS_URL: everything works without it, replies and live updates up to a second later."
        )


def _files(settings: Settings) -> Iterator[str]:
    from inbox.files import FileStore

    store = FileStore(settings.data_dir / "files")
    store.remove(store.put_bytes(b"doctor").key)
    free = _free_megabytes(settings.data_dir)
    if free < 500:
        yield f"Only {free} MB are free in {settings.data_dir}/. Make room before attachments cannot be kept."


def _built(_settings: Settings) -> Iterator[str]:
    import inbox.web

    manifest = Path(inbox.web.__file__).parent / "static" / "dist" / "manifest.json"
    if not manifest.is_file():
        yield "The browser's files are not built. Run “make” in the checkout, or install a released package."


def _channels(settings: Settings) -> Iterator[str]:
    from inbox.app import build
    from inbox.channels import queries

    ctx: Context = build(settings.model_copy(update={"log_level": "error"}))
    try:
        with ctx.db.read() as session:
            rows = queries.channels(session)
    finally:
        ctx.db.dispose()
    for row in rows:
        again = f"See: onethread channel test {row.id}"
        if row.state == "needs_reauth":
            yield f"Channel {row.id} “{row.name}” must be connected again: {row.last_error} {again}"
        elif row.last_error:
            yield f"Channel {row.id} “{row.name}”: {row.last_error} {again}"


def _shops(settings: Settings) -> Iterator[str]:
    from inbox.app import build
    from inbox.commerce import queries

    ctx: Context = build(settings.model_copy(update={"log_level": "error"}))
    try:
        with ctx.db.read() as session:
            rows = queries.shops(session)
    finally:
        ctx.db.dispose()
    for row in rows:
        again = f"See: onethread shop test {row.id}"
        if row.state == "needs_reauth":
            yield f"Shop {row.id} “{row.name}” must be connected again: {row.last_error} {again}"
        elif row.last_error:
            yield f"Shop {row.id} “{row.name}”: {row.last_error} {again}"
        if row.failed:
            yield f"Shop {row.id} “{row.name}” has told {row.failed} things that could not be worked off."


def _free_megabytes(folder: Path) -> int:
    import shutil

    return shutil.disk_usage(folder).free >> 20


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "secret key": _secret_key,
    "database": _database,
    "schema": _schema,
    "Redis": _redis,
    "file store": _files,
    "browser's files": _built,
    "channels": _channels,
    "shops": _shops,
}
