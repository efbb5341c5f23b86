"""Events of shops that run a plugin of ours: how they are signed, and what they say.

A plugin posts `{"topic": …, "id": …, "at": …, "who": {…}}` with three headers: `x-shop-delivery` names the delivery,
`x-shop-timestamp` is when it was sent (seconds since 1970), and `x-shop-signature` is "v1=" and the hexadecimal
HMAC-SHA256 of "TIMESTAMP.DELIVERY.BODY". A delivery that is sent again keeps its name and gets a new time.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from inbox.contract import Accept, HookRequest, NotAuthentic, Raw, Unreadable
from inbox.contract.commerce import ShopEvent, Sought, Topic

FRESH_SECONDS = 300
"""How far a delivery's time may be from ours."""
_TIMESTAMP = re.compile(r"[0-9]{9,11}")
_DELIVERY = re.compile(r"[A-Za-z0-9._:-]{8,100}")
_SIGNATURE = re.compile(r"v1=[0-9a-f]{64}")
_ID_MAX, _LIST_MAX = 200, 20
_PING = "ping"


def sign(secret: str, timestamp: str, delivery: str, body: bytes) -> str:
    """The value of `x-shop-signature`."""
    signed = f"{timestamp}.{delivery}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify(secrets: Sequence[str], request: HookRequest, now: float | None = None) -> Accept:
    """Prove that a holder of one of `secrets` sent the request within the last minutes. Raises NotAuthentic.

    Empty secrets prove nothing. `now` is in seconds since 1970.
    """
    timestamp = request.headers.get("x-shop-timestamp", "")
    delivery = request.headers.get("x-shop-delivery", "")
    given = request.headers.get("x-shop-signature", "")
    formed = (
        request.method == "POST"
        and _TIMESTAMP.fullmatch(timestamp)
        and _DELIVERY.fullmatch(delivery)
        and _SIGNATURE.fullmatch(given)
    )
    if not formed:
        raise NotAuthentic("The event is not signed.")
    fits = [
        hmac.compare_digest(sign(secret, timestamp, delivery, request.body), given)
        for secret in secrets
        if secret
    ]
    if not any(fits):
        raise NotAuthentic("The event is not signed with the secret of this connection.")
    if abs((time.time() if now is None else now) - int(timestamp)) > FRESH_SECONDS:
        raise NotAuthentic("The event is too old, or the shop's clock is wrong.")
    return Accept(dedupe_key=delivery)


def parse(raw: Raw) -> tuple[ShopEvent, ...]:
    """What an event says; a test of the connection says nothing. Raises only Unreadable."""
    try:
        data = json.loads(raw.body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The event is not JSON.") from error
    if not isinstance(data, dict) or not isinstance(data.get("topic"), str):
        raise Unreadable("The event does not say what it is about.")
    if data["topic"] == _PING:
        return ()
    try:
        topic = Topic(data["topic"])
    except ValueError as error:
        raise Unreadable("The event is about something unknown.") from error
    found = _id(data.get("id", ""))
    if not found and topic is not Topic.GONE:
        raise Unreadable("The event does not say which one it is about.")
    return (ShopEvent(topic=topic, id=found, at=_moment(data.get("at")), who=_who(data.get("who"))),)


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable("An id in the event is none.")
    text = str(value)
    if len(text) > _ID_MAX or not text.isprintable():
        raise Unreadable("An id in the event is none.")
    return text


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("The event's time is none.") from error


def _who(value: Any) -> Sought:
    if value is None:
        return Sought()
    if not isinstance(value, dict):
        raise Unreadable("The event does not say whom it concerns.")
    return Sought(**{name: _ids(value.get(name)) for name in Sought.model_fields})


def _ids(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _LIST_MAX:
        raise Unreadable("The event does not say whom it concerns.")
    return tuple(filter(None, map(_id, value)))
