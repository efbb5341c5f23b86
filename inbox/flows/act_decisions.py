"""What people decide about acts that are not over: a second person's yes or no, taking one back, looking again."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import act_claims, acts, limits
from inbox.commerce import act_rules as rules
from inbox.commerce.words import ActState
from inbox.errors import Invalid, NotFound
from inbox.flows import act_told, act_work
from inbox.flows.context import Context
from inbox.threads import actions as threads
from inbox.threads.queries import require_visible

if TYPE_CHECKING:
    from inbox.commerce.models import ShopAct


def approve(ctx: Context, agent: AgentIdentity, act_id: int) -> None:
    """Agree to what a colleague wants done; it is done at once if the shop is quick. Raises NotFound or Invalid."""

    def story(session: Session) -> None:
        row = _visible(session, agent, act_id)
        if row.state is not ActState.PROPOSED:
            raise _decided(row)
        act = acts.act_of(row)
        own = limits.of(session, agent, row.kind)
        rules.require_decider(agent, row.agent_id, act, acts.amount_of(row), own)
        acts.decide(session, row, agent.id, ActState.APPROVED, ctx.owner, "")
        act_told.tell(session, ctx, act_id, ActState.PROPOSED, agent.id)

    ctx.db.run(story)
    act_work.begin(ctx, act_id)


def refuse(ctx: Context, agent: AgentIdentity, act_id: int, why: str) -> None:
    """Refuse what a colleague wants done, or take back what one wanted oneself, as long as it is not on its way.

    Raises NotFound or Invalid.
    """
    words = " ".join(why.split())[: rules.REASON_MAX]

    def story(session: Session) -> None:
        row = _visible(session, agent, act_id)
        before, own = row.state, row.agent_id == agent.id
        waits = before is ActState.APPROVED and row.owner is None
        if before is not ActState.PROPOSED and not waits:
            raise _decided(row)
        if not own and not agent.is_supervisor:
            raise Invalid("Supervisors and admins decide about this.", slug="not-yours")
        if not own and not words:
            raise Invalid("Say why.", "/reason", slug="reason-needed")
        acts.decide(session, row, agent.id, ActState.REFUSED, None, words)
        act_told.tell(session, ctx, act_id, before, agent.id)

    ctx.db.run(story)


def check(ctx: Context, agent: AgentIdentity, act_id: int) -> None:
    """Ask the shop at once what became of an act that is uncertain, pending, or waits for its next try."""
    with ctx.db.read() as session:
        _visible(session, agent, act_id, lock=False)
    for _turn in range(2):  # what certainly was not done is done
        if not ctx.db.run(act_claims.claim_one, act_id, ctx.owner):
            return
        act_work.work(ctx, act_id, rules.IN_REQUEST)


def settle(ctx: Context, agent: AgentIdentity, act_id: int, *, done: bool) -> None:
    """Say what became of an uncertain act, for somebody who has looked in the shop itself. For supervisors and admins.

    Raises NotFound or Invalid.
    """

    def story(session: Session) -> None:
        row = _visible(session, agent, act_id)
        if row.state is not ActState.UNCERTAIN:
            raise _decided(row)
        if not agent.is_supervisor:
            raise Invalid("Supervisors and admins decide about this.", slug="not-yours")
        acts.settle(session, row, f"{agent.name} looked in the shop.", done=done)
        act_told.tell(session, ctx, act_id, ActState.UNCERTAIN, agent.id)

    ctx.db.run(story)


def _visible(session: Session, agent: AgentIdentity, act_id: int, *, lock: bool = True) -> "ShopAct":
    """An act in a thread that the agent may read; with `lock` both are locked, the thread first, as everywhere."""
    row = acts.get(session, act_id)
    if row.thread_id is None:
        raise NotFound("There is no such act.")
    require_visible(session, agent, row.thread_id)
    if lock:
        threads.lock(session, row.thread_id)
        row = acts.lock(session, act_id)
    return row


def _decided(row: "ShopAct") -> Invalid:
    return Invalid(f"This is {row.state} already.", slug="decided")
