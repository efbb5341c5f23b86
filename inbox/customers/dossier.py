"""A person with all that is known of him, put together for the pages and the API."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from inbox.customers import consents, notes, profile, relations
from inbox.customers.claims import claims_of
from inbox.customers.fields import Field
from inbox.customers.lookup import living
from inbox.customers.queries import view
from inbox.customers.shapes import CustomerDetail, FieldView
from inbox.shapes import iso_or_null


def detail(session: Session, visible: ColumnElement[bool], customer_id: int) -> CustomerDetail:
    """A customer; the id of one who was merged away leads to the survivor. Raises NotFound.

    `visible` is the condition under which the asker may see a customer. `thread_id` is left to the caller.
    """
    found, row = view(session, visible, living(session, customer_id))
    return {
        **found,
        "tags": profile.tags(session, [row.id]).get(row.id, []),
        "fields": row.fields,
        "claims": claims_of(session, [row.id]).get(row.id, []),
        "consents": consents.current(session, [row.id]).get(row.id, []),
        "notes": notes.counts(session, [row.id]).get(row.id, 0),
        "duplicates": relations.duplicate_count(session, visible, row.id),
        "erased_at": iso_or_null(row.erased_at),
    }


def field_views(known: Sequence[Field]) -> list[FieldView]:
    """Custom fields as JSON."""
    return [
        {
            "id": field.id,
            "key": field.key,
            "label": field.label,
            "type": field.type.value,
            "options": list(field.options),
        }
        for field in known
    ]
