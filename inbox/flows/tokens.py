"""The signed tokens in our mails: which thread an answer goes to, and when it proves a claim.

Whoever gets a reply can show its token to us, and so can everybody he forwards it to. That it was read at one
address is told only by the token of a mail that went to a claimed address and nowhere else.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.contract import Level, Party
from inbox.customers import claims
from inbox.customers import lookup as customers
from inbox.flows.context import Context
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.outbox.models import Delivery

REPLY = "reply"
CLAIM = "claim"


def for_delivery(ctx: Context, delivery: "Delivery") -> str:
    """The token that answers to a delivery carry: of its thread, or of the claim whose address it goes to."""
    claim_id = delivery.request.get("claim_id")
    if claim_id is not None:
        return ctx.vault.token(CLAIM, claim_id)
    return ctx.vault.token(REPLY, delivery.thread_id)


def threads_named(session: Session, ctx: Context, tokens: Sequence[str]) -> list[int]:
    """The threads that tokens of ours name, where their messages are now, in the order of the tokens."""
    named = []
    for token in tokens:
        thread_id = ctx.vault.read_token(REPLY, token)
        if thread_id is None and (claim_id := ctx.vault.read_token(CLAIM, token)) is not None:
            thread_id = _thread_of_claim(session, claim_id)
        if thread_id is not None:
            named.append(thread_id)
    living = lookup.living_threads(session, named)
    return list(dict.fromkeys(living[thread_id] for thread_id in named if thread_id in living))


def claimant(session: Session, ctx: Context, tokens: Sequence[str], party: Party) -> int | None:
    """The customer who claimed an address, when these tokens prove that an answer from there is his.

    Either the answer shows the token of the mail that went to this very address, or the address has proved itself
    (the mail's authenticity was checked) and the answer shows a token of the thread. Without either, whoever
    claimed an address could answer in its name with a token of his own.
    """
    for token in tokens:
        claim_id = ctx.vault.read_token(CLAIM, token)
        if claim_id is not None:
            customer_id = claims.claimant(session, claim_id, party)
            if customer_id is not None:
                return customers.living(session, customer_id, keep=True)
    if party.level.rank < Level.MAIL_AUTH.rank:
        return None
    for thread_id in threads_named(session, ctx, tokens):
        customer_id = lookup.thread(session, thread_id).customer_id
        if claims.proves(session, customer_id, party):
            return customers.living(session, customer_id, keep=True)
    return None


def _thread_of_claim(session: Session, claim_id: int) -> int | None:
    customer_id = claims.owner(session, claim_id)
    return None if customer_id is None else lookup.of_customer(session, customer_id)
