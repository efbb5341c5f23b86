"""What is known of a person: name, language, time zone, tags, values of custom fields. Reads and writes."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from inbox.customers import fields as custom
from inbox.customers import profile_rules as rules
from inbox.customers.models import Customer, CustomerTag
from inbox.customers.rules import sort_name
from inbox.errors import Conflict, NotFound

TAGS_SHOWN = 100
"""Tags that are offered at once; who types more of one finds the others."""


def lock(session: Session, customer_id: int) -> Customer:
    """The row of a living customer, locked until the transaction ends. Raises NotFound, Conflict when erased."""
    row = session.execute(
        select(Customer)
        .where(Customer.id == customer_id, Customer.merged_into_id.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()
    if row is None:
        raise NotFound("There is no such customer.")
    if row.erased_at is not None:
        raise Conflict("This customer was erased; nothing more can be kept about him.")
    return row


def change(session: Session, customer_id: int, given: Mapping[str, Any]) -> list[str]:
    """Change any of name, locale, time_zone, fields and tags, and return the names of those that changed.

    `fields` has values by key, of which None empties one; keys that are absent stay. `tags` are all tags.
    Raises NotFound, Conflict or Invalid.
    """
    row = lock(session, customer_id)
    changed = []
    for name, check in (("name", rules.name), ("locale", rules.locale), ("time_zone", rules.time_zone)):
        if name in given and (value := check(given[name])) != getattr(row, name):
            setattr(row, name, value)
            changed.append(name)
    row.sort_name = sort_name(row.name)
    if "fields" in given:
        values = custom.checked(custom.fields(session), given["fields"])
        after = {**row.fields, **values}
        after = {key: value for key, value in after.items() if value is not None}
        if after != row.fields:
            row.fields = after
            changed.append("fields")
    if "tags" in given and _set_tags(session, customer_id, rules.tags(given["tags"])):
        changed.append("tags")
    return changed


def add_tag(session: Session, customer_id: int, text: str) -> bool:
    """Put a tag on a customer; False when it is there already. Raises NotFound, Conflict or Invalid."""
    lock(session, customer_id)
    known = tags(session, [customer_id]).get(customer_id, [])
    return _set_tags(session, customer_id, rules.tags([*known, text]))


def remove_tag(session: Session, customer_id: int, text: str) -> bool:
    """Take a tag from a customer; False when it is not there. Raises NotFound or Conflict."""
    lock(session, customer_id)
    known = tags(session, [customer_id]).get(customer_id, [])
    return _set_tags(session, customer_id, [tag for tag in known if tag != text])


def tags(session: Session, customer_ids: Iterable[int]) -> dict[int, list[str]]:
    """Tags per customer, by the alphabet."""
    rows = session.execute(
        select(CustomerTag.customer_id, CustomerTag.tag)
        .where(CustomerTag.customer_id.in_(sorted(set(customer_ids))))
        .order_by(CustomerTag.customer_id, CustomerTag.tag)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row.tag)
    return found


def known_tags(session: Session, begins: str = "", limit: int = TAGS_SHOWN) -> list[str]:
    """Tags in use that begin so, by the alphabet. Reads one entry of the index for each, not all of them."""
    first = select(func.min(CustomerTag.tag).label("tag")).where(CustomerTag.tag >= begins)
    walk = first.cte("walk", recursive=True)
    following = (
        select(func.min(CustomerTag.tag))
        .where(CustomerTag.tag > walk.c.tag)
        .correlate(walk)
        .scalar_subquery()
    )
    walk = walk.union_all(select(following).select_from(walk).where(walk.c.tag.is_not(None)))
    rows = session.execute(select(walk.c.tag).where(walk.c.tag.is_not(None)).limit(limit)).scalars()
    return [tag for tag in rows if tag.startswith(begins)]


def _set_tags(session: Session, customer_id: int, wanted: Collection[str]) -> bool:
    known = set(tags(session, [customer_id]).get(customer_id, ()))
    gone, new = known - set(wanted), set(wanted) - known
    if gone:
        session.execute(
            delete(CustomerTag).where(CustomerTag.customer_id == customer_id, CustomerTag.tag.in_(gone))
        )
    if new:
        session.execute(
            insert(CustomerTag), [{"customer_id": customer_id, "tag": tag} for tag in sorted(new)]
        )
    return bool(gone or new)
