"""The shop's people, carts, orders and goods as JSON. Amounts are decimal texts with the currency's two places."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.conf import settings as shop
from django.db.models import Count, Max, Sum
from oscar.core.loading import get_class, get_model

from onethread_bridge import settings

Order = get_model("order", "Order")
_CENT = Decimal("0.01")


def amount(value: Any) -> str | None:
    """An amount: databases and sums give more places than there are."""
    return None if value is None else str(Decimal(value).quantize(_CENT))


def person(user: Any) -> dict[str, Any]:
    """A customer with an account. What was cancelled is not counted."""
    kept = Order.objects.filter(user=user).exclude(status=settings.get("CANCELLED_STATUS"))
    addresses = [address(one) for one in user.addresses.select_related("country")[:20]]
    return {
        **_history(kept),
        "id": str(user.pk),
        "guest": False,
        "name": user.get_full_name(),
        "email": user.email,
        "phones": [one["phone"] for one in addresses if one["phone"]],
        "since": user.date_joined.isoformat(),
        "addresses": addresses,
    }


def guest(email: str) -> dict[str, Any]:
    """Whoever ordered without an account: his id is his address."""
    orders = Order.objects.filter(user=None, guest_email__iexact=email).select_related("shipping_address")
    kept = orders.exclude(status=settings.get("CANCELLED_STATUS"))
    newest = orders.order_by("-date_placed").first()
    last = newest.shipping_address if newest else None
    return {
        **_history(kept),
        "id": f"guest:{email.lower()}",
        "guest": True,
        "name": f"{last.first_name} {last.last_name}".strip() if last else "",
        "email": email.lower(),
        "phones": [str(last.phone_number)] if last and last.phone_number else [],
        "since": None,
        "addresses": [address(last)] if last else [],
    }


def _history(orders: Any) -> dict[str, Any]:
    sums = list(orders.order_by().values("currency").annotate(spent=Sum("total_incl_tax"), n=Count("id"))[:2])
    newest = orders.aggregate(at=Max("date_placed"))["at"]
    one = sums[0] if len(sums) == 1 else None
    return {
        "orders_count": sum(row["n"] for row in sums),
        "spent": {"amount": amount(one["spent"]), "currency": one["currency"]} if one else None,
        "last_order_at": newest.isoformat() if newest else None,
    }


def address(one: Any) -> dict[str, Any]:
    """A postal address."""
    return {
        "name": f"{one.first_name} {one.last_name}".strip(),
        "lines": [line for line in (one.line1, one.line2, one.line3) if line],
        "city": one.line4,
        "region": one.state,
        "postcode": one.postcode,
        "country": one.country_id,
        "phone": str(one.phone_number or ""),
    }


def product(one: Any, request: Any) -> dict[str, Any]:
    """Something that is sold, with what the cheapest partner asks for it and what all have."""
    info = get_class("partner.strategy", "Selector")().strategy(request=request).fetch_for_product(one)
    price = info.price
    image = one.primary_image()
    url = settings.get("SHOP_URL")
    source = getattr(getattr(image, "original", None), "url", "") if one.get_all_images() else ""
    return {
        "id": str(one.pk),
        "title": one.get_title(),
        "sku": one.upc or "",
        "price": {
            "amount": amount(price.incl_tax if price.is_tax_known else price.excl_tax),
            "currency": price.currency,
        }
        if price.exists
        else None,
        "url": url + one.get_absolute_url() if url else "",
        "image_url": url + source if url and source.startswith("/") else source,
        "available": sum(max(0, row["available"]) for row in stock(one)),
    }


def stock(one: Any) -> list[dict[str, Any]]:
    """What each partner, a store or a warehouse, has."""
    return [
        {
            "location_id": str(record.partner_id),
            "location": record.partner.name,
            "on_hand": record.num_in_stock,
            "available": record.net_stock_level,
        }
        for record in one.stockrecords.select_related("partner").order_by("partner__name")
        if record.num_in_stock is not None
    ]


def cart(basket: Any, request: Any) -> dict[str, Any]:
    """A basket with its prices and offers, which Oscar works out anew each time. One that an order was made of is
    submitted, whatever its status: some checkouts leave it frozen."""
    basket.strategy = get_class("partner.strategy", "Selector")().strategy(request=request, user=basket.owner)
    lines = list(basket.all_lines().select_related("product"))
    if lines and basket.can_be_edited:
        get_class("offer.applicator", "Applicator")().apply(basket, basket.owner, request)
        lines = list(basket.all_lines())
    newest = max([line.date_updated for line in lines] or [basket.date_created])
    return {
        "id": str(basket.pk),
        "status": "Submitted" if Order.objects.filter(basket=basket).exists() else basket.status,
        "buyer_id": str(basket.owner_id or ""),
        "email": basket.owner.email if basket.owner else "",
        "currency": basket.currency or shop.OSCAR_DEFAULT_CURRENCY,
        "total": amount(basket.total_incl_tax if basket.is_tax_known else basket.total_excl_tax),
        "discount": amount(basket.total_discount),
        "vouchers": [voucher.code for voucher in basket.vouchers.all()],
        "at": newest.isoformat(),
        "lines": [
            {
                "id": str(line.pk),
                "product": product(line.product, request),
                "quantity": line.quantity,
                "unit": amount(line.unit_price_incl_tax if line.is_tax_known else line.unit_price_excl_tax),
                "total": amount(line.line_price_incl_tax if line.is_tax_known else line.line_price_excl_tax),
            }
            for line in lines
        ],
    }


def order(one: Any) -> dict[str, Any]:
    """An order with what was sent, paid and given back. `version` changes with any of it."""
    lines = list(one.lines.select_related("product").prefetch_related("discounts"))
    events = list(
        one.shipping_events.select_related("event_type")
        .prefetch_related("line_quantities")
        .order_by("date_created", "pk")
    )
    sources = list(one.sources.all())
    money = {
        "allocated": amount(sum((source.amount_allocated for source in sources), Decimal(0))),
        "debited": amount(sum((source.amount_debited for source in sources), Decimal(0))),
        "refunded": amount(sum((source.amount_refunded for source in sources), Decimal(0))),
        "known": bool(sources),
    }
    notes = list(one.notes.order_by("-date_created", "-pk")[:1])
    data = {
        "id": str(one.pk),
        "number": str(one.number),
        "status": one.status,
        "placed_at": one.date_placed.isoformat(),
        "currency": one.currency,
        "buyer_id": str(one.user_id) if one.user_id else f"guest:{one.guest_email.lower()}",
        "email": one.email or "",
        "cart_id": str(one.basket_id or ""),
        "total": amount(one.total_incl_tax),
        "shipping": amount(one.shipping_incl_tax),
        "tax": amount(one.total_tax),
        "discount": amount(one.total_discount_incl_tax),
        "vouchers": sorted({row.voucher_code for row in one.discounts.all() if row.voucher_code}),
        "method": {"code": one.shipping_code, "name": one.shipping_method, "pickup": pickup(one)},
        "ship_to": address(one.shipping_address) if one.shipping_address else None,
        "lines": [
            {
                "id": str(line.pk),
                "product": {"id": str(line.product_id or ""), "title": line.title, "sku": line.upc or ""},
                "quantity": line.quantity,
                "status": line.status,
                "total": amount(line.line_price_incl_tax),
            }
            for line in lines
        ],
        "shipments": [
            {
                "id": str(event.pk),
                "type": event.event_type.code,
                "name": event.event_type.name,
                "notes": event.notes,
                "at": event.date_created.isoformat(),
                "lines": {str(row.line_id): row.quantity for row in event.line_quantities.all()},
            }
            for event in events
        ],
        "money": money,
        "refunds": _refunds(one),
        "next": list(one.available_statuses()),
    }
    text = json.dumps(data, sort_keys=True)
    return {
        **data,
        "note": notes[0].message if notes else "",
        "version": hashlib.sha256(text.encode()).hexdigest()[:24],
    }


def pickup(one: Any) -> bool:
    """Whether the customer fetches the goods."""
    return one.shipping_code in settings.get("PICKUP_METHODS")


def _refunds(one: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": str(event.pk),
            "amount": amount(event.amount),
            "reference": event.reference,
            "at": event.date_created.isoformat(),
            "lines": {str(row.line_id): row.quantity for row in event.line_quantities.all()},
        }
        for event in one.payment_events.filter(event_type__code="refund").prefetch_related("line_quantities")
    ]
