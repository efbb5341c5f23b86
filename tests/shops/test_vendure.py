"""What is Vendure's own: how it counts money, what it forgets of cancelled orders, who renews a session."""

import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from adapters.shops.vendure import SHOP, read, refunds
from adapters.shops.vendure.api import Api, from_units
from adapters.shops.vendure.config import VendureConfig
from adapters.shops.vendure.payments import purse
from inbox.contract import HttpResponse, Rejected
from inbox.contract.commerce import Can, Money, OrderState, Payment, Progress, RefundOrder, Way
from tests.shops.hands import ReachingIo
from tests.shops.vendure.world import VendureWorld, config

CONFIG = VendureConfig.model_validate(
    {"api_base": "https://shop.example", "username": "u", "password": "p", "pickup_methods": "store-porto"}
)


class Counting(ReachingIo):
    """Answers as Vendure does to a session that has ended, then to one that has not; counts logins."""

    def __init__(self) -> None:
        super().__init__()
        self.memory["money_places"] = 2
        self.memory["token"] = "ended"
        self.logins = 0
        self._lock = threading.Lock()

    def http(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None,
             timeout: float = 10.0, max_bytes: int = 1 << 20) -> HttpResponse:  # fmt: skip
        if b"login(" in (body or b""):
            with self._lock:
                self.logins += 1
            answer: Any = {"data": {"login": {"__typename": "CurrentUser"}}}
            return HttpResponse(
                status=200, headers={"vendure-auth-token": "new"}, body=json.dumps(answer).encode()
            )
        if (headers or {}).get("Authorization") == "Bearer new":
            return HttpResponse(status=200, headers={}, body=b'{"data": {"customer": null}}')
        denied = {"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}], "data": None}
        return HttpResponse(status=200, headers={}, body=json.dumps(denied).encode())


def order(**changes: Any) -> dict[str, Any]:
    """A paid order of two pieces and one, as the Admin API gives it."""
    variant = {
        "id": "5", "sku": "BOOT", "name": "Boot 41", "priceWithTax": 5000, "currencyCode": "EUR",
        "product": {"name": "Boot", "slug": "boot"}, "featuredAsset": None, "stockLevels": [],
    }  # fmt: skip
    lines = [
        {
            "id": name, "updatedAt": "2026-11-02T10:00:00Z", "quantity": quantity, "orderPlacedQuantity": quantity,
            "unitPriceWithTax": 5000, "discountedLinePriceWithTax": total, "proratedLinePriceWithTax": total,
            "featuredAsset": None, "productVariant": variant,
        }
        for name, quantity, total in (("1", 3, 10001), ("2", 1, 5000))
    ]  # fmt: skip
    return {
        "id": "9", "code": "QX7R", "state": "PaymentSettled", "active": False, "createdAt": "2026-11-02T10:00:00Z",
        "updatedAt": "2026-11-02T10:00:00Z", "orderPlacedAt": "2026-11-02T10:01:00Z", "currencyCode": "EUR",
        "nextStates": ["Cancelled", "Modifying"], "totalWithTax": 15491, "subTotalWithTax": 15001,
        "shippingWithTax": 490, "couponCodes": [], "discounts": [], "taxSummary": [{"taxTotal": 2473}],
        "customer": {"id": "7", "emailAddress": "ana@people.test", "phoneNumber": ""},
        "shippingAddress": {"streetLine1": "Lindenweg 1", "city": "Berlin", "countryCode": "DE"},
        "shippingLines": [{"discountedPriceWithTax": 490, "shippingMethod": {"code": "parcel", "name": "Parcel"}}],
        "lines": lines, "fulfillments": [], "modifications": [], "history": {"items": []},
        "payments": [{"id": "3", "state": "Settled", "amount": 15491, "refunds": []}],
        **changes,
    }  # fmt: skip


def api() -> Api:
    return Api(CONFIG, Counting())


@pytest.mark.parametrize(
    ("units", "currency", "places", "amount"),
    [
        (17980, "EUR", 2, "179.80"),
        (150000, "JPY", 2, "1500"),
        (1500, "JPY", 0, "1500"),
        (12345, "KWD", 3, "12.345"),
        (1234, "KWD", 2, "12.340"),
        (12345, "EUR", 3, "12.345"),
        (-5, "EUR", 2, "-0.05"),
    ],
)
def test_amounts_have_the_servers_places_whatever_the_currency(
    units: int, currency: str, places: int, amount: str
) -> None:
    assert str(from_units(units, currency, places).amount) == amount


def test_a_state_that_a_plugin_made_up_is_shown_in_its_own_word() -> None:
    parcel = {
        "id": "1", "state": "AtCustoms", "method": "DHL", "trackingCode": "X1", "createdAt": "2026-11-02T10:00:00Z",
        "updatedAt": "2026-11-02T10:00:00Z", "lines": [{"orderLineId": "1", "quantity": 3}],
    }  # fmt: skip
    found = read.order(api(), order(state="AwaitingVetting", fulfillments=[parcel]))
    assert (found.state, found.raw_state) == (OrderState.UNKNOWN, "AwaitingVetting")
    assert (found.fulfilments[0].progress, found.fulfilments[0].raw_state) == (Progress.UNKNOWN, "AtCustoms")


def test_goods_of_a_pickup_method_wait_in_the_store() -> None:
    method = {"discountedPriceWithTax": 0, "shippingMethod": {"code": "store-porto", "name": "Porto store"}}
    parcel = {
        "id": "1", "state": "Shipped", "method": "", "trackingCode": "", "createdAt": "2026-11-02T10:00:00Z",
        "updatedAt": "2026-11-03T10:00:00Z", "lines": [{"orderLineId": "1", "quantity": 3}],
    }  # fmt: skip
    found = read.order(api(), order(shippingLines=[method], fulfillments=[parcel]))
    ready, left = found.fulfilments
    assert (ready.way, ready.progress, ready.store) == (
        Way.PICKUP_STORE,
        Progress.READY_FOR_PICKUP,
        "Porto store",
    )
    assert ready.ready_at is not None
    assert (left.progress, left.lines) == (Progress.UNFULFILLED, {"2": 1})


def test_pieces_cost_what_the_customer_paid_for_them() -> None:
    shown = refunds.preview(api(), RefundOrder(order_id="9", lines={"1": 1}), order())
    assert shown.amount == Money(amount=Decimal("33.34"), currency="EUR")
    shown = refunds.preview(api(), RefundOrder(order_id="9", lines={"1": 3}, shipping=True), order())
    assert shown.amount == Money(amount=Decimal("104.91"), currency="EUR")


def test_an_amount_beyond_every_single_payment_is_refused() -> None:
    parts = [
        {"id": "3", "state": "Settled", "amount": 10000, "refunds": []},
        {"id": "4", "state": "Settled", "amount": 5491, "refunds": []},
    ]
    two = order(payments=parts)
    assert purse(two).parts == (("3", 10000), ("4", 5491))
    with pytest.raises(Rejected, match=r"At most 100\.00 EUR can be given back by one of the payments"):
        refunds.preview(
            api(), RefundOrder(order_id="9", amount=Money(amount=Decimal(120), currency="EUR")), two
        )
    whole = refunds.preview(api(), RefundOrder(order_id="9"), two)
    assert whole.amount == Money(amount=Decimal("154.91"), currency="EUR")


@pytest.mark.parametrize(
    ("payments", "wanted"),
    [
        ([], Payment.PENDING),
        ([("Authorized", 15491)], Payment.AUTHORIZED),
        ([("Declined", 15491)], Payment.FAILED),
        ([("Cancelled", 15491)], Payment.VOIDED),
        ([("Settled", 5000)], Payment.PARTLY_PAID),
        ([("Declined", 15491), ("Settled", 15491)], Payment.PAID),
        ([("HeldByBank", 15491)], Payment.UNKNOWN),
    ],
)
def test_what_is_paid_is_told_by_the_payments(payments: list[tuple[str, int]], wanted: Payment) -> None:
    made = [
        {"id": str(number), "state": state, "amount": amount, "refunds": []}
        for number, (state, amount) in enumerate(payments)
    ]
    assert read.order(api(), order(payments=made)).payment is wanted


def test_one_thread_logs_in_and_the_others_take_what_it_got() -> None:
    io = Counting()
    threads = [threading.Thread(target=SHOP.buyer, args=(CONFIG, "1", io)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert io.logins == 1


def test_a_role_with_fewer_rights_offers_fewer_acts() -> None:
    able = SHOP.can(CONFIG, {"rights": ["ReadCustomer", "ReadOrder", "ReadCatalog"]})
    assert Can.CART_READ in able
    assert not able & {Can.REFUND, Can.CANCEL, Can.NOTE, Can.COUPON, Can.EDIT_ADDRESS}
    assert SHOP.can(CONFIG, {"rights": ["UpdateOrder"]}) >= {Can.REFUND, Can.NOTE}


@pytest.fixture
def world(worlds: Callable[[str], Any]) -> VendureWorld:
    found = worlds("vendure")
    assert isinstance(found, VendureWorld)
    return found


@pytest.mark.vendure
def test_an_api_key_is_all_that_is_needed(world: VendureWorld) -> None:
    """With a role of its own, as the guide says; a key that was taken back says so."""
    roles = world.admin("{ roles { items { id code } } }")["roles"]["items"]
    role = next(one["id"] for one in roles if one["code"] == "__super_admin_role__")
    made = world.admin(
        "mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { apiKey entityId } }",
        i={"roleIds": [role], "translations": [{"languageCode": "en", "name": "Onethread"}]},
    )["createApiKey"]
    keyed = config(world.server, username="", password="", api_key=made["apiKey"])
    assert SHOP.health(keyed, world.io()).ok
    buyer = world.buyer("keyed@people.test")
    assert SHOP.buyer(keyed, buyer, world.io()) is not None
    world.admin("mutation ($i: [ID!]!) { deleteApiKeys(ids: $i) { result } }", i=[made["entityId"]])
    assert SHOP.health(keyed, world.io()).refused


@pytest.mark.vendure
def test_changes_are_asked_for_where_events_were_lost(world: VendureWorld) -> None:
    io = world.io()
    events, since = SHOP.changes(world.config, None, io)
    assert events == ()
    buyer = world.buyer("polled@people.test")
    cart = world.put(buyer, world.skus[0], 1)
    events, since = SHOP.changes(world.config, since, io)
    assert [(event.topic, event.id, event.who.buyer_ids) for event in events] == [("cart", cart, (buyer,))]
    assert json.loads(json.dumps(since)) == since
    assert SHOP.changes(world.config, since, io)[0] == (), "what was told is not told again"
