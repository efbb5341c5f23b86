"""What can be done in a Shopify shop.

Shopify takes a key of idempotency for refunds only, so each act leaves a mark of its key where it is found again: in a
refund's note, a cancellation's, an order's or a return's, or among the tags of a draft or a code.
"""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.shopify import coupons, drafts, order_acts, orders, read, refunds
from adapters.shops.shopify.api import Api
from inbox.contract import Rejected
from inbox.contract.commerce import (
    Act,
    AddNote,
    AskReturn,
    CancelOrder,
    Changed,
    Done,
    EditAddress,
    MakeCartLink,
    MakeCoupon,
    MakeDraft,
    Preview,
    RefundOrder,
)

OrderAct = RefundOrder | CancelOrder | EditAddress | AddNote | AskReturn


def preview(api: Api, act: Act) -> Preview:
    """What an act would do now. Raises Rejected where it cannot be done, with the reason."""
    match act:
        case MakeCoupon():
            return coupons.preview(api, act)
        case MakeDraft() | MakeCartLink():
            return drafts.preview(api, act)
    known = _known(act)
    return _preview(api, known, _order(api, known))


def perform(api: Api, act: Act, *, key: str, version: str, reason: str) -> Done:
    """Do it once. Raises Changed for an order that is not as it was, unless this very act changed it."""
    with api.io.single(f"act:{key}"):
        match act:
            case MakeCoupon():
                return coupons.found(api, act, key) or coupons.make(api, act, key)
            case MakeDraft():
                return drafts.found(api, key) or drafts.make(api, act, key, reason)
            case MakeCartLink():
                return drafts.link(api, act)
        known = _known(act)
        order = _order(api, known)
        with understood():
            done = _found(known, order, key)
        if done is not None:
            return done
        now = _preview(api, known, order)
        if now.version != version:
            raise Changed(now, ("The order was changed in the shop.",))
        with understood():
            return _do(api, known, order, key, reason)


def performed(api: Api, act: Act, key: str) -> Done | None:
    """The traces of an act. Raises Uncertain for those that Shopify does in its own time, while there are none."""
    match act:
        case MakeCoupon():
            return coupons.found(api, act, key)
        case MakeDraft():
            return drafts.surely_found(api, key)
        case MakeCartLink():
            return drafts.link(api, act)
    known = _known(act)
    order = _order(api, known)
    with understood():
        done = _found(known, order, key)
    if done is None and isinstance(known, CancelOrder):
        raise order_acts.waiting()
    return done


def _known(act: Act) -> OrderAct:
    if isinstance(act, RefundOrder | CancelOrder | EditAddress | AddNote | AskReturn):
        return act
    raise Rejected("This cannot be done in a Shopify shop from here.")


def _order(api: Api, act: OrderAct) -> Any:
    order = orders.raw_order(api, act.order_id)
    if order is None:
        raise Rejected("The shop has no such order any more.")
    return order


def _preview(api: Api, act: OrderAct, order: Any) -> Preview:
    with understood():
        shown = _shown(api, act, order)
        return shown.model_copy(update={"version": read.version_of(order)})


def _shown(api: Api, act: OrderAct, order: Any) -> Preview:
    match act:
        case RefundOrder():
            return refunds.preview(api, act, order)
        case CancelOrder():
            return order_acts.preview_cancel(act, order)
        case EditAddress():
            return order_acts.preview_address(act, order)
        case AskReturn():
            return order_acts.preview_return(act, order)
        case AddNote():
            return order_acts.preview_note(act, order)


def _found(act: OrderAct, order: Any, key: str) -> Done | None:
    match act:
        case RefundOrder():
            return refunds.found(order, key)
        case CancelOrder():
            return order_acts.found_cancel(order, key)
        case EditAddress():
            return order_acts.found_address(act, order)
        case AskReturn():
            return order_acts.found_return(order, key)
        case AddNote():
            return order_acts.found_note(order, key)


def _do(api: Api, act: OrderAct, order: Any, key: str, reason: str) -> Done:
    match act:
        case RefundOrder():
            return refunds.perform(api, act, order, key, reason)
        case CancelOrder():
            return order_acts.cancel(api, act, order, key, reason)
        case EditAddress():
            return order_acts.edit_address(api, act, order)
        case AskReturn():
            return order_acts.ask_return(api, act, order, key, reason)
        case AddNote():
            return order_acts.add_note(api, act, order, key)
