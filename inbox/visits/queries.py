"""Reading visitors' sessions, and where customers are on the shop's site."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from inbox.agents.models import Agent, AgentSession, TeamMember
from inbox.clock import utc_now
from inbox.contract import Level
from inbox.contract.addresses import EMAIL
from inbox.customers import codes
from inbox.customers.likeness import Proved
from inbox.customers.models import Block, Claim, Identity
from inbox.shapes import VisitView, iso, iso_or_null
from inbox.threads.models import Thread
from inbox.visits import rules
from inbox.visits.actions import token_hash
from inbox.visits.models import Visit, VisitorSession
from inbox.visits.words import Proof

TEAM_SHOWN = 3


@dataclass(frozen=True)
class Visitor:
    """A browser with a valid token: its session, and whose it is, as far as that is known.

    `address` is the random name of the browser under which it writes; `is_blocked` says that an agent blocked it here,
    or something else that the same person proved to be his; identity, customer and thread are those of
    now, after whatever was merged.
    """

    session_id: int
    channel_id: int
    identity_id: int | None
    address: str
    customer_id: int | None
    thread_id: int | None
    proof: Proof | None
    verified_until: datetime | None
    last_seen_at: datetime
    proved_as: int | None = None
    is_blocked: bool = False

    def viewer(self, now: datetime) -> rules.Viewer:
        """What decides about what he may see."""
        verified = rules.is_verified(self.verified_until, now)
        return rules.Viewer(self.identity_id, self.customer_id, verified, self.proved_as)


@dataclass(frozen=True)
class Person:
    """What is known of a visitor's person: a name, an address that he proved, and one that he only claims."""

    name: str
    email: str
    claimed: str


@dataclass(frozen=True)
class Colleague:
    """An agent as visitors see him; `photo` is the key of his picture."""

    name: str
    photo: str | None


def by_token(session: Session, channel_id: int, token: str, now: datetime) -> Visitor | None:
    """The visitor with that token, if it is one of this channel's and has not ended."""
    found = session.execute(
        _VISITOR.where(VisitorSession.hash == token_hash(token), VisitorSession.channel_id == channel_id)
    ).first()
    if found is None or found.ended_at is not None or found.last_seen_at < now - rules.ENDS_AFTER:
        return None
    return _visitor(found)


def by_id(session: Session, session_id: int) -> Visitor | None:
    """The visitor of a session, unless it has ended."""
    found = session.execute(_VISITOR.where(VisitorSession.id == session_id)).first()
    return None if found is None or found.ended_at is not None else _visitor(found)


def living(session: Session, session_ids: Collection[int]) -> dict[int, Visitor]:
    """The visitors of these sessions that have not ended, by session."""
    rows = session.execute(
        _VISITOR.where(VisitorSession.id.in_(sorted(session_ids)), VisitorSession.ended_at.is_(None))
    )
    return {row.id: _visitor(row) for row in rows}


def visit(session: Session, session_id: int) -> Visit:
    """Where the visitor of a session is."""
    return session.get_one(Visit, session_id, populate_existing=True)


@dataclass(frozen=True)
class Ids:
    """Ids of a visitor's customer, without browsers: those that he has proved himself, or brought by a code of his,
    and those that are somebody's who need not be he."""

    own: tuple[Proved, ...]
    brought: tuple[Proved, ...]
    others: tuple[Proved, ...]


def ids(session: Session, visitor: Visitor, *, but: str) -> Ids:
    """The ids of a visitor's customer that more than words speaks for, except browsers: the namespace `but`."""
    codes_used = codes.brought(session, codes.LINK, visitor.identity_id or 0)
    brought = {data.get("brought") for data in codes_used}
    rows = session.execute(
        select(
            Identity.id,
            Identity.namespace,
            Identity.account,
            Identity.address,
            Identity.level,
            Identity.proved_as,
        )
        .where(
            Identity.customer_id == visitor.customer_id,
            Identity.namespace != but,
            Identity.level != Level.CLAIMED,
        )
        .order_by(Identity.id)
    )
    found: dict[str, list[Proved]] = {"own": [], "brought": [], "others": []}
    for row in rows:
        is_own = row.proved_as is not None and row.proved_as == visitor.proved_as
        whose = "own" if is_own else "brought" if row.id in brought else "others"
        found[whose].append(Proved(row.namespace, row.account, row.address, row.level))
    return Ids(*(tuple(found[whose]) for whose in ("own", "brought", "others")))


def person(session: Session, visitor: Visitor) -> Person:
    """What is known of the person of a visitor who has an identity: what he himself has proved.

    The claimed address is one that was told in this very browser.
    """
    claimed = session.execute(
        select(Claim.display)
        .where(Claim.identity_id == visitor.identity_id, Claim.namespace == EMAIL)
        .order_by(Claim.id.desc())
        .limit(1)
    ).scalar()
    rows = session.execute(
        select(Identity.namespace, Identity.display, Identity.name)
        .where(
            Identity.customer_id == visitor.customer_id,
            Identity.proved_as.is_not(None),
            Identity.proved_as == visitor.proved_as,
        )
        .order_by(Identity.last_seen_at.desc(), Identity.id.desc())
        .limit(20)
    ).all()
    name = next((row.name for row in rows if row.name), "")
    email = next((row.display for row in rows if row.namespace == EMAIL), "")
    return Person(name, email, claimed or "")


def colleague(session: Session, agent_id: int) -> Colleague | None:
    """An agent as visitors see him."""
    row = session.execute(select(Agent.name, Agent.photo).where(Agent.id == agent_id)).first()
    return None if row is None else Colleague(row.name, row.photo)


def has_identity(session: Session, customer_id: int, namespace: str, account: str) -> bool:
    """Whether a customer can be met under an address of that kind and account."""
    found = select(Identity.id).where(
        Identity.customer_id == customer_id,
        Identity.namespace == namespace,
        Identity.account.in_(("", account)),
    )
    return session.execute(found.limit(1)).scalar() is not None


def team(session: Session, team_id: int | None, *, is_demo: bool = False) -> list[Colleague]:
    """Up to three agents of a team, or of all; those first who were here last.

    Those of the demo are shown in the demo only.
    """
    here = (
        select(AgentSession.agent_id, func.max(AgentSession.seen_at).label("seen_at"))
        .group_by(AgentSession.agent_id)
        .subquery()
    )
    found = (
        select(Agent.name, Agent.photo).outerjoin(here, here.c.agent_id == Agent.id).where(Agent.is_active)
    )
    if not is_demo:
        found = found.where(~Agent.is_demo)
    if team_id is not None:
        found = found.join(TeamMember, TeamMember.agent_id == Agent.id).where(TeamMember.team_id == team_id)
    found = found.order_by(here.c.seen_at.is_(None), here.c.seen_at.desc(), Agent.id)
    return [Colleague(row.name, row.photo) for row in session.execute(found.limit(TEAM_SHOWN))]


def view(
    session: Session, customer_ids: Collection[int], now: datetime | None = None
) -> dict[int, VisitView]:
    """Where customers are on the shop's site, or last were, by customer; those who never came are absent."""
    now = now or utc_now()
    rows = session.execute(
        select(Identity.customer_id, VisitorSession.channel_id, Visit)
        .join(VisitorSession, VisitorSession.identity_id == Identity.id)
        .join(Visit, Visit.session_id == VisitorSession.id)
        .where(Identity.customer_id.in_(sorted(set(customer_ids))))
        .execution_options(populate_existing=True)
    ).all()
    # The one that gave the last sign of life; a customer has as many as browsers.
    rows = sorted(rows, key=lambda row: _last_sign(row.Visit))
    return {row.customer_id: _view(row.channel_id, row.Visit, now) for row in rows}


def viewed(session: Session, customer_id: int) -> list[dict[str, Any]]:
    """The pages that a customer was on last, in whichever browser, the newest first: url, title, at."""
    rows = session.scalars(
        select(Visit.pages)
        .join(VisitorSession, VisitorSession.id == Visit.session_id)
        .join(Identity, Identity.id == VisitorSession.identity_id)
        .where(Identity.customer_id == customer_id)
        .order_by(VisitorSession.last_seen_at.desc())
        .limit(rules.PAGES_KEPT)
    )
    pages = sorted((page for row in rows for page in row), key=lambda page: page["at"], reverse=True)
    newest: dict[str, dict[str, Any]] = {}
    for page in pages:
        newest.setdefault(page["url"], page)
    return list(newest.values())[: rules.PAGES_KEPT]


def online(session: Session, customer_ids: Collection[int], now: datetime | None = None) -> set[int]:
    """Those of the customers who have the panel open."""
    if not customer_ids:
        return set()
    since = (now or utc_now()) - rules.ONLINE_FOR
    found = session.scalars(
        select(Identity.customer_id)
        .join(VisitorSession, VisitorSession.identity_id == Identity.id)
        .join(Visit, Visit.session_id == VisitorSession.id)
        .where(Identity.customer_id.in_(sorted(set(customer_ids))), Visit.online_at > since)
    )
    return set(found)


_SAME = aliased(Identity)
_BLOCKED = (
    select(Block.identity_id)
    .join(_SAME, _SAME.id == Block.identity_id)
    .where(
        _SAME.customer_id == Identity.customer_id,
        or_(_SAME.id == Identity.id, _SAME.proved_as == Identity.proved_as),
        Block.channel_id == VisitorSession.channel_id,
    )
    .correlate(Identity, VisitorSession)
    .exists()
)
_VISITOR = (
    select(
        VisitorSession.id,
        VisitorSession.channel_id,
        VisitorSession.identity_id,
        VisitorSession.proof,
        VisitorSession.verified_until,
        VisitorSession.last_seen_at,
        VisitorSession.ended_at,
        Identity.customer_id,
        Identity.address,
        Identity.proved_as,
        _BLOCKED.label("is_blocked"),
        Thread.id.label("thread_id"),
    )
    .outerjoin(Identity, Identity.id == VisitorSession.identity_id)
    .outerjoin(Thread, Thread.customer_id == Identity.customer_id)
)


def _visitor(row: Any) -> Visitor:
    return Visitor(
        session_id=row.id,
        channel_id=row.channel_id,
        identity_id=row.identity_id,
        address=row.address or "",
        customer_id=row.customer_id,
        thread_id=row.thread_id,
        proof=row.proof,
        verified_until=row.verified_until,
        last_seen_at=row.last_seen_at,
        proved_as=row.proved_as,
        is_blocked=bool(row.is_blocked),
    )


def _last_sign(visit: Visit) -> datetime:
    return max(moment for moment in (visit.came_at, visit.page_at, visit.online_at) if moment is not None)


def _view(channel_id: int, visit: Visit, now: datetime) -> VisitView:
    return {
        "channel_id": channel_id,
        "online": rules.is_online(visit.online_at, now),
        "since": iso(visit.came_at),
        "seen_at": iso_or_null(visit.online_at),
        "page": {"url": visit.page_url, "title": visit.page_title} if visit.page_url else None,
        "page_at": iso_or_null(visit.page_at),
        "referrer": visit.referrer,
        "cart": visit.cart,
        "cart_at": iso_or_null(visit.cart_at),
        "attributes": dict(visit.attributes),
        "locale": visit.locale,
    }
