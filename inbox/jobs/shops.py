"""Working off what shops told: a thread for each shop that has something, so that a slow one holds up itself only."""

import threading

import structlog

from inbox.commerce import ledger
from inbox.flows import shop_events
from inbox.flows.context import Context

log = structlog.get_logger(__name__)

STOP_SECONDS = 6.0
"""How long threads may take to end what they have in hand."""
WIDTH = 8
"""Shops that are worked for at the same time in one process."""


class ShopWork:
    """Keeps a thread at work for every shop of which events are due."""

    def __init__(self) -> None:
        self._busy: dict[int, threading.Thread] = {}

    def run(self, ctx: Context) -> None:
        """Work until the process stops, and then let every thread end the event in hand."""
        while not ctx.stop.is_set():
            self._step(ctx)
            if ctx.bell.wait("shops", ctx.bell.patience):
                ctx.stop.wait(shop_events.COALESCE)
        for thread in self._busy.values():
            thread.join(STOP_SECONDS)

    def _step(self, ctx: Context) -> None:
        self._busy = {shop_id: thread for shop_id, thread in self._busy.items() if thread.is_alive()}
        with ctx.db.read() as session:
            due = ledger.due_shops(session)
        for shop_id in due:
            if shop_id in self._busy or len(self._busy) >= WIDTH:
                continue
            thread = threading.Thread(target=_drain, args=(ctx, shop_id), name=f"shop-{shop_id}", daemon=True)
            self._busy[shop_id] = thread
            thread.start()


def _drain(ctx: Context, shop_id: int) -> None:
    """Work for one shop; the outermost frame of its thread. A step that fails unforeseen fails alone."""
    try:
        while not ctx.stop.is_set() and (batch := shop_events.claim(ctx, shop_id)):
            for step in shop_events.steps(ctx, shop_id, batch):
                try:
                    step()
                except Exception:
                    log.exception("shop.step_failed", shop=shop_id)
    except Exception:
        log.exception("shop.work_failed", shop=shop_id)
    finally:
        ctx.bell.ring_here("shops")
