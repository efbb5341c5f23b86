"""What can be done in a WooCommerce shop. It knows no idempotency keys, so each act leaves a meta key of its own where
it is found again, and a note a mark in its text."""

from adapters.shops.common import understood
from adapters.shops.woocommerce import making, order_acts, read, refunds
from adapters.shops.woocommerce.api import Api
from adapters.shops.woocommerce.reading import RawOrder, raw_order
from inbox.contract import Rejected
from inbox.contract.commerce import (
    Act,
    AddNote,
    CancelOrder,
    Changed,
    Done,
    EditAddress,
    MakeCoupon,
    MakeDraft,
    Preview,
    RefundOrder,
)

OrderAct = RefundOrder | CancelOrder | EditAddress | AddNote


def preview(api: Api, act: Act) -> Preview:
    """What an act would do now. Raises Rejected where it cannot be done, with the reason."""
    with understood():
        match act:
            case MakeCoupon():
                return making.preview_coupon(api, act)
            case MakeDraft():
                return making.preview_draft(api, act)
        known = _known(act)
        return _preview(api, known, _order(api, known))


def perform(api: Api, act: Act, *, key: str, version: str, reason: str) -> Done:
    """Do it once. Raises Changed for an order that is not as it was, unless this very act changed it."""
    with api.io.single(f"act:{key}"), understood():
        match act:
            case MakeCoupon():
                return making.found_coupon(api, act, key) or making.make_coupon(api, act, key, reason)
            case MakeDraft():
                return making.found_draft(api, act, key) or making.make_draft(api, act, key)
        known = _known(act)
        raw = _order(api, known)
        done = _found(api, known, raw, key)
        if done is not None:
            return done
        # A cancellation that stopped half-way has given the money back already.
        if not refunds.marked(raw, key):
            if not isinstance(known, AddNote) and read.version_of(raw.data) != version:
                now = f"The order was changed in the shop. It is “{raw.data['status']}” now."
                raise Changed(_preview(api, known, raw), (now,))
            _preview(api, known, raw)
        return _do(api, known, raw, key, reason)


def performed(api: Api, act: Act, key: str) -> Done | None:
    """The traces of an act. One that stopped half-way counts as not done: `perform` goes on where it stopped."""
    with understood():
        match act:
            case MakeCoupon():
                return making.found_coupon(api, act, key)
            case MakeDraft():
                return making.found_draft(api, act, key)
        known = _known(act)
        return _found(api, known, _order(api, known), key)


def _known(act: Act) -> OrderAct:
    if isinstance(act, RefundOrder | CancelOrder | EditAddress | AddNote):
        return act
    raise Rejected("This cannot be done in WooCommerce from here.")


def _order(api: Api, act: OrderAct) -> RawOrder:
    raw = raw_order(api, act.order_id)
    if raw is None:
        raise Rejected("The shop has no such order any more.")
    return raw


def _preview(api: Api, act: OrderAct, raw: RawOrder) -> Preview:
    shown = Preview()
    match act:
        case RefundOrder():
            shown = refunds.preview(api, act, raw)
        case CancelOrder():
            shown = order_acts.preview_cancel(api, act, raw)
        case EditAddress():
            shown = order_acts.preview_address(act, raw)
    return shown.model_copy(update={"version": read.version_of(raw.data)})


def _found(api: Api, act: OrderAct, raw: RawOrder, key: str) -> Done | None:
    match act:
        case RefundOrder():
            made = refunds.marked(raw, key)
            return refunds.done(made[0], raw.data["currency"]) if made else None
        case CancelOrder():
            return order_acts.found_cancel(raw, key)
        case EditAddress():
            return order_acts.found_address(raw, key)
        case AddNote():
            return order_acts.found_note(api, act, key)


def _do(api: Api, act: OrderAct, raw: RawOrder, key: str, reason: str) -> Done:
    match act:
        case RefundOrder():
            return refunds.perform(api, act, raw, key, reason)
        case CancelOrder():
            return order_acts.cancel(api, act, raw, key, reason)
        case EditAddress():
            return order_acts.edit_address(api, act, key)
        case AddNote():
            return order_acts.add_note(api, act, key)
