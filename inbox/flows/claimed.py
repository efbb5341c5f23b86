"""What senders say of themselves, and what an answer proves: addresses claimed, and claims that came true."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.contract import Inbound, Level, Party
from inbox.customers import actions as customers
from inbox.customers import claims, likeness
from inbox.customers import lookup as identities
from inbox.customers import queries as addresses
from inbox.flows import people, tokens
from inbox.flows.context import Context
from inbox.threads import actions as threads
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.threads.models import Episode, Thread

ANSWERED = "Answered our mail to this address."

CLAIMS_MAX = 20
"""Further claims of one message are left out."""


def identify(
    session: Session, ctx: Context, channel: "Channel", item: Inbound, party: Party, now: datetime
) -> customers.Identified:
    """Whose a message is. Who writes for the first time is a new customer, unless he answers our mail to an
    address that a customer claimed: then he has proved that it is that customer's."""
    if item.outgoing or not item.reply_tokens:
        return customers.identify(session, party, now, is_demo=channel.is_demo)
    who = customers.find(session, party)
    if who is not None:
        return who
    claimant = tokens.claimant(session, ctx, item.reply_tokens, party)
    if claimant is not None and party.level.rank < Level.CHANNEL.rank:
        party = party.model_copy(update={"level": Level.CHANNEL, "level_reason": ANSWERED})
    return customers.identify(session, party, now, is_demo=channel.is_demo, joins=claimant)


def tell(
    session: Session, thread: "Thread", episode: "Episode", who: customers.Identified, now: datetime
) -> None:
    """Say in the thread that its customer proved an address, if this is how `who` came to him."""
    if who.joined:
        address = identities.address_of(session, who.identity_id)
        text = f"{address} proved by answering our mail"
        data = {"address": address, "identity_id": who.identity_id}
        threads.append_system(session, thread, episode, "claim_proved", text, now, **data)


def note(
    session: Session,
    ctx: Context,
    channel: "Channel",
    item: Inbound,
    who: customers.Identified,
    disputed_id: int | None,
    now: datetime,
) -> None:
    """Keep what a sender claims, and look for other customers who may be the same person, if there is any news.

    `disputed_id` is the thread into which he answered without taking part in it.
    """
    if item.outgoing or item.automatic:
        return
    news = _unknown(session, who.customer_id, item.claims[:CLAIMS_MAX]) if item.claims else []
    source = ctx.registry.get(channel.kind).manifest.title
    for party in news:
        claims.claim(session, who.customer_id, who.identity_id, party, source, now)
    if disputed_id is not None:
        _suspect(session, ctx, who.customer_id, item, disputed_id, now)
    if news or who.created:
        people.suggest_from(session, who.customer_id, now)


def _unknown(session: Session, customer_id: int, claimed: tuple[Party, ...]) -> list[Party]:
    """The claims that the customer has neither made before nor proved."""
    told = claims.claims_of(session, [customer_id]).get(customer_id, [])
    own = addresses.identities(session, [customer_id]).get(customer_id, [])
    known = {(each["namespace"], each["address"]) for each in (*told, *own)}
    return [party for party in claimed if (party.namespace, party.address) not in known]


def _suspect(
    session: Session, ctx: Context, customer_id: int, item: Inbound, thread_id: int, now: datetime
) -> None:
    """Suggest that who answers into another customer's thread is that customer."""
    other_id = lookup.thread(session, thread_id).customer_id
    shown = item.sender.display or item.sender.address
    if tokens.claimant(session, ctx, item.reply_tokens, item.sender) == other_id:
        text = f"Answered our mail to {shown}, which that customer had claimed."
        evidence = likeness.sign("answered_claim", text, address=shown)
    elif item.sender.level.rank > Level.CLAIMED.rank:
        text = f"A message from {shown} answers into that customer's thread."
        evidence = likeness.sign("other_thread", text, address=shown)
    else:
        text = (
            f"A message answers into that customer's thread. It says it is from {shown}, which is not proved."
        )
        evidence = likeness.sign("other_thread_unproved", text, address=shown)
    people.suggest(session, customer_id, other_id, [evidence], now)
