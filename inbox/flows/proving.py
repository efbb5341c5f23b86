"""A visitor proves who he is: by the shop's word, by a code from his mailbox, by bringing a code to another channel.

What one act proves belongs together: this browser and that id. A browser that nobody has proved anything in
becomes the person's; one that is proved right now may prove more. One that once was somebody's and is not proved
now is a shared computer as far as we can know: whoever proves to be somebody else there begins afresh, and what
was written before is hidden from him.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import JsonValue
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import queries as channel_queries
from inbox.channels import rights
from inbox.channels.words import ChannelState
from inbox.contract import BadAddress, Level, Party
from inbox.contract.addresses import email
from inbox.customers import actions as customers
from inbox.customers import claims, codes, naming
from inbox.customers import lookup as people_lookup
from inbox.errors import Conflict, Invalid, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import letters, people, shop_reports
from inbox.flows.context import Context
from inbox.flows.sites import Place
from inbox.visits import actions, queries, rules
from inbox.visits.proofs import Known, Said
from inbox.visits.queries import Visitor
from inbox.visits.words import Proof

if TYPE_CHECKING:
    from inbox.visits.models import VisitorSession

MAILBOX = "mailbox"
CODE_SECONDS = 15 * 60.0
CODE_DIGITS = 6
LINK_SECONDS = 15 * 60.0
SOURCE = "site"

Letter = Callable[[str], tuple[str, str]]
"""Subject and text of the mail that brings a code."""


class WriteFirst(Conflict):
    """Nobody has written in this browser yet, so there is nobody to keep this for."""

    def __init__(self) -> None:
        super().__init__("Write a message first.")


class WrongCode(Invalid):
    """The code is not the one that was mailed, or it is spent."""

    def __init__(self) -> None:
        super().__init__("This is not the code from the mail, or it is too old.", "/code")


@dataclass(frozen=True)
class Asked:
    """An address was noted. `expires_at` is until when the code that went there counts; None: none went."""

    address: str
    expires_at: datetime | None


@dataclass(frozen=True)
class Way:
    """Where a visitor goes on, once, until `expires_at`."""

    url: str
    expires_at: datetime


def by_shop(
    session: Session, ctx: Context, place: Place, session_id: int, known: Known, now: datetime
) -> str | None:
    """The shop vouches for the visitor of a session; returns its new token if it comes to show more than before."""
    how = "a signed token" if known.is_signed else "an HMAC of the id"
    party = place.user(known.subject, known.said.name, f"The shop vouched for this id by {how}.")
    token = _become(session, ctx, place, session_id, party, known.proof, known.until, "signed_in", now)
    visitor = queries.by_id(session, session_id)
    if visitor is None or visitor.customer_id is None or visitor.identity_id is None:
        return token
    if known.said.name:
        naming.learn(session, visitor.customer_id, known.said.name)
    if known.said.email and known.is_signed and known.email_verified:
        mailbox = _mailbox(known.said.email, "The shop has proved this mailbox and signed that.")
        _add(session, ctx, place, visitor, mailbox, "signed_in", now)
        claim(session, visitor.customer_id, visitor.identity_id, Said(phone=known.said.phone), now)
    else:
        claim(session, visitor.customer_id, visitor.identity_id, known.said, now)
    people.suggest_from(session, visitor.customer_id, now)
    return token


def ask_code(ctx: Context, place: Place, visitor: Visitor, text: str, letter: Letter) -> Asked:
    """Note an address that the visitor typed, and mail a code there.

    Raises WriteFirst, Invalid for what is no address, Conflict or TooMany when too many codes were asked for.
    """
    if visitor.identity_id is None:
        raise WriteFirst
    is_demo = place.channel.is_demo
    try:
        address = email(text)
    except BadAddress as error:
        raise Invalid(error.reason, "/address") from error
    party = Party(namespace="email", address=address, display=text.strip())
    code = ctx.db.run(_make_code, ctx, visitor.session_id, party)
    try:
        letters.post(
            ctx,
            letters.recipient(ctx, party.display, is_demo=is_demo),
            *letter(code),
            asker=f"identity:{visitor.identity_id}",
            is_demo=is_demo,
        )
    except letters.NotPosted:  # it was logged where it failed; the address is noted all the same
        return Asked(party.display, None)
    return Asked(party.display, ctx.clock() + timedelta(seconds=CODE_SECONDS))


def by_code(ctx: Context, place: Place, visitor: Visitor, code: str) -> str | None:
    """The visitor types the code from his mailbox; returns the session's new token, if it has one.

    Raises WriteFirst or WrongCode. A wrong guess is counted.
    """
    if visitor.identity_id is None:
        raise WriteFirst
    proved, token = ctx.db.run(_use_code, ctx, place, visitor.session_id, "".join(code.split()))
    if not proved:
        raise WrongCode
    return token


def go_on(ctx: Context, place: Place, visitor: Visitor, channel_id: int) -> Way:
    """A way for the visitor to go on in another channel. Raises WriteFirst, or NotFound for one that he may not."""
    identity_id = visitor.identity_id
    if identity_id is None:
        raise WriteFirst

    def story(session: Session) -> Way:
        channel = channel_queries.row(session, channel_id)
        adapter = ctx.registry.get(channel.kind)
        if not is_offered(place, channel.name, channel.state, rights.can(ctx.registry, channel).proves_links):
            raise NotFound("There is no such channel.")
        now = ctx.clock()
        code = codes.make(
            session, codes.LINK, identity_id, now, seconds=LINK_SECONDS, data={"channel_id": channel_id}
        )
        facts: Mapping[str, JsonValue] = channel.facts
        url = adapter.link_url(channels.open_config(ctx.registry, ctx.vault, channel), facts, code)
        if not url:
            raise NotFound("There is no such channel.")
        return Way(url, now + timedelta(seconds=LINK_SECONDS))

    return ctx.db.run(story)


def is_offered(place: Place, name: str, state: ChannelState, proves_links: bool) -> bool:
    """Whether a site's visitors are offered to go on in a channel."""
    wanted = {text.casefold() for text in place.site.continue_in}
    return proves_links and state is ChannelState.ACTIVE and bool({"all", name.casefold()} & wanted)


def claim(session: Session, customer_id: int, identity_id: int, said: Said, now: datetime) -> None:
    """Note what somebody says he is, without any proof."""
    for namespace, address in (("email", said.email), ("phone", said.phone)):
        if address:
            party = Party(namespace=namespace, address=address, display=address)
            claims.claim(session, customer_id, identity_id, party, SOURCE, now)


def _make_code(session: Session, ctx: Context, session_id: int, party: Party) -> str:
    visitor = queries.by_id(session, session_id)
    if visitor is None or visitor.identity_id is None or visitor.customer_id is None:
        raise WriteFirst
    now = ctx.clock()
    claims.claim(session, visitor.customer_id, visitor.identity_id, party, SOURCE, now)
    people.suggest_from(session, visitor.customer_id, now)
    data = {"address": party.address, "display": party.display}
    return codes.make(
        session,
        MAILBOX,
        visitor.identity_id,
        now,
        seconds=CODE_SECONDS,
        digits=CODE_DIGITS,
        data=data,
    )


def _use_code(
    session: Session, ctx: Context, place: Place, session_id: int, code: str
) -> tuple[bool, str | None]:
    """Whether the code was right, and the session's new token. It ends well either way: guesses are counted."""
    visitor = queries.by_id(session, session_id)
    if visitor is None or visitor.identity_id is None:
        raise WriteFirst
    now = ctx.clock()
    used = codes.use(session, MAILBOX, code, now, identity_id=visitor.identity_id)
    if used is None:
        return False, None
    party = _mailbox(used.data["address"], "Typed in the code that was mailed there.", used.data["display"])
    until = now + rules.MAILBOX_LASTS
    return True, _become(session, ctx, place, session_id, party, Proof.MAILBOX, until, "mail_code", now)


def _become(
    session: Session,
    ctx: Context,
    place: Place,
    session_id: int,
    party: Party,
    proof: Proof,
    until: datetime,
    reason: str,
    now: datetime,
) -> str | None:
    """The visitor of a session proved to be `party`. Returns the session's new token if it shows more now."""
    row = actions.lock(session, session_id)
    visitor = queries.by_id(session, session_id)
    if row is None or visitor is None:
        raise NotFound("The session has ended.")
    before, own = visitor.viewer(now), visitor.customer_id
    stays = (
        own is not None
        and _may_be(session, place, visitor, party, is_proved=before.verified)
        and _add(session, ctx, place, visitor, party, reason, now)
    )
    if not stays:
        _begin_afresh(session, place, row, party, now)
        if own is not None:
            people.suggest_from(session, own, now)
    if not (stays and row.verified_until is not None and row.verified_until > until):
        actions.prove(session, session_id, proof, until)
    after = queries.by_id(session, session_id)
    if after is None or after.viewer(now) == before:
        return None
    if after.thread_id is not None:
        record(
            session,
            EventKind.CUSTOMER_CHANGED,
            thread_id=after.thread_id,
            data={"customer_id": after.customer_id},
        )
    return actions.renew(session, session_id)


def _may_be(session: Session, place: Place, visitor: Visitor, party: Party, *, is_proved: bool) -> bool:
    """Whether a browser's customer may turn out to be `party`: no address of his speaks against it.

    An address that came to him by an agent or by an answer is somebody's, and that need not be who sits here.
    Browsers' own names do not count: everybody has several.
    """
    known = people_lookup.at(session, party)
    if known is not None and known.customer_id == visitor.customer_id:
        return True
    ids = queries.ids(session, visitor, but=place.manifest.namespace)
    proved = (*ids.own, *(each for each in ids.others if each.level is Level.VERIFIED))
    if (party.namespace, party.account) in {(each.namespace, each.account) for each in proved}:
        return False
    return is_proved or not (ids.own or ids.others)


def _add(
    session: Session, ctx: Context, place: Place, visitor: Visitor, party: Party, reason: str, now: datetime
) -> bool:
    """Give a visitor's customer an id that the visitor proved, and the visitor all that was ever said under it;
    False when that cannot be."""
    if visitor.customer_id is None or visitor.identity_id is None:
        return False
    own = people_lookup.living(session, visitor.customer_id, keep=True)
    who = customers.identify(session, party, now, is_demo=place.channel.is_demo, joins=own)
    if who.customer_id != own and not people.join(session, ctx, who.customer_id, own, reason, now):
        return False
    customers.seen(session, who, party, now)
    customers.prove_together(session, [visitor.identity_id, who.identity_id])
    return True


def _begin_afresh(session: Session, place: Place, row: "VisitorSession", party: Party, now: datetime) -> None:
    """The session is that of `party` from now on, under a new name of its browser: what was before is hidden."""
    who = customers.identify(session, party, now, is_demo=place.channel.is_demo)
    customers.seen(session, who, party, now)
    browser = customers.identify(session, place.visitor(party.name), now, joins=who.customer_id)
    customers.prove_together(session, [browser.identity_id, who.identity_id])
    if row.identity_id is not None:
        actions.empty(session, row.id)
        actions.prove(session, row.id, None, None)
    actions.bind(session, row.id, browser.identity_id)
    shop_reports.adopt(session, row.id, who.customer_id)


def _mailbox(address: str, reason: str, display: str = "") -> Party:
    return Party(
        namespace="email",
        address=address,
        display=display or address,
        level=Level.VERIFIED,
        level_reason=reason,
    )
