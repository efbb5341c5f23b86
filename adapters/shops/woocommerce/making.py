"""What is made new in WooCommerce: codes that work once, and orders that wait to be paid by a link."""

from decimal import Decimal
from urllib.parse import quote

from adapters.shops.woocommerce import finding, read, texts
from adapters.shops.woocommerce.api import PAGE_MAX, Api, Data
from adapters.shops.woocommerce.connect import currency
from adapters.shops.woocommerce.reading import raw_product
from inbox.contract import Rejected
from inbox.contract.commerce import Done, DraftLine, MakeCoupon, MakeDraft, Money, Preview

_DESCRIPTION_MAX = 180


def preview_coupon(api: Api, act: MakeCoupon) -> Preview:
    """What the code is worth. Raises Rejected where it cannot be made like this."""
    if (act.percent is None) == (act.amount is None):
        raise Rejected("A code takes off either a part or an amount.")
    if act.amount is not None and act.amount.currency != currency(api):
        raise Rejected(f"The shop's codes are in {currency(api)}.")
    bound = act.email or act.buyer_id
    who = "for this customer's e-mail address only" if bound else "for whoever has it"
    return Preview(amount=act.amount, notes=(f"The code works once, {who}.",))


def found_coupon(api: Api, act: MakeCoupon, key: str) -> Done | None:
    """The code that an act made. Raises Rejected where somebody else made the same one."""
    items = [one for one in api.page("coupons", code=_kept(act.code)).items if one["code"] == _kept(act.code)]
    ours = [one for one in items if read.signed_by(one, key)]
    if items and not ours:
        raise Rejected("The shop has this code already.")
    return Done(id=str(ours[0]["id"]), code=act.code, amount=act.amount) if ours else None


def make_coupon(api: Api, act: MakeCoupon, key: str, reason: str) -> Done:
    """Make the code."""
    preview_coupon(api, act)
    address = act.email or _email(api, act.buyer_id)
    body = {
        "code": _kept(act.code),
        "discount_type": "percent" if act.percent is not None else "fixed_cart",
        "amount": format(act.percent, "f") if act.amount is None else str(act.amount.amount),
        # With its zone; without one WooCommerce takes a time for the site's own.
        "date_expires": act.ends_at.isoformat(timespec="seconds"),
        "usage_limit": 1,
        "email_restrictions": [address] if address else [],
        "description": reason[:_DESCRIPTION_MAX],
        "meta_data": [{"key": read.meta_key(key), "value": act.kind}],
    }
    return Done(id=str(api.deciding("POST", "coupons", body=body)["id"]), code=act.code, amount=act.amount)


def preview_draft(api: Api, act: MakeDraft) -> Preview:
    """What the goods cost by their prices. Raises Rejected for what is not sold."""
    total = Decimal(0)
    for line in act.lines:
        data = _sold(api, line)
        total += Decimal(data["price"]) * line.quantity
    notes = ("Shipping is not in it, nor tax where the shop's prices are without.",)
    return Preview(amount=texts.money(total, currency(api)), notes=notes)


def found_draft(api: Api, act: MakeDraft, key: str) -> Done | None:
    """The order that an act made, among the newest of whom it is for."""
    name, address = _person(api, act)
    who = {"customer": name} if name else {"search": address} if address else {}
    page = api.page("orders", status="any", orderby="date", order="desc", per_page=PAGE_MAX, **who)
    return next((_draft(api, one) for one in page.items if read.signed_by(one, key)), None)


def make_draft(api: Api, act: MakeDraft, key: str) -> Done:
    """An order that is not paid, and the link to pay it."""
    name, address = _person(api, act)
    # Whoever follows the link is not asked for an address, and WooCommerce takes over none of the account.
    known = (api.get("customers", name) if name else None) or {"billing": {}, "shipping": {}}
    items = []
    for line in act.lines:
        data = _sold(api, line)
        parent = data["parent_id"] if data["type"] == "variation" else 0
        item = {"product_id": parent, "variation_id": data["id"]} if parent else {"product_id": data["id"]}
        items.append({**item, "quantity": line.quantity})
    body = {
        "status": "pending",
        "set_paid": False,
        "customer_id": int(name) if name else 0,
        "billing": {**known["billing"], **({"email": address} if address else {})},
        "shipping": known["shipping"],
        "line_items": items,
        "coupon_lines": [{"code": _kept(act.coupon)}] if act.coupon else [],
        "meta_data": [{"key": read.meta_key(key), "value": act.kind}],
    }
    return _draft(api, api.deciding("POST", "orders", body=body))


def _draft(api: Api, order: Data) -> Done:
    key = quote(str(order["order_key"]), safe="")
    link = f"{api.config.site_url}/checkout/order-pay/{order['id']}/?pay_for_order=true&key={key}"
    amount: Money = texts.money(order["total"], order["currency"])
    return Done(id=str(order["id"]), url=str(order.get("payment_url") or link), amount=amount)


def _sold(api: Api, line: DraftLine) -> Data:
    data = raw_product(api, line.product_id)
    if data is None or data["type"] == "variable" or data["price"] in ("", None):
        raise Rejected("The shop does not sell one of these products.")
    return data


def _person(api: Api, act: MakeDraft) -> tuple[str, str]:
    """The id of the account and the address that a draft is for; each may be empty."""
    name = act.buyer_id if read.is_id(act.buyer_id) else ""
    return name, act.email or _email(api, act.buyer_id)


def _email(api: Api, buyer_id: str) -> str:
    """The address of a customer, or "" for none."""
    known = finding.buyer(api, buyer_id) if buyer_id else None
    return known.emails[0] if known and known.emails else ""


def _kept(code: str) -> str:
    """A code as WooCommerce keeps it: in small letters, and typed in any."""
    return code.lower()
