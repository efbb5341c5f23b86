"""Codes that work once, as promotions of a Medusa shop. They need Medusa 2.12, which knows limits of use."""

from typing import Any

from adapters.shops.common import mark, understood
from adapters.shops.medusa.api import Api, decided, number
from inbox.contract import Rejected
from inbox.contract.commerce import Done, MakeCoupon, Preview

_SLOT = "onethread"


def preview(act: MakeCoupon) -> Preview:
    """What the code is worth. Raises Rejected where it says neither or both of percent and amount."""
    if (act.percent is None) == (act.amount is None):
        raise Rejected("A code takes off either a part or an amount.")
    return Preview(amount=act.amount, notes=("The code works once, for whoever has it.",))


def found(api: Api, act: MakeCoupon, key: str) -> Done | None:
    """The code that an act made. Raises Rejected where somebody else made the same one."""
    data = api.list("promotions", code=act.code, limit=10, fields="id,code,metadata")
    with understood():
        items = [one for one in data["promotions"] if one["code"] == act.code]
        ours = [one for one in items if (one["metadata"] or {}).get(_SLOT) == mark(key)]
        if items and not ours:
            raise Rejected("The shop has this code already.")
        return Done(id=str(ours[0]["id"]), code=act.code, amount=act.amount) if ours else None


def make(api: Api, act: MakeCoupon, key: str, reason: str) -> Done:
    """Make the promotion, with a campaign of its own that ends it."""
    preview(act)
    worth: dict[str, Any]
    if act.amount is not None:
        worth = {
            "type": "fixed",
            "value": number(act.amount.amount),
            "currency_code": act.amount.currency.lower(),
        }
    else:
        assert act.percent is not None  # noqa: S101 - `preview` took care
        worth = {"type": "percentage", "value": number(act.percent)}
    made = api.deciding(
        "promotions",
        {
            "code": act.code,
            "type": "standard",
            "status": "active",
            "is_automatic": False,
            "limit": 1,
            "application_method": {"target_type": "order", "description": reason[:180], **worth},
            "campaign": {
                "name": act.code,
                "campaign_identifier": act.code,
                "ends_at": act.ends_at.isoformat(),
            },
            "metadata": {_SLOT: mark(key)},
        },
    )
    with decided():
        return Done(id=str(made["promotion"]["id"]), code=act.code, amount=act.amount)
