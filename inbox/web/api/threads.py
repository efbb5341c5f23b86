"""Reading threads and changing what they are: assignee, team, status, priority, how far they are read."""

from typing import Annotated, Any, Literal

from pydantic import Field

from inbox.flows import triage
from inbox.live import picture
from inbox.shapes import MessagePage, PriorityWord, ThreadDetail, ThreadPage
from inbox.threads.words import Priority, Status
from inbox.web.api.table import Body, Id, Limit, Query, Text, route
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.i18n import gettext as _

TAG = "Threads"
ViewWord = Literal["mine", "unassigned", "waiting", "open", "closed", "drafts", "failed", "all"]


class ThreadQuery(Query):
    """Which threads."""

    view: ViewWord = "open"
    q: Annotated[Text, Field(max_length=200)] = ""
    limit: Limit = 50
    cursor: Annotated[Text, Field(max_length=500)] | None = None


class MessageQuery(Query):
    """Which messages of a thread."""

    before_seq: Annotated[int, Field(ge=1, le=(1 << 31) - 1)] | None = None
    after_seq: Annotated[int, Field(ge=0, le=(1 << 31) - 1)] | None = None
    limit: Limit = 50


class Change(Body):
    """Fields that are absent stay as they are; null means nobody."""

    assignee_id: Id | None = None
    team_id: Id | None = None
    status: Literal["open", "resolved"] = "open"
    priority: PriorityWord = "normal"


class Read(Body):
    """The last message that was seen."""

    seq: Annotated[int, Field(ge=0, le=(1 << 31) - 1)]


@route("GET", "/threads", tag=TAG, query=ThreadQuery, answers={200: ThreadPage})
def list_threads(query: ThreadQuery) -> ThreadPage:
    """List threads of a view, or those that a search finds.

    Queues (unassigned, waiting) begin with the customer who should hear from us first, the other views with the
    newest message. With `q`, all threads are searched: first those of customers whose name or address fits, then
    those with the words in a message.
    """
    with context().db.read() as session:
        return picture.thread_page(
            session, me(), query.view, q=query.q, cursor=query.cursor, limit=query.limit
        )


@route("GET", "/threads/<id:thread_id>", tag=TAG, answers={200: ThreadDetail}, errors=(404,))
def get_thread(thread_id: int) -> ThreadDetail:
    """Show a thread: its customer's addresses, its episodes, the ways to answer, and my drafts.

    Of a thread that was merged into another the answer is that other one: its `id` differs from the one asked for.
    """
    return detail(thread_id)


@route(
    "GET",
    "/threads/<id:thread_id>/messages",
    tag=TAG,
    query=MessageQuery,
    answers={200: MessagePage},
    errors=(404,),
)
def list_messages(thread_id: int, query: MessageQuery) -> MessagePage:
    """List messages of a thread by ascending `seq`.

    Without bounds the newest; with `before_seq` those right before it, with `after_seq` those right after it.
    Those of a thread that was merged into another are found in that one, where they are counted anew.
    """
    with context().db.read() as session:
        return picture.message_page(
            session,
            me(),
            thread_id,
            before_seq=query.before_seq,
            after_seq=query.after_seq,
            limit=query.limit,
            html=True,
        )


@route(
    "PATCH", "/threads/<id:thread_id>", tag=TAG, body=Change, answers={200: ThreadDetail}, errors=(404, 409)
)
def change_thread(thread_id: int, body: Change) -> ThreadDetail:
    """Assign a thread, move it to a team, resolve or reopen it, change its priority."""
    given = body.model_dump(exclude_unset=True)
    wanted: dict[str, Any] = {name: given[name] for name in ("assignee_id", "team_id") if name in given}
    if "status" in given:
        wanted["status"] = Status(given["status"])
    if "priority" in given:
        wanted["priority"] = Priority(given["priority"])
    triage.change(context(), me(), thread_id, triage.Changes(**wanted))
    return detail(thread_id)


@route("POST", "/threads/<id:thread_id>/read", tag=TAG, body=Read, answers={204: None}, errors=(404,))
def mark_read(thread_id: int, body: Read) -> None:
    """Note how far I have read a thread; a lower number marks it unread again."""
    triage.mark_read(context(), me(), thread_id, body.seq)


def detail(thread_id: int) -> ThreadDetail:
    """A thread as the asking agent sees it. Raises NotFound."""
    ctx = context()
    with ctx.db.read() as session:
        found = picture.thread_detail(
            session,
            me(),
            thread_id,
            registry=ctx.registry,
            undo_seconds=ctx.settings.undo_seconds,
            now=ctx.clock(),
        )
    for way in found["channels"]:
        if way["reason"]:
            way["reason"] = _(way["reason"])
    return found
