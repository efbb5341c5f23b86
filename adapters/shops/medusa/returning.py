"""Asking for goods to come back. Medusa puts a return together in three steps, of which the last one counts."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.common import mark
from adapters.shops.medusa import allowed
from adapters.shops.medusa.api import Api, decided
from adapters.shops.medusa.parcels import places
from inbox.contract import Rejected
from inbox.contract.commerce import AskReturn, Done, Preview

Data = Mapping[str, Any]
_SLOT = "onethread"
_STORE = "store:"


def preview(api: Api, act: AskReturn, order: Data) -> Preview:
    """Raises Rejected where it cannot be asked for."""
    why = allowed.returning(order)
    if why:
        raise Rejected(why)
    lines = {str(line["id"]): line for line in order["items"] or ()}
    for name, quantity in act.lines.items():
        if name not in lines or quantity > allowed.returnable(lines[name]):
            raise Rejected("There are not as many pieces that could come back.")
    store = _store(act)
    if store and store not in places(api).names:
        raise Rejected("The shop has no such store.")
    return Preview(notes=("What it is worth is given back apart, once the goods are there.",))


def marked(returns: list[Data], key: str) -> list[Data]:
    """The returns that an act began."""
    return [one for one in returns if (one["metadata"] or {}).get(_SLOT) == mark(key)]


def found(returns: list[Data], key: str) -> Done | None:
    """The return that an act asked for. One that Medusa calls open is still being put together."""
    asked = [one for one in marked(returns, key) if one["status"] != "open"]
    return Done(id=str(asked[0]["id"])) if asked else None


def perform(api: Api, act: AskReturn, returns: list[Data], key: str, reason: str) -> Done:
    """Begin a return, name the lines, ask for it. What an earlier attempt left half-way is taken back first."""
    for one in marked(returns, key):
        if one["status"] == "open":
            api.prepare(f"returns/{one['id']}/request", method="DELETE")
    wanted: dict[str, Any] = {
        "order_id": act.order_id,
        "internal_note": reason[:180],
        "metadata": {_SLOT: mark(key)},
    }
    if _store(act):
        wanted["location_id"] = _store(act)
    begun = api.prepare("returns", wanted)
    with decided():
        name = str(begun["return"]["id"])
    items = [{"id": line, "quantity": quantity} for line, quantity in act.lines.items()]
    api.prepare(f"returns/{name}/request-items", {"items": items})
    api.deciding(f"returns/{name}/request")
    return Done(id=name)


def _store(act: AskReturn) -> str:
    return act.drop_off.removeprefix(_STORE) if act.drop_off.startswith(_STORE) else ""
