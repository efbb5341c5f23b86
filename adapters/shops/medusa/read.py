"""What Medusa tells of people, carts and products, in our words. Pure."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from adapters.shops.common import moment
from adapters.shops.medusa.api import amount, money
from adapters.shops.medusa.config import MedusaConfig
from adapters.shops.phones import normal
from inbox.contract.commerce import Address, Buyer, Cart, CartLine, CartState, Money, Product, total

Data = Mapping[str, Any]
BY_ADDRESS = "email:"
"""Begins the id of somebody of whom the shop has no more than the e-mail address of an order."""


def buyer(config: MedusaConfig, data: Data) -> Buyer:
    """A customer with an account, or one whom Medusa keeps for orders without one."""
    phone = data["phone"] or ""
    return Buyer(
        id=str(data["id"]),
        name=" ".join(filter(None, (data["first_name"], data["last_name"]))),
        emails=(data["email"],) if data["email"] else (),
        phones=(normal(phone, config.country) or phone,) if phone else (),
        guest=not data["has_account"],
        since=moment(data["created_at"]),
        segments=tuple(group["name"] for group in data.get("groups") or ()),
        addresses=tuple(address(one) for one in data.get("addresses") or ()),
        admin_url=f"{config.admin_url}/customers/{data['id']}" if config.admin_url else "",
    )


def by_address(email: str) -> Buyer:
    """Somebody known by an order's e-mail address alone."""
    return Buyer(id=f"{BY_ADDRESS}{email}", emails=(email,), guest=True)


def with_sums(person: Buyer, page: Any) -> Buyer:
    """How many orders a buyer has, the last of them, and their worth where `page` has all of them."""
    orders, count = page["orders"], page["count"]
    worth = total(
        money(amount(one["item_total"]) + amount(one["shipping_total"]), one["currency_code"])
        for one in orders
        if one["status"] != "canceled"
    )
    return person.model_copy(
        update={
            "orders_count": count,
            "spent": worth[0] if len(worth) == 1 and count == len(orders) else None,
            "last_order_at": moment(orders[0]["created_at"]) if orders else None,
        }
    )


def address(data: Data) -> Address:
    """A postal address."""
    return Address(
        name=" ".join(filter(None, (data["first_name"], data["last_name"]))),
        lines=tuple(filter(None, (data.get("company"), data["address_1"], data["address_2"]))),
        city=data["city"] or "",
        region=data["province"] or "",
        postcode=data["postal_code"] or "",
        country=(data["country_code"] or "").upper(),
        phone=data["phone"] or "",
    )


def line_product(data: Data) -> Product:
    """What a line of a cart or an order is about."""
    variant = data.get("variant_title") or ""
    return Product(
        id=str(data.get("variant_id") or data["id"]),
        title=data.get("product_title") or data["title"],
        variant="" if variant == "Default variant" else variant,
        sku=data.get("variant_sku") or "",
        image_url=data.get("thumbnail") or "",
    )


def cart(data: Data) -> Cart:
    """A cart of the plugin's. Its own `updated_at` stays behind when lines change, so that it is not looked at."""
    currency = data["currency_code"]
    lines = tuple(_cart_line(line, currency) for line in data["items"] or ())
    discount = amount(data["discount_total"] or 0)
    return Cart(
        id=str(data["id"]),
        state=CartState.CONVERTED if data["completed_at"] else CartState.ACTIVE,
        lines=lines,
        total=money(data["total"], currency),
        subtotal=money(sum((line.total.amount for line in lines), Decimal(0)), currency),
        discount=money(discount, currency) if discount else None,
        coupons=tuple(one["code"] for one in data.get("promotions") or () if one and one.get("code")),
        buyer_id=data["customer_id"] or "",
        email=data["email"] or "",
        token=str(data["id"]),
        last_activity_at=activity(data),
    )


def _cart_line(data: Data, currency: str) -> CartLine:
    quantity = int(amount(data["quantity"]))
    whole = data.get("original_total")
    worth = amount(data["unit_price"]) * quantity if whole is None else amount(whole)
    price = worth / quantity if quantity else worth
    return CartLine(
        id=str(data["id"]),
        product=line_product(data),
        quantity=quantity,
        unit=_price(price, currency),
        total=_price(worth, currency),
    )


def _price(value: Decimal, currency: str) -> Money:
    return Money(amount=value, currency=currency.upper()).rounded()


def activity(data: Data) -> datetime | None:
    """The newest change of a cart's lines, or when it was made."""
    times = [moment(data["created_at"])]
    times += [moment(line.get(name)) for line in data["items"] or () for name in ("created_at", "updated_at")]
    return max((time for time in times if time is not None), default=None)


def variant(config: MedusaConfig, data: Data, currency: str) -> Product:
    """A variant, at its price in the shop's own currency."""
    product = data.get("product") or {}
    handle = product.get("handle") or ""
    title = data["title"] or ""
    stock = data.get("inventory_quantity") if data.get("manage_inventory") else None
    return Product(
        id=str(data["id"]),
        title=product.get("title") or title,
        variant="" if title == "Default variant" else title,
        sku=data["sku"] or "",
        price=next(
            (
                money(one["amount"], currency)
                for one in data.get("prices") or ()
                if one["currency_code"].upper() == currency and _is_plain(one)
            ),
            None,
        ),
        image_url=data.get("thumbnail") or product.get("thumbnail") or "",
        url=config.product_url.replace("{handle}", handle) if config.product_url and handle else "",
        available=None if stock is None else max(0, int(amount(stock))),
    )


def _is_plain(price: Data) -> bool:
    """Whether a price holds for everybody: not from a number of pieces on, nor in some region only."""
    few = price.get("min_quantity") is None or amount(price["min_quantity"]) <= 1
    return few and not price.get("rules")
