"""Finding a Shopify shop's customers, and their orders and credit."""

from typing import Any

from adapters.shops.common import moment, understood
from adapters.shops.phones import normal
from adapters.shops.shopify import documents, read, states
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.ids import gid, quoted, short
from inbox.contract import BadAddress
from inbox.contract.addresses import email
from inbox.contract.commerce import Buyer, By, Found, Loyalty, ShopConsent, Sought, total

_PEOPLE, _OTHERS = 12, 3
"""How many of a kind are looked for in one question."""
_STRENGTH = list(By)


def find(api: Api, who: Sought) -> tuple[Found, ...]:
    """Everybody for whom something is exactly equal.

    Ids, e-mail addresses and numbers are asked for as identifiers, which Shopify compares as a whole. Numbers in
    addresses and names of orders can only be searched for, so that what is found is compared here.
    """
    people = [
        (By.ID, value, {"id": gid("Customer", value)}) for value in who.buyer_ids if gid("Customer", value)
    ]
    people += [(By.EMAIL, value, {"emailAddress": value}) for value in who.emails if _email(value)]
    people += [(By.PHONE, value, {"phoneNumber": value}) for value in who.phones]
    names = [number.strip().removeprefix("#") for number in who.order_numbers]
    names = [name for name in names if name]
    found: dict[str, Found] = {}
    phones = list(who.phones)
    while people or phones or names:
        batch = (people[:_PEOPLE], phones[:_OTHERS], names[:_OTHERS])
        people, phones, names = people[_PEOPLE:], phones[_OTHERS:], names[_OTHERS:]
        for one in _asked(api, *batch):
            known = found.get(one.buyer.id)
            if known is None or _STRENGTH.index(one.by) < _STRENGTH.index(known.by):
                found[one.buyer.id] = one
    return tuple(found.values())


def _asked(
    api: Api, people: list[tuple[By, str, dict[str, str]]], phones: list[str], names: list[str]
) -> list[Found]:
    variables: dict[str, Any] = {f"p{n}": identifier for n, (_by, _value, identifier) in enumerate(people)}
    variables |= {f"a{n}": quoted(number) for n, number in enumerate(phones)}
    variables |= {f"o{n}": f"name:{quoted(name)}" for n, name in enumerate(names)}
    data = api.ask(documents.find(len(people), len(phones), len(names)), **variables)
    region = str(api.io.facts.get("country") or "")
    found = []
    with understood():
        for n, (by, value, _identifier) in enumerate(people):
            if data[f"p{n}"] and _is(data[f"p{n}"], by, value, region):
                found.append(Found(buyer=buyer_of(api, data[f"p{n}"]), by=by, value=value))
        for n, number in enumerate(phones):
            for customer in data[f"a{n}"]["nodes"]:
                kept = [one["phone"] or "" for one in customer["addressesV2"]["nodes"]]
                if any(normal(text, region) == number for text in kept):
                    found.append(Found(buyer=buyer_of(api, customer), by=By.ADDRESS_PHONE, value=number))
        for n, name in enumerate(names):
            for order in data[f"o{n}"]["nodes"]:
                if order["customer"] and order["name"].removeprefix("#").casefold() == name.casefold():
                    person = buyer_of(api, order["customer"])
                    found.append(
                        Found(buyer=person, by=By.ORDER_NUMBER, value=order["name"].removeprefix("#"))
                    )
    return found


def _is(customer: Any, by: By, value: str, region: str) -> bool:
    """Whether a customer whom the shop took for the right one is: what it does not show us, we believe."""
    kept = {By.EMAIL: customer["defaultEmailAddress"], By.PHONE: customer["defaultPhoneNumber"]}.get(by)
    if kept is None:
        return True
    if by is By.EMAIL:
        return _email(kept["emailAddress"]) == value
    return normal(kept["phoneNumber"], region) == value


def _email(text: str) -> str:
    try:
        return email(text)
    except BadAddress:
        return ""


def buyer(api: Api, buyer_id: str) -> Buyer | None:
    """A customer by id."""
    name = gid("Customer", buyer_id)
    if not name:
        return None
    data = api.ask(documents.BUYER, id={"id": name})
    with understood():
        return buyer_of(api, data["customerByIdentifier"]) if data["customerByIdentifier"] else None


def loyalty(api: Api, buyer_id: str) -> Loyalty | None:
    """Credit in the shop. Shopify itself has no points."""
    name = gid("Customer", buyer_id)
    data = api.ask(documents.CREDIT, id=name) if name else {"customer": None}
    with understood():
        accounts = data["customer"]["storeCreditAccounts"]["nodes"] if data["customer"] else []
        sums = total(read.money(account["balance"]) for account in accounts)
        return Loyalty(credit=sums[0]) if len(sums) == 1 else None


def buyer_of(api: Api, data: Any) -> Buyer:
    """A customer in our words. An e-mail address that is missing may only be hidden from us."""
    mail, phone = data["defaultEmailAddress"], data["defaultPhoneNumber"]
    last, rfm = data["lastOrder"], (data["statistics"] or {}).get("rfmGroup")
    consents = []
    if mail:
        consents.append(_consent("email", mail["marketingState"], mail["marketingUpdatedAt"]))
    if phone:
        for channel, name in (("sms", "smsMarketingConsent"), ("whatsapp", "whatsAppMarketingConsent")):
            given = phone[name]
            consents += [_consent(channel, given["state"], given["updatedAt"])] if given else []
    return Buyer(
        id=short(data["id"]),
        name=data["displayName"] or "",
        emails=(mail["emailAddress"],) if mail else (),
        phones=(phone["phoneNumber"],) if phone else (),
        guest=data["state"] in states.ACCOUNTLESS,
        locale=data["locale"] or "",
        since=moment(data["createdAt"]),
        orders_count=int(data["numberOfOrders"]),
        spent=read.money(data["amountSpent"]),
        last_order_at=moment(last["processedAt"]) if last else None,
        segments=(rfm,) if rfm else (),
        tags=tuple(data["tags"]),
        note=data["note"] or "",
        consents=tuple(consents),
        addresses=tuple(read.address(one) for one in (data["addressesV2"] or {"nodes": ()})["nodes"]),
        admin_url=f"https://{api.config.shop_domain}/admin/customers/{short(data['id'])}",
    )


def _consent(channel: str, state: str, at: Any) -> ShopConsent:
    word = {"NOT_SUBSCRIBED": "unsubscribed"}.get(state, state.lower())
    return ShopConsent(channel=channel, state=word, at=moment(at))
