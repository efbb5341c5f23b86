"""The fields that admins add to the customer page: which there are, and which values fit them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.customers import profile_rules as rules
from inbox.customers.models import CustomField
from inbox.customers.words import FieldType
from inbox.db.locks import hold
from inbox.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True)
class Field:
    """A custom field: `key` names it for scripts, `options` are the choices of a choice field."""

    id: int
    key: str
    label: str
    type: FieldType
    options: tuple[str, ...]


def fields(session: Session) -> list[Field]:
    """All fields in the order in which they are shown."""
    rows = session.scalars(select(CustomField).order_by(CustomField.position, CustomField.id))
    return [_field(row) for row in rows]


def field(session: Session, field_id: int) -> Field:
    """One field. Raises NotFound."""
    return _field(_row(session, field_id))


def add(session: Session, *, key: str, label: str, kind: str, options: Sequence[str]) -> int:
    """A new field at the end of the list; its id. Raises Invalid, or Conflict when there are too many."""
    hold(session, "custom-fields")
    label = rules.field_label(label)
    key = rules.field_key(key, label)
    if kind not in list(FieldType):
        raise Invalid("Choose a type from the list.", "/type")
    if session.scalar(select(CustomField.id).where(CustomField.key == key)):
        raise Invalid("There is a field with this key already.", "/key")
    count = session.execute(select(func.count()).select_from(CustomField)).scalar_one()
    if count >= rules.FIELDS_MAX:
        raise Conflict("There are 50 fields already; remove one first.")
    last = session.execute(select(func.max(CustomField.position))).scalar()
    row = CustomField(
        key=key,
        label=label,
        type=FieldType(kind),
        options=rules.field_options(FieldType(kind), options),
        position=0 if last is None else last + 1,
    )
    session.add(row)
    session.flush()
    return row.id


def change(session: Session, field_id: int, *, label: str, options: Sequence[str]) -> None:
    """Rename a field or change its choices; values that are no choice any more stay until they are changed.

    Raises NotFound or Invalid.
    """
    row = _row(session, field_id)
    row.label, row.options = rules.field_label(label), rules.field_options(row.type, options)


def move(session: Session, field_id: int, *, up: bool) -> None:
    """Swap a field with its neighbour; the first and the last stay. Raises NotFound."""
    hold(session, "custom-fields")
    rows = session.scalars(select(CustomField).order_by(CustomField.position, CustomField.id)).all()
    places = [row.id for row in rows]
    if field_id not in places:
        raise NotFound("There is no such field.")
    here = places.index(field_id)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        places[here], places[there] = places[there], places[here]
    for row in rows:
        row.position = places.index(row.id)


def remove(session: Session, field_id: int) -> None:
    """Take a field from the page. Its values stay with the customers, in case it comes back. Raises NotFound."""
    session.delete(_row(session, field_id))


def checked(known: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values that fit their fields, by key; None empties one. Raises Invalid with a pointer below /fields."""
    by_key = {field.key: field for field in known}
    values = {}
    for key, value in given.items():
        if key not in by_key:
            raise Invalid("There is no such field.", f"/fields/{key[:40]}")
        found = by_key[key]
        values[key] = rules.field_value(found.type, found.options, value, f"/fields/{key}")
    return values


def _row(session: Session, field_id: int) -> CustomField:
    row = session.get(CustomField, field_id)
    if row is None:
        raise NotFound("There is no such field.")
    return row


def _field(row: CustomField) -> Field:
    return Field(row.id, row.key, row.label, FieldType(row.type), tuple(row.options))
