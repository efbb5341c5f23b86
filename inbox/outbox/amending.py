"""Changes of replies that have gone out, as long as it is not known what became of them at the network.

`Delivery.request["amendment"]` is the intention, committed before the network is asked and taken off with the
outcome. Until `until` it belongs to who asks; one that is left over, after a crash or an answer that did not come,
says that the customer may see something else than the thread shows, until somebody tries again.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from inbox.outbox.models import Delivery
from inbox.shapes import iso

Change = Literal["edit", "delete"]

TAKES = timedelta(minutes=2)
"""For how long an intention is its owner's: longer than all calls of one take."""


@dataclass(frozen=True)
class Amendment:
    """What is to become of a reply: another text (`body`), or nothing. `until` is ISO 8601."""

    change: Change
    body: str
    agent_id: int
    until: str
    token: str


def of(delivery: Delivery) -> Amendment | None:
    """The change that was begun and not ended, if there is one."""
    found = delivery.request.get("amendment")
    return None if found is None else Amendment(**found)


def is_held(amendment: Amendment, now: datetime) -> bool:
    """Whether somebody is at it right now."""
    return amendment.until > iso(now)


def begin(
    session: Session, delivery: Delivery, change: Change, body: str, agent_id: int, now: datetime
) -> str:
    """Note the intention on a locked delivery; returns the token that ends it."""
    token = uuid.uuid4().hex
    begun = Amendment(change, body, agent_id, iso(now + TAKES), token)
    delivery.request = {**delivery.request, "amendment": asdict(begun)}
    session.flush()
    return token


def end(session: Session, delivery: Delivery, token: str) -> bool:
    """The outcome is known: take the intention off; False when another one has taken its place."""
    current = of(delivery)
    if current is None or current.token != token:
        return False
    delivery.request = {key: value for key, value in delivery.request.items() if key != "amendment"}
    session.flush()
    return True


def leave(session: Session, delivery: Delivery, token: str, now: datetime) -> bool:
    """It is not known what became of it: anybody may try again; False when another one has taken its place."""
    current = of(delivery)
    if current is None or current.token != token:
        return False
    left: dict[str, Any] = {**asdict(current), "until": iso(now)}
    delivery.request = {**delivery.request, "amendment": left}
    session.flush()
    return True
