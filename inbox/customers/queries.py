"""Reading customers and their identities.

Who may see whom is a matter of threads, which are a storey above: callers pass the condition.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from inbox.channels.models import Channel
from inbox.customers.models import Customer, CustomerTag, Identity, Shut
from inbox.customers.rules import sort_name
from inbox.db import fulltext
from inbox.errors import Invalid, NotFound
from inbox.shapes import CustomerPage, CustomerView, IdentityView, iso, iso_or_null

is_there = Customer.merged_into_id.is_(None) & Customer.erased_at.is_(None)
"""The condition of a customer who was neither merged away nor erased."""

MATCHES = 200
"""A search stops here: nobody reads further, he types more of the name."""


def page(
    session: Session,
    visible: ColumnElement[bool],
    *,
    q: str = "",
    tag: str = "",
    cursor: str | None = None,
    limit: int,
) -> CustomerPage:
    """A page of the customers that `visible` admits, by name.

    With `q` those whose name has its words, or whose address or tag begins so; with `tag` those who have it.
    Raises Invalid for a foreign cursor. `thread_id` is left for the caller to fill in.
    """
    query = (
        select(Customer).where(visible, is_there).order_by(Customer.sort_name, Customer.id).limit(limit + 1)
    )
    if q.strip():
        query = query.where(Customer.id.in_(matching(session, q, visible)))
    if tag:
        query = query.where(Customer.id.in_(select(CustomerTag.customer_id).where(CustomerTag.tag == tag)))
    if cursor is not None:
        query = query.where(tuple_(Customer.sort_name, Customer.id) > _decode(cursor))
    rows = session.scalars(query).all()
    shown = rows[:limit]
    return {"items": _views(session, shown), "next": _encode(shown[-1]) if len(rows) > limit else None}


def view(session: Session, visible: ColumnElement[bool], customer_id: int) -> tuple[CustomerView, Customer]:
    """One customer, and his row. Raises NotFound, also when `visible` does not admit it."""
    row = session.scalar(select(Customer).where(Customer.id == customer_id, visible))
    if row is None:
        raise NotFound("There is no such customer.")
    return _views(session, [row])[0], row


def matching(session: Session, q: str, visible: ColumnElement[bool], limit: int = MATCHES) -> list[int]:
    """Ids of customers with a name that contains the words of `q`, or an address or a tag that begins with it.

    The name of one who was merged away still leads to the one he became part of.
    """
    found: dict[int, None] = {}
    begin = sort_name(q.strip())[: fulltext.LENGTH].replace("\0", "")
    if begin:
        for table, column in ((Identity, Identity.address), (CustomerTag, CustomerTag.tag)):
            begins = (column >= begin) & (column < begin + "\U0010ffff")
            owners = (
                select(table.customer_id)
                .join(Customer, Customer.id == table.customer_id)
                .where(begins, visible)
                .order_by(column)
                .limit(limit)
            )
            found.update(dict.fromkeys(session.scalars(owners)))
    named = fulltext.search(session, Customer, q)
    if named is not None:
        rows, number = named
        found.update(dict.fromkeys(session.scalars(rows.where(visible).order_by(number.desc()).limit(limit))))
    return _living(session, visible, list(found))[:limit]


def identities(session: Session, customer_ids: Iterable[int]) -> dict[int, list[IdentityView]]:
    """Addresses per customer, the last seen first."""
    rows = session.execute(
        select(
            Identity.id,
            Identity.customer_id,
            Identity.namespace,
            Identity.address,
            Identity.display,
            type_coerce(Identity.level, String).label("level"),
            Identity.level_reason,
            Identity.proved_at,
            Identity.first_seen_at,
            Identity.last_seen_at,
            Identity.unreachable,
        )
        .where(Identity.customer_id.in_(sorted(set(customer_ids))))
        .order_by(Identity.last_seen_at.desc(), Identity.id)
    ).all()
    shut = _shut(session, [row.id for row in rows])
    found: dict[int, list[IdentityView]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(_identity(row, shut.get(row.id)))
    return found


def _shut(session: Session, identity_ids: Sequence[int]) -> dict[int, str]:
    """What keeps single channels from writing to addresses: each channel with its reason."""
    rows = session.execute(
        select(Shut.identity_id, Channel.name, Shut.reason)
        .join(Channel, Channel.id == Shut.channel_id)
        .where(Shut.identity_id.in_(identity_ids))
        .order_by(Shut.identity_id, Shut.channel_id)
    )
    found: dict[int, str] = {}
    for row in rows:
        before = f"{found[row.identity_id]} " if row.identity_id in found else ""
        found[row.identity_id] = f"{before}{row.name}: {row.reason}"
    return found


def _living(session: Session, visible: ColumnElement[bool], found: Sequence[int]) -> list[int]:
    """Those who are still there, in the same order, in the place of those who were merged into them."""
    leads: dict[int, int | None] = {}
    ahead = set(found)
    while ahead:
        rows = session.execute(select(Customer.id, Customer.merged_into_id).where(Customer.id.in_(ahead)))
        leads.update({row.id: row.merged_into_id for row in rows})
        ahead = {lead for lead in leads.values() if lead is not None} - leads.keys()
    ends = dict.fromkeys(_end(number, leads) for number in found)
    there = select(Customer.id).where(Customer.id.in_(list(ends)), visible, is_there)
    admitted = set(session.scalars(there))
    return [number for number in ends if number in admitted]


def _end(number: int, leads: Mapping[int, int | None]) -> int:
    while (lead := leads.get(number)) is not None:
        number = lead
    return number


def _identity(row: Any, shut: str | None) -> IdentityView:
    return {
        "id": row.id,
        "namespace": row.namespace,
        "address": row.address,
        "display": row.display,
        "level": row.level,
        "level_reason": row.level_reason or None,
        "proved_at": iso_or_null(row.proved_at),
        "first_seen_at": iso(row.first_seen_at),
        "last_seen_at": iso(row.last_seen_at),
        "unreachable": row.unreachable or shut,
    }


def _views(session: Session, rows: Sequence[Customer]) -> list[CustomerView]:
    known = identities(session, [row.id for row in rows])
    return [
        {
            "id": row.id,
            "name": row.name,
            "locale": row.locale,
            "time_zone": row.time_zone,
            "thread_id": None,
            "identities": known.get(row.id, []),
            "created_at": iso(row.created_at),
        }
        for row in rows
    ]


def _encode(row: Customer) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.sort_name, row.id]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, int]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        name, number = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise Invalid("That is no cursor of this list.", "/cursor") from error
    if not (isinstance(name, str) and type(number) is int and 0 <= number < 1 << 63 and _storable(name)):
        raise Invalid("That is no cursor of this list.", "/cursor")
    return name, number


def _storable(text: str) -> bool:
    """Whether a database takes the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
