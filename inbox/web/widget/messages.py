"""The panel opens, looks, writes, and says what was seen."""

from collections.abc import Callable
from typing import Any

from flask import Response

from inbox.errors import Invalid
from inbox.flows import panel, shop_reports, visits
from inbox.flows.panel import Written
from inbox.flows.sites import Place
from inbox.flows.visits import Arrival
from inbox.visits import proofs, rules
from inbox.visits.proofs import NOTHING_SAID, Known, Refused
from inbox.web.api.table import reply
from inbox.web.context import context
from inbox.web.widget import boot, limits, stream
from inbox.web.widget.api import api, first_picture, locale_of
from inbox.web.widget.door import address, body, goods, query, site, slow, visitors
from inbox.web.widget.look import Look
from inbox.web.widget.pages import speaking
from inbox.web.widget.requests import MessageBody, MessagesQuery, ReadBody, SessionBody
from inbox.web.widget.shapes import Identity, Kept


@api.post("/session")
@site
def session(place: Place) -> Response:
    """Begin, or go on where this browser stopped."""
    slow(limits.BEGIN, "begin", address())
    asked, ctx = body(SessionBody), context()
    known, identity = _identify(place, asked)
    region = ctx.settings.default_region
    arrival = Arrival(
        token=asked.token or "",
        known=known,
        refused=identity["state"] == "refused",
        said=NOTHING_SAID if asked.user is None else proofs.read_said(asked.user, region),
        page=None if asked.page is None else asked.page.page(),
        locale=rules.locale(asked.locale),
        attributes=_bearable(rules.attributes, asked.attributes) or {},
        cart=_bearable(rules.cart, asked.cart),
    )
    arrived = visits.arrive(ctx, place, arrival)
    if arrival.cart is not None:
        shop_reports.report(ctx, arrived.visitor, arrival.cart, goods())
    return first_picture(Look(place, arrived.visitor, ctx.clock()), arrived, identity, asked.locale)


@api.get("/messages")
@visitors(limits.LOOK, "look", even_blocked=True)
def messages(look: Look) -> Response:
    """Messages, and all that may have changed beside them."""
    asked, ctx = query(MessagesQuery), context()
    locale = locale_of(ctx, look)
    with ctx.db.read() as reading, speaking(look.place, locale):
        if asked.since is not None:
            found = stream.changed(reading, look, asked.since, asked.limit)
        elif asked.before is not None:
            found = stream.older(reading, look, asked.before, asked.limit)
        elif asked.after is not None:
            found = stream.newer(reading, look, asked.after, asked.limit)
        else:
            found = stream.newest(reading, look, asked.limit)
        part = boot.part(reading, ctx, look, found)
    panel.arrived(ctx, look.visitor)
    return reply(part)


@api.post("/messages")
@visitors(limits.WRITE, "write")
def write(look: Look) -> Response:
    """Take a message. 202: it is kept, and will be in the thread."""
    if look.visitor.identity_id is None:
        slow(limits.FIRST, "first", address())
    asked = body(MessageBody)
    page = None if asked.page is None else asked.page.page()
    text = asked.body.replace("\0", "")
    message = Written(asked.client_msg_id, text, tuple(asked.attachment_ids), page)
    panel.write(context(), look.place, look.visitor, message)
    answer: Kept = {"id": asked.client_msg_id}
    return reply(answer, 202)


@api.post("/read")
@visitors(limits.SIGNAL, "signal", even_blocked=True)
def read(look: Look) -> Response:
    """The visitor has seen all replies up to a message."""
    panel.read(context(), look.visitor, body(ReadBody).message_id)
    return Response(status=204)


def _identify(place: Place, asked: SessionBody) -> tuple[Known | None, Identity]:
    """Whom the shop vouches for. What is wrong is told to the shop's engineer; the visitor comes in all the same."""
    now, region = context().clock(), context().settings.default_region
    try:
        if asked.jwt:
            known = proofs.read_jwt(asked.jwt, place.site.secrets, now, region)
        elif asked.user is not None and asked.user.get("hmac") is not None:
            known = proofs.read_hmac(asked.user, place.site.secrets, now, region)
        else:
            return None, {"state": "none", "code": None, "detail": None}
    except Refused as error:
        return None, {"state": "refused", "code": error.code, "detail": error.detail}
    return known, {"state": "verified", "code": None, "detail": None}


def _bearable(
    check: Callable[[object], dict[str, Any]], value: dict[str, Any] | None
) -> dict[str, Any] | None:
    """What the shop tells when the panel opens; a mistake in it must not keep its customer out."""
    try:
        return None if value is None else check(value)
    except Invalid:
        return None
