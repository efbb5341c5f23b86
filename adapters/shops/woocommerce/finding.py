"""Who a customer is in WooCommerce: by id, order number, e-mail and phone, each compared exactly once more."""

from decimal import Decimal
from typing import Any

from adapters.shops.common import moment, understood
from adapters.shops.phones import same
from adapters.shops.woocommerce import read, states, texts
from adapters.shops.woocommerce.api import BAD_PARAMETER, PAGE_MAX, Api, Data, Page
from inbox.contract import Rejected
from inbox.contract.commerce import Buyer, By, Found, Sought

_FIELDS = "id,number,status,currency,total,customer_id,billing,shipping,refunds,date_created_gmt"
_TERM_MIN = 5


def find(api: Api, who: Sought) -> tuple[Found, ...]:
    """Everybody for whom something is equal, each by the strongest of his reasons."""
    found: dict[str, Found] = {}

    def add(by: By, value: str, *buyers: Buyer | None) -> None:
        for one in buyers:
            if one is not None:
                found.setdefault(one.id, Found(buyer=one, by=by, value=value))

    with understood():
        for name in who.buyer_ids:
            add(By.ID, name, buyer(api, name))
        for number in who.order_numbers:
            add(By.ORDER_NUMBER, number, *(_owner(api, data) for data in by_number(api, number)))
        for address in who.emails:
            add(By.EMAIL, address, *_by_email(api, address))
        for number in who.phones:
            for one in _by_phone(api, number):
                own = any(same(kept, number, api.config.country) for kept in one.phones)
                add(By.PHONE if own else By.ADDRESS_PHONE, number, one)
    return tuple(found.values())


def buyer(api: Api, buyer_id: str) -> Buyer | None:
    """A customer by id, or a guest by the id that is made of his address."""
    address = read.guest_of(buyer_id)
    if address:
        return _guest(api, address)
    if not read.is_id(buyer_id):
        return None
    data = api.get("customers", buyer_id)
    return None if data is None else _customer(api, data)


def by_number(api: Api, wanted: str) -> tuple[Data, ...]:
    """Orders with exactly this number, which plugins may make another one than the id."""
    number = wanted.strip().removeprefix("#").strip()
    if not number:
        return ()
    page = api.page("orders", search=number, status="any", per_page=20)
    found = {str(data["id"]): data for data in page.items}
    if read.is_id(number) and number not in found:
        one = api.get("orders", number)
        found |= {} if one is None else {number: one}
    return tuple(data for data in found.values() if str(data["number"]) == number and is_shown(data))


def is_shown(data: Data) -> bool:
    """Whether somebody placed this order, and nobody threw it away."""
    return data["status"] not in states.HIDDEN


def orders_of_guest(api: Api, address: str) -> tuple[Data, ...]:
    """Orders without an account that were billed to an address, newest first; of each some fields."""
    page = _search(api, address)
    return tuple(
        data
        for data in page.items
        if not data["customer_id"]
        and read.normal_email(data["billing"].get("email")) == address
        and is_shown(data)
    )


def _search(api: Api, words: str) -> Page:
    return api.page("orders", search=words, status="any", per_page=PAGE_MAX, _fields=_FIELDS)


def _by_email(api: Api, address: str) -> list[Buyer | None]:
    if read.normal_email(address) != address:
        return []
    try:
        page = api.page("customers", email=address, role="all")
    except Rejected as error:
        if error.code != BAD_PARAMETER:
            raise
        page = Page()  # WordPress takes fewer texts for addresses than mail does, and so has no such account
    known = [data for data in page.items if read.normal_email(data["email"]) == address]
    return [*(_customer(api, data) for data in known), _guest(api, address)]


def _by_phone(api: Api, number: str) -> list[Buyer]:
    """By the orders' addresses: WooCommerce does not look into those of accounts."""
    found: dict[str, Buyer] = {}
    for term in _terms(number, api.config.country):
        for data in _search(api, term).items:
            kept = [text for text in (data["billing"].get("phone"), data["shipping"].get("phone")) if text]
            if is_shown(data) and any(same(text, number, api.config.country) for text in kept):
                owner_id = _owner_id(data)
                owner = None if owner_id in found else _owner(api, data)
                found |= {} if owner is None else {owner_id: owner}
    return list(found.values())


def _terms(number: str, region: str) -> tuple[str, ...]:
    """Few texts of which one is a part of every usual way to write a number."""
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return (number,)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    core = international.partition(" ")[2]
    digits = "".join(each for each in core if each.isdigit())
    ways = [digits, core, *(core.replace(" ", mark) for mark in ("-", "/"))]
    if region and parsed.country_code == phonenumbers.country_code_for_region(region):
        ways.append(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    ways = [way for way in dict.fromkeys(ways) if len(way) >= _TERM_MIN]
    return tuple(way for way in ways if not any(part in way for part in ways if part != way))


def _owner_id(data: Data) -> str:
    if data["customer_id"]:
        return str(data["customer_id"])
    return read.guest_id(read.normal_email(data["billing"].get("email")))


def _owner(api: Api, data: Data) -> Buyer | None:
    return buyer(api, _owner_id(data))


def _customer(api: Api, data: Data) -> Buyer:
    name = str(data["id"])
    page = api.page("orders", customer=name, status="any", per_page=PAGE_MAX, _fields=_FIELDS)
    billing = read.address(data["billing"])
    emails = [data["email"], data["billing"].get("email")]
    person = f"{texts.text(data['first_name'])} {texts.text(data['last_name'])}".strip()
    return Buyer(
        id=name,
        name=person or billing.name or texts.text(data["username"]),
        emails=tuple(dict.fromkeys(str(one) for one in emails if one)),
        phones=read.phones(api.config, billing.phone),
        since=moment(data["date_created_gmt"]),
        addresses=tuple(
            each
            for each in (billing, read.address(data["shipping"]))
            if each.lines or each.phone or each.city
        ),
        segments=() if data["role"] == "customer" else (str(data["role"]),),
        admin_url=f"{api.config.site_url}/wp-admin/user-edit.php?user_id={name}",
        **_sums(tuple(page.items), page.total),
    )


def _guest(api: Api, address: str) -> Buyer | None:
    placed = orders_of_guest(api, address)
    if not placed:
        return None
    newest = placed[0]
    billing = read.address(newest["billing"])
    return Buyer(
        id=read.guest_id(address),
        name=billing.name,
        emails=(str(newest["billing"]["email"]),),
        phones=read.phones(api.config, *(one["billing"].get("phone") for one in placed)),
        guest=True,
        addresses=(billing,),
        **_sums(placed, len(placed)),
    )


def _sums(placed: tuple[Data, ...], total: int) -> dict[str, Any]:
    """How many orders there are, the newest, and what was spent; not said where one page does not hold them all."""
    counted = [data for data in placed if data["status"] not in states.NOT_COUNTED]
    newest = moment(counted[0]["date_created_gmt"]) if counted else None
    if total > len(placed):
        return {"orders_count": total, "last_order_at": newest}
    paid = [data for data in counted if data["status"] in states.SPENT]
    currencies = {data["currency"] for data in paid}
    spent = sum((Decimal(data["total"]) - states.refunded(data) for data in paid), Decimal(0))
    return {
        "orders_count": len(counted),
        "last_order_at": newest,
        "spent": texts.money(spent, currencies.pop()) if len(currencies) == 1 else None,
    }
