"""What changes in the shop is told once its transaction is committed: ids only, nothing about people."""

import hashlib
import hmac
import json
import logging
import threading
import time
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from oscar.core.loading import get_model

from onethread_bridge import settings

_log = logging.getLogger("onethread_bridge")
_PAUSES = (0, 1, 5, 30, 120)
_SECONDS = 10


def connect() -> None:
    """Listen. Every model's rows say which cart, order or person they belong to."""
    for app, model, tell in (
        ("basket", "Line", lambda line: _cart(line.basket)),
        ("basket", "Basket", _cart),
        ("order", "Order", _order),
        ("order", "OrderNote", lambda note: _order(note.order)),
        ("order", "ShippingEvent", lambda event: _order(event.order)),
        ("order", "PaymentEvent", lambda event: _order(event.order)),
        ("order", "ShippingAddress", lambda address: [_order(order) for order in address.order_set.all()]),
    ):
        _listen(get_model(app, model), tell)
    _listen(get_user_model(), lambda user: _tell("buyer", user.pk))


def _listen(model: Any, tell: Any) -> None:
    def changed(sender: Any, instance: Any, **_named: Any) -> None:
        tell(instance)

    name = f"onethread_bridge.{model.__name__}"
    post_save.connect(changed, model, weak=False, dispatch_uid=f"{name}.saved")
    if model is get_user_model():
        post_delete.connect(_forget, model, dispatch_uid=f"{name}.deleted")
    else:
        post_delete.connect(changed, model, weak=False, dispatch_uid=f"{name}.deleted")


def _forget(sender: Any, instance: Any, **_named: Any) -> None:
    _tell("forget", instance.pk)


def _cart(basket: Any) -> None:
    if basket.owner_id:
        _tell("cart", basket.pk, buyer_ids=[str(basket.owner_id)])


def _order(order: Any) -> None:
    who = {"buyer_ids": [str(order.user_id)]} if order.user_id else {}
    _tell("order", order.pk, order_numbers=[str(order.number)], **who)


def _tell(topic: str, pk: Any, **who: list[str]) -> None:
    """Send after the commit, if there is one to wait for."""
    if not settings.get("HOOK_URL"):
        return
    at = datetime.now(UTC).isoformat()
    body = json.dumps({"topic": topic, "id": str(pk), "at": at, "who": who}).encode()
    transaction.on_commit(lambda: threading.Thread(target=deliver, args=(body,), daemon=True).start())


def deliver(body: bytes) -> None:
    """Send an event until it is taken, with longer and longer pauses; one delivery keeps its name."""
    delivery = str(uuid.uuid4())
    for pause in _PAUSES:
        time.sleep(pause)
        timestamp = str(int(time.time()))
        signed = f"{timestamp}.{delivery}.".encode() + body
        signature = hmac.new(settings.get("HOOK_SECRET").encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Shop-Delivery": delivery,
            "X-Shop-Timestamp": timestamp,
            "X-Shop-Signature": f"v1={signature}",
        }
        request = urllib.request.Request(settings.get("HOOK_URL"), body, headers)  # noqa: S310 - the shop's own setting
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 - the same
                return
        except OSError as error:
            _log.warning("Onethread did not take an event: %s", error)
