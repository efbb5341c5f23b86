"""Giving money back in WooCommerce: everything, lines, or an amount, through the gateway where that can."""

from decimal import Decimal
from typing import Any

from adapters.shops.woocommerce import read, states, texts
from adapters.shops.woocommerce.api import Api, Data
from adapters.shops.woocommerce.reading import RawOrder
from inbox.contract import Rejected
from inbox.contract.commerce import Done, Money, Preview, RefundOrder

_BY_HAND = "The refund is recorded. The payment method cannot give money back, so somebody has to pay it out."
_REASON_MAX = 180


def preview(api: Api, act: RefundOrder, raw: RawOrder) -> Preview:
    """The exact amount. Raises Rejected where it cannot be given back."""
    amount, _items = _wanted(act, raw)
    notes = () if moves_money(api, raw.data) else (_BY_HAND,)
    return Preview(amount=amount, most=texts.money(states.left(raw.data), raw.data["currency"]), notes=notes)


def moves_money(api: Api, order: Data) -> bool:
    """Whether the order was paid in a way that can give money back."""
    method = str(order["payment_method"] or "")
    gateway = api.get("payment_gateways", method) if method else None
    return gateway is not None and "refunds" in (gateway.get("method_supports") or ())


def marked(raw: RawOrder, key: str) -> list[Data]:
    """The refunds that an act made."""
    return [one for one in raw.refunds if read.signed_by(one, key)]


def perform(api: Api, act: RefundOrder, raw: RawOrder, key: str, reason: str) -> Done:
    """Make the refund."""
    amount, items = _wanted(act, raw)
    return done(give_back(api, raw, amount, items, key, reason, restock=act.restock), raw.data["currency"])


def give_back(
    api: Api,
    raw: RawOrder,
    amount: Money,
    items: list[dict[str, Any]],
    key: str,
    reason: str,
    *,
    restock: bool,
) -> Data:
    """One refund, with our meta key. WooCommerce takes `amount` for what counts, and the items for the books."""
    body = {
        "amount": str(amount.amount),
        "reason": reason[:_REASON_MAX],
        "line_items": items,
        "api_refund": moves_money(api, raw.data),
        "api_restock": restock,
        "meta_data": [{"key": read.meta_key(key), "value": "refund"}],
    }
    return api.deciding("POST", "orders", str(raw.data["id"]), "refunds", body=body)


def done(refund: Data, currency: str) -> Done:
    """What a refund did."""
    moved = refund.get("refunded_payment") is True
    return Done(
        id=str(refund["id"]),
        amount=texts.money(refund["amount"], currency),
        pending=not moved,
        note="" if moved else _BY_HAND,
    )


def _wanted(act: RefundOrder, raw: RawOrder) -> tuple[Money, list[dict[str, Any]]]:
    """The amount, and the items that it is for."""
    order = raw.data
    currency, left, why = order["currency"], states.left(order), states.refused(order)
    if act.needs in why:
        raise Rejected(why[act.needs])
    items: list[dict[str, Any]] = []
    if act.lines:
        items = _pieces(raw, act.lines)
        items += [_item(line, Decimal(1), currency) for line in order["shipping_lines"] if act.shipping]
    elif act.amount is not None:
        if act.amount.currency != currency:
            raise Rejected(f"The order was paid in {currency}.")
        if act.restock:
            raise Rejected("Only whole pieces can go back into stock: choose the lines.")
    elif act.restock:
        # The sum is what is left; the items say only what comes back.
        rest = _left(raw)
        items = [
            {"id": int(name), "quantity": count, "refund_total": "0"} for name, count in rest.items() if count
        ]
    if act.lines:
        wanted = sum((_sum(item) for item in items), Decimal(0))
    else:
        wanted = left if act.amount is None else act.amount.amount
    amount = texts.money(wanted, currency)
    if amount.amount <= 0:
        raise Rejected("That is nothing to give back.")
    if amount.amount > left:
        raise Rejected(f"At most {texts.money(left, currency).amount} {currency} can be given back.")
    return amount, items


def _left(raw: RawOrder) -> dict[str, int]:
    back = read.returned(raw.refunds)
    return {str(line["id"]): int(line["quantity"]) - back[str(line["id"])] for line in raw.data["line_items"]}


def _pieces(raw: RawOrder, wanted: dict[str, int]) -> list[dict[str, Any]]:
    lines, left = {str(line["id"]): line for line in raw.data["line_items"]}, _left(raw)
    items = []
    for name, quantity in wanted.items():
        if quantity > left.get(name, 0):
            raise Rejected("There are not as many pieces left to refund.")
        part = Decimal(quantity) / int(lines[name]["quantity"])
        items.append({**_item(lines[name], part, raw.data["currency"]), "quantity": quantity})
    return items


def _item(line: Data, part: Decimal, currency: str) -> dict[str, Any]:
    """What is given back of a line: its price and each of its taxes, in equal parts."""

    def share(value: Any) -> str:
        return str(texts.money(Decimal(value or 0) * part, currency).amount)

    taxes = [{"id": tax["id"], "refund_total": share(tax["total"])} for tax in line["taxes"]]
    return {"id": line["id"], "quantity": 1, "refund_total": share(line["total"]), "refund_tax": taxes}


def _sum(item: dict[str, Any]) -> Decimal:
    taxes = (Decimal(tax["refund_total"]) for tax in item["refund_tax"])
    return Decimal(item["refund_total"]) + sum(taxes, Decimal(0))
