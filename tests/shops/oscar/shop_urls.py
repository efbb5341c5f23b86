"""The shop's pages: the bridge, the storefront's API, and what the shop's own people do by hand."""

import json
from typing import Any

import shop_till
from django.apps import apps
from django.contrib.auth import get_user_model
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from oscar.core.loading import get_class, get_model
from oscarapi.signals import oscarapi_post_checkout


def _paid(sender: Any, order: Any, **_named: Any) -> None:
    shop_till.take(order)


oscarapi_post_checkout.connect(_paid)


@csrf_exempt
def register(request: HttpRequest) -> JsonResponse:
    """A customer with an account, and perhaps an address with his number."""
    data = json.loads(request.body)
    first, _space, last = data["name"].partition(" ")
    user = get_user_model().objects.create_user(
        data["email"][:30], data["email"], data["password"], first_name=first, last_name=last
    )
    if data["phone"]:
        address = get_model("address", "UserAddress")(user=user, first_name=first, last_name=last)
        address.line1, address.line4, address.postcode, address.country_id = (
            "Lindenweg 1",
            "Berlin",
            "10115",
            "DE",
        )
        address.phone_number = data["phone"]
        address.full_clean()
        address.save()
    return JsonResponse({"id": str(user.pk)})


@csrf_exempt
def ship(request: HttpRequest) -> JsonResponse:
    """Pack and send pieces of an order."""
    data = json.loads(request.body)
    order = get_model("order", "Order").objects.get(pk=data["order"])
    kind, _made = get_model("order", "ShippingEventType").objects.get_or_create(
        code="shipped", defaults={"name": "Shipped"}
    )
    lines = list(order.lines.filter(pk__in=list(data["lines"])))
    quantities = [data["lines"][str(line.pk)] for line in lines]
    handler = get_class("order.processing", "EventHandler")()
    handler.handle_shipping_event(order, kind, lines, quantities, reference=f"DHL {data['number']}")
    if order.status == "Pending":
        handler.handle_order_status_change(order, "Being processed")
    return JsonResponse({})


@csrf_exempt
def touch(request: HttpRequest) -> JsonResponse:
    """Somebody in the shop begins with an order."""
    order = get_model("order", "Order").objects.get(pk=json.loads(request.body)["order"])
    order.set_status("Being processed")
    return JsonResponse({})


urlpatterns = [
    path("support/", include("onethread_bridge.urls")),
    path("clerk/register", register),
    path("clerk/ship", ship),
    path("clerk/touch", touch),
    path("api/", include("oscarapi.urls")),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
