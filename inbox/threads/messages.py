"""Reading the messages of threads, with everything that is shown beside their text."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Text, func, literal, select, type_coerce
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent
from inbox.channels.models import Channel
from inbox.customers.models import Customer, Identity
from inbox.errors import NotFound
from inbox.shapes import (
    AnsweredView,
    AttachmentView,
    Author,
    Drafts,
    DraftView,
    MessageView,
    SystemLine,
    iso,
    iso_or_null,
)
from inbox.threads import history, rules, sent
from inbox.threads.models import Attachment, Draft, Message, Thread
from inbox.threads.queries import visible_to
from inbox.threads.sanitize import render
from inbox.threads.words import DraftMode, Kind


def page(
    session: Session,
    thread_id: int,
    *,
    before_seq: int | None = None,
    after_seq: int | None = None,
    limit: int,
    html: bool = False,
) -> list[MessageView]:
    """Messages of a thread by ascending `seq`: the first after `after_seq`, or the last before `before_seq`.

    Visibility is the caller's business. With `html`, bodies are rendered; that costs more than all the rest.
    """
    query = _select(html).where(Message.thread_id == thread_id)
    if before_seq is not None:
        query = query.where(Message.seq < before_seq)
    if after_seq is not None:
        query = query.where(Message.seq > after_seq).order_by(Message.seq)
        return _views(session, session.execute(query.limit(limit)).all())
    rows = session.execute(query.order_by(Message.seq.desc()).limit(limit)).all()
    return _views(session, rows[::-1])


def by_id(session: Session, ids: Iterable[int], *, html: bool = False) -> dict[int, MessageView]:
    """Messages by id. Visibility is the caller's business."""
    rows = session.execute(_select(html).where(Message.id.in_(sorted(set(ids))))).all()
    return {view["id"]: view for view in _views(session, rows)}


def body(
    session: Session, agent: AgentIdentity, message_id: int
) -> tuple[str | None, str | None, dict[str, str]]:
    """Stored HTML of a message, of its quoted tail, and where the images inside are. Raises NotFound."""
    row = session.execute(
        select(Message.body_html, Message.quoted_html)
        .join(Thread, Thread.id == Message.thread_id)
        .where(Message.id == message_id, visible_to(agent))
    ).first()
    if row is None:
        raise NotFound("There is no such message.")
    return row.body_html, row.quoted_html, _cid_urls(session, [message_id]).get(message_id, {})


def attachment(session: Session, agent: AgentIdentity, attachment_id: int) -> Attachment:
    """An attachment of a message the agent may read, or an upload of his own. Raises NotFound."""
    found = session.get(Attachment, attachment_id)
    if found is not None and found.message_id is None and found.uploaded_by_id == agent.id:
        return found
    if found is not None and found.message_id is not None:
        readable = (
            select(Message.id)
            .join(Thread, Thread.id == Message.thread_id)
            .where(Message.id == found.message_id, visible_to(agent))
        )
        if session.execute(readable).first() is not None:
            return found
    raise NotFound("There is no such file.")


def drafts(session: Session, agent: AgentIdentity, thread_id: int) -> Drafts:
    """What the agent has typed in a thread and not yet sent."""
    rows = session.scalars(
        select(Draft).where(Draft.agent_id == agent.id, Draft.thread_id == thread_id)
    ).all()
    ids = {number for row in rows for number in row.fields.get("attachment_ids") or ()}
    files: dict[int, AttachmentView] = {}
    if ids:
        own = Attachment.uploaded_by_id == agent.id, Attachment.message_id.is_(None)
        found = session.execute(_ATTACHMENT.where(Attachment.id.in_(sorted(ids)), *own))
        files = {row.id: attachment_view(row) for row in found}
    chosen = {number for row in rows if (number := row.fields.get("in_reply_to_message_id")) is not None}
    answers = {
        number: view
        for number, view in (sent.answered(session, chosen) if chosen else {}).items()
        if view["thread_id"] == thread_id
    }
    views = {row.mode: _draft(row, files, answers) for row in rows}
    return {"reply": views.get(DraftMode.REPLY), "note": views.get(DraftMode.NOTE)}


def attachment_view(row: Any) -> AttachmentView:
    """An attachment (a row or an object of the table) as JSON."""
    return {
        "id": row.id,
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "inline": row.inline,
        "state": row.state,
        "url": f"/api/v1/attachments/{row.id}",
    }


_ATTACHMENT = select(
    Attachment.id,
    Attachment.message_id,
    Attachment.name,
    Attachment.media_type,
    Attachment.size,
    Attachment.inline,
    type_coerce(Attachment.state, String).label("state"),
)


def _draft(row: Draft, files: dict[int, AttachmentView], answers: dict[int, AnsweredView]) -> DraftView:
    attached = [files[number] for number in row.fields.get("attachment_ids") or () if number in files]
    return {
        "mode": row.mode.value,
        "body": row.body,
        "channel_id": row.fields.get("channel_id"),
        "to_identity_id": row.fields.get("to_identity_id"),
        "to_claim_id": row.fields.get("to_claim_id"),
        "reply_to": row.fields.get("reply_to"),
        "cc": list(row.fields.get("cc") or ()),
        "subject": row.fields.get("subject"),
        "template": row.fields.get("template"),
        "answers": answers.get(row.fields.get("in_reply_to_message_id") or 0),
        "attachment_ids": [file["id"] for file in attached],
        "attachments": attached,
        "updated_at": iso(row.updated_at),
    }


def _select(html: bool) -> Select[Any]:
    markup: ColumnElement[Any] = type_coerce(Message.body_html, Text) if html else literal(None, Text)
    return (
        select(
            Message.id,
            Message.thread_id,
            Message.seq,
            type_coerce(Message.kind, String).label("kind"),
            Message.channel_id,
            Message.episode_id,
            Message.subject,
            Message.body_text,
            Message.quoted_text,
            markup.label("body_html"),
            func.substr(Message.body_html, 1, rules.HTML_HEAD + 1).label("html_head"),
            Message.author_id,
            Message.sender_name,
            type_coerce(Message.sender_level, String).label("sender_level"),
            Message.sender_level_reason,
            Message.recipients,
            Message.created_at,
            Message.sent_at,
            Message.edited_at,
            Message.removed_at,
            Message.automatic,
            Message.notices,
            Message.client_msg_id,
            Message.system,
            Agent.name.label("agent"),
            Identity.customer_id,
            Identity.display.label("address"),
            Customer.name.label("customer"),
            Channel.kind.label("channel_kind"),
        )
        .outerjoin(Agent, Agent.id == Message.author_id)
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .outerjoin(Customer, Customer.id == Identity.customer_id)
        .outerjoin(Channel, Channel.id == Message.channel_id)
    )


def _views(session: Session, rows: Sequence[Any]) -> list[MessageView]:
    ids = [row.id for row in rows]
    files: dict[int, list[AttachmentView]] = {}
    if ids:
        found = session.execute(
            _ATTACHMENT.where(Attachment.message_id.in_(ids)).order_by(Attachment.position, Attachment.id)
        )
        for row in found:
            files.setdefault(row.message_id, []).append(attachment_view(row))
    images = _cid_urls(session, [row.id for row in rows if row.body_html and "cid:" in row.body_html])
    reactions = history.reactions(session, ids)
    versions = history.version_counts(session, [row.id for row in rows if row.edited_at or row.removed_at])
    return [
        _view(row, files.get(row.id, []), images.get(row.id, {}))
        | {"reactions": reactions.get(row.id, []), "versions": versions.get(row.id, 0)}
        for row in rows
    ]


def _cid_urls(session: Session, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Per message: where each embedded image is, by its content id."""
    found: dict[int, dict[str, str]] = {}
    if ids:
        rows = session.execute(
            select(Attachment.id, Attachment.message_id, Attachment.content_id).where(
                Attachment.message_id.in_(ids), func.length(Attachment.content_id) > 0
            )
        )
        for row in rows:
            found.setdefault(row.message_id, {})[row.content_id] = f"/api/v1/attachments/{row.id}?inline=1"
    return found


def _view(row: Any, files: list[AttachmentView], images: dict[str, str]) -> MessageView:
    return {
        "id": row.id,
        "thread_id": row.thread_id,
        "seq": row.seq,
        "kind": row.kind,
        "channel_id": row.channel_id,
        "channel_kind": row.channel_kind,
        "episode_id": row.episode_id,
        "subject": row.subject or None,
        "body_text": row.body_text,
        "quoted_text": row.quoted_text or None,
        "body_html": None if row.body_html is None else render(row.body_html, images, images=False).html,
        "has_html": row.html_head is not None,
        "rich": row.html_head is not None and rules.is_rich(row.html_head),
        "author": _author(row),
        "recipients": [
            {"role": to["role"], "address": to["address"], "name": to.get("name") or None}
            for to in row.recipients
        ],
        "created_at": iso(row.created_at),
        "sent_at": iso_or_null(row.sent_at),
        "edited_at": iso_or_null(row.edited_at),
        "removed_at": iso_or_null(row.removed_at),
        "versions": 0,
        "reactions": [],
        "automatic": row.automatic,
        "notices": row.notices,
        "attachments": files,
        "client_msg_id": row.client_msg_id,
        "answers": None,
        "delivery": None,
        "system": _system(row.system),
    }


def _author(row: Any) -> Author:
    if row.kind == Kind.INBOUND:
        return {
            "type": "customer",
            "id": row.customer_id,
            "name": row.sender_name or row.customer,
            "address": row.address,
            "level": row.sender_level,
            "level_reason": row.sender_level_reason or None,
        }
    return {
        "type": "system" if row.kind == Kind.SYSTEM else "agent",
        "id": row.author_id,
        "name": row.agent or row.sender_name or None,
        "address": None,
        "level": None,
        "level_reason": None,
    }


def _system(stored: dict[str, Any] | None) -> SystemLine | None:
    return None if stored is None else {"code": stored["code"], "data": stored.get("data") or {}}
