"""Reading the shop."""

import functools
import operator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.http import HttpRequest
from oscar.core.loading import get_model

from onethread_bridge import settings, shown
from onethread_bridge.access import endpoint, number_of

Basket, Order = get_model("basket", "Basket"), get_model("order", "Order")
Product, UserAddress = get_model("catalogue", "Product"), get_model("address", "UserAddress")
_HITS_MAX, _PAGE_MAX, _ASKED_MAX = 50, 50, 20


@endpoint("GET")
def status(request: HttpRequest) -> dict[str, Any]:
    """What the bridge can do in this shop."""
    return {
        "bridge": 1,
        "can_refund": bool(settings.get("REFUND")),
        "can_cancel": any(settings.get("CANCELLED_STATUS") in after for after in Order.pipeline.values()),
        "tells": bool(settings.get("HOOK_URL") and settings.get("HOOK_SECRET")),
    }


@endpoint("GET")
def find(request: HttpRequest) -> dict[str, Any]:
    """Everybody for whom something is equal: id, order number, e-mail, phone of the account's or an order's address."""
    asked = {name: request.GET.getlist(name)[:_ASKED_MAX] for name in ("id", "number", "email", "phone")}
    hits: dict[str, dict[str, Any]] = {}

    def hit(user: Any, email: str, by: str, value: str) -> None:
        if user is not None or email:
            key = str(user.pk) if user else f"guest:{email.lower()}"
            if key not in hits and len(hits) < _HITS_MAX:
                hits[key] = {"by": by, "value": value, **(shown.person(user) if user else shown.guest(email))}

    for buyer_id in asked["id"]:
        user, email = _known(buyer_id)
        hit(user, email, "id", buyer_id)
    for order in Order.objects.filter(number__in=asked["number"]).select_related("user"):
        hit(order.user, order.guest_email, "order_number", str(order.number))
    for email in asked["email"]:
        for user in get_user_model().objects.filter(email__iexact=email):
            hit(user, "", "email", email)
        if Order.objects.filter(user=None, guest_email__iexact=email).exists():
            hit(None, email, "email", email)
    for phone in asked["phone"]:
        for address in UserAddress.objects.filter(phone_number=phone).select_related("user"):
            hit(address.user, "", "address_phone", phone)
        for order in Order.objects.filter(shipping_address__phone_number=phone).select_related("user")[
            :_HITS_MAX
        ]:
            hit(order.user, order.guest_email, "address_phone", phone)
    return {"buyers": list(hits.values())}


def _known(buyer_id: str) -> tuple[Any, str]:
    """An account, or the address of a guest who has ordered; neither for anything else."""
    if buyer_id.startswith("guest:"):
        email = buyer_id.removeprefix("guest:")
        known = email and Order.objects.filter(user=None, guest_email__iexact=email).exists()
        return None, email if known else ""
    return get_user_model().objects.filter(pk=number_of(buyer_id)).first(), ""


@endpoint("GET")
def buyer(request: HttpRequest, buyer_id: str) -> dict[str, Any] | None:
    """A customer, or a guest."""
    user, email = _known(buyer_id)
    return shown.person(user) if user else shown.guest(email) if email else None


@endpoint("GET")
def carts(request: HttpRequest, buyer_id: str) -> dict[str, Any]:
    """Open baskets with something in them, the last used first."""
    open_ones = Basket.objects.filter(owner_id=number_of(buyer_id), status="Open").annotate(n=Count("lines"))
    found = [shown.cart(basket, request) for basket in open_ones.filter(n__gt=0).order_by("-pk")[:10]]
    return {"carts": sorted(found, key=lambda cart: cart["at"], reverse=True)}


@endpoint("GET")
def cart(request: HttpRequest, cart_id: str) -> dict[str, Any] | None:
    """A basket in whatever state. One that was merged into another is gone."""
    basket = Basket.objects.filter(pk=number_of(cart_id)).exclude(status="Merged").first()
    return shown.cart(basket, request) if basket else None


@endpoint("GET")
def orders_of(request: HttpRequest, buyer_id: str) -> dict[str, Any]:
    """A customer's orders, newest first; `cursor` is how many were shown."""
    user, email = _known(buyer_id)
    if not user and not email:
        return {"orders": [], "cursor": ""}
    mine = (
        Order.objects.filter(user=user)
        if user
        else Order.objects.filter(user=None, guest_email__iexact=email)
    )
    start = number_of(request.GET.get("cursor", ""))
    end = start + max(1, min(number_of(request.GET.get("limit", "5")), _PAGE_MAX))
    page = list(mine.order_by("-date_placed", "-pk")[start : end + 1])
    shown_ones = [shown.order(one) for one in page[: end - start]]
    return {"orders": shown_ones, "cursor": str(end) if len(page) > end - start else ""}


@endpoint("GET")
def order(request: HttpRequest, order_id: str) -> dict[str, Any] | None:
    """An order."""
    found = Order.objects.filter(pk=number_of(order_id)).first()
    return shown.order(found) if found else None


@endpoint("GET")
def orders(request: HttpRequest) -> dict[str, Any]:
    """Orders with exactly this number."""
    found = Order.objects.filter(number=request.GET.get("number", ""))[:10]
    return {"orders": [shown.order(one) for one in found]}


@endpoint("GET")
def products(request: HttpRequest) -> dict[str, Any]:
    """Public products in whose title or UPC every word occurs; what has variants is shown by these."""
    words = request.GET.get("q", "").split()[:6]
    if not words:
        return {"products": []}
    fits = (
        Q(title__icontains=word) | Q(parent__title__icontains=word) | Q(upc__icontains=word) for word in words
    )
    sold = Product.objects.filter(is_public=True).exclude(structure="parent")
    limit = max(1, min(number_of(request.GET.get("limit", "8")), _PAGE_MAX))
    found = sold.filter(functools.reduce(operator.and_, fits)).order_by("title", "pk")[:limit]
    return {"products": [shown.product(one, request) for one in found]}


@endpoint("GET")
def product(request: HttpRequest, product_id: str) -> dict[str, Any] | None:
    """A product by id or UPC, with what each store has."""
    found = (
        Product.objects.filter(pk=number_of(product_id)).first()
        or Product.objects.filter(upc=product_id).first()
    )
    if found is None or found.structure == "parent":
        return None
    return {**shown.product(found, request), "stock": shown.stock(found)}
