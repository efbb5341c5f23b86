"""What can be done in an Oscar shop. The bridge keeps each act's key in the transaction that does it."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from adapters.shops.common import understood
from adapters.shops.oscar import read, states
from adapters.shops.oscar.api import CHANGED, Api
from adapters.shops.oscar.reading import raw_order
from inbox.contract import Rejected
from inbox.contract.commerce import (
    Act,
    AddNote,
    Can,
    CancelOrder,
    Changed,
    Done,
    EditAddress,
    MakeCoupon,
    Money,
    Preview,
    RefundOrder,
)

OrderAct = RefundOrder | CancelOrder | EditAddress | AddNote


def preview(api: Api, act: Act) -> Preview:
    """What an act would do now. Raises Rejected where it cannot be done, with the reason."""
    if isinstance(act, MakeCoupon):
        if (act.percent is None) == (act.amount is None):
            raise Rejected("A code takes off either a part or an amount.")
        return Preview(amount=act.amount, notes=("The code works once, for whoever has it.",))
    known = _known(act)
    return _preview(known, _order(api, known))


def perform(api: Api, act: Act, *, key: str, version: str, reason: str) -> Done:
    """Do it once. Raises Changed for an order that is not as it was."""
    done = performed(api, act, key)
    if done is not None:
        return done
    if isinstance(act, MakeCoupon):
        preview(api, act)
        worth = (
            {"percent": str(act.percent)}
            if act.percent
            else {"amount": str(act.amount and act.amount.amount)}
        )
        body = {"key": key, "code": act.code, "ends_at": act.ends_at.isoformat(), "reason": reason, **worth}
        made = api.deciding("coupons", body=body)
        with understood():
            return Done(id=made["id"], code=act.code, amount=act.amount)
    known = _known(act)
    order = _order(api, known)
    with understood():
        same = isinstance(known, AddNote) or order["version"] == version
    if not same:
        raise _changed(known, order)
    shown = _preview(known, order)
    path, body = _request(known, shown, reason)
    if not isinstance(known, AddNote):
        body["version"] = version
    made = api.deciding("orders", known.order_id, path, body={"key": key, **body})
    if made is None:
        raise _changed(known, _order(api, known))
    return _done(made)


def performed(api: Api, act: Act, key: str) -> Done | None:
    """What the bridge's journal says of a key."""
    data = api.ask("acts", key)
    if data is None:
        return None
    done = _done(data)
    return done.model_copy(update={"amount": act.amount}) if isinstance(act, MakeCoupon) else done


def _known(act: Act) -> OrderAct:
    if isinstance(act, RefundOrder | CancelOrder | EditAddress | AddNote):
        return act
    raise Rejected("This cannot be done in an Oscar shop from here.")


def _order(api: Api, act: OrderAct) -> Any:
    order = raw_order(api, act.order_id)
    if order is None:
        raise Rejected("The shop has no such order any more.")
    return order


def _changed(act: OrderAct, order: Any) -> Changed:
    return Changed(_preview(act, order), (f"{CHANGED} It is “{order['status']}” now.",))


def _preview(act: OrderAct, order: Any) -> Preview:
    with understood():
        why = states.refused(order)
        version, currency, left = order["version"], order["currency"], states.left(order)
        if act.needs in why:
            raise Rejected(why[act.needs])
        match act:
            case RefundOrder():
                return Preview(amount=_refund(act, order), most=read.money(left, currency), version=version)
            case CancelOrder():
                return _cancel(act, version, read.money(left, currency))
            case EditAddress():
                if not act.to.lines or not act.to.country:
                    raise Rejected("An address needs a street and a country (its code, such as PT).")
                return Preview(version=version, notes=("The shipping price stays as it is.",))
            case AddNote():
                return Preview(version=version)


def _cancel(act: CancelOrder, version: str, left: Money) -> Preview:
    if not act.restock:
        raise Rejected("Oscar always frees the stock of a cancelled order.")
    given = act.refund and left.amount > 0
    note = (
        "What was paid is kept."
        if left.amount > 0 and not act.refund
        else "Stock that was set aside is free again."
    )
    return Preview(
        amount=left if given else read.money(0, left.currency), most=left, version=version, notes=(note,)
    )


def _refund(act: RefundOrder, order: Any) -> Money:
    if act.restock:
        raise Rejected("Oscar does not put goods back into stock with a refund.")
    currency, left = order["currency"], states.left(order)
    if act.lines:
        amount = _of_lines(order, act.lines) + (Decimal(order["shipping"]) if act.shipping else 0)
    elif act.amount is not None:
        if act.amount.currency != currency:
            raise Rejected(f"The order was paid in {currency}.")
        amount = act.amount.amount
    else:
        return read.money(left, currency)
    if amount <= 0:
        raise Rejected("That is nothing to give back.")
    if amount > left:
        raise Rejected(f"At most {left} {currency} can be given back.")
    return read.money(amount, currency)


def _of_lines(order: Any, wanted: dict[str, int]) -> Decimal:
    """What the customer paid for some pieces: the line's price after every discount, in equal parts."""
    lines = {line["id"]: line for line in order["lines"]}
    amount = Decimal(0)
    for name, quantity in wanted.items():
        back = sum(one["lines"].get(name, 0) for one in order["refunds"])
        if name not in lines or quantity > lines[name]["quantity"] - back:
            raise Rejected("There are not as many pieces left to refund.")
        share = Decimal(lines[name]["total"]) * quantity / lines[name]["quantity"]
        amount += share.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return amount


def _request(act: OrderAct, shown: Preview, reason: str) -> tuple[str, dict[str, Any]]:
    """The bridge's path below the order, and what is sent there."""
    match act:
        case RefundOrder():
            amount = str(shown.amount.amount) if shown.amount else "0"
            return "refund", {"amount": amount, "lines": act.lines or {}, "reason": reason}
        case CancelOrder():
            return "cancel", {
                "reason": reason,
                "refund": bool(act.refund and shown.amount and shown.amount.amount),
            }
        case EditAddress():
            return "address", {"to": act.to.model_dump()}
        case AddNote():
            return "note", {"text": act.text}


def _done(data: Any) -> Done:
    with understood():
        amount = read.money(data["amount"], data["currency"]) if data.get("amount") else None
        return Done(id=data["id"], code=data.get("code", ""), amount=amount)


def possible(kind: frozenset[Can], facts: dict[str, Any]) -> frozenset[Can]:
    """What is left of `kind` in a shop that does not give back money, or never cancels."""
    if facts.get("can_refund") is False:
        kind -= {Can.REFUND, Can.REFUND_LINES}
    return kind - {Can.CANCEL} if facts.get("can_cancel") is False else kind
