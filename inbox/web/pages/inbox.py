"""The inbox: one page with its first picture inside, and the frames in which mail is shown."""

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from inbox.errors import NotFound as Missing
from inbox.events.queries import head
from inbox.live import picture
from inbox.shapes import MessagePage, ThreadDetail
from inbox.threads import messages
from inbox.threads.queries import VIEWS
from inbox.threads.sanitize import render
from inbox.web import auth
from inbox.web.api import directory
from inbox.web.api.threads import detail
from inbox.web.auth import me, require_login
from inbox.web.context import context
from inbox.web.i18n import catalog
from inbox.web.marks import mark_views
from inbox.web.numbers import know_ids

pages = Blueprint("inbox", __name__)
pages.record(know_ids)

FIRST = 50
"""Threads and messages in the first picture."""

_FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:{remote}; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@pages.get("/")
@require_login
def start() -> BaseResponse:
    """To my threads, or to the queue when I have none."""
    with context().db.read() as session:
        mine = picture.thread_page(session, me(), "mine", limit=1)
    return redirect("/inbox/mine" if mine["items"] else "/inbox/unassigned")


@pages.get("/inbox/<view>")
@pages.get("/inbox/<view>/<id:thread_id>")
@require_login
def inbox(view: str, thread_id: int | None = None) -> Response:
    """The inbox with a view's threads and, if one is chosen, its messages: the first paint needs no request."""
    if view not in VIEWS:
        raise NotFound
    ctx, agent = context(), me()
    q = request.args.get("q", "")[:200]
    with ctx.db.read() as session:
        cursor = head(session)  # before the state that it continues
        threads = picture.thread_page(session, agent, view, q=q, limit=FIRST)
    thread, stream = (None, None) if thread_id is None else _open(thread_id)
    snapshot = {
        "me": directory.me_view(agent),
        "csrf": auth.csrf_token(),
        "agents": directory.agent_views(),
        "teams": directory.team_views(),
        "channels": directory.channel_views(ctx),
        "marks": mark_views(ctx),
        "views": directory.view_counts(agent),
        "view": view,
        "threads": threads,
        "thread": thread,
        "messages": stream,
        "cursor": cursor,
    }
    return Response(render_template("inbox.html", snapshot=snapshot, catalog=catalog()))


def _open(thread_id: int) -> tuple[ThreadDetail | None, MessagePage | None]:
    """A thread and its newest messages; nothing when it is gone or not for this agent."""
    try:
        with context().db.read() as session:
            stream = picture.message_page(session, me(), thread_id, limit=FIRST)
        return detail(thread_id), stream
    except Missing:
        return None, None


@pages.get("/messages/<id:message_id>/body")
@require_login
def body(message_id: int) -> Response:
    """The HTML of a message, for a sandboxed frame. Remote images only with `images=1`."""
    images = request.args.get("images") == "1"
    with context().db.read() as session:
        html, quoted, addresses = messages.body(session, me(), message_id)
    if html is None:
        raise NotFound
    main = render(html, addresses, images=images)
    tail = render(quoted, addresses, images=images) if quoted else None
    page = render_template("message_body.html", main=main, tail=tail)
    response = Response(page)
    response.headers["Content-Security-Policy"] = _FRAME_POLICY.format(
        remote=" https: http:" if images else ""
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
