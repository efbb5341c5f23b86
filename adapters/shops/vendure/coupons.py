"""Codes that work once, as promotions of a Vendure shop."""

from adapters.shops.common import mark, understood
from adapters.shops.vendure import documents
from adapters.shops.vendure.api import Api
from inbox.contract import Rejected
from inbox.contract.commerce import Done, MakeCoupon, Preview


def preview(act: MakeCoupon) -> Preview:
    """What the code is worth. Raises Rejected where it says neither or both of percent and amount."""
    if (act.percent is None) == (act.amount is None):
        raise Rejected("A code takes off either a part or an amount.")
    return Preview(amount=act.amount, notes=("The code works once, for whoever has it.",))


def found(api: Api, act: MakeCoupon, key: str) -> Done | None:
    """The code that an act made. Raises Rejected where somebody else made the same one."""
    data = api.ask(documents.PROMOTIONS, code=act.code)
    with understood():
        items = data["promotions"]["items"]
        ours = [item for item in items if mark(key) in item["description"]]
        if items and not ours:
            raise Rejected("The shop has this code already.")
        return Done(id=str(ours[0]["id"]), code=act.code) if ours else None


def make(api: Api, act: MakeCoupon, key: str, reason: str) -> Done:
    """Make the promotion. A fixed amount counts in the channel's currency."""
    preview(act)
    if act.percent is not None:
        kind, value = "order_percentage_discount", format(act.percent, "f")
    else:
        amount = act.amount
        assert amount is not None  # noqa: S101 - `preview` took care
        currency = _currency(api)
        if amount.currency != currency:
            raise Rejected(f"The shop's codes are in {currency}.")
        kind, value = "order_fixed_discount", str(api.units(amount))
    wanted = {
        "enabled": True,
        "couponCode": act.code,
        "usageLimit": 1,
        "perCustomerUsageLimit": 1,
        "endsAt": act.ends_at.isoformat(),
        "conditions": [],
        "actions": [{"code": kind, "arguments": [{"name": "discount", "value": value}]}],
        "translations": [
            {
                "languageCode": _language(api),
                "name": act.code,
                "description": f"{reason[:180]} {mark(key)}".strip(),
            }
        ],
    }
    made = api.deciding(documents.MAKE_PROMOTION, input=wanted)
    return Done(id=str(made["id"]), code=act.code, amount=act.amount)


def _currency(api: Api) -> str:
    with understood():
        return str(api.ask(documents.CHANNEL)["activeChannel"]["defaultCurrencyCode"])


def _language(api: Api) -> str:
    with understood():
        return str(api.ask(documents.CHANNEL)["activeChannel"]["defaultLanguageCode"])
