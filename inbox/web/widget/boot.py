"""Everything that the panel needs to open, and what each later look brings."""

from sqlalchemy.orm import Session

from inbox.flows import panel
from inbox.flows.context import Context
from inbox.flows.visits import Arrived
from inbox.web.i18n import direction, locale
from inbox.web.widget import standing, stream
from inbox.web.widget.look import Look
from inbox.web.widget.shapes import Boot, Identity, Limits, PanelPart
from inbox.web.widget.stream import Found

FIRST = 30
"""Messages of the first picture."""


def boot(session: Session, ctx: Context, look: Look, arrived: Arrived, identity: Identity) -> Boot:
    """The first picture."""
    place = look.place
    rest = part(session, ctx, look, stream.newest(session, look, FIRST))
    return {
        "token": arrived.token,
        "visitor": standing.person(session, look),
        "identity": identity,
        "team": standing.team(session, place),
        "messages": rest["items"],
        "pending": rest["pending"],
        "more": rest["more"],
        "cursor": rest["cursor"],
        "seen": rest["seen"],
        "unread": rest["unread"],
        "typing": rest["typing"],
        "expects": rest["expects"],
        "needs_email": rest["needs_email"],
        "links": rest["links"],
        "rating": rest["rating"],
        "blocked": rest["blocked"],
        "texts": standing.texts(place),
        "limits": limits(ctx, look),
        "locale": str(locale()).replace("_", "-"),
        "direction": "rtl" if direction() == "rtl" else "ltr",
    }


def part(session: Session, ctx: Context, look: Look, found: Found) -> PanelPart:
    """Messages, with all that may have changed beside them."""
    expects = standing.expects(session, ctx, look.place)
    blocked = look.visitor.is_blocked  # who is asked nothing, and told nothing but what was said
    return {
        "items": found.items,
        "pending": stream.pending(session, look),
        "more": found.more,
        "cursor": found.cursor,
        "reset": found.reset,
        "seen": found.seen,
        "unread": stream.unread(session, look),
        "typing": None if blocked else stream.typing(session, look),
        "expects": expects,
        "needs_email": "no" if blocked else standing.needs_email(session, look, is_open=expects["open"]),
        "links": [] if blocked else standing.links(session, ctx, look),
        "rating": None if blocked else standing.rating(session, look),
        "blocked": blocked,
    }


def limits(ctx: Context, look: Look) -> Limits:
    """What one message may have."""
    largest = standing.file_max(ctx, look.place)
    return {
        "text": panel.TEXT_MAX,
        "file": largest,
        "files": panel.FILES_MAX if largest else 0,
    }
