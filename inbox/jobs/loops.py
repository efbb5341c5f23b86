"""The loops of a process: each waits for its bell, or a moment, and calls one story.

They are the outermost frame of background work, so this is where unexpected errors end: logged, and the same
work tried again after a pause. The rows keep what was to be done.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import OperationalError

from inbox.channels import envelopes
from inbox.commerce import act_claims, ledger
from inbox.db.work import is_full
from inbox.flows import act_work, away, deliver, notices, receive, settle, shop_changes, team_answers, telling
from inbox.flows.context import Context
from inbox.jobs import housekeeping
from inbox.jobs.pollers import Supervisor
from inbox.jobs.shops import ShopWork
from inbox.outbox import actions as outbox
from inbox.outbox.rules import HEARTBEAT

log = structlog.get_logger(__name__)

TICK = 0.5
"""Seconds between looks at what became due by itself: undo windows that ended, retries, lost rings."""
SWEEP = 5.0
SETTLE = 2.0
AWAY = 2.0
TEAM = 2.0
SHOP_CHANGES = 5.0
ROWS = 600.0
ACCOUNTS = 3600.0
FILES = 6 * 3600.0
BATCH = 20
PAUSE_MIN = 0.5
PAUSE_MAX = 4.0
STOP_SECONDS = 8.0


@dataclass(frozen=True)
class Loop:
    """A named thread that runs `body` until the process stops."""

    name: str
    body: Callable[[Context], None]


class Crew:
    """The running loops of one process."""

    def __init__(self, ctx: Context, loops: Iterable[Loop]) -> None:
        self._ctx = ctx
        self._threads = [
            threading.Thread(target=_guard, args=(ctx, loop), name=loop.name, daemon=True) for loop in loops
        ]

    def start(self) -> None:
        """Start all loops."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> list[str]:
        """Ask all loops to end and wait for them; the names of those that did not within `seconds`.

        A loop ends after the payload or delivery in hand. One that is cut off leaves a lease behind.
        """
        self._ctx.stop.set()
        self._ctx.bell.close()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]


def working(ctx: Context) -> list[Loop]:
    """The loops that process payloads and send replies, and keep that going."""
    # One reader keeps a backlog in its order; where several processes share the work it is mixed anyway.
    readers = 1 if ctx.settings.embedded else 2
    return [
        Loop("tick", tick),
        *(Loop(f"inbound-{n}", drain_inbound) for n in range(1, readers + 1)),
        *(Loop(f"outbound-{n}", drain_outbound) for n in range(1, ctx.settings.worker_threads + 1)),
        Loop("acts", do_acts),
        Loop("heartbeat", heartbeat),
        Loop("sweeper", sweeper),
        Loop("settler", settler),
        Loop("away", away_keeper),
        Loop("team", team_keeper),
        Loop("shops", ShopWork().run),
    ]


def keeping() -> list[Loop]:
    """The loops that tidy up."""
    return [
        Loop("row-keeper", row_keeper),
        Loop("file-keeper", file_keeper),
        Loop("account-keeper", account_keeper),
    ]


def polling() -> list[Loop]:
    """The loops that look after the pollers, and ask shops for changes of which their webhooks get lost."""
    return [Loop("pollers", Supervisor().run), Loop("shop-changes", shop_changes_keeper)]


def drain_inbound(ctx: Context) -> None:
    """Work off kept payloads."""
    while not ctx.stop.is_set():
        if not receive.drain(ctx, BATCH):
            ctx.bell.wait("inbound", ctx.bell.patience)


def drain_outbound(ctx: Context) -> None:
    """Send due replies. Several of these run; the lanes keep a slow channel from taking all of them."""
    while not ctx.stop.is_set():
        if not deliver.drain(ctx, BATCH):
            ctx.bell.wait("outbound", ctx.bell.patience)


def do_acts(ctx: Context) -> None:
    """Have done in shops what agents confirmed, and ask what became of it."""
    while not ctx.stop.is_set():
        if not act_work.drain(ctx, BATCH):
            ctx.bell.wait("outbound", ctx.bell.patience)


def tick(ctx: Context) -> None:
    """Ring for what became due without anybody ringing."""
    while not ctx.stop.wait(TICK):
        with ctx.db.read() as session:
            inbound = envelopes.has_due(session)
            outbound = outbox.has_due(session) or act_claims.has_due(session)
            shops = bool(ledger.due_shops(session))
        if inbound:
            ctx.bell.ring_here("inbound")
        if outbound:
            ctx.bell.ring_here("outbound")
        if shops:
            ctx.bell.ring_here("shops")


def heartbeat(ctx: Context) -> None:
    """Renew the leases of what this process works on, while it lives."""
    while not ctx.stop.wait(HEARTBEAT):
        ctx.db.run(outbox.extend_leases, ctx.owner, ctx.lanes.in_hand)


def sweeper(ctx: Context) -> None:
    """Take back what dead or stuck processes held. Needs only the database."""
    while not ctx.stop.wait(SWEEP * random.uniform(0.8, 1.2)):  # noqa: S311  spreads the processes, no secret
        deliver.sweep(ctx)
        act_work.sweep(ctx)


def settler(ctx: Context) -> None:
    """Ask networks about replies of which nobody knows whether they have them."""
    while not ctx.stop.wait(SETTLE * random.uniform(0.8, 1.2)):  # noqa: S311  spreads the processes, no secret
        settle.sweep(ctx)


def away_keeper(ctx: Context) -> None:
    """Send on by mail what customers did not see in time."""
    while not ctx.stop.wait(AWAY * random.uniform(0.8, 1.2)):  # noqa: S311  spreads the processes, no secret
        away.sweep(ctx)


def team_keeper(ctx: Context) -> None:
    """Tell the team of customers who wait, and write what it answers."""
    while not ctx.stop.wait(TEAM * random.uniform(0.8, 1.2)):  # noqa: S311  spreads the processes, no secret
        notices.sweep(ctx)
        team_answers.work(ctx)
        telling.look(ctx)
        notices.send(ctx)


def shop_changes_keeper(ctx: Context) -> None:
    """Ask shops what has changed, where their webhooks are lost now and then."""
    while not ctx.stop.wait(SHOP_CHANGES * random.uniform(0.8, 1.2)):  # noqa: S311  spreads the processes
        shop_changes.sweep(ctx)


def row_keeper(ctx: Context) -> None:
    """Remove rows that nobody needs any more, now and then."""
    while not ctx.stop.wait(ROWS):
        housekeeping.tidy_rows(ctx)


def account_keeper(ctx: Context) -> None:
    """Try the accounts that only call us, every hour."""
    while not ctx.stop.wait(ACCOUNTS):
        housekeeping.look_after_accounts(ctx)


def file_keeper(ctx: Context) -> None:
    """Remove files that nobody needs any more, a few times a day: it looks at every file."""
    while not ctx.stop.wait(FILES):
        housekeeping.tidy_files(ctx)


def _guard(ctx: Context, loop: Loop) -> None:
    """Run a loop's body for as long as the process lives, whatever it raises."""
    pause = PAUSE_MIN
    while not ctx.stop.is_set():
        started = time.monotonic()
        try:
            loop.body(ctx)
        except OperationalError as error:
            what = "database.full" if is_full(error) else "loop.database_away"
            log.warning(what, loop=loop.name, cause=type(error.orig).__name__, again_in=pause)
        except Exception:  # the outermost frame: see the head of this module
            log.exception("loop.failed", loop=loop.name, again_in=pause)
        pause = PAUSE_MIN if time.monotonic() - started > PAUSE_MAX else min(pause * 2, PAUSE_MAX)
        ctx.stop.wait(pause)
