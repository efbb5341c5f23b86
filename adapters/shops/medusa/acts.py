"""What can be done in a Medusa shop. Medusa knows no idempotency keys, so each act leaves a mark of its key where it is
found again: in a refund's note, and in the metadata of an order, a return or a promotion."""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.medusa import coupons, order_acts, refunds, returning
from adapters.shops.medusa.api import Api
from adapters.shops.medusa.order import version_of
from adapters.shops.medusa.reading import raw_order, raw_returns
from inbox.contract import Rejected
from inbox.contract.commerce import (
    Act,
    AddNote,
    AskReturn,
    CancelOrder,
    Changed,
    Done,
    EditAddress,
    MakeCoupon,
    Preview,
    RefundOrder,
)

OrderAct = RefundOrder | CancelOrder | EditAddress | AddNote | AskReturn


def preview(api: Api, act: Act) -> Preview:
    """What an act would do now. Raises Rejected where it cannot be done, with the reason."""
    if isinstance(act, MakeCoupon):
        return coupons.preview(act)
    known = _known(act)
    return _preview(api, known, *_order(api, known))


def perform(api: Api, act: Act, *, key: str, version: str, reason: str) -> Done:
    """Do it once. Raises Changed for an order that is not as it was, unless this very act changed it."""
    with api.io.single(f"act:{key}"):
        if isinstance(act, MakeCoupon):
            return coupons.found(api, act, key) or coupons.make(api, act, key, reason)
        known = _known(act)
        order, returns = _order(api, known)
        with understood():
            done = _found(known, order, returns, key)
            if done is not None:
                return done
            begun = isinstance(known, RefundOrder) and bool(refunds.marked(order, key))
            same = begun or isinstance(known, AddNote) or version_of(order, returns) == version
            state = str(order["status"])
        now = None if begun else _preview(api, known, order, returns)
        if now is not None and not same:
            raise Changed(now, (f"The order was changed in the shop. It is “{state}” now.",))
        with understood():
            return _do(api, known, order, returns, key, reason)


def performed(api: Api, act: Act, key: str) -> Done | None:
    """The traces of an act. One that stopped half-way counts as not done: `perform` goes on where it stopped."""
    if isinstance(act, MakeCoupon):
        return coupons.found(api, act, key)
    known = _known(act)
    order, returns = _order(api, known)
    with understood():
        return _found(known, order, returns, key)


def _known(act: Act) -> OrderAct:
    if isinstance(act, RefundOrder | CancelOrder | EditAddress | AddNote | AskReturn):
        return act
    raise Rejected("This cannot be done in a Medusa shop from here.")


def _order(api: Api, act: OrderAct) -> tuple[Any, list[Any]]:
    """The order and its returns, as the shop tells them."""
    order = raw_order(api, act.order_id)
    if order is None:
        raise Rejected("The shop has no such order any more.")
    return order, raw_returns(api, (act.order_id,)).get(act.order_id, [])


def _preview(api: Api, act: OrderAct, order: Any, returns: list[Any]) -> Preview:
    with understood():
        shown = Preview()
        match act:
            case RefundOrder():
                shown = refunds.preview(act, order)
            case CancelOrder():
                shown = order_acts.preview_cancel(act, order)
            case EditAddress():
                shown = order_acts.preview_address(act, order)
            case AddNote():
                shown = order_acts.preview_note(order)
            case AskReturn():
                shown = returning.preview(api, act, order)
        return shown.model_copy(update={"version": version_of(order, returns)})


def _found(act: OrderAct, order: Any, returns: list[Any], key: str) -> Done | None:
    match act:
        case RefundOrder():
            return refunds.found(act, order, key)
        case CancelOrder():
            return order_acts.found_cancel(order, key)
        case EditAddress():
            return order_acts.found_address(order, key)
        case AddNote():
            return order_acts.found_note(order, key)
        case AskReturn():
            return returning.found(returns, key)


def _do(api: Api, act: OrderAct, order: Any, returns: list[Any], key: str, reason: str) -> Done:
    match act:
        case RefundOrder():
            return refunds.perform(api, act, order, key, reason)
        case CancelOrder():
            return order_acts.cancel(api, act, order, key, reason)
        case EditAddress():
            return order_acts.edit_address(api, act, order, key, reason)
        case AddNote():
            return order_acts.add_note(api, act, order, key)
        case AskReturn():
            return returning.perform(api, act, returns, key, reason)
