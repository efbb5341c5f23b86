"""What an agent keeps about a customer: name, language, tags, fields, notes, consents.

A customer may be changed by whoever may read his thread. An id of one who was merged away leads on.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.customers import consents, lookup, notes, profile, queries
from inbox.errors import NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows.context import Context
from inbox.threads.queries import threads_of
from inbox.threads.search import customer_visible_to


def seen_by(session: Session, agent: AgentIdentity, customer_id: int) -> int:
    """The living customer behind an id, if the agent may see him. Raises NotFound."""
    living = lookup.living(session, customer_id)
    queries.view(session, customer_visible_to(agent), living)
    return living


def change(ctx: Context, agent: AgentIdentity, customer_id: int, given: Mapping[str, Any]) -> int:
    """Change any of name, locale, time_zone, fields and tags; returns the living customer's id.

    Raises NotFound, Conflict or Invalid.
    """

    def story(session: Session) -> int:
        living = seen_by(session, agent, customer_id)
        changed = profile.change(session, living, given)
        if changed:
            _tell(session, agent, living, changed)
        return living

    return ctx.db.run(story)


def tag(ctx: Context, agent: AgentIdentity, customer_id: int, text: str, *, on: bool) -> int:
    """Put a tag on a customer or take it off; returns the living customer's id."""

    def story(session: Session) -> int:
        living = seen_by(session, agent, customer_id)
        act = profile.add_tag if on else profile.remove_tag
        if act(session, living, text):
            _tell(session, agent, living, ["tags"])
        return living

    return ctx.db.run(story)


def write_note(ctx: Context, agent: AgentIdentity, customer_id: int, body: str) -> tuple[int, int]:
    """Write a note about a customer; returns the living customer's id and the note's."""

    def story(session: Session) -> tuple[int, int]:
        living = seen_by(session, agent, customer_id)
        profile.lock(session, living)
        note_id = notes.add(session, living, agent.id, body, ctx.clock())
        _tell(session, agent, living, ["notes"])
        return living, note_id

    return ctx.db.run(story)


def edit_note(ctx: Context, agent: AgentIdentity, note_id: int, body: str) -> int:
    """Change a note; returns the customer's id. Raises NotFound, NotAllowed or Invalid."""

    def story(session: Session) -> int:
        living = _of_note(session, agent, note_id)
        notes.edit(session, agent, note_id, body, ctx.clock())
        _tell(session, agent, living, ["notes"])
        return living

    return ctx.db.run(story)


def remove_note(ctx: Context, agent: AgentIdentity, note_id: int) -> int:
    """Remove a note for good; returns the customer's id. Raises NotFound or NotAllowed."""

    def story(session: Session) -> int:
        living = _of_note(session, agent, note_id)
        notes.remove(session, agent, note_id)
        _tell(session, agent, living, ["notes"])
        return living

    return ctx.db.run(story)


def note_consent(
    ctx: Context,
    agent: AgentIdentity,
    customer_id: int,
    *,
    namespace: str,
    purpose: str,
    granted: bool,
    source: str,
) -> int:
    """Note what a customer allowed or refused; returns the living customer's id. Raises NotFound or Invalid."""

    def story(session: Session) -> int:
        living = seen_by(session, agent, customer_id)
        profile.lock(session, living)
        consents.note(
            session,
            living,
            namespace=namespace,
            purpose=purpose,
            granted=granted,
            source=source,
            agent_id=agent.id,
            now=ctx.clock(),
        )
        _tell(session, agent, living, ["consents"])
        return living

    return ctx.db.run(story)


def _of_note(session: Session, agent: AgentIdentity, note_id: int) -> int:
    """The customer a note is about, if the agent may see him. Raises NotFound."""
    living = seen_by(session, agent, notes.owner(session, note_id).customer_id)
    if living != notes.owner(session, note_id).customer_id:
        raise NotFound("There is no such note.")
    return living


def _tell(session: Session, agent: AgentIdentity, customer_id: int, changed: list[str]) -> None:
    thread_id = threads_of(session, [customer_id]).get(customer_id)
    record(
        session,
        EventKind.CUSTOMER_CHANGED,
        thread_id=thread_id,
        actor_id=agent.id,
        data={"customer_id": customer_id, "changed": changed},
    )
