"""Replies, notes and drafts."""

from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from inbox.contract import Filled
from inbox.flows import reply as flow
from inbox.flows import reply_plan, triage
from inbox.live import picture
from inbox.shapes import DraftView, MessageView
from inbox.threads import lookup, messages
from inbox.threads.words import DraftMode
from inbox.web.api.table import Answer, Body, Id, Text, When, route
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.errors import problem
from inbox.web.i18n import gettext as _

TAG = "Writing"
NEWS = 50
"""Newer messages that are told with a refused reply."""

ClientId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
Address = Annotated[Text, Field(max_length=320)]
MessageText = Annotated[Text, Field(max_length=reply_plan.BODY_MAX)]
GapName = Annotated[Text, Field(min_length=1, max_length=100)]
GapText = Annotated[Text, Field(max_length=2000)]
Subject = Annotated[Text, Field(max_length=500)]
Files = Annotated[tuple[Id, ...], Field(max_length=50)]
Addresses = Annotated[tuple[Address, ...], Field(max_length=50)]


class Template(Body):
    """One of the channel's templates, with what fills its gaps, by name."""

    name: Annotated[Text, Field(min_length=1, max_length=512)]
    language: Annotated[Text, Field(min_length=1, max_length=35)]
    values: Annotated[dict[GapName, GapText], Field(default_factory=dict, max_length=100)]


class Reply(Body):
    """A reply. Repeat a request with the same `client_msg_id` as often as you like: it is written once."""

    channel_id: Id
    body: MessageText = ""
    template: Template | None = None
    """Goes out in place of `body`, which stays empty then."""
    client_msg_id: ClientId
    if_last_seq: Annotated[int, Field(ge=0, le=(1 << 31) - 1)] | None = None
    """The last message you have seen; if somebody wrote since, nothing is sent and the answer is 409."""
    send_after: When | None = None
    to_identity_id: Id | None = None
    to_claim_id: Id | None = None
    """An address that the customer only claims: you decide to write to it, and his answer proves it."""
    reply_to: Address | None = None
    cc: Addresses = ()
    bcc: Addresses = ()
    subject: Subject | None = None
    attachment_ids: Files = ()
    in_reply_to_message_id: Id | None = None
    """The customer's message that this answers, of this thread and channel, where it is not simply his newest."""
    resolve: bool = False


class Note(Body):
    """An internal note; customers never see it."""

    body: MessageText
    client_msg_id: ClientId
    attachment_ids: Files = ()


class Draft(Body):
    """What stands in the composer. With no text, template, attachment or message to answer the draft is removed."""

    body: MessageText = ""
    channel_id: Id | None = None
    to_identity_id: Id | None = None
    to_claim_id: Id | None = None
    reply_to: Address | None = None
    cc: Addresses = ()
    bcc: Addresses = ()
    subject: Subject | None = None
    template: Template | None = None
    in_reply_to_message_id: Id | None = None
    attachment_ids: Files = ()


@route(
    "POST",
    "/threads/<id:thread_id>/replies",
    tag=TAG,
    body=Reply,
    answers={201: MessageView, 200: MessageView},
    errors=(404, 409),
)
def send_reply(thread_id: int, body: Reply) -> Answer[MessageView] | Response:
    """Reply to the customer.

    201 the first time, 200 when the same request is repeated. 409 `newer-messages` when somebody wrote after
    `if_last_seq`, with those messages; 409 `idempotency-mismatch` when the `client_msg_id` named another message.
    422 `template-needed` when the provider takes nothing but templates now, `window-closed` when it takes nothing,
    `template-unknown`, `template-unusable` or `template-incomplete` (with the gap) when a template cannot go out,
    `variable-unfilled` when a `{{order.…}}`, `{{customer.…}}` or other variable of ours still stands in the text.
    """
    asked = flow.ReplyRequest(
        channel_id=body.channel_id,
        body=body.body,
        client_msg_id=body.client_msg_id,
        if_last_seq=body.if_last_seq,
        send_after=body.send_after,
        to_identity_id=body.to_identity_id,
        to_claim_id=body.to_claim_id,
        reply_to=body.reply_to,
        cc=body.cc,
        bcc=body.bcc,
        subject=body.subject,
        attachment_ids=body.attachment_ids,
        resolve=body.resolve,
        template=None if body.template is None else Filled.model_validate(body.template.model_dump()),
        in_reply_to_message_id=body.in_reply_to_message_id,
    )
    try:
        return _written(flow.reply(context(), me(), thread_id, asked))
    except flow.NewerMessages as error:
        return _newer(thread_id, error.after_seq)
    except flow.KeyReused as error:
        return _reused(error)


@route(
    "POST",
    "/threads/<id:thread_id>/notes",
    tag=TAG,
    body=Note,
    answers={201: MessageView, 200: MessageView},
    errors=(404, 409),
)
def write_note(thread_id: int, body: Note) -> Answer[MessageView] | Response:
    """Write an internal note. 201 the first time, 200 when the same request is repeated."""
    asked = flow.NoteRequest(body.body, body.client_msg_id, body.attachment_ids)
    try:
        return _written(flow.note(context(), me(), thread_id, asked))
    except flow.KeyReused as error:
        return _reused(error)


@route(
    "PUT",
    "/threads/<id:thread_id>/drafts/<any(reply, note):mode>",
    tag=TAG,
    body=Draft,
    answers={200: DraftView, 204: None},
    errors=(404,),
)
def save_draft(thread_id: int, mode: Literal["reply", "note"], body: Draft) -> DraftView | None:
    """Keep what I have typed. Reply and note are two drafts; 204 when there is none left."""
    fields = triage.DraftFields(
        body=body.body,
        channel_id=body.channel_id,
        to_identity_id=body.to_identity_id,
        to_claim_id=body.to_claim_id,
        reply_to=body.reply_to,
        cc=body.cc,
        bcc=body.bcc,
        subject=body.subject,
        template=None if body.template is None else body.template.model_dump(),
        in_reply_to_message_id=body.in_reply_to_message_id,
        attachment_ids=body.attachment_ids,
    )
    if triage.save_draft(context(), me(), thread_id, DraftMode(mode), fields) is None:
        return None
    with context().db.read() as session:
        return messages.drafts(session, me(), lookup.thread(session, thread_id).id)[mode]


def _written(written: flow.Written) -> Answer[MessageView]:
    with context().db.read() as session:
        return Answer(picture.message(session, written.message_id), 200 if written.replayed else 201)


def _newer(thread_id: int, after_seq: int) -> Response:
    with context().db.read() as session:
        news = picture.message_page(session, me(), thread_id, after_seq=after_seq, limit=NEWS, html=True)
    return problem(
        409,
        _("Somebody wrote meanwhile"),
        _("Nothing was sent. Read what is new, then decide."),
        slug="newer-messages",
        messages=news["items"],
    )


def _reused(error: flow.KeyReused) -> Response:
    return problem(409, _("Something else happened meanwhile"), _(str(error)), slug="idempotency-mismatch")
