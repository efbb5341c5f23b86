"""Acting in the shop. Each act is done in one transaction with its row in the journal, so it is done once."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from oscar.core.loading import get_class, get_model

from onethread_bridge import settings, shown
from onethread_bridge.access import Refused, body_of, endpoint, number_of
from onethread_bridge.models import Act

Order, Voucher = get_model("order", "Order"), get_model("voucher", "Voucher")
EventHandler = get_class("order.processing", "EventHandler")
_CENT = Decimal("0.01")


@endpoint("GET")
def act(request: HttpRequest, key: str) -> dict[str, Any] | None:
    """What an act did, if it was done."""
    found = Act.objects.filter(key=key).first()
    return {"done": True, **found.result} if found else None


def _once(request: HttpRequest, kind: str, do: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The journal's entry, or what doing it gives. Two at once: the second one finds the first one's entry."""
    data = body_of(request)
    key = str(data.get("key", ""))
    if not key or len(key) > 200:
        raise Refused("An act has a key.", 400)
    known = Act.objects.filter(key=key).first()
    if known is None:
        try:
            with transaction.atomic():
                entry = Act.objects.create(key=key, kind=kind)
                entry.result = do(data)
                entry.save()
                known = entry
        except IntegrityError:
            known = Act.objects.filter(key=key).first()
            if known is None:
                raise
    if known.kind != kind:
        raise Refused("This key belongs to another act.", 409)
    return {"done": True, **known.result}


def _order(order_id: str, data: dict[str, Any]) -> Any:
    """The order, locked where the database can, if it is still the one that was agreed to."""
    found = Order.objects.select_for_update().filter(pk=number_of(order_id)).first()
    if found is None:
        raise Refused("The shop has no such order any more.", 404)
    version = data.get("version")
    if version is not None and version != shown.order(found)["version"]:
        raise Refused("The order was changed in the shop.", 409)
    return found


@endpoint("POST")
def note(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Write a note at an order: {key, text}."""

    def do(data: dict[str, Any]) -> dict[str, Any]:
        order = _order(order_id, data)
        made = order.notes.create(note_type="Info", message=str(data.get("text", ""))[:4000])
        return {"id": str(made.pk)}

    return _once(request, "note", do)


@endpoint("POST")
def address(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Send an order elsewhere: {key, version, to}. Refused once anything is packed."""

    def do(data: dict[str, Any]) -> dict[str, Any]:
        order = _order(order_id, data)
        if order.shipping_address is None or order.shipping_events.exists():
            raise Refused("The goods are packed or sent already, or are not sent at all.")
        _write(order.shipping_address, data.get("to") or {})
        return {"id": str(order.pk)}

    return _once(request, "address", do)


def _write(kept: Any, to: dict[str, Any]) -> None:
    country = get_model("address", "Country").objects.filter(pk=str(to.get("country", ""))).first()
    if country is None or not country.is_shipping_country:
        raise Refused("The shop does not send to this country.")
    lines = [str(line) for line in to.get("lines") or ()]
    if not lines:
        raise Refused("An address needs a street.")
    first, _space, last = str(to.get("name", "")).rpartition(" ")
    kept.first_name, kept.last_name = first, last
    kept.line1, kept.line2, kept.line3 = lines[0], "".join(lines[1:2]), ", ".join(lines[2:])
    kept.line4, kept.state, kept.postcode = (str(to.get(name, "")) for name in ("city", "region", "postcode"))
    kept.country, kept.phone_number = country, str(to.get("phone", ""))
    try:
        kept.full_clean(validate_unique=False)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    kept.save()


@endpoint("POST")
def cancel(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Cancel an order along the shop's own pipeline: {key, version, reason, refund}. Stock that was set aside is free
    again; what was paid is given back where the shop can and `refund` says so."""

    def do(data: dict[str, Any]) -> dict[str, Any]:
        order = _order(order_id, data)
        if settings.get("CANCELLED_STATUS") not in order.available_statuses():
            raise Refused("The shop does not let an order in this state be cancelled.")
        handler = EventHandler()
        handler.cancel_stock_allocations(order)
        handler.handle_order_status_change(
            order, settings.get("CANCELLED_STATUS"), note_msg=str(data.get("reason", ""))[:2000] or None
        )
        left = _left(order)
        given = None
        if data.get("refund") and left > 0:
            _give_back(order, left, {}, data)
            given = shown.amount(left)
        return {"id": str(order.pk), "amount": given, "currency": order.currency}

    return _once(request, "cancel", do)


@endpoint("POST")
def refund(request: HttpRequest, order_id: str) -> dict[str, Any]:
    """Give money back: {key, version, amount, lines, reason}, with the shop's own function that moves it."""

    def do(data: dict[str, Any]) -> dict[str, Any]:
        order = _order(order_id, data)
        try:
            wanted = Decimal(str(data.get("amount", "")))
        except InvalidOperation as error:
            raise Refused("This is no amount.", 400) from error
        if not wanted.is_finite() or wanted <= 0 or wanted != wanted.quantize(_CENT):
            raise Refused("This is no amount.", 400)
        lines = {str(name): number for name, number in (data.get("lines") or {}).items()}
        event = _give_back(order, wanted, lines, data)
        return {"id": str(event.pk), "amount": shown.amount(wanted), "currency": order.currency}

    return _once(request, "refund", do)


def _left(order: Any) -> Decimal:
    """What was paid and not given back."""
    sources = order.sources.all()
    return sum((source.amount_debited - source.amount_refunded for source in sources), Decimal(0))


def _give_back(order: Any, wanted: Decimal, lines: dict[str, int], data: dict[str, Any]) -> Any:
    move = settings.refunder()
    if move is None:
        raise Refused("The shop has not told the bridge how money is given back.")
    if wanted > _left(order):
        raise Refused("That is more than was paid and not given back yet.")
    for line in order.lines.filter(pk__in=[number_of(name) for name in lines]):
        back = sum(
            row.quantity for row in line.payment_event_quantities.filter(event__event_type__code="refund")
        )
        if back + lines[str(line.pk)] > line.quantity:
            raise Refused("There are not as many pieces left to refund.")
    kind, _made = get_model("order", "PaymentEventType").objects.get_or_create(
        code="refund", defaults={"name": "Refund"}
    )
    try:
        reference = str(move(order, wanted, str(data["key"]), str(data.get("reason", ""))))[:128]
    except ValueError as error:
        raise Refused(str(error)) from error
    rest = wanted
    for source in order.sources.all():
        part = min(rest, source.amount_debited - source.amount_refunded)
        if part > 0:
            source.refund(part, reference=reference)
            rest -= part
    pieces = list(order.lines.filter(pk__in=[number_of(name) for name in lines]))
    return EventHandler().create_payment_event(
        order, kind, wanted, pieces, [lines[str(line.pk)] for line in pieces], reference=reference
    )


@endpoint("POST")
def coupon(request: HttpRequest) -> dict[str, Any]:
    """Make a voucher that works once, for everything: {key, code, percent or amount, ends_at, reason}."""

    def do(data: dict[str, Any]) -> dict[str, Any]:
        code = str(data.get("code", ""))[:128].upper()
        if not code or Voucher.objects.filter(code=code).exists():
            raise Refused("The shop has this code already.")
        made = _voucher(code, data)
        return {"id": str(made.pk), "code": code}

    return _once(request, "coupon", do)


def _voucher(code: str, data: dict[str, Any]) -> Any:
    offers = {
        name: get_model("offer", name) for name in ("Range", "Benefit", "Condition", "ConditionalOffer")
    }
    kind = "Percentage" if data.get("percent") else "Absolute"
    try:
        value = Decimal(str(data.get("percent") or data.get("amount")))
        ends = datetime.fromisoformat(str(data.get("ends_at")))
    except (InvalidOperation, ValueError) as error:
        raise Refused("The code's worth or end is none.", 400) from error
    name = f"Onethread {code}"
    everything, _made = offers["Range"].objects.get_or_create(
        name="Onethread: all products", defaults={"includes_all_products": True}
    )
    benefit = offers["Benefit"].objects.create(range=everything, type=kind, value=value)
    condition = offers["Condition"].objects.create(range=everything, type="Count", value=1)
    offer = offers["ConditionalOffer"].objects.create(
        name=name,
        description=str(data.get("reason", ""))[:500],
        offer_type="Voucher",
        benefit=benefit,
        condition=condition,
        end_datetime=ends,
        max_global_applications=1,
    )
    made = Voucher.objects.create(
        name=name, code=code, usage=Voucher.SINGLE_USE, start_datetime=timezone.now(), end_datetime=ends
    )
    made.offers.add(offer)
    return made
