"""Finding people in a Medusa shop: it narrows, and the comparison here decides."""

from collections.abc import Iterator
from typing import Any

from adapters.shops.common import understood
from adapters.shops.medusa import order as orders_of
from adapters.shops.medusa import read, reading
from adapters.shops.medusa.api import Api, is_id
from adapters.shops.phones import same
from inbox.contract import BadAddress
from inbox.contract.addresses import email as normal_email
from inbox.contract.commerce import Buyer, By, Found, Sought

_PAGE = 100
_TAIL = 4
"""Digits that people seldom write apart: the end of a number."""
_SUMMED_MAX = 5


def find(api: Api, who: Sought) -> tuple[Found, ...]:
    """Everybody for whom something is exactly equal, each by the strongest of his reasons."""
    found: dict[str, Found] = {}
    for hit in _hits(api, who):
        known = found.get(hit.buyer.id)
        if known is None or _rank(hit) < _rank(known):
            found[hit.buyer.id] = hit
    few = len(found) <= _SUMMED_MAX
    return tuple(
        hit.model_copy(update={"buyer": reading.summed(api, hit.buyer)})
        if few and is_id(hit.buyer.id)
        else hit
        for hit in found.values()
    )


def _rank(hit: Found) -> int:
    return list(By).index(hit.by)


def _hits(api: Api, who: Sought) -> Iterator[Found]:
    people: dict[str, Any] = {}
    for asked in _questions(who):
        data = api.list("customers", limit=_PAGE, fields=reading.PERSON, **asked)
        with understood():
            people.update({str(one["id"]): one for one in data["customers"]})
    with understood():
        buyers = [read.buyer(api.config, one) for one in people.values()]
    for person in buyers:
        yield from _reasons(person, who, api.config.country)
    for address in who.emails:
        guest = reading.by_address(api, address)
        if guest is not None:
            yield Found(buyer=guest, by=By.EMAIL, value=address)
    for number in who.order_numbers:
        yield from _by_number(api, number)


def _questions(who: Sought) -> Iterator[dict[str, Any]]:
    """Customers who may be meant. `email` wants the same capitals, `q` is a part of any of a customer's fields."""
    ids = tuple(filter(is_id, who.buyer_ids))
    if ids:
        yield {"id": ids}
    if who.emails:
        yield {"email": who.emails}
    for address in who.emails:
        yield {"q": address}
    for number in who.phones:
        yield {"q": _national(number)}
        yield {"q": number[-_TAIL:]}


def _national(number: str) -> str:
    """The digits that are the same with and without the country's code."""
    import phonenumbers

    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return number


def _reasons(person: Buyer, who: Sought, region: str) -> Iterator[Found]:
    if person.id in who.buyer_ids:
        yield Found(buyer=person, by=By.ID, value=person.id)
    for address in map(_email, person.emails):
        if address in who.emails:
            yield Found(buyer=person, by=By.EMAIL, value=address)
    for number in who.phones:
        if any(same(kept, number, region) for kept in person.phones):
            yield Found(buyer=person, by=By.PHONE, value=number)
        elif any(same(one.phone, number, region) for one in person.addresses if one.phone):
            yield Found(buyer=person, by=By.ADDRESS_PHONE, value=number)


def _by_number(api: Api, number: str) -> Iterator[Found]:
    for data in reading.raw_numbered(api, number):
        with understood():
            buyer_id = str(data["customer_id"] or f"{read.BY_ADDRESS}{(data['email'] or '').casefold()}")
            value = orders_of.number(data)
        person = reading.buyer(api, buyer_id)
        if person is not None:
            yield Found(buyer=person, by=By.ORDER_NUMBER, value=value)


def _email(text: str) -> str:
    try:
        return normal_email(text)
    except BadAddress:
        return ""
