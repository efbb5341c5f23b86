"""Having something done in a shop: previewed, confirmed, approved by a second person where it must be, and looked at.

What an agent agrees to is what the shop says that it would do, asked again at the moment he confirms. His key makes
it happen once: the same key is the same act, whatever happens in between.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.clock import utc_now
from inbox.commerce import act_rules as rules
from inbox.commerce import act_words, acts, limits
from inbox.commerce.acts import NewAct
from inbox.commerce.words import ActState
from inbox.contract.commerce import Act, Money, Order, Preview
from inbox.customers import lookup as customers
from inbox.errors import Conflict, OnethreadError
from inbox.flows import act_asking, act_told, act_work
from inbox.flows.context import Context
from inbox.threads import actions as threads

if TYPE_CHECKING:
    from inbox.commerce.models import ShopAct


@dataclass(frozen=True)
class Asked:
    """What an agent confirms: `shown` is the preview that he saw, as far as his client says."""

    key: str
    customer_id: int
    act: Act
    reason: str = ""
    thread_id: int | None = None
    shown: Preview = field(default_factory=Preview)


@dataclass(frozen=True)
class Previewed:
    """What an act would do, whether the asker may have it done `alone`, and his most in that currency."""

    preview: Preview
    alone: bool
    limit: Money | None
    number: str = ""


@dataclass(frozen=True)
class Confirmed:
    """An act, and whether the same request had made it before."""

    act_id: int
    replayed: bool


class KeyReused(OnethreadError):
    """The key named another act already."""


class OrderChanged(OnethreadError):
    """It would not do any more what the agent saw. `difference` says it in sentences, `now` is what it would do."""

    def __init__(self, now: Previewed, difference: tuple[str, ...]) -> None:
        super().__init__("The order has changed since the preview.")
        self.now, self.difference = now, difference


class OrderBusy(OnethreadError):
    """Somebody else's act on the same order is not over."""

    def __init__(self, act_id: int) -> None:
        super().__init__("Something else is being done with this order.")
        self.act_id = act_id


def preview(
    ctx: Context, agent: AgentIdentity, shop_id: int, customer_id: int, act: Act, thread_id: int | None = None
) -> Previewed:
    """Ask the shop what an act would do. Nothing is done.

    Raises NotFound, Invalid with the shop's reason where it cannot be done, Unavailable while the shop does not answer.
    """
    with ctx.db.read() as session:
        place = act_asking.place(session, agent, customer_id, thread_id)
    shown, order = act_asking.ask(ctx, shop_id, act)
    with ctx.db.read() as session:
        act_asking.require_own(session, shop_id, order, place)
        return _judged(session, agent, shop_id, act, shown, order)


def confirm(ctx: Context, agent: AgentIdentity, shop_id: int, asked: Asked) -> Confirmed:
    """Have an act done, or propose it where a second person must agree. What is done at once is done on return; what
    takes longer than IN_REQUEST seconds goes on without the asker.

    Raises as `preview` does; Conflict for a customer who was erased; KeyReused, OrderChanged and OrderBusy when nothing
    was done for one of these reasons.
    """
    reason = rules.check(asked.act, asked.reason)
    with ctx.db.read() as session:
        known = acts.by_key(session, asked.key)
        if known is not None:
            return _same(session, known, agent, shop_id, asked, reason)
        place = act_asking.place(session, agent, asked.customer_id, asked.thread_id)
    now, order = act_asking.ask(ctx, shop_id, asked.act)
    with ctx.db.read() as session:
        act_asking.require_own(session, shop_id, order, place)
        if different := act_words.difference(_complete(asked.shown, now), now):
            raise OrderChanged(_judged(session, agent, shop_id, asked.act, now, order), different)

    def story(session: Session) -> Confirmed:
        thread = threads.lock(session, place.thread_id)
        if thread.erased_at is not None:
            raise Conflict("This customer was erased.")
        episode = threads.newest_episode(session, thread.id)
        acts.one_at_a_time(session, agent.id)
        judged = _judged(session, agent, shop_id, asked.act, now, order)
        new = NewAct(
            key=asked.key,
            shop_id=shop_id,
            customer_id=customers.living(session, place.customer_id, keep=True),
            thread_id=thread.id,
            episode_id=None if episode is None else episode.id,
            agent_id=agent.id,
            act=asked.act,
            order_number=judged.number,
            reason=reason,
            preview=now,
            state=ActState.APPROVED if judged.alone else ActState.PROPOSED,
        )
        act_id = acts.add(session, new, ctx.owner)
        if act_id is not None:
            act_told.tell(session, ctx, act_id, None)
            return Confirmed(act_id, replayed=False)
        known = acts.by_key(session, asked.key)
        if known is not None:
            return _same(session, known, agent, shop_id, asked, reason)
        other = acts.busy(session, shop_id, rules.order_of(asked.act))
        if other is None:  # it was over a moment ago
            raise OrderChanged(judged, ("Something else was done with this order just now.",))
        raise OrderBusy(other.id)

    confirmed = ctx.db.run(story)
    if not confirmed.replayed:
        act_work.begin(ctx, confirmed.act_id)
    return confirmed


def _judged(
    session: Session, agent: AgentIdentity, shop_id: int, act: Act, now: Preview, order: Order | None
) -> Previewed:
    own = limits.of(session, agent, act.kind)
    given, made = Decimal(0), 0
    if now.amount is not None and order is not None:
        given = acts.given(session, agent.id, shop_id, order.id, now.amount.currency)
    if act.kind == "coupon":
        made = acts.made_since(session, agent.id, "coupon", utc_now() - timedelta(days=1))
    return Previewed(
        now,
        rules.alone(act, now.amount, own, given=given, made=made),
        None if now.amount is None else own.shown(now.amount.currency),
        "" if order is None else order.number,
    )


def _complete(shown: Preview, now: Preview) -> Preview:
    """What a client says that it showed; what it does not say counts as unchanged."""
    return shown.model_copy(
        update={
            "amount": shown.amount or now.amount,
            "most": shown.most or now.most,
            "notes": shown.notes or now.notes,
        }
    )


def _same(
    session: Session, known: "ShopAct", agent: AgentIdentity, shop_id: int, asked: Asked, reason: str
) -> Confirmed:
    """The act that the same request made before. Raises KeyReused for another request."""
    body = (known.shop_id, known.customer_id, known.act, known.reason, known.agent_id)
    customer_id = customers.living(session, asked.customer_id)
    if body != (shop_id, customer_id, asked.act.model_dump(mode="json"), reason, agent.id):
        raise KeyReused("This key was used for something else.")
    return Confirmed(known.id, replayed=True)
