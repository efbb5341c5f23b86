"""Trying a Vendure connection, and what it may do."""

from collections.abc import Mapping

from pydantic import JsonValue

from adapters.shops.common import understood
from adapters.shops.vendure import documents
from adapters.shops.vendure.api import Api
from inbox.contract import AdapterError, Health, NeedsReauth
from inbox.contract.commerce import Can

READ = ("ReadCustomer", "ReadOrder")
"""Rights without which nothing can be shown."""
_READ_GOODS = ("ReadCatalog", "ReadProduct")
_BY_RIGHT: Mapping[str, frozenset[Can]] = {
    "UpdateOrder": frozenset({Can.REFUND, Can.REFUND_LINES, Can.CANCEL, Can.EDIT_ADDRESS, Can.NOTE}),
    "CreatePromotion": frozenset({Can.COUPON}),
}


def check(api: Api) -> Health:
    """Read a little, and ask what we may do. Never raises.

    Vendure tells no API key what it may do, so a key's rights to act are found out by acting.
    """
    keyed = bool(api.config.api_key.get_secret_value())
    try:
        data = api.ask(documents.TRIAL if keyed else documents.WHOAMI)
        with understood():
            channel = data["activeChannel"]
            facts: dict[str, JsonValue] = {
                "currency": str(channel["defaultCurrencyCode"]),
                "channel": str(channel["code"]),
            }
            if keyed:
                return Health(ok=True, facts=facts)
            mine = next((one for one in data["me"]["channels"] if one["code"] == channel["code"]), None)
            rights = [str(right) for right in mine["permissions"]] if mine else []
            facts["rights"] = [*rights]
    except NeedsReauth as error:
        return Health(ok=False, problems=(error.reason,), refused=True)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,))
    missing = [right for right in READ if right not in rights]
    if not {*_READ_GOODS} & {*rights}:
        missing.append("ReadCatalog")
    if missing:
        problem = f"Our account in Vendure lacks rights: {', '.join(missing)}."
        return Health(ok=False, problems=(problem,), facts=facts, refused=True)
    return Health(ok=True, facts=facts)


def possible(kind: frozenset[Can], facts: Mapping[str, JsonValue]) -> frozenset[Can]:
    """What is left of `kind` with the rights that were found."""
    rights = facts.get("rights")
    if isinstance(rights, list):
        for right, acts in _BY_RIGHT.items():
            if right not in rights:
                kind -= acts
    return kind
