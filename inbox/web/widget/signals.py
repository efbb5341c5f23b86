"""What is told beside messages: writing, pages, carts, facts, ratings, and the end."""

from flask import Response

from inbox.errors import Invalid
from inbox.flows import rating, shop_reports, signals, visits
from inbox.flows.proving import WriteFirst
from inbox.visits import rules
from inbox.web.context import context
from inbox.web.widget import limits
from inbox.web.widget.api import api
from inbox.web.widget.door import body, goods, visitors
from inbox.web.widget.look import Look
from inbox.web.widget.requests import Anything, Empty, PageBody, RatingBody


@api.post("/typing")
@visitors(limits.SIGNAL, "signal")
def typing(look: Look) -> Response:
    """The visitor is writing."""
    body(Empty)
    if look.visitor.identity_id is not None:
        ctx = context()
        ctx.db.run(signals.customer_types, ctx, look.visitor.identity_id)
    return Response(status=204)


@api.post("/page")
@visitors(limits.SIGNAL, "signal")
def page(look: Look) -> Response:
    """The visitor is on another page."""
    found = body(PageBody).page()
    if found is None:
        raise Invalid("This is no address of a page.", "/url")
    visits.look(context(), look.visitor, found)
    return Response(status=204)


@api.post("/cart")
@visitors(limits.SIGNAL, "signal")
def cart(look: Look) -> Response:
    """What the visitor has in his cart."""
    told = rules.cart(body(Anything).told())
    visits.carry(context(), look.visitor, told)
    shop_reports.report(context(), look.visitor, told, goods())
    return Response(status=204)


@api.post("/attributes")
@visitors(limits.SIGNAL, "signal")
def attributes(look: Look) -> Response:
    """Further facts about the visitor; null takes one away."""
    visits.describe(context(), look.visitor, rules.attributes(body(Anything).told()))
    return Response(status=204)


@api.post("/rating")
@visitors(limits.SIGNAL, "signal")
def rate(look: Look) -> Response:
    """How satisfied the visitor was."""
    asked = body(RatingBody)
    if look.visitor.identity_id is None:
        raise WriteFirst
    comment = asked.comment.replace("\0", "")
    rating.rate(context(), look.visitor.identity_id, asked.episode_id, asked.score, comment)
    return Response(status=204)


@api.post("/logout")
@visitors(limits.SIGNAL, "signal", even_blocked=True)
def logout(look: Look) -> Response:
    """Forget the visitor: whoever comes next in this browser is somebody else."""
    body(Empty)
    visits.leave(context(), look.visitor)
    return Response(status=204)
