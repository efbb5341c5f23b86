"""The page of a customer, put together for every view that shows it."""

import functools
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time
from flask import Blueprint, make_response, render_template, request
from flask_babel import format_date  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.channels import queries as channels
from inbox.customers import blocks, consents, fields, notes, profile
from inbox.customers.fields import Field
from inbox.customers.shapes import CustomerDetail
from inbox.customers.words import Purpose
from inbox.errors import Invalid
from inbox.flows.context import Context
from inbox.flows.sites import USER
from inbox.live import person
from inbox.threads.queries import summaries
from inbox.web import choices
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.forms import Errors
from inbox.web.i18n import gettext as _
from inbox.web.i18n import locale
from inbox.web.numbers import know_ids

EPISODES = 10
NOTES = 10
CONSENTS = 10
MERGES = 10
HUES = 24
"""Colours of people's pictures; a style sheet has a class for each, as pages may not set styles."""


def render(
    customer_id: int,
    *,
    errors: Errors | None = None,
    sent: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    """The page of a customer. `errors` are complaints by the name of a field, `sent` is what was typed.

    Raises NotFound.
    """
    ctx, agent = context(), me()
    now = ctx.clock()
    with ctx.db.read() as session:
        found = person.detail(session, agent, customer_id)
        known = fields.fields(session)
        consented, older_consents = consents.history(
            session, found["id"], before=notes.number(request.args.get("consents")), limit=CONSENTS
        )
        page = render_template(
            "customers/show.html",
            customer=found,
            thread_url=_thread_url(session, found["thread_id"]),
            local_time=local_time(found["time_zone"], now),
            language=choices.language(found["locale"]) if found["locale"] else "",
            duplicates=person.duplicates(session, agent, found["id"]),
            episodes=person.episodes(
                session, found["thread_id"], cursor=request.args.get("episodes"), limit=EPISODES
            ),
            notes=notes.page(
                session, agent, found["id"], before=notes.number(request.args.get("notes")), limit=NOTES
            ),
            consents=consented,
            older_consents=older_consents,
            merges=person.merges(
                session,
                found["id"],
                now=now,
                before=notes.number(request.args.get("merges")),
                limit=MERGES,
            ),
            fields=known,
            known_tags=[tag for tag in profile.known_tags(session) if tag not in found["tags"]],
            channels={channel.id: channel for channel in channels.channels(session, removed=True)},
            titles=titles(ctx),
            blocked=blocks.among(session, [each["id"] for each in found["identities"]]),
            of_sites=_of_sites(ctx),
            purposes=purposes(),
            namespaces=_namespaces(found, ctx),
            languages=choices.languages(found["locale"]),
            time_zones=choices.time_zones(),
            errors=errors or {},
            sent=sent or {},
            agent=agent,
            now=now,
        )
    return make_response(page, status)


def complaint(error: Invalid) -> Errors:
    """An error as a complaint at the field that its pointer names: "name", or "fields/level"."""
    return {error.pointer.strip("/"): _(error.detail)}


def titles(ctx: Context) -> dict[str, str]:
    """What each kind of address is called: by the adapter whose customers have it, or by us."""
    manifests = [ctx.registry.get(kind).manifest for kind in ctx.registry.kinds()]
    own = {"user": _("Shop account"), "phone": _("Telephone")}
    return {**{each.namespace: _(each.title) for each in manifests}, **own}


def purposes() -> dict[str, str]:
    """What a customer may allow besides answers, in words."""
    return {
        Purpose.MARKETING.value: _("News and offers"),
        Purpose.NOTICES.value: _("Notices about orders and stock"),
        Purpose.SURVEYS.value: _("Questions about satisfaction"),
    }


def hue(name: str) -> int:
    """Which of the colours a person's picture has: the one nearest to that in the inbox."""
    degrees = functools.reduce(lambda total, letter: (total * 31 + ord(letter)) % 360, name, 7)
    return degrees * HUES // 360


def initials(name: str) -> str:
    """One or two letters that stand for a name, as in the inbox."""
    words = re.sub(r"[^\w\s]|_", " ", name).split() or ["?"]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def local_time(time_zone: str | None, now: datetime) -> str:
    """What the clocks show where the customer is, or ""."""
    return format_time(now.astimezone(ZoneInfo(time_zone)), "short", locale=locale()) if time_zone else ""


def options(field: Field, value: Any) -> list[tuple[str, str]]:
    """What a choice field offers: nothing, its choices, and a value that is no choice any more."""
    offered = list(field.options)
    if isinstance(value, str) and value not in offered:
        offered.append(value)
    return [("", ""), *((option, option) for option in offered)]


def is_typed(text: str, name: str) -> bool:
    """Whether somebody typed that name; spaces and the case of letters do not matter."""
    return _folded(text) == _folded(name)


def blueprint(name: str) -> Blueprint:
    """Pages below /customers, with what their templates call."""
    pages = Blueprint(name, __name__, url_prefix="/customers")
    pages.record(know_ids)
    helpers = {
        "initials": initials,
        "hue": hue,
        "from_iso": datetime.fromisoformat,
        "day": format_date,
        "choices_of": options,
    }
    pages.context_processor(lambda: helpers)
    return pages


def _of_sites(ctx: Context) -> set[str]:
    """The kinds of addresses that belong to a site, where they can be blocked."""
    manifests = [ctx.registry.get(kind).manifest for kind in ctx.registry.kinds()]
    return {USER, *(each.namespace for each in manifests if each.can.site)}


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _thread_url(session: Session, thread_id: int | None) -> str | None:
    """Where the inbox shows a thread, in a view that contains it."""
    if thread_id is None:
        return None
    found = summaries(session, [thread_id])
    if thread_id not in found:
        return None
    return f"/inbox/{'closed' if found[thread_id]['status'] == 'resolved' else 'open'}/{thread_id}"


def _namespaces(found: CustomerDetail, ctx: Context) -> list[tuple[str, str]]:
    """The kinds of address that a consent may be about: first those the customer has."""
    words = titles(ctx)
    own = dict.fromkeys(each["namespace"] for each in (*found["identities"], *found["claims"]))
    return [(key, words.get(key, key)) for key in (*own, *(key for key in words if key not in own))]
