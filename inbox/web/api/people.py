"""What agents keep about customers: notes, consents, tags, custom fields."""

from typing import Annotated

from pydantic import Field

from inbox.customers import consents, fields, notes
from inbox.customers import profile as kept
from inbox.customers.dossier import field_views
from inbox.customers.shapes import ConsentPage, Fields, NotePage, NoteView, PurposeWord, Tags
from inbox.flows import profile
from inbox.live import person
from inbox.web.api.customers import PageQuery
from inbox.web.api.table import Answer, Body, Query, Text, route
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Customers"


class NoteBody(Body):
    """A note."""

    body: Annotated[Text, Field(min_length=1, max_length=10_000)]


class ConsentBody(Body):
    """A decision of the customer. `namespace` is the kind of address it is about, `source` how we know."""

    namespace: Annotated[Text, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
    purpose: PurposeWord
    granted: bool
    source: Annotated[Text, Field(min_length=1, max_length=200)]


class TagQuery(Query):
    """How the tags begin."""

    q: Annotated[Text, Field(max_length=50)] = ""


@route("GET", "/custom-fields", tag=TAG, answers={200: Fields})
def list_custom_fields() -> Fields:
    """List the fields that admins added to customers."""
    with context().db.read() as session:
        return {"items": field_views(fields.fields(session))}


@route("GET", "/customer-tags", tag=TAG, query=TagQuery, answers={200: Tags})
def list_customer_tags(query: TagQuery) -> Tags:
    """List tags of customers that are in use, up to a hundred that begin with `q`."""
    with context().db.read() as session:
        return {"items": kept.known_tags(session, query.q.lower())}


@route(
    "GET",
    "/customers/<id:customer_id>/notes",
    tag=TAG,
    query=PageQuery,
    answers={200: NotePage},
    errors=(404,),
)
def list_customer_notes(customer_id: int, query: PageQuery) -> NotePage:
    """List the notes about a customer, newest first."""
    with context().db.read() as session:
        found = person.detail(session, me(), customer_id)
        return notes.page(session, me(), found["id"], before=notes.number(query.cursor), limit=query.limit)


@route(
    "POST",
    "/customers/<id:customer_id>/notes",
    tag=TAG,
    body=NoteBody,
    answers={201: NoteView},
    errors=(404, 409),
)
def add_customer_note(customer_id: int, body: NoteBody) -> Answer[NoteView]:
    """Write a note about a customer."""
    _living, note_id = profile.write_note(context(), me(), customer_id, body.body)
    return Answer(_note(note_id), 201)


@route(
    "PATCH", "/customer-notes/<id:note_id>", tag=TAG, body=NoteBody, answers={200: NoteView}, errors=(404,)
)
def change_customer_note(note_id: int, body: NoteBody) -> NoteView:
    """Change a note of mine; supervisors may change anybody's."""
    profile.edit_note(context(), me(), note_id, body.body)
    return _note(note_id)


@route("DELETE", "/customer-notes/<id:note_id>", tag=TAG, answers={204: None}, errors=(404,))
def delete_customer_note(note_id: int) -> None:
    """Remove a note of mine for good; supervisors may remove anybody's."""
    profile.remove_note(context(), me(), note_id)


@route(
    "GET",
    "/customers/<id:customer_id>/consents",
    tag=TAG,
    query=PageQuery,
    answers={200: ConsentPage},
    errors=(404,),
)
def list_consents(customer_id: int, query: PageQuery) -> ConsentPage:
    """List what a customer allowed and refused: what holds now, and the whole history, newest first."""
    with context().db.read() as session:
        found = person.detail(session, me(), customer_id)
        items, cursor = consents.history(
            session, found["id"], before=notes.number(query.cursor), limit=query.limit
        )
    return {"current": found["consents"], "items": items, "next": cursor}


@route(
    "POST",
    "/customers/<id:customer_id>/consents",
    tag=TAG,
    body=ConsentBody,
    answers={201: ConsentPage},
    errors=(404, 409),
)
def add_consent(customer_id: int, body: ConsentBody) -> Answer[ConsentPage]:
    """Note that a customer allowed or refused something. The newest decision counts; none is ever changed."""
    living = profile.note_consent(context(), me(), customer_id, **body.model_dump())
    return Answer(list_consents(living, PageQuery()), 201)


def _note(note_id: int) -> NoteView:
    with context().db.read() as session:
        return notes.view(session, me(), note_id)
