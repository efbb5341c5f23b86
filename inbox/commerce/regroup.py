"""What shops know, when two customers become one or one becomes two: whose links, carts and acts these are then.

Links that evidence made follow the address that is the evidence; what agents decided stays where they decided it.
Acts belong to the thread of their episode, and orders that a request is about simply to the episode.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from inbox.commerce.models import CartRow, EpisodeOrder, ShopAct, ShopCopy, ShopLink, ShopRow
from inbox.commerce.seeking import addresses_of
from inbox.commerce.words import LinkBy, LinkState, Part
from inbox.contract.commerce import Buyer
from inbox.customers import journal
from inbox.customers.models import Identity, Merge
from inbox.shapes import iso
from inbox.threads.models import Episode, Thread

_OWNED = {"cart": cast(Table, CartRow.__table__), "shop_act": cast(Table, ShopAct.__table__)}
_link = cast(Table, ShopLink.__table__)


def join(session: Session, entry: Merge, survivor_id: int, other_id: int) -> None:
    """Give the survivor of a merge what is the other's. Of two links to one buyer he keeps the better founded."""
    for place, table in _OWNED.items():
        journal.note_all(session, entry.id, place, select(table.c.id).where(table.c.customer_id == other_id))
        moved = table.c.id.in_(journal.ids(entry.id, place))
        session.execute(update(table).where(moved).values(customer_id=survivor_id))
    ours = {(link.shop_id, link.buyer_id): link for link in _links(session, survivor_id)}
    taken: dict[int, dict[str, Any]] = {}
    for theirs in _links(session, other_id):
        own = ours.get((theirs.shop_id, theirs.buyer_id))
        if own is None:
            journal.note(session, entry.id, "shop_link", {theirs.id: {}})
            theirs.customer_id = survivor_id
        elif _weight(theirs) > _weight(own):
            before = _said(own)
            for name in _SAID:
                setattr(own, name, getattr(theirs, name))
            taken[own.id] = {"before": before, "after": _said(own)}
    journal.note(session, entry.id, "shop_link_taken", taken)
    _ask_anew(session, survivor_id, other_id)
    session.flush()


def unjoin(
    session: Session, entry: Merge, survivor_id: int, other_id: int, session_ids: Collection[int]
) -> None:
    """Take a merge back: the other gets what was his, and what came since by his addresses and `session_ids`."""
    for place, table in (*_OWNED.items(), ("shop_link", _link)):
        moved = table.c.id.in_(journal.ids(entry.id, place)), table.c.customer_id == survivor_id
        session.execute(update(table).where(*moved).values(customer_id=other_id))
    notes = journal.noted(session, entry.id, "shop_link_taken")
    for link in _links(session, survivor_id):
        note = notes.get(link.id)
        if note is not None and _said(link) == note["after"]:
            _restore(link, note["before"])
    part(session, None, survivor_id, other_id, session_ids)


def part(
    session: Session, entry: Merge | None, from_id: int, to_id: int, session_ids: Collection[int]
) -> None:
    """Move what is known by addresses that are the second customer's now, or that his browsers told; a split's
    `entry` notes it."""
    leaving, staying = _addresses(session, to_id), _addresses(session, from_id)
    known = {(link.shop_id, link.buyer_id) for link in _links(session, to_id)}
    automatic = [link for link in _links(session, from_id) if link.agent_id is None]
    buyers = _buyers(session, [link for link in automatic if link.by is LinkBy.ORDER_NUMBER])
    going = [
        link
        for link in automatic
        if (link.shop_id, link.buyer_id) not in known and _goes(link, buyers, leaving, staying)
    ]
    for link in going:
        link.customer_id = to_id
    told = CartRow.session_id.in_(sorted(session_ids))
    by_address = CartRow.email.in_(sorted(leaving)) | CartRow.phone.in_(sorted(leaving))
    by_buyer = tuple_(CartRow.shop_id, CartRow.buyer_id).in_(
        [(link.shop_id, link.buyer_id) for link in going]
    )
    carts = session.scalars(
        select(CartRow)
        .where(CartRow.customer_id == from_id, or_(told, by_address, by_buyer))
        .execution_options(populate_existing=True)
    ).all()
    for cart in carts:
        cart.customer_id = to_id
    if entry is not None:
        journal.note(session, entry.id, "shop_link", {link.id: {} for link in going})
        journal.note(session, entry.id, "cart", {cart.id: {} for cart in carts})
    _ask_anew(session, from_id, to_id)
    session.flush()


def rejoin(session: Session, survivor_id: int, other_id: int) -> None:
    """Undo a split: all that is the other's is the survivor's again."""
    for table in _OWNED.values():
        session.execute(update(table).where(table.c.customer_id == other_id).values(customer_id=survivor_id))
    known = {(link.shop_id, link.buyer_id) for link in _links(session, survivor_id)}
    for link in _links(session, other_id):
        if (link.shop_id, link.buyer_id) in known:
            session.delete(link)
        else:
            link.customer_id = survivor_id
    _ask_anew(session, survivor_id, other_id)
    session.flush()


def follow(session: Session, thread_ids: Collection[int]) -> None:
    """Let acts be in the thread of their episode, and its customer's."""
    session.execute(
        update(ShopAct)
        .where(
            ShopAct.episode_id == Episode.id,
            Episode.thread_id.in_(sorted(thread_ids)),
            Thread.id == Episode.thread_id,
            or_(ShopAct.thread_id.is_distinct_from(Thread.id), ShopAct.customer_id != Thread.customer_id),
        )
        .values(thread_id=Thread.id, customer_id=Thread.customer_id)
        .execution_options(synchronize_session=False)
    )


def absorb(session: Session, copies: Mapping[int, int]) -> None:
    """Undo that episodes were kept twice: orders and acts of a copy are its original's again."""
    for copy_id, original_id in copies.items():
        rows = session.scalars(
            select(EpisodeOrder).where(EpisodeOrder.episode_id.in_((copy_id, original_id)))
        ).all()
        known = {(row.shop_id, row.order_id) for row in rows if row.episode_id == original_id}
        for row in (row for row in rows if row.episode_id == copy_id):
            if (row.shop_id, row.order_id) in known:
                session.delete(row)
            else:
                row.episode_id = original_id
        session.execute(update(ShopAct).where(ShopAct.episode_id == copy_id).values(episode_id=original_id))
    session.flush()


def _ask_anew(session: Session, *customer_ids: int) -> None:
    """Forget what was searched for them: what it found went where its links are now, and nothing that is missing
    here may look as if no shop knew it."""
    asked = delete(ShopCopy).where(
        ShopCopy.shop_id.in_(select(ShopRow.id)),
        ShopCopy.part == Part.SEARCH,
        ShopCopy.key.in_([str(number) for number in customer_ids]),
    )
    session.execute(asked.execution_options(synchronize_session=False))


_SAID = ("by", "value", "state", "verified", "agent_id", "changed_at")


def _said(link: ShopLink) -> dict[str, Any]:
    """What a link says, as JSON."""
    plain = {name: getattr(link, name) for name in _SAID}
    return plain | {"by": str(link.by), "state": str(link.state), "changed_at": iso(link.changed_at)}


def _restore(link: ShopLink, said: Mapping[str, Any]) -> None:
    link.by, link.state = LinkBy(said["by"]), LinkState(said["state"])
    link.value, link.verified, link.agent_id = said["value"], said["verified"], said["agent_id"]
    link.changed_at = datetime.fromisoformat(said["changed_at"])


def _weight(link: ShopLink) -> tuple[Any, ...]:
    """What agents decided weighs most, the later the more; then the stronger reason."""
    if link.agent_id is not None:
        return (1, link.changed_at.timestamp())
    return (0, link.verified, -list(LinkBy).index(link.by))


def _links(session: Session, customer_id: int) -> Iterable[ShopLink]:
    found = select(ShopLink).where(ShopLink.customer_id == customer_id).order_by(ShopLink.id)
    return session.scalars(found.execution_options(populate_existing=True)).all()


def _addresses(session: Session, customer_id: int) -> set[str]:
    return set(session.scalars(select(Identity.address).where(Identity.customer_id == customer_id)))


def _goes(
    link: ShopLink, buyers: Mapping[tuple[int, str], Buyer], leaving: set[str], staying: set[str]
) -> bool:
    if link.by is not LinkBy.ORDER_NUMBER:
        return link.value in leaving
    buyer = buyers.get((link.shop_id, link.buyer_id))
    own = set() if buyer is None else addresses_of(buyer)
    return bool(own & leaving) and not own & staying


def _buyers(session: Session, links: Iterable[ShopLink]) -> dict[tuple[int, str], Buyer]:
    keys = [(link.shop_id, link.buyer_id) for link in links]
    rows = session.scalars(
        select(ShopCopy).where(ShopCopy.part == Part.BUYER, tuple_(ShopCopy.shop_id, ShopCopy.key).in_(keys))
    )
    return {(row.shop_id, row.key): Buyer.model_validate(row.data) for row in rows}
