"""Who is who: joining what one act has proved, suggesting what evidence speaks for, and what agents decide.

Customers become one by themselves only when both sides are proved at once: by a signed identity of the shop in a
session, a code from the mailbox. Whoever has no past yet may join a customer by less: a one-time code that he brings
to another channel, an answer to our mail. Whatever else somebody says or shows is a suggestion (see
docs/decisions/0012).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.contract import Link, Party
from inbox.customers import actions as customers
from inbox.customers import codes, duplicates, likeness, suggestions
from inbox.customers import lookup as identities
from inbox.customers.merging import identities_of
from inbox.customers.words import SuggestionState
from inbox.errors import Conflict
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import lines
from inbox.flows.context import Context
from inbox.flows.merging import Merged, locked_pair, merge, require_sight, unite
from inbox.flows.preview import preview
from inbox.flows.splitting import split
from inbox.flows.unmerging import undo
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.channels.models import Channel

__all__ = [
    "Merged",
    "join",
    "link",
    "merge",
    "preview",
    "propose",
    "reject",
    "split",
    "suggest",
    "suggest_from",
    "undo",
]


def join(session: Session, _ctx: Context, keep_id: int, other_id: int, reason: str, now: datetime) -> bool:
    """Make one of two customers, both of whom one act has just proved; True when they are one.

    `reason` is a key of `merging.REASONS`, or a sentence. False when both have proved different ids of one kind,
    which becomes a suggestion, or when a person has decided before that they are not the same.
    """
    keep_id, other_id = identities.living(session, keep_id), identities.living(session, other_id)
    if keep_id == other_id:
        return True
    if suggestions.decided_apart(session, keep_id, other_id):
        return False
    pair = locked_pair(session, keep_id, other_id)
    if suggestions.conflicts(session, keep_id, other_id):
        evidence = likeness.sign("proved", f"One act proved both: {reason}.", reason=reason)
        suggest(session, keep_id, other_id, [evidence], now)
        return False
    unite(session, pair, now, reason=reason)
    return True


def suggest(
    session: Session, one_id: int, other_id: int, evidence: Sequence[likeness.Evidence], now: datetime
) -> None:
    """Suggest that two customers are one person; nothing happens to a pair that was rejected."""
    one_id, other_id = identities.living(session, one_id), identities.living(session, other_id)
    if suggestions.suggest(session, one_id, other_id, evidence, now):
        _tell(session, one_id, other_id)


def suggest_from(session: Session, customer_id: int, now: datetime) -> None:
    """Look for duplicates of a customer, after he claimed something or came by a new address."""
    for other_id, evidence in duplicates.find(session, identities.living(session, customer_id)).items():
        suggest(session, customer_id, other_id, evidence, now)


def propose(ctx: Context, agent: AgentIdentity, one_id: int, other_id: int) -> None:
    """An agent says that two customers are one person, for a supervisor to decide. Raises NotFound or Conflict."""

    def story(session: Session) -> None:
        pair = locked_pair(session, one_id, other_id)
        require_sight(agent, pair.ours, pair.theirs)
        known = suggestions.between(session, one_id, other_id)
        if known is not None and known.state == "rejected":
            raise Conflict("Somebody decided before that these are two different people.")
        evidence = likeness.sign("agent", f"{agent.name} thinks so.", agent_id=agent.id, name=agent.name)
        suggest(session, one_id, other_id, [evidence], ctx.clock())

    ctx.db.run(story)


def reject(ctx: Context, agent: AgentIdentity, suggestion_id: int) -> None:
    """Decide for good that two customers are not one person. Raises NotFound."""

    def story(session: Session) -> None:
        one_id, other_id = suggestions.reject(session, suggestion_id, agent.id, ctx.clock())
        for customer_id in (one_id, other_id):
            thread_id = lookup.of_customer(session, customer_id)
            require_sight(agent, None if thread_id is None else lookup.thread(session, thread_id))
        _tell(session, one_id, other_id, agent.id)

    ctx.db.run(story)


def link(session: Session, ctx: Context, channel: "Channel", item: Link) -> str | None:
    """Follow a one-time code that a party brought from another channel; returns why not, when nothing is joined.

    The code proves that somebody opened a link, not that he made it: anybody can be sent one. So it joins only who
    has no past here that the maker of the link could come to know or speak for; else it is a suggestion, and who
    opened the link is told in that chat that nothing is joined yet.
    """
    now = ctx.clock()
    used = codes.use(session, codes.LINK, item.code, now)
    if used is None:
        return "a code that is spent, out of date, or none of ours"
    keep_id = identities.owner(session, used.identity_id)
    who = customers.identify(session, item.party, now, is_demo=channel.is_demo)
    customers.seen(session, who, item.party, now, channel_id=channel.id)
    if who.customer_id == keep_id:
        return None
    if not (who.created or _is_blank(session, keep_id, who)):
        text = f"{item.party.display} opened the link that the other was given to go on there."
        evidence = likeness.sign("linked", text, address=item.party.address)
        suggest(session, keep_id, who.customer_id, [evidence], now)
        _say_not_yet(session, ctx, channel, keep_id, who, item.party, now)
        return "the address has a past of its own: an agent decides whether both are one"
    if not join(session, ctx, keep_id, who.customer_id, "linked", now):
        _say_not_yet(session, ctx, channel, keep_id, who, item.party, now)
        return "both belong to different people"
    codes.note(session, codes.LINK, item.code, brought=who.identity_id)
    return None


def _say_not_yet(
    session: Session,
    ctx: Context,
    channel: "Channel",
    keep_id: int,
    who: customers.Identified,
    party: Party,
    now: datetime,
) -> None:
    known = suggestions.between(session, identities.living(session, keep_id), who.customer_id)
    is_checked = known is not None and known.state is SuggestionState.OPEN
    lines.linked_later(session, ctx, channel, who.identity_id, party, is_checked=is_checked, now=now)


def _is_blank(session: Session, keep_id: int, who: customers.Identified) -> bool:
    """Whether an address is all that is known of its customer, who never wrote and was never written to.

    It stays so until the transaction ends: both customers are locked.
    """
    pair = locked_pair(session, keep_id, who.customer_id)
    is_alone = len(session.execute(identities_of(who.customer_id).limit(2)).all()) == 1
    return is_alone and (pair.theirs is None or pair.theirs.last_seq == 0)


def _tell(session: Session, one_id: int, other_id: int, actor_id: int | None = None) -> None:
    """Have the pictures of both customers loaded again."""
    for customer_id in (one_id, other_id):
        thread_id = lookup.of_customer(session, customer_id)
        if thread_id is not None:
            record(
                session,
                EventKind.CUSTOMER_CHANGED,
                thread_id=thread_id,
                actor_id=actor_id,
                data={"customer_id": customer_id, "change": "duplicates"},
            )
