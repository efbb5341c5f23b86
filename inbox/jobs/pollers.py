"""Polling: for every active channel that is polled, one thread in one process, by a lease in the database.

What a poll brings and how far it got are committed together, so that a crash anywhere repeats a fetch and
never skips one. Accounts do not know of one another: a server that hangs holds up its own thread only.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from pydantic import JsonValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import envelopes, polling
from inbox.channels import lookup as channel_lookup
from inbox.channels.polling import Target
from inbox.channels.words import Side
from inbox.contract import Batch, Io, NeedsReauth, Poller, Rejected, TryLater
from inbox.db.work import is_full
from inbox.errors import OnethreadError
from inbox.flows.context import Context

log = structlog.get_logger(__name__)

RENEW = polling.LEASE / 3
LOOK = 2.0
"""Seconds between looks at which channels there are, besides the bell."""
WAIT = 600.0
"""How long a poller may wait for news; it looks at its orders to stop every second."""
WISH_MAX = 60.0
REJECTED_SECONDS = 60.0
DATABASE_FULL = (
    "The database has no space left. What comes in stays where it is and is fetched when there is room again."
)


def backoff(failures: int, jitter: float, wish: float | None = None) -> float:
    """Seconds until the next try after `failures` in a row: 0.5, 1, 2, 4, then 8, a quarter less at random.

    Eight, so that a server that returns is back within ten; its own wish is heeded up to a minute.
    """
    seconds = (0.5, 1.0, 2.0, 4.0, 8.0)[min(failures, 5) - 1] * (1 - jitter / 4)
    return max(seconds, min(wish or 0.0, WISH_MAX))


class LeaseLost(OnethreadError):
    """Another process polls the channel now."""


@dataclass
class Line:
    """The polling of one channel, in a thread of its own."""

    target: Target
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    renewed: float = 0.0


class Supervisor:
    """Keeps a line open for every channel that this process can get the lease of."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}

    def run(self, ctx: Context) -> None:
        """Look after the lines until the process stops."""
        while not ctx.stop.is_set():
            with ctx.db.read() as session:
                wanted = {target.channel_id: target for target in polling.targets(session, ctx.registry)}
            self._close_unwanted(ctx, wanted)
            self._renew(ctx)
            self._open_missing(ctx, wanted)
            ctx.bell.wait("channels", min(LOOK, ctx.bell.patience))
        self._end(ctx)

    def _close_unwanted(self, ctx: Context, wanted: Mapping[int, Target]) -> None:
        for channel_id, line in list(self._lines.items()):
            if wanted.get(channel_id) != line.target:
                line.stop.set()
            if line.thread is None or not line.thread.is_alive():
                del self._lines[channel_id]
                ctx.db.run(polling.give_back, channel_id, ctx.owner)

    def _renew(self, ctx: Context) -> None:
        for channel_id, line in self._lines.items():
            if time.monotonic() - line.renewed > RENEW and not line.stop.is_set():
                if ctx.db.run(polling.take, channel_id, ctx.owner):
                    line.renewed = time.monotonic()
                else:
                    log.warning("poller.lease_lost", channel=channel_id)
                    line.stop.set()

    def _open_missing(self, ctx: Context, wanted: Mapping[int, Target]) -> None:
        for channel_id, target in wanted.items():
            if channel_id in self._lines or not ctx.db.run(polling.take, channel_id, ctx.owner):
                continue
            line = Line(target, renewed=time.monotonic())
            line.thread = threading.Thread(
                target=poll, args=(ctx, line), name=f"poll-{channel_id}", daemon=True
            )
            self._lines[channel_id] = line
            line.thread.start()

    def _end(self, ctx: Context) -> None:
        for line in self._lines.values():
            line.stop.set()
        deadline = time.monotonic() + 5
        for channel_id, line in self._lines.items():
            if line.thread is not None:
                line.thread.join(max(0.0, deadline - time.monotonic()))
            ctx.db.run(polling.give_back, channel_id, ctx.owner)


def poll(ctx: Context, line: Line) -> None:
    """Bring what comes in on one channel until told to stop; the body of a line's thread."""
    channel_id, failures, shown, fresh = line.target.channel_id, 0, "", True
    while not line.stop.is_set():
        poller: Poller | None = None
        try:
            poller = _connect(ctx, line)
            position = ctx.db.run(polling.cursor, channel_id)
            while not line.stop.is_set():
                batch = poller.fetch(position)
                ctx.db.run(_keep, ctx, channel_id, batch, healed=fresh)
                position, failures, shown, fresh = batch.cursor, 0, "", False
                if not batch.more:
                    poller.wait(WAIT)
            return
        except LeaseLost:
            log.warning("poller.lease_lost", channel=channel_id)
            return
        except NeedsReauth as error:
            log.warning("poller.needs_reauth", channel=channel_id, reason=error.reason)
            ctx.db.run(channels.needs_reauth, channel_id, error.reason)
            return
        except Exception as error:  # noqa: BLE001  the outermost frame of a thread; `_pause` tells errors apart
            failures, fresh = failures + 1, True
            seconds, reason = _pause(error, failures)
            log.warning("poller.waits", channel=channel_id, reason=reason, again_in=round(seconds, 1))
            if reason != shown and _show(ctx, channel_id, reason):
                shown = reason
            line.stop.wait(seconds)
        finally:
            if poller is not None:
                poller.close()


def _connect(ctx: Context, line: Line) -> Poller:
    with ctx.db.read() as session:
        channel = channel_lookup.usable(session, line.target.channel_id)
    adapter = ctx.registry.get(channel.kind)
    config = channels.open_config(ctx.registry, ctx.vault, channel)

    def keep_secrets(updates: Mapping[str, str]) -> None:
        channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates)

    return adapter.poller(config, _LineIo(ctx.make_io(channel.facts, keep_secrets), line.stop, ctx.stop))


def _keep(session: Session, ctx: Context, channel_id: int, batch: Batch, *, healed: bool) -> None:
    """One transaction: what came and how far we got, as long as the lease is ours."""
    kept = envelopes.keep(session, ctx.files, channel_id, batch.items, ctx.clock())
    if not polling.advance(session, channel_id, ctx.owner, batch.cursor):
        raise LeaseLost("Another process polls this channel now.")
    polling.note_poll(session, channel_id, healed=healed)
    if kept:
        log.info("poller.kept", channel=channel_id, envelopes=kept)


def _pause(error: Exception, failures: int) -> tuple[float, str]:
    """How long to wait after `error`, and what to tell about it."""
    jitter = random.random()  # noqa: S311  spreads the load, no secret
    match error:
        case TryLater():
            return backoff(failures, jitter, error.after), error.reason
        case Rejected():
            return REJECTED_SECONDS, error.reason
        case OnethreadError():  # a full file store; the cursor has not moved
            return backoff(failures, jitter), str(error)
        case OperationalError() if is_full(error):
            log.warning("database.full", loop="poller")
            return backoff(failures, jitter), DATABASE_FULL
        case OperationalError():
            return backoff(failures, jitter), "The database did not answer."
    log.error("poller.failed", exc_info=error)
    return backoff(failures, jitter), "Fetching failed in an unforeseen way; the log of the server tells how."


def _show(ctx: Context, channel_id: int, reason: str) -> bool:
    """Tell it where people look at channels; False when the database cannot be reached either."""
    try:
        ctx.db.run(channels.note_error, channel_id, reason, Side.IN)
    except OperationalError:
        return False
    return True


class _LineIo:
    """An adapter's network, with the order to stop of one line."""

    def __init__(self, io: Io, *stops: threading.Event) -> None:
        self._io, self._stops = io, stops
        self.connect: Callable[..., Any] = io.connect
        self.http: Callable[..., Any] = io.http
        self.keep_secrets: Callable[[Mapping[str, str]], None] = io.keep_secrets
        self.checkpoint: Callable[[str], None] = io.checkpoint

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        return self._io.facts

    def now(self) -> datetime:
        return self._io.now()

    def stopping(self) -> bool:
        return any(stop.is_set() for stop in self._stops)
