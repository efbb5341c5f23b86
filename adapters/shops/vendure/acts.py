"""What can be done in a Vendure shop. Vendure knows no idempotency keys, so each act leaves a mark of its key where it
is found again: in a refund's reason, an order's history, a modification's note, a promotion's description."""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.vendure import coupons, order_acts, read, refunds
from adapters.shops.vendure.api import Api
from adapters.shops.vendure.reading import raw_order
from inbox.contract import Rejected
from inbox.contract.commerce import (
    Act,
    AddNote,
    CancelOrder,
    Changed,
    Done,
    EditAddress,
    MakeCoupon,
    Preview,
    RefundOrder,
)

OrderAct = RefundOrder | CancelOrder | EditAddress | AddNote


def preview(api: Api, act: Act) -> Preview:
    """What an act would do now. Raises Rejected where it cannot be done, with the reason."""
    if isinstance(act, MakeCoupon):
        return coupons.preview(act)
    known = _known(act)
    return _preview(api, known, _order(api, known))


def perform(api: Api, act: Act, *, key: str, version: str, reason: str) -> Done:
    """Do it once. Raises Changed for an order that is not as it was, unless this very act changed it."""
    with api.io.single(f"act:{key}"):
        if isinstance(act, MakeCoupon):
            return coupons.found(api, act, key) or coupons.make(api, act, key, reason)
        known = _known(act)
        order = _order(api, known)
        with understood():
            done = _found(api, known, order, key)
            if done is not None:
                return done
            started = _started(known, order, key)
        if not started and read.version_of(order) != version:
            raise Changed(
                _preview(api, known, order),
                (f"The order was changed in the shop. It is “{order['state']}” now.",),
            )
        if not started:
            _preview(api, known, order)
        return _do(api, known, order, key, reason)


def performed(api: Api, act: Act, key: str) -> Done | None:
    """The traces of an act. One that stopped half-way counts as not done: `perform` goes on where it stopped."""
    if isinstance(act, MakeCoupon):
        return coupons.found(api, act, key)
    known = _known(act)
    order = _order(api, known)
    with understood():
        return _found(api, known, order, key)


def _known(act: Act) -> OrderAct:
    if isinstance(act, RefundOrder | CancelOrder | EditAddress | AddNote):
        return act
    raise Rejected("This cannot be done in a Vendure shop from here.")


def _order(api: Api, act: OrderAct) -> Any:
    order = raw_order(api, act.order_id)
    if order is None:
        raise Rejected("The shop has no such order any more.")
    return order


def _preview(api: Api, act: OrderAct, order: Any) -> Preview:
    with understood():
        shown = Preview()
        match act:
            case RefundOrder():
                shown = refunds.preview(api, act, order)
            case CancelOrder():
                shown = order_acts.preview_cancel(api, act, order)
            case EditAddress():
                shown = order_acts.preview_address(act, order)
        return shown.model_copy(update={"version": read.version_of(order)})


def _found(api: Api, act: OrderAct, order: Any, key: str) -> Done | None:
    match act:
        case RefundOrder():
            return refunds.found(api, act, order, key)
        case CancelOrder():
            return order_acts.found_cancel(api, act, order, key)
        case EditAddress():
            return order_acts.found_address(order, key)
        case AddNote():
            return order_acts.found_note(order, key)


def _started(act: OrderAct, order: Any, key: str) -> bool:
    """Whether the order is changed because this act began and stopped half-way."""
    match act:
        case RefundOrder():
            return bool(refunds.marked(order, key))
        case CancelOrder():
            return order_acts.cancelled_by(order, key)
        case EditAddress():
            return order_acts.moved_by(order, key)
        case AddNote():
            return False


def _do(api: Api, act: OrderAct, order: Any, key: str, reason: str) -> Done:
    match act:
        case RefundOrder():
            return refunds.perform(api, act, order, key, reason)
        case CancelOrder():
            return order_acts.cancel(api, act, order, key, reason)
        case EditAddress():
            return order_acts.edit_address(api, act, order, key)
        case AddNote():
            return order_acts.add_note(api, act, key)
