"""The quiet line that a thread gets about its customer's cart, at most once in ten minutes.

It is written only while a request is open. Within the ten minutes the line that ends the thread follows the cart;
one that others have written below stays as it was, for then it tells what was when they wrote.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.commerce import cart_rules
from inbox.contract.commerce import Cart
from inbox.threads import actions as threads
from inbox.threads import lines

if TYPE_CHECKING:
    from inbox.commerce.models import CartRow

CODE = "cart_changed"


def tell(session: Session, row: "CartRow", shop: str, thread_id: int, now: datetime) -> int | None:
    """Write the line about a cart that has just changed, or bring it up to date; its id, None when there is none."""
    cart = Cart.model_validate(row.data)
    if not cart_rules.is_worth_a_line(cart, told=row.told_at is not None):
        return None
    thread = threads.lock(session, thread_id)
    episode = lines.unresolved_episode(session, thread)
    if episode is None:
        return None
    data = cart_rules.line_data(cart, cart_id=row.id, seq=row.seq, shop_id=row.shop_id, shop=shop)
    text = cart_rules.line_text(data)
    if cart_rules.may_tell(row.told_at, now):
        return lines.append_quiet(session, thread, episode, CODE, text, now, **data)
    last = lines.last_line(session, thread, CODE)
    if last is None or last.episode_id != episode.id or (last.system or {})["data"].get("cart_id") != row.id:
        return None
    lines.retell(last, text, data)
    return last.id
