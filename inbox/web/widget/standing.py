"""What the panel shows beside messages: who answers and when, what the visitor is asked, where he may go on."""

import threading
import time
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import flask_babel  # type: ignore[import-untyped]  # it ships no types
from babel.dates import format_datetime
from sqlalchemy.orm import Session

from inbox.channels import queries as channels
from inbox.contract.hours import Hours
from inbox.customers import codes
from inbox.errors import Invalid
from inbox.flows.context import Context
from inbox.flows.proving import is_offered
from inbox.flows.sites import Place
from inbox.insight import queries as insight
from inbox.shapes import iso, iso_or_null
from inbox.visits import queries, rules, stream
from inbox.web.i18n import gettext as _
from inbox.web.i18n import locale, ngettext
from inbox.web.pages import photos
from inbox.web.widget.look import Look
from inbox.web.widget.shapes import (
    Expects,
    Needs,
    PanelLink,
    PanelPerson,
    PanelRating,
    PanelTeam,
    PanelVisitor,
    Texts,
)

KEEP = 60.0
"""Seconds for which figures that are the same for all visitors of a site are kept."""

_kept: dict[Hashable, tuple[float, Any]] = {}
_lock = threading.Lock()
_KEPT_MAX = 1000


def expects(session: Session, ctx: Context, place: Place) -> Expects:
    """When an answer can be expected."""
    now = ctx.clock()
    hours = Hours.parse(place.site.hours, place.site.zone)
    if not hours.is_open(now):
        back = hours.next_open(now)
        text = place.site.says("offline", _language(place))
        if back is not None:
            back_text = _("Back %(moment)s", moment=_moment(back, hours.zone))
            text = f"{text} {back_text}" if text else back_text
        return {
            "open": False,
            "text": text or _("Nobody is here now. We answer as soon as we are back."),
            "back_at": iso_or_null(back),
            "minutes": None,
        }
    usual = _remember(
        ("expects", ctx.owner, place.id), lambda: insight.expectation(session, place.id, now, hours.zone)
    )
    minutes = None if usual is None else max(1, round(usual / timedelta(minutes=1)))
    return {"open": True, "text": _usually(minutes), "back_at": None, "minutes": minutes}


def team(session: Session, place: Place) -> PanelTeam:
    """Who answers."""
    return {"name": name(place), "agents": people_shown(session, place)}


def people_shown(session: Session, place: Place) -> list[PanelPerson]:
    """Up to three agents."""
    found = queries.team(session, place.channel.team_id, is_demo=place.channel.is_demo)
    return [_shown(each) for each in found]


def name(place: Place) -> str:
    """What the shop is called, in the visitor's language."""
    return place.site.says("title", _language(place)) or place.channel.name


def texts(place: Place) -> Texts:
    """The shop's own words in the visitor's language."""
    language = _language(place)
    return {
        "title": name(place),
        "greeting": place.site.says("greeting", language),
        "offline": place.site.says("offline", language),
    }


def file_max(ctx: Context, place: Place) -> int:
    """Bytes of the largest file that a visitor may send: what the shop and the installation both allow."""
    return min(place.site.attachment_max, ctx.settings.attachment_max)


def person(session: Session, look: Look) -> PanelVisitor:
    """Who the visitor is: what was proved if he is proved, else what this browser told."""
    visitor, viewer = look.visitor, look.viewer
    said = queries.visit(session, visitor.session_id).said
    known = queries.person(session, visitor) if visitor.identity_id is not None else None
    proved = known.email if known is not None and viewer.verified else ""
    claimed = (known.claimed if known is not None else "") or str(said.get("email") or "")
    told = str(said.get("name") or "")
    return {
        "verified": viewer.verified,
        "name": (known.name if known is not None and viewer.verified else told) or None,
        "email": proved or claimed or None,
        "email_proved": bool(proved),
    }


def needs_email(session: Session, look: Look, *, is_open: bool) -> Needs:
    """Whether to ask for an e-mail address."""
    visitor = look.visitor
    if look.place.site.ask_email == "never":
        return "no"
    is_somebody = visitor.identity_id is not None
    return rules.needs_email(
        look.place.site.ask_email,
        is_open=is_open,
        has_written=is_somebody
        and (stream.has_written(session, visitor) or bool(stream.waiting(session, visitor))),
        is_known=bool(person(session, look)["email"]),
    )


def rating(session: Session, look: Look) -> PanelRating | None:
    """What the visitor is asked to rate."""
    if look.visitor.identity_id is None or not look.place.site.ask_rating:
        return None
    asked = insight.question(session, look.visitor.identity_id, look.now)
    if asked is None:
        return None
    agent = None if asked.agent_id is None else queries.colleague(session, asked.agent_id)
    return {
        "episode_id": asked.episode_id,
        "agent": None if agent is None else _shown(agent),
        "asked_at": iso(asked.asked_at),
        "score": None,
    }


def links(session: Session, ctx: Context, look: Look) -> list[PanelLink]:
    """Other channels on which the visitor may go on."""
    offered = []
    for channel in channels.channels(session):
        try:
            manifest = ctx.registry.get(channel.kind).manifest
        except Invalid:  # its adapter is not installed any more
            continue
        if channel.is_demo == look.place.channel.is_demo and is_offered(
            look.place, channel.name, channel.state, manifest.can.proves_links
        ):
            offered.append((channel, manifest))
    if not offered:
        return []
    visitor = look.visitor
    brought: set[int] = set()
    if visitor.identity_id is not None:
        brought = {data["channel_id"] for data in codes.brought(session, codes.LINK, visitor.identity_id)}
    found: list[PanelLink] = []
    for channel, manifest in offered:
        met = channel.id in brought
        if not met and look.viewer.verified and visitor.customer_id is not None:
            met = queries.has_identity(session, visitor.customer_id, manifest.namespace, channel.account)
        found.append(
            {"channel_id": channel.id, "title": manifest.title, "kind": channel.kind, "continued": met}
        )
    return found


def _shown(agent: queries.Colleague) -> PanelPerson:
    return {"name": agent.name, "photo": photos.address(agent.photo)}


def _language(place: Place) -> str:
    return place.site.language(str(locale()))


def _moment(at: Any, zone: ZoneInfo) -> str:
    """A weekday and a time by the shop's clocks: "Monday 09:00"."""
    local = at.astimezone(zone)
    day = format_datetime(local, "EEEE", tzinfo=zone, locale=locale())
    return f"{day} {flask_babel.format_time(local, 'short', rebase=False)}"


def _usually(minutes: int | None) -> str:
    if minutes is None:
        return _("We answer as soon as we can.")
    if minutes < 90:
        return ngettext("Usually answers in %(num)s minute", "Usually answers in %(num)s minutes", minutes)
    hours = round(minutes / 60)
    if hours < 36:
        return ngettext("Usually answers in %(num)s hour", "Usually answers in %(num)s hours", hours)
    days = round(hours / 24)
    return ngettext("Usually answers in %(num)s day", "Usually answers in %(num)s days", days)


def _remember(key: Hashable, make: Callable[[], Any]) -> Any:
    """What `make` says, at most KEEP seconds old."""
    now = time.monotonic()
    with _lock:
        found = _kept.get(key)
    if found is not None and now - found[0] < KEEP:
        return found[1]
    made = make()
    with _lock:
        if len(_kept) >= _KEPT_MAX:
            _kept.clear()
        _kept[key] = (now, made)
    return made
