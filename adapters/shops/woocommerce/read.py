"""WooCommerce's data in the contract's words. Pure; texts come with HTML entities in them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from adapters.shops.common import mark, moment, version
from adapters.shops.phones import normal
from adapters.shops.woocommerce import parcels, states
from adapters.shops.woocommerce.config import WooCommerceConfig
from adapters.shops.woocommerce.texts import money, text
from inbox.contract import BadAddress
from inbox.contract.addresses import email
from inbox.contract.commerce import (
    Address,
    Can,
    Order,
    OrderLine,
    OrderState,
    Product,
    Refund,
)

Data = Mapping[str, Any]
ACTS = (Can.REFUND, Can.REFUND_LINES, Can.CANCEL, Can.EDIT_ADDRESS, Can.NOTE)
_GUEST = "guest:"
_MARK = re.compile(r"\s*\[onethread:[0-9a-f]{20}\]")


def normal_email(value: Any) -> str:
    """The look-up form of an address, or "" for what is none."""
    try:
        return email(value) if isinstance(value, str) else ""
    except BadAddress:
        return ""


def phones(config: WooCommerceConfig, *kept: Any) -> tuple[str, ...]:
    """The E.164 forms of what are numbers."""
    found = (normal(one, config.country) for one in kept if isinstance(one, str) and one)
    return tuple(dict.fromkeys(filter(None, found)))


def guest_id(address: str) -> str:
    """The id of somebody without an account."""
    return _GUEST + address


def guest_of(buyer_id: str) -> str:
    """The address in a guest's id, or "" for the id of an account."""
    return normal_email(buyer_id.removeprefix(_GUEST)) if buyer_id.startswith(_GUEST) else ""


def is_id(name: str) -> bool:
    """Whether a text is an id of WooCommerce's: a customer 0 would be every guest."""
    return re.fullmatch(r"[1-9][0-9]{0,17}", name) is not None


def meta_key(key: str) -> str:
    """The meta key that an act leaves, by which it is found again."""
    return "_onethread_" + mark(key).removeprefix("[onethread:").removesuffix("]")


def signed_by(data: Data, key: str) -> bool:
    """Whether an act left its meta key here."""
    return any(one["key"] == meta_key(key) for one in data["meta_data"])


def address(data: Data) -> Address:
    """A postal address."""
    lines = (data.get("company"), data.get("address_1"), data.get("address_2"))
    return Address(
        name=f"{text(data.get('first_name'))} {text(data.get('last_name'))}".strip(),
        lines=tuple(text(line) for line in lines if line),
        city=text(data.get("city")),
        region=text(data.get("state")),
        postcode=text(data.get("postcode")),
        country=text(data.get("country")),
        phone=text(data.get("phone")),
    )


def product(data: Data, currency: str, parent: Data | None = None) -> Product:
    """A product, or a variation of `parent`."""
    options = ", ".join(text(one["option"]) for one in data["attributes"] if one.get("option"))
    variation = parent is not None or data.get("type") == "variation"
    pictures = data.get("images") or ([data["image"]] if data.get("image") else [])
    return Product(
        id=str(data["id"]),
        title=text((parent or data)["name"]),
        variant=options if variation else "",
        sku=text(data["sku"]),
        price=money(data["price"], currency) if data["price"] not in ("", None) else None,
        image_url=str(pictures[0].get("src") or "") if pictures else "",
        url=str(data.get("permalink") or ""),
        available=available(data),
    )


def available(data: Data) -> int | None:
    """What is in stock; None where the shop does not count it."""
    if data["stock_quantity"] is not None:
        return max(0, int(data["stock_quantity"]))
    return 0 if data["stock_status"] == "outofstock" else None


def version_of(data: Data) -> str:
    """What changes with everything that an agent would want to know before he acts."""
    lines = [[line["id"], line["quantity"], line["total"]] for line in data["line_items"]]
    return version(
        *(data[name] for name in ("status", "total", "date_paid_gmt", "shipping", "billing")),
        [one["id"] for one in data["refunds"]],
        lines,
        states.parcels(data),
    )


def order(config: WooCommerceConfig, data: Data, refunds: Sequence[Data], notes: Sequence[str] = ()) -> Order:
    """An order with the details of its refunds, and its people's notes."""
    currency, refused = data["currency"], states.refused(data)
    back, discount = states.refunded(data), Decimal(data["discount_total"]) + Decimal(data["discount_tax"])
    shipped = data["shipping"].get("address_1") and not states.picked_up(data)
    written = [text(data["customer_note"]), *notes]
    customer = int(data["customer_id"])
    billed = normal_email(data["billing"].get("email"))
    return Order(
        id=str(data["id"]),
        number=str(data["number"]),
        state=states.ORDER.get(data["status"], OrderState.UNKNOWN),
        payment=states.payment(data),
        raw_state=str(data["status"]),
        placed_at=moment(data["date_created_gmt"]),
        lines=_lines(data, refunds),
        total=money(data["total"], currency),
        shipping=money(Decimal(data["shipping_total"]) + Decimal(data["shipping_tax"]), currency),
        tax=money(data["total_tax"], currency),
        discount=money(discount, currency) if discount else None,
        refunded=money(back, currency) if back else None,
        coupons=tuple(text(one["code"]) for one in data["coupon_lines"]),
        fulfilments=parcels.fulfilments(data),
        refunds=tuple(_refund(one, currency) for one in refunds),
        ship_to=address(data["shipping"]) if shipped else None,
        sales_channel=text(data.get("created_via")),
        buyer_id=str(customer) if customer else guest_id(billed) if billed else "",
        email=text(data["billing"].get("email")),
        phone=text(data["billing"].get("phone")),
        admin_url=f"{config.site_url}/wp-admin/post.php?post={data['id']}&action=edit",
        note="\n".join(filter(None, written)),
        allowed=frozenset(can for can in ACTS if can not in refused),
        refused=refused,
        version=version_of(data),
    )


def note(data: Data) -> str:
    """What somebody wrote at an order, or "" for what the shop itself did."""
    return "" if data["author"] in ("system", "WooCommerce") else _MARK.sub("", text(data["note"])).strip()


def gross(line: Data) -> Decimal:
    """What the customer paid for a line, with tax and after every discount."""
    return Decimal(line["total"]) + Decimal(line["total_tax"])


def returned(refunds: Sequence[Data]) -> Counter[str]:
    """Pieces that were refunded, by line."""
    back: Counter[str] = Counter()
    for one in refunds:
        back.update(_pieces(one))
    return back


def _pieces(refund: Data) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in refund["line_items"]:
        name = states.meta(line, "_refunded_item_id")
        found[str(name)] += abs(int(line["quantity"])) if name else 0
    return {name: quantity for name, quantity in found.items() if quantity}


def _refund(data: Data, currency: str) -> Refund:
    return Refund(
        id=str(data["id"]),
        amount=money(data["amount"], currency),
        reason=text(data["reason"]),
        at=moment(data["date_created_gmt"]),
        lines=_pieces(data),
    )


def _lines(data: Data, refunds: Sequence[Data]) -> tuple[OrderLine, ...]:
    currency, sent, back = data["currency"], parcels.sent(data), returned(refunds)
    found = []
    for line in data["line_items"]:
        name, quantity = str(line["id"]), int(line["quantity"])
        options = [
            text(one.get("display_value") or one["value"])
            for one in line["meta_data"]
            if not one["key"].startswith("_")
        ]
        picture = line.get("image") or {}
        found.append(
            OrderLine(
                id=name,
                product=Product(
                    id=str(line["variation_id"] or line["product_id"]),
                    title=text(line["name"]),
                    variant=", ".join(options) if line["variation_id"] else "",
                    sku=text(line["sku"]),
                    price=money(gross(line) / quantity, currency) if quantity else None,
                    image_url=str(picture.get("src") or ""),
                ),
                quantity=quantity,
                total=money(gross(line), currency),
                fulfilled=sent[name],
                refundable=max(0, quantity - back[name]),
            )
        )
    return tuple(found)
