"""Tidying up: what nobody needs any more is removed, in small transactions that hold nobody up."""

import time
from datetime import timedelta

import structlog

from inbox.agents import limits, sessions
from inbox.agents import queries as agents
from inbox.channels import stored as payloads
from inbox.channels import watching
from inbox.commerce import forgetting
from inbox.customers import codes
from inbox.errors import OnethreadError
from inbox.events import actions as events
from inbox.flows import privacy, shops
from inbox.flows.context import Context
from inbox.threads import stored as attachments
from inbox.visits import actions as visits

log = structlog.get_logger(__name__)

ORPHAN_AGE = 24 * 3600.0
"""Seconds after which a file that no row names is nobody's: the transaction to name it is long over."""
UPLOAD_AGE = timedelta(days=7)
"""Age after which an upload that no message and no draft has is forgotten."""
CODE_AGE = timedelta(days=30)
"""How long one-time codes are kept after their end: whether one was brought to another channel is still shown."""
SPOOL_AGE = 3600.0
BATCH = 500


def tidy_rows(ctx: Context) -> None:
    """Finish erasings that were stopped; remove old events, sessions, login attempts, and unsent uploads."""
    now = ctx.clock()
    privacy.go_on(ctx)
    while ctx.db.run(events.prune, now - timedelta(days=ctx.settings.event_days), BATCH) == BATCH:
        if ctx.stop.is_set():
            return
    ctx.db.run(sessions.sweep, now)
    ctx.db.run(limits.sweep, now)
    ctx.db.run(attachments.forget_uploads, now - UPLOAD_AGE)
    ctx.db.run(codes.prune, now - CODE_AGE, BATCH)
    while ctx.db.run(visits.sweep, now, BATCH) >= BATCH and not ctx.stop.is_set():
        pass
    while ctx.db.run(forgetting.prune, now, BATCH) >= BATCH and not ctx.stop.is_set():
        pass


def look_after_accounts(ctx: Context) -> None:
    """Try the accounts that only call us, and shops, so that lost rights show before somebody needs them."""
    with ctx.db.read() as session:
        found = watching.called_only(session, ctx.registry)
    for channel_id in found:
        if ctx.stop.is_set():
            return
        watching.examine(ctx, channel_id)
    shops.look_after(ctx)


def tidy_files(ctx: Context) -> None:
    """Remove files that belong to no row, and what was left in the spool."""
    orphans, left = _remove_orphans(ctx), _empty_spool(ctx)
    if orphans or left:
        log.info("tidy.files", orphans=orphans, spooled=left)


def _remove_orphans(ctx: Context) -> int:
    removed = 0
    old = list(ctx.files.keys(older_than=ORPHAN_AGE))
    with ctx.db.read() as session:
        owned = payloads.keys(session)
    for start in range(0, len(old), BATCH):
        if ctx.stop.is_set():
            break
        doubtful = set(old[start : start + BATCH]) - owned
        with ctx.db.read() as session:
            orphans = doubtful - attachments.keys_among(session, doubtful)
            orphans -= agents.photos_among(session, orphans)
        for key in orphans:
            ctx.files.remove(key)
            removed += 1
    return removed


def _empty_spool(ctx: Context) -> int:
    horizon, removed = time.time() - SPOOL_AGE, 0
    for path in ctx.files.spool.glob("*"):
        try:
            if path.is_file() and path.stat().st_mtime < horizon:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue  # whoever wrote it has just taken it away
        except OSError as error:
            raise OnethreadError(f"The spool cannot be emptied: {error.strerror}.") from error
    return removed
