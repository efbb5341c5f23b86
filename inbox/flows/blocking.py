"""An agent blocks who writes from a shop's site, or lets him write again.

Blocked is an address on the site it belongs to: a browser, or the shop's id of a customer. With it goes whatever its
holder proved to be his in one act, so that the same person does not go on in another browser where he is signed in.
Somebody unknown in a browser that was emptied is somebody new: that cannot be told apart.
"""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import lookup as channel_lookup
from inbox.customers import blocks
from inbox.customers import lookup as identities
from inbox.errors import Invalid, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows.context import Context
from inbox.flows.profile import seen_by
from inbox.threads import actions as threads
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.channels.models import Channel


def block(ctx: Context, agent: AgentIdentity, customer_id: int, identity_id: int, *, on: bool) -> int:
    """Block one of a customer's addresses on its site, or lift that; returns the living customer's id.

    Repeating it changes nothing. Raises NotFound, or Invalid for an address that belongs to no site.
    """

    def story(session: Session) -> int:
        living = seen_by(session, agent, customer_id)
        if identities.owner(session, identity_id) != living:
            raise NotFound("There is no such address.")
        account = identities.party(session, identity_id).account
        for site in sites(session, ctx, account):
            _set(session, ctx, agent, living, identity_id, site, on=on)
        return living

    return ctx.db.run(story)


def sites(session: Session, ctx: Context, account: str) -> "list[Channel]":
    """The sites to which addresses of that account belong. Raises Invalid when there is none."""
    found = [
        channel
        for channel in (channel_lookup.of_account(session, account) if account else ())
        if ctx.registry.get(channel.kind).manifest.can.site
    ]
    if not found:
        raise Invalid("Only who writes from a site can be blocked.")
    return found


def _set(
    session: Session,
    ctx: Context,
    agent: AgentIdentity,
    customer_id: int,
    identity_id: int,
    site: "Channel",
    *,
    on: bool,
) -> None:
    now = ctx.clock()
    if on:
        changed = blocks.put(session, identity_id, site.id, agent.id, now)
    else:
        changed = blocks.lift(session, identity_id, site.id)
    thread_id = lookup.of_customer(session, customer_id)
    if not changed or thread_id is None:
        return
    thread = threads.lock(session, thread_id)
    episode = threads.newest_episode(session, thread.id)
    code, line = "blocked" if on else "unblocked", None
    if episode is not None:
        address = identities.party(session, identity_id).display
        line = threads.append_system(
            session,
            thread,
            episode,
            code,
            f"{agent.name} {code} {address} on {site.name}",
            now,
            agent_id=agent.id,
            identity_id=identity_id,
            address=address,
            channel=site.name,
        )
    data = {"customer_id": customer_id, "change": code}
    record(
        session,
        EventKind.CUSTOMER_CHANGED,
        thread_id=thread.id,
        message_id=line,
        actor_id=agent.id,
        data=data,
    )
