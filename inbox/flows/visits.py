"""A browser comes to a shop's site and opens the panel: it is known again, or begins as nobody.

Nothing is stored of whoever does not open the panel, and no customer is made before somebody writes or proves who
he is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from inbox.errors import Invalid, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import proving
from inbox.flows.context import Context
from inbox.flows.sites import Place
from inbox.visits import actions, queries, rules
from inbox.visits.proofs import NOTHING_SAID, Known, Said
from inbox.visits.queries import Visitor
from inbox.visits.words import Proof

log = structlog.get_logger(__name__)

NEW_VISIT_AFTER = timedelta(minutes=30)
"""Without a sign of life for so long, the next one begins another visit."""


class Ended(NotFound):
    """The session has ended, or never was: whoever holds its token has to begin again."""

    def __init__(self) -> None:
        super().__init__("The session has ended.")


@dataclass(frozen=True)
class Page:
    """Where a visitor is, cleaned."""

    url: str
    title: str = ""
    referrer: str = ""


@dataclass(frozen=True)
class Arrival:
    """What a browser says when its panel opens.

    `known` is whom the shop vouches for; `refused` says that it tried to and that it was no proof.
    """

    token: str = ""
    known: Known | None = None
    refused: bool = False
    said: Said = NOTHING_SAID
    page: Page | None = None
    locale: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    cart: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Arrived:
    """The visitor, and the token for all that follows: that which was shown, or a new one."""

    token: str
    visitor: Visitor


def arrive(ctx: Context, place: Place, arrival: Arrival) -> Arrived:
    """Know a browser again by its token, or begin a session; note who it is now, and where."""
    return ctx.db.run(_arrive, ctx, place, arrival)


def leave(ctx: Context, visitor: Visitor) -> None:
    """End a session: whoever uses this browser next is somebody else."""

    def story(session: Session) -> None:
        actions.end(session, visitor.session_id, ctx.clock())
        _tell(session, visitor, ctx.clock())

    ctx.db.run(story)


def look(ctx: Context, visitor: Visitor, page: Page) -> None:
    """Note which page a visitor is on."""

    def story(session: Session) -> None:
        now = ctx.clock()
        _see(session, visitor.session_id, page, now)
        _tell(session, visitor, now)

    ctx.db.run(story)


def carry(ctx: Context, visitor: Visitor, cart: Mapping[str, Any]) -> None:
    """Note what a visitor has in his cart."""

    def story(session: Session) -> None:
        now = ctx.clock()
        actions.note(session, visitor.session_id, cart=dict(cart), cart_at=now)
        _tell(session, visitor, now)

    ctx.db.run(story)


def describe(ctx: Context, visitor: Visitor, attributes: Mapping[str, Any]) -> None:
    """Note further facts about a visitor. Raises Invalid when they are too many with those known."""

    def story(session: Session) -> None:
        _describe(session, visitor.session_id, attributes)
        _tell(session, visitor, ctx.clock())

    ctx.db.run(story)


def came(ctx: Context, session_id: int) -> None:
    """Note that a panel is open now."""

    def story(session: Session) -> None:
        now = ctx.clock()
        visit = queries.visit(session, session_id)
        news = {} if _is_same_visit(visit.page_at, visit.online_at, now) else {"came_at": now}
        was_online = rules.is_online(visit.online_at, now)
        actions.note(session, session_id, online_at=now, **news)
        visitor = queries.by_id(session, session_id)
        if visitor is not None and not was_online:
            _tell(session, visitor, now)

    ctx.db.run(story)


def went(ctx: Context, session_id: int) -> None:
    """Note that a browser has no panel open any more; one that is open elsewhere says so again by itself."""

    def story(session: Session) -> None:
        now = ctx.clock()
        actions.note(session, session_id, online_at=now - rules.ONLINE_FOR)
        visitor = queries.by_id(session, session_id)
        if visitor is not None:
            _tell(session, visitor, now)

    ctx.db.run(story)


def attend(ctx: Context, session_ids: Collection[int]) -> None:
    """Note that these panels are still open."""
    if session_ids:
        ctx.db.run(actions.attend, session_ids, ctx.clock())


def _arrive(session: Session, ctx: Context, place: Place, arrival: Arrival) -> Arrived:
    now = ctx.clock()
    token, visitor = arrival.token, queries.by_token(session, place.id, arrival.token, now)
    if visitor is None:
        token, session_id = actions.begin(session, place.id, now)
    else:
        session_id = visitor.session_id
        if now - visitor.last_seen_at > rules.TOUCH_EVERY:
            actions.touch(session, session_id, now)
        if arrival.refused and visitor.proof in (Proof.JWT, Proof.HMAC):
            actions.prove(session, session_id, None, None)
    if arrival.known is not None:
        token = proving.by_shop(session, ctx, place, session_id, arrival.known, now) or token
    found = queries.by_id(session, session_id)
    if found is None:
        raise Ended
    if not found.is_blocked:
        _note(session, session_id, arrival, now)
        if arrival.page is not None:
            _tell(session, found, now)
    return Arrived(token, found)


def _note(session: Session, session_id: int, arrival: Arrival, now: datetime) -> None:
    """What the page tells when the panel opens."""
    known = arrival.known
    said = known.said if known is not None else arrival.said
    values: dict[str, Any] = {}
    locale = arrival.locale or (known.locale if known else "")
    if locale:
        values["locale"] = locale
    if said != NOTHING_SAID:
        told = {"name": said.name, "email": said.email, "phone": said.phone}
        before = queries.visit(session, session_id).said
        values["said"] = {**before, **{name: text for name, text in told.items() if text}}
    if arrival.cart is not None:
        values |= {"cart": dict(arrival.cart), "cart_at": now}
    if values:
        actions.note(session, session_id, **values)
    attributes = {**(known.attributes if known else {}), **arrival.attributes}
    if attributes:
        try:
            _describe(session, session_id, attributes)
        except Invalid as error:
            # The shop's mistake must not keep its customer from opening the panel.
            log.info("visit.attributes_left_out", session=session_id, reason=error.detail)
    if arrival.page is not None:
        _see(session, session_id, arrival.page, now)


def _see(session: Session, session_id: int, page: Page, now: datetime) -> None:
    visit = queries.visit(session, session_id)
    values: dict[str, Any] = {"page_url": page.url, "page_title": page.title, "page_at": now}
    values["pages"] = rules.viewed(visit.pages, page.url, page.title, now)
    if not _is_same_visit(visit.page_at, visit.online_at, now):
        values |= {"came_at": now, "referrer": page.referrer}
    elif not visit.referrer:
        values["referrer"] = page.referrer
    actions.note(session, session_id, **values)


def _describe(session: Session, session_id: int, attributes: Mapping[str, Any]) -> None:
    known = queries.visit(session, session_id).attributes
    actions.note(session, session_id, attributes=rules.together(known, attributes))


def _is_same_visit(page_at: datetime | None, online_at: datetime | None, now: datetime) -> bool:
    signs = [moment for moment in (page_at, online_at) if moment is not None]
    return bool(signs) and now - max(signs) < NEW_VISIT_AFTER


def _tell(session: Session, visitor: Visitor, now: datetime) -> None:
    """Tell agents who look at the customer where he is. Nobody looks at somebody who has not written."""
    if visitor.customer_id is None or visitor.thread_id is None:
        return
    visit = queries.view(session, [visitor.customer_id], now).get(visitor.customer_id)
    record(
        session,
        EventKind.VISITOR_CHANGED,
        thread_id=visitor.thread_id,
        data={"customer_id": visitor.customer_id, "visit": visit},
    )
