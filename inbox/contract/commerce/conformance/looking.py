"""Checks of reading, on the shop itself: who is found and who is not, carts as they change, orders, goods."""

from decimal import Decimal

from inbox.contract.commerce.conformance.case import ShopCase
from inbox.contract.commerce.conformance.world import World, until
from inbox.contract.commerce.model import Cart, Order, ShopEvent, Sought
from inbox.contract.commerce.money import decimals
from inbox.contract.commerce.words import By, Can, CartState, Progress, Topic
from inbox.contract.messages import Raw


def check_healthy(case: ShopCase, world: World) -> None:
    """The live test of a working connection is good; one with wrong credentials is refused."""
    health = case.shop.health(world.config, world.io())
    assert health.ok, health.problems
    assert case.shop.can(case.bare_config(), dict(health.facts)), "something can be done"
    refused = case.shop.health(world.locked_out(), world.io())
    assert refused.refused, f"wrong credentials are told apart: {refused.problems}"


def check_nothing_there(case: ShopCase, world: World) -> None:
    """What does not exist is None or empty, whatever its id looks like."""
    shop, config, io = case.shop, world.config, world.io()
    for made_up in ("987654", "no-such-thing", "1' OR '1'='1", "ä/../%2e", "-1"):
        assert shop.buyer(config, made_up, io) is None
        assert shop.order(config, made_up, io) is None
        assert shop.orders(config, made_up, io).orders == ()
        if Can.CART_READ in shop.manifest.can:
            assert shop.cart(config, made_up, io) is None
            assert shop.carts(config, made_up, io) == ()
        if Can.ORDER_SEARCH in shop.manifest.can:
            assert shop.find_orders(config, made_up, io) == ()
        if Can.STOCK in shop.manifest.can:
            assert shop.product(config, made_up, io) is None
            assert shop.stock(config, made_up, io) == ()
    assert shop.find(config, Sought(), io) == ()


def check_find_by_email(case: ShopCase, world: World) -> None:
    """An address is found as a whole: in whatever case it is kept, never by a part of it or by its domain."""
    plain = world.buyer("vera@mail.people.test")
    plus = world.buyer("Vera+Shoes@mail.people.test")
    for emails, wanted in (
        (("vera@mail.people.test",), {plain}),
        (("vera+shoes@mail.people.test",), {plus}),
        (("vera@mail.people.test", "vera+shoes@mail.people.test"), {plain, plus}),
        (("mail.people.test",), set()),
        (("@mail.people.test",), set()),
        (("a@mail.people.test",), set()),
        (("vera@mail.people.tes",), set()),
        (("%@mail.people.test", "_era@mail.people.test", "*"), set()),
    ):
        found = case.shop.find(world.config, Sought(emails=emails), world.io())
        assert {one.buyer.id for one in found} == wanted, f"{emails}: {found}"
        assert all(one.by is By.EMAIL and one.value in emails for one in found), "it is said why"
    [known] = case.shop.find(
        world.config, Sought(buyer_ids=(plain,), emails=("vera@mail.people.test",)), world.io()
    )
    assert known.by is By.ID, "of two reasons the stronger one is told"


def check_find_by_phone(case: ShopCase, world: World) -> None:
    """A number is found however the customer wrote it, and never by a part of it."""
    for number, written in enumerate(("+49 30 2325001", "+49302325002", "030 2325003")):
        buyer = world.buyer(f"caller{number}@people.test", phone=written)
        sought = f"+493023250{number + 1:02d}"
        found = case.shop.find(world.config, Sought(phones=(sought,)), world.io())
        assert {one.buyer.id for one in found} == {buyer}, f"{written}: {found}"
        assert found[0].by in (By.PHONE, By.ADDRESS_PHONE), "it is said why"
    for part in ("+49302325", "+4930232500", "+351302325001"):
        assert case.shop.find(world.config, Sought(phones=(part,)), world.io()) == (), part


def check_shared_phone(case: ShopCase, world: World) -> None:
    """Two customers with one number are two hits: somebody has to choose."""
    two = {world.buyer(f"{name}@family.test", phone="+49 30 2325099") for name in ("mother", "son")}
    found = case.shop.find(world.config, Sought(phones=("+49302325099",)), world.io())
    assert {one.buyer.id for one in found} == two


def check_guest_order(case: ShopCase, world: World) -> None:
    """Who ordered without an account is found by the order's e-mail address, and by its number."""
    placed = world.guest_order("guest@people.test")
    [by_mail] = case.shop.find(world.config, Sought(emails=("guest@people.test",)), world.io())
    [by_number] = case.shop.find(world.config, Sought(order_numbers=(placed.number,)), world.io())
    assert by_number.by is By.ORDER_NUMBER
    assert by_mail.buyer.id == by_number.buyer.id
    assert by_mail.buyer.guest, "he has no account"
    page = case.shop.orders(world.config, by_mail.buyer.id, world.io())
    assert [order.id for order in page.orders] == [placed.order_id]
    again = case.shop.buyer(world.config, by_mail.buyer.id, world.io())
    assert again is not None
    assert again.guest, "his id leads to him again"


def check_cart_journey(case: ShopCase, world: World) -> None:
    """What a shopper does is told by events and read as it is: add, change, remove, empty, order."""
    if Can.CART_READ not in case.shop.manifest.can:
        return
    buyer = world.buyer("shopper@people.test", name="Joana Reis")
    first, second = world.skus
    world.heard()
    cart_id = world.put(buyer, first, 2)
    _told(case, world, Topic.CART, cart_id)
    cart = _cart(case, world, cart_id, {first: 2})
    assert cart.state is CartState.ACTIVE
    assert cart.buyer_id == buyer
    assert cart.last_activity_at is not None
    world.put(buyer, second, 1)
    _told(case, world, Topic.CART, cart_id)
    _cart(case, world, cart_id, {first: 2, second: 1})
    world.put(buyer, first, 0)
    _told(case, world, Topic.CART, cart_id)
    _cart(case, world, cart_id, {second: 1})
    assert [one.id for one in case.shop.carts(world.config, buyer, world.io())] == [cart_id]
    world.put(buyer, second, 0)
    _told(case, world, Topic.CART, cart_id)
    _cart(case, world, cart_id, {})
    assert case.shop.carts(world.config, buyer, world.io()) == (), "an empty cart is not worth a look"
    world.put(buyer, second, 3)
    world.heard()
    placed = world.check_out(buyer)
    _told(case, world, Topic.ORDER, placed.order_id)
    assert case.shop.carts(world.config, buyer, world.io()) == ()
    kept = case.shop.cart(world.config, cart_id, world.io())
    assert kept is None or kept.state is CartState.CONVERTED
    order = _order(case, world, placed.order_id)
    assert kept is None or kept.token in order.tokens, "the order says of which cart it was made"
    assert order.number == placed.number
    assert order.buyer_id == buyer
    assert {line.product.sku: line.quantity for line in order.lines} == {second: 3}
    _check_amounts(order)


def _told(case: ShopCase, world: World, topic: Topic, wanted: str) -> None:
    """An event about it came, was genuine, and said whom it concerns or nothing."""
    if Can.CART_PUSH not in case.shop.manifest.can:
        return

    def look() -> ShopEvent | None:
        for request in world.heard():
            case.shop.verify(world.config, request)
            raw = Raw(body=request.body, headers=request.headers)
            for event in case.shop.parse(case.bare_config(), raw):
                if (event.topic, event.id) == (topic, wanted):
                    return event
        return None

    until(look, f"an event about {topic} {wanted}")


def _cart(case: ShopCase, world: World, cart_id: str, wanted: dict[str, int]) -> Cart:
    def look() -> Cart | None:
        cart = case.shop.cart(world.config, cart_id, world.io())
        fits = cart is not None and {line.product.sku: line.quantity for line in cart.lines} == wanted
        return cart if fits else None

    cart = until(look, f"a cart with {wanted}")
    assert sum(line.total.amount for line in cart.lines) == (cart.subtotal or cart.total).amount
    for line in cart.lines:
        assert line.unit.amount * line.quantity == line.total.amount, "nothing is taken off here"
    return cart


def _order(case: ShopCase, world: World, order_id: str) -> Order:
    order = case.shop.order(world.config, order_id, world.io())
    assert order is not None
    return order


def _check_amounts(order: Order) -> None:
    """Sums are exact, in the currency's own places."""
    shipping = order.shipping.amount if order.shipping else Decimal(0)
    assert sum(line.total.amount for line in order.lines) + shipping == order.total.amount
    exponent = order.total.amount.as_tuple().exponent
    assert exponent == -decimals(order.total.currency), f"{order.total.amount} {order.total.currency}"


def check_orders_are_paged(case: ShopCase, world: World) -> None:
    """Orders come newest first, page by page, each once; and the buyer's sums are those of his orders."""
    buyer = world.buyer("regular@people.test")
    made = []
    for quantity in (1, 2, 3):
        world.put(buyer, world.skus[0], quantity)
        made.append(world.check_out(buyer))
    first = case.shop.orders(world.config, buyer, world.io(), limit=2)
    assert first.cursor, "there is more"
    rest = case.shop.orders(world.config, buyer, world.io(), limit=2, cursor=first.cursor)
    listed = [*first.orders, *rest.orders]
    assert [order.id for order in listed] == [placed.order_id for placed in reversed(made)]
    assert rest.cursor == "", "the last page is the last"
    known = case.shop.buyer(world.config, buyer, world.io())
    assert known is not None
    assert known.orders_count == 3
    assert known.spent is not None
    assert known.spent.amount == sum(order.total.amount for order in listed)
    assert known.last_order_at == listed[0].placed_at
    if Can.ORDER_SEARCH in case.shop.manifest.can:
        for text in (made[0].number, f"#{made[0].number}", f" {made[0].number} "):
            [found] = case.shop.find_orders(world.config, text, world.io())
            assert found.id == made[0].order_id
        assert case.shop.find_orders(world.config, made[0].number[:-1], world.io()) == ()


def check_parcels(case: ShopCase, world: World) -> None:
    """An order that is sent in two parcels shows both, with their numbers, and what is left in between."""
    buyer = world.buyer("patient@people.test")
    world.put(buyer, world.skus[0], 2)
    placed = world.check_out(buyer)
    before = _order(case, world, placed.order_id)
    [line] = before.lines
    assert (line.fulfilled, line.quantity) == (0, 2)
    world.ship(placed, {line.id: 1}, "TRACK-ONE")
    partly = _order(case, world, placed.order_id)
    assert [one.fulfilled for one in partly.lines] == [1]
    assert partly.version != before.version, "a parcel makes it another order"
    world.ship(placed, {line.id: 1}, "TRACK-TWO")
    whole = _order(case, world, placed.order_id)
    sent = [parcel for parcel in whole.fulfilments if parcel.progress is Progress.SHIPPED]
    numbers = [tracking.number for parcel in sent for tracking in parcel.tracking]
    assert numbers == ["TRACK-ONE", "TRACK-TWO"]
    assert [dict(parcel.lines) for parcel in sent] == [{line.id: 1}, {line.id: 1}]
    assert Can.EDIT_ADDRESS not in whole.allowed, "what is on its way goes nowhere else"
    assert all(
        can in whole.refused for can in (Can.EDIT_ADDRESS, Can.CANCEL) if can in case.shop.manifest.can
    ), "it is said why"


def check_goods(case: ShopCase, world: World) -> None:
    """Products are found by their words and by sku, with the stock of each store."""
    if Can.PRODUCT_SEARCH not in case.shop.manifest.can:
        return
    for sku in world.skus:
        known = case.shop.product(world.config, sku, world.io())
        assert known is not None
        assert known.sku == sku
        assert known.price is not None
        assert case.shop.product(world.config, known.id, world.io()) == known
        assert known.id in [
            one.id for one in case.shop.products(world.config, known.title, world.io(), limit=20)
        ]
        if Can.STOCK in case.shop.manifest.can:
            levels = case.shop.stock(world.config, known.id, world.io())
            assert levels
            assert all(level.location for level in levels)
            assert sum(level.available for level in levels) == known.available
    assert case.shop.products(world.config, "no thing has such a name", world.io()) == ()
    assert case.shop.products(world.config, "  ", world.io()) == ()


def check_ended_session_is_renewed(case: ShopCase, world: World) -> None:
    """An access token that ended is renewed by itself; credentials that the shop does not know need a person."""
    io = world.io()
    buyer = world.buyer("session@people.test")
    assert case.shop.buyer(world.config, buyer, io) is not None
    world.end_sessions(io)
    assert case.shop.buyer(world.config, buyer, io) is not None
