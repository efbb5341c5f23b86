"""The visitor proves a mailbox, or goes on in another channel."""

from flask import Response

from inbox.flows import proving
from inbox.flows.proving import Letter
from inbox.flows.sites import Place
from inbox.flows.visits import Arrived
from inbox.shapes import iso, iso_or_null
from inbox.visits import queries
from inbox.web.api.table import reply
from inbox.web.auth import bearer_token
from inbox.web.context import context
from inbox.web.i18n import gettext as _
from inbox.web.widget import limits, standing
from inbox.web.widget.api import api, first_picture, locale_of
from inbox.web.widget.door import body, ended, visitors
from inbox.web.widget.look import Look
from inbox.web.widget.pages import speaking
from inbox.web.widget.requests import CodeBody, EmailBody, LinkBody
from inbox.web.widget.shapes import CodeSent, Identity, LinkMade


@api.post("/email")
@visitors(limits.PROVE, "email")
def email(look: Look) -> Response:
    """Note the visitor's e-mail address, and mail him a code that proves it."""
    asked, ctx = body(EmailBody), context()
    with speaking(look.place, locale_of(ctx, look)):
        found = proving.ask_code(ctx, look.place, look.visitor, asked.address, _letter(look.place))
    answer: CodeSent = {
        "address": found.address,
        "sent": found.expires_at is not None,
        "expires_at": iso_or_null(found.expires_at),
    }
    return reply(answer, 202)


@api.post("/email/confirm")
@visitors(limits.PROVE, "code")
def confirm(look: Look) -> Response:
    """Take the code from the mail: the visitor is the owner of that mailbox."""
    asked, ctx = body(CodeBody), context()
    locale = locale_of(ctx, look)
    token = proving.by_code(ctx, look.place, look.visitor, asked.code) or bearer_token() or ""
    with ctx.db.read() as session:
        fresh = queries.by_id(session, look.visitor.session_id)
    if fresh is None:
        raise ended()
    identity: Identity = {"state": "verified", "code": None, "detail": None}
    return first_picture(Look(look.place, fresh, ctx.clock()), Arrived(token, fresh), identity, locale)


@api.post("/link")
@visitors(limits.PROVE, "link")
def link(look: Look) -> Response:
    """A way to go on in another channel."""
    way = proving.go_on(context(), look.place, look.visitor, body(LinkBody).channel_id)
    answer: LinkMade = {"url": way.url, "expires_at": iso(way.expires_at)}
    return reply(answer)


def _letter(place: Place) -> Letter:
    """The mail that brings a code. It holds nothing that anybody typed into the panel."""
    name = standing.name(place)

    def letter(code: str) -> tuple[str, str]:
        subject = _("%(code)s is your code for the chat with %(shop)s", code=code, shop=name)
        text = _(
            "Your code is **%(code)s**. Type it into the chat with %(shop)s within 15 minutes.\n\n"
            "It proves that this mailbox is yours. If you did not ask for it, ignore this mail: without the code "
            "nobody can do anything.",
            code=code,
            shop=name,
        )
        return subject, text

    return letter
