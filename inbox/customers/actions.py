"""Writing customers and identities."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, case, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.contract import Level, Party
from inbox.customers import rules
from inbox.customers.models import Customer, Identity, Shut
from inbox.errors import Conflict

_identity = cast(Table, Identity.__table__)


@dataclass(frozen=True)
class Identified:
    """Who somebody is: an identity with its level, its customer, and whether both are new."""

    identity_id: int
    customer_id: int
    name: str
    level: Level
    last_seen_at: datetime
    created: bool = False
    unreachable: bool = False
    """Whether messages cannot arrive, on some channel or on all."""
    joined: bool = False
    """The identity is new, the customer is not."""


def identify(
    session: Session, party: Party, now: datetime, *, is_demo: bool = False, joins: int | None = None
) -> Identified:
    """Find the identity of a party, or make it with a customer of its own, or for the customer `joins`.

    One row per address is the database's promise: of any number of parallel first messages one makes the
    customer, and the others wait for it and find it.
    """
    found = find(session, party)
    if found is not None:
        return found
    savepoint = session.begin_nested()
    if joins is None:
        name = rules.display_name(party)
        customer_id = session.execute(
            insert(Customer)
            .values(name=name, sort_name=rules.sort_name(name), is_demo=is_demo, created_at=now)
            .returning(Customer.id)
        ).scalar_one()
    else:
        customer_id, name = (
            joins,
            session.execute(select(Customer.name).where(Customer.id == joins)).scalar_one(),
        )
    insert_identity = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    identity_id = session.execute(
        insert_identity(Identity)
        .values(
            customer_id=customer_id,
            namespace=party.namespace,
            account=party.account,
            address=party.address,
            display=party.display or party.address,
            name=party.name,
            level=party.level,
            level_reason=party.level_reason,
            proved_at=now if party.level is not Level.CLAIMED else None,
            first_seen_at=now,
            last_seen_at=now,
        )
        .on_conflict_do_nothing(index_elements=["namespace", "account", "address"])
        .returning(Identity.id)
    ).scalar()
    if identity_id is None:
        savepoint.rollback()
        found = find(session, party)
        if found is None:
            raise Conflict("The address changed hands meanwhile.")
        return found
    savepoint.commit()
    return Identified(
        identity_id, customer_id, name, party.level, now, created=True, joined=joins is not None
    )


def seen(
    session: Session, who: Identified, party: Party, now: datetime, *, channel_id: int | None = None
) -> None:
    """Note that a party wrote: when, under which name, and how sure we now are of the address.

    Whoever writes on a channel can be written to there again. Of messages that follow one another within
    SEEN_EVERY only the first is noted, unless it proves more.
    """
    raised = rules.raised(who.level, party.level)
    if who.created or not (raised or who.unreachable or rules.is_news(who.last_seen_at, now)):
        return
    values: dict[str, Any] = {"last_seen_at": rules.later(who.last_seen_at, now), "unreachable": None}
    if raised:
        values |= {"level": party.level, "level_reason": party.level_reason, "proved_at": now}
    if party.name:
        values["name"] = case((_identity.c.name == "", party.name), else_=_identity.c.name)
    session.execute(update(_identity).where(_identity.c.id == who.identity_id).values(**values))
    if who.unreachable and channel_id is not None:
        open_again(session, who.identity_id, channel_id, party.place)


def prove_together(session: Session, identity_ids: Collection[int]) -> None:
    """Note that somebody proved in one act that these addresses are all his, and so all that were proved with any
    of them before: he may read what was said at each."""
    ids = sorted(set(identity_ids))
    known = set(session.scalars(select(Identity.proved_as).where(Identity.id.in_(ids))))
    if len(known) == 1 and None not in known:
        return
    groups = sorted(group for group in known if group is not None)
    number = min(groups, default=ids[0])
    session.execute(
        update(_identity)
        .where(or_(_identity.c.id.in_(ids), _identity.c.proved_as.in_(groups)))
        .values(proved_as=number)
    )


def unreachable(session: Session, identity_id: int, reason: str | None) -> None:
    """Note that messages to an address cannot arrive, whichever way they go, or with None that they can again."""
    values = {"unreachable": None if reason is None else reason[:500]}
    session.execute(update(Identity).where(Identity.id == identity_id).values(**values))


def shut(session: Session, identity_id: int, channel_id: int, place: str, reason: str, now: datetime) -> None:
    """Note that one channel cannot write to an address at a place."""
    add = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"reason": reason[:500], "at": now}
    session.execute(
        add(Shut)
        .values(identity_id=identity_id, channel_id=channel_id, place=place, **values)
        .on_conflict_do_update(index_elements=["identity_id", "channel_id", "place"], set_=values)
    )


def open_again(session: Session, identity_id: int, channel_id: int, place: str) -> None:
    """Note that a channel can write to an address at a place again."""
    session.execute(
        delete(Shut)
        .where(Shut.identity_id == identity_id, Shut.channel_id == channel_id, Shut.place == place)
        .execution_options(synchronize_session=False)
    )


def speaks(session: Session, who: Identified, locale: str, now: datetime) -> None:
    """Note a customer's language (a BCP 47 tag) if it is not known yet. Looked at as seldom as `seen`."""
    if (who.created or rules.is_news(who.last_seen_at, now)) and rules.is_language(locale):
        session.execute(
            update(Customer)
            .where(Customer.id == who.customer_id, Customer.locale.is_(None))
            .values(locale=locale)
        )


def move(session: Session, identity_id: int, party: Party) -> bool:
    """Give an identity another address; False when that is somebody's already."""
    if find(session, party) is not None:
        return False
    values = {"account": party.account, "address": party.address, "display": party.display or party.address}
    try:
        with session.begin_nested():
            session.execute(update(Identity).where(Identity.id == identity_id).values(**values))
    except IntegrityError:
        return False
    return True


def find(session: Session, party: Party) -> Identified | None:
    """The identity of a party, if there is one."""
    row = session.execute(
        select(
            Identity.id,
            Identity.customer_id,
            Identity.level,
            Identity.last_seen_at,
            or_(
                Identity.unreachable.is_not(None),
                select(Shut.identity_id).where(Shut.identity_id == Identity.id).exists(),
            ).label("unreachable"),
            Customer.name,
        )
        .join(Customer, Customer.id == Identity.customer_id)
        .where(
            Identity.namespace == party.namespace,
            Identity.account == party.account,
            Identity.address == party.address,
        )
    ).first()
    if row is None:
        return None
    return Identified(
        row.id,
        row.customer_id,
        row.name,
        row.level,
        row.last_seen_at,
        unreachable=bool(row.unreachable),
    )
