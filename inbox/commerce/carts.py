"""Writing carts as they were last seen. `seq` grows with every change; what is older than we hold changes nothing."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.commerce import cart_rules, forms
from inbox.commerce.models import CartRow
from inbox.commerce.words import Source
from inbox.contract.commerce import Cart, CartState

KEPT = timedelta(days=30)
"""Time after its last change at which a cart is forgotten."""


def put(
    session: Session, shop_id: int, cart: Cart, *, source: Source, seen_at: datetime, now: datetime
) -> tuple[CartRow, bool]:
    """Keep a cart as it was at `seen_at`; whether it is another than before. Whose it is, is the caller's business."""
    row = _locked(session, shop_id, cart, source, seen_at, now)
    if row.hash and row.seen_at > seen_at:
        return row, False
    row.seen_at, row.source = seen_at, source
    row.last_activity_at = cart.last_activity_at or row.last_activity_at
    fingerprint = cart_rules.fingerprint(cart)
    if row.hash == fingerprint:
        row.data = cart.model_dump(mode="json")  # what is in stock may be other
        return row, False
    before = Cart.model_validate(row.data) if row.hash else None
    row.seq = row.seq + 1 if row.hash else 1
    row.changed = cart_rules.changed_lines(before, cart)
    row.token, row.buyer_id = cart.token, cart.buyer_id
    row.email, row.phone = forms.mail(cart.email), forms.number(cart.phone)
    row.last_activity_at = cart.last_activity_at or seen_at
    row.expires_at = now + KEPT
    _write(row, cart, fingerprint)
    session.flush()
    return row, True


def end(session: Session, row: CartRow, state: CartState, seen_at: datetime) -> bool:
    """A locked cart came to its end: False when it had, or when what we hold is newer."""
    cart = Cart.model_validate(row.data)
    if row.seen_at > seen_at or not cart_rules.is_open(cart):
        return False
    ended = cart.model_copy(update={"state": state})
    row.seq, row.changed, row.seen_at = row.seq + 1, [], seen_at
    _write(row, ended, cart_rules.fingerprint(ended))
    session.flush()
    return True


def lock(session: Session, shop_id: int, external_id: str) -> CartRow | None:
    """A cart that we hold, locked until the transaction ends."""
    found = select(CartRow).where(CartRow.shop_id == shop_id, CartRow.external_id == external_id)
    return session.scalars(found.with_for_update().execution_options(populate_existing=True)).one_or_none()


def known(session: Session, shop_id: int, external_id: str) -> Cart | None:
    """A cart as it was last seen."""
    found = select(CartRow.data).where(CartRow.shop_id == shop_id, CartRow.external_id == external_id)
    data = session.scalars(found).one_or_none()
    return Cart.model_validate(data) if data else None


def of_session(session: Session, session_id: int) -> list[CartRow]:
    """The carts that a visitor's browser reported."""
    return list(session.scalars(select(CartRow).where(CartRow.session_id == session_id)))


def give_way(session: Session, row: CartRow, seen_at: datetime) -> None:
    """The shop tells of a cart itself: what a browser reported of it ends, and it is that browser's."""
    for other in of_tokens(session, row.shop_id, (row.token,)):
        if other.source is Source.CLIENT and other.id != row.id:
            row.session_id = row.session_id or other.session_id
            end(session, other, CartState.EXPIRED, max(seen_at, other.seen_at))


def of_tokens(session: Session, shop_id: int, tokens: Collection[str]) -> list[CartRow]:
    """The carts that an order came from, locked until the transaction ends; empty tokens name none."""
    wanted = {token for token in tokens if token}
    if not wanted:
        return []
    found = select(CartRow).where(CartRow.shop_id == shop_id, CartRow.token.in_(wanted)).order_by(CartRow.id)
    return list(session.scalars(found.with_for_update().execution_options(populate_existing=True)))


def _locked(
    session: Session, shop_id: int, cart: Cart, source: Source, seen_at: datetime, now: datetime
) -> CartRow:
    """The cart's row, made when missing; a new one has no hash yet."""
    found = lock(session, shop_id, cart.id)
    if found is not None:
        return found
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(
        insert(CartRow)
        .values(
            shop_id=shop_id,
            external_id=cart.id,
            state=str(cart.state),
            data={},
            hash="",
            changed=[],
            seq=0,
            source=source,
            seen_at=seen_at,
            expires_at=now + KEPT,
        )
        .on_conflict_do_nothing(index_elements=["shop_id", "external_id"])
    )
    found = lock(session, shop_id, cart.id)
    assert found is not None  # noqa: S101  it was inserted just now, by us or by somebody else
    return found


def _write(row: CartRow, cart: Cart, fingerprint: str) -> None:
    row.state, row.data, row.hash = str(cart.state), cart.model_dump(mode="json"), fingerprint
