"""What is told of an act: the line in the thread, and the event by which panels know that there is something new."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents import queries as agents
from inbox.commerce import act_words, acts, ledger
from inbox.commerce.words import ActState
from inbox.contract import Raw
from inbox.contract.commerce import Money, ShopEvent, Topic
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import shop_events
from inbox.flows.context import Context
from inbox.threads import actions as threads

if TYPE_CHECKING:
    from inbox.commerce.models import ShopAct


def recorded(ctx: Context, act_id: int, change: Callable[[Session], bool]) -> bool:
    """Run a change of an act as one transaction with what is told of it; False when the change had no effect."""

    def story(session: Session) -> bool:
        row = acts.get(session, act_id)
        if row.thread_id is not None:
            threads.lock(session, row.thread_id)
        before = row.state
        if not change(session):
            return False
        tell(session, ctx, act_id, before)
        return True

    return ctx.db.run(story)


def tell(
    session: Session, ctx: Context, act_id: int, before: ActState | None, actor_id: int | None = None
) -> None:
    """Say what became of an act that was `before` (None: it is new), and who made that of it, if it was not the asker.

    A thread gets a line for what matters in it.
    """
    row = acts.get(session, act_id)
    record(
        session,
        EventKind.COMMERCE_CHANGED,
        thread_id=row.thread_id,
        message_id=_line(session, ctx, row, before),
        actor_id=actor_id or row.agent_id,
        data={
            "customer_id": row.customer_id,
            "what": "act",
            "shop_id": row.shop_id,
            "id": row.id,
            "seq": row.attempts + row.looks,
            "state": row.state.value,
        },
    )

    if row.order_id and row.state in (ActState.DONE, ActState.PENDING, ActState.REFUSED):
        _fetch_again(session, ctx, row)


def _fetch_again(session: Session, ctx: Context, row: "ShopAct") -> None:
    """Have the order looked at as it is now, as if the shop had told that it changed."""
    event = shop_events.encode([ShopEvent(topic=Topic.ORDER, id=row.order_id)])
    told = ledger.Told(Raw(body=event), "changes", f"act/{row.id}/{row.state}")
    ledger.keep(session, row.shop_id, [told], ctx.clock())


def _line(session: Session, ctx: Context, row: "ShopAct", before: ActState | None) -> int | None:
    """Write the line that a change is worth; its id, or None without one."""
    code = _code(row, before)
    if not code or row.thread_id is None:
        return None
    thread = threads.lock(session, row.thread_id)
    episode = threads.newest_episode(session, thread.id)
    if episode is None:
        return None
    data = _data(session, row)
    return threads.append_system(session, thread, episode, code, _text(code, row, data), ctx.clock(), **data)


def _code(row: "ShopAct", before: ActState | None) -> str:
    """The line that a change is worth, or ""."""
    if row.state is before:
        return ""
    if row.state is ActState.PROPOSED:
        return "act_proposed"
    if row.state in (ActState.DONE, ActState.PENDING):
        return "" if before is ActState.PENDING else "act_done"
    if row.state is ActState.UNCERTAIN:
        return "act_uncertain"
    if row.state is ActState.FAILED:
        return "act_failed"
    if row.state is ActState.REFUSED and (before is ActState.PROPOSED or row.decided_by_id is not None):
        return "act_refused"
    return ""


def _data(session: Session, row: "ShopAct") -> dict[str, str | int | None]:
    given = row.result.get("amount")
    amount = Money.model_validate(given) if given else acts.amount_of(row)
    decided = None if row.decided_by_id is None else agents.agent(session, row.decided_by_id).name
    return {
        "agent_id": row.agent_id,
        "act_id": row.id,
        "kind": row.kind,
        "name": agents.agent(session, row.agent_id).name,
        "amount": None if amount is None else str(amount.rounded().amount),
        "currency": None if amount is None else amount.currency,
        "order": row.order_number.removeprefix("#"),
        "reason": row.reason,
        "promo": row.result.get("code") or "",
        "url": row.result.get("url") or "",
        "by": decided,
        "why": row.error,
    }


def _text(code: str, row: "ShopAct", data: dict[str, str | int | None]) -> str:
    amount = None
    if data["amount"]:
        amount = Money.model_validate({"amount": data["amount"], "currency": data["currency"]})
    act, number, promo = acts.act_of(row), row.order_number, str(data["promo"])
    name, by, why = data["name"], data["by"], row.error or ""
    did = act_words.line(act, number, amount, row.reason, promo)
    what = act_words.subject(act, number, amount, row.reason, promo)
    return {
        "act_proposed": f"{name} asks for a second person: {what}",
        "act_done": f"{name} {did}" + (f" (approved by {by})" if by else ""),
        "act_uncertain": f"Nobody knows yet whether this was done: {what}",
        "act_failed": f"Not done: {what}. {why}".strip(),
        "act_refused": (f"Refused by {by}: " if by else "Refused: ") + f"{what}. {why}".strip(),
    }[code]
