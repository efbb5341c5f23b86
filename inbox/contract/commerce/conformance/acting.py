"""Checks of acting, on the shop itself: what is done is done once, whatever happens in between."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from inbox.contract.adapter import HttpResponse
from inbox.contract.commerce.acts import (
    Act,
    AddNote,
    AskReturn,
    CancelOrder,
    Changed,
    Done,
    DraftLine,
    EditAddress,
    MakeCartLink,
    MakeCoupon,
    MakeDraft,
    RefundOrder,
    Reship,
)
from inbox.contract.commerce.conformance.case import ShopCase
from inbox.contract.commerce.conformance.world import Placed, World
from inbox.contract.commerce.model import Address, Order
from inbox.contract.commerce.money import Money
from inbox.contract.commerce.port import ShopIo
from inbox.contract.commerce.words import Can, OrderState, Payment
from inbox.contract.conformance.items import check_error
from inbox.contract.errors import Rejected, Uncertain

_LATER = timedelta(days=7)


class Killed(BaseException):
    """The process died here."""


class _Wrapped:
    """An io that does as another one does, but for what a check wants to go wrong."""

    def __init__(self, io: ShopIo) -> None:
        self._io = io

    def __getattr__(self, name: str) -> Any:
        return getattr(self._io, name)


class _Dying(_Wrapped):
    """Kills the process at a checkpoint."""

    def __init__(self, io: ShopIo, at: str) -> None:
        super().__init__(io)
        self._at = at

    def checkpoint(self, name: str) -> None:
        if name == self._at:
            raise Killed


class _Deaf(_Wrapped):
    """Loses the answer to the deciding request: it arrives, and nobody hears of it."""

    def __init__(self, io: ShopIo, lose: Callable[[], HttpResponse]) -> None:
        super().__init__(io)
        self._lose = lose
        self._deciding = False

    def checkpoint(self, name: str) -> None:
        self._deciding = name == "before_wire"

    def http(self, *words: Any, **named: Any) -> HttpResponse:
        answer = self._io.http(*words, **named)
        return self._lose() if self._deciding else answer


def _cut_off() -> HttpResponse:
    raise Uncertain("The shop broke off before it had answered.", code="network")


def _bad_gateway() -> HttpResponse:
    return HttpResponse(status=502, headers={}, body=b"<html>Bad gateway</html>")


def _garbled() -> HttpResponse:
    return HttpResponse(status=200, headers={}, body=b'{"data": {"ref')


def check_unsupported_acts_are_refused(case: ShopCase, world: World) -> None:
    """What the manifest leaves out is refused with a sentence, and an order that does not exist as well."""
    line = (DraftLine(product_id="1"),)
    acts: tuple[Act, ...] = (
        Reship(order_id="1"),
        MakeDraft(lines=line),
        MakeCartLink(lines=line),
        AskReturn(order_id="1", lines={"1": 1}),
    )
    for act in acts:
        if act.needs not in case.shop.manifest.can:
            _refused(case, world, act)
    if Can.NOTE in case.shop.manifest.can:
        _refused(case, world, AddNote(order_id="987654", text="Hello"))


def check_refund_made_once(case: ShopCase, world: World) -> None:
    """Refunds by amount, by lines and of the rest are exact, and each is made once however often it is asked for."""
    if not _able(case, world, Can.REFUND):
        return
    order = _paid(case, world, "refund@people.test", 3)
    assert order.payment is Payment.PAID
    currency = order.total.currency
    little = RefundOrder(order_id=order.id, amount=Money.minor(150, currency))
    shown = case.shop.preview(world.config, little, world.io())
    assert (shown.amount, shown.version) == (little.amount, order.version)
    assert shown.most == order.total
    done = _perform(case, world, little, order.version)
    assert done.amount == little.amount
    assert _perform(case, world, little, order.version) == done, "the same key is the same refund"
    once = _now(case, world, order.id)
    assert once.refunded == little.amount
    assert once.payment is Payment.PARTLY_REFUNDED
    assert once.version != order.version
    too_much = RefundOrder(order_id=order.id, amount=order.total)
    _refused(case, world, too_much)
    _refused(
        case, world, RefundOrder(order_id=order.id, amount=Money(amount=order.total.amount, currency="XTS"))
    )
    if Can.REFUND_LINES in case.shop.manifest.can:
        [line] = once.lines
        _refused(case, world, RefundOrder(order_id=order.id, lines={line.id: 4}))
        _refused(case, world, RefundOrder(order_id=order.id, lines={"no-such-line": 1}))
        piece = RefundOrder(order_id=order.id, lines={line.id: 1})
        part = case.shop.preview(world.config, piece, world.io()).amount
        assert part is not None
        assert part.amount * 3 == line.total.amount
        assert _perform(case, world, piece, once.version).amount == part
        once = _now(case, world, order.id)
        assert once.lines[0].refundable == 2
    rest = RefundOrder(order_id=order.id)
    assert once.refunded is not None
    assert _perform(case, world, rest, once.version).amount == order.total.less(once.refunded)
    whole = _now(case, world, order.id)
    assert whole.refunded == order.total
    assert whole.payment is Payment.REFUNDED
    assert Can.REFUND not in whole.allowed
    assert Can.REFUND in whole.refused


def check_crash_around_the_wire(case: ShopCase, world: World) -> None:
    """Killed before the wire, nothing was done, and that is certain; killed after it, it is found and not repeated."""
    if not _able(case, world, Can.REFUND):
        return
    order = _paid(case, world, "crash@people.test", 1)
    act = RefundOrder(order_id=order.id, amount=Money.minor(200, order.total.currency))
    for at in ("before_wire", "after_wire"):
        try:
            _perform(case, world, act, order.version, io=_Dying(world.io(), at))
        except Killed:
            pass
        else:
            raise AssertionError(f"an act calls the checkpoint {at}")
        found = case.shop.performed(world.config, act, world.io(), key=_key(act))
        assert (found is not None) == (at == "after_wire"), f"killed at {at}: {found}"
    again = _perform(case, world, act, order.version)
    assert again.amount == act.amount
    assert _now(case, world, order.id).refunded == act.amount


def check_unanswered_refund_is_found(case: ShopCase, world: World) -> None:
    """An answer that is lost, garbled or an error page leaves it uncertain; then it is found, and not repeated."""
    if not _able(case, world, Can.REFUND):
        return
    order = _paid(case, world, "lost@people.test", 2)
    given = 0
    for number, lose in enumerate((_cut_off, _bad_gateway, _garbled), start=1):
        act = RefundOrder(order_id=order.id, amount=Money.minor(100 * number, order.total.currency))
        given += 100 * number
        version = _now(case, world, order.id).version
        try:
            _perform(case, world, act, version, io=_Deaf(world.io(), lose))
        except Uncertain as error:
            check_error(error)
        else:
            raise AssertionError("a lost answer is uncertain")
        found = case.shop.performed(world.config, act, world.io(), key=_key(act))
        assert found is not None
        assert found.amount == act.amount
        assert _perform(case, world, act, version).amount == act.amount
        assert _now(case, world, order.id).refunded == Money.minor(given, order.total.currency)


def check_changed_order_is_refused(case: ShopCase, world: World) -> None:
    """An order that somebody changed between preview and confirmation is left alone, and the new state is shown."""
    can = next((can for can in (Can.REFUND, Can.CANCEL) if _able(case, world, can)), None)
    if can is None:
        return
    placed = _placed(world, "changed@people.test", 1)
    act: Act = (
        RefundOrder(order_id=placed.order_id) if can is Can.REFUND else CancelOrder(order_id=placed.order_id)
    )
    shown = case.shop.preview(world.config, act, world.io())
    world.touch(placed)
    before = _now(case, world, placed.order_id)
    try:
        _perform(case, world, act, shown.version)
    except Changed as change:
        assert change.difference, "it is said what is different"
        assert change.now.version == before.version
    except Rejected as error:
        check_error(error)
    else:
        raise AssertionError("an order that changed was acted on")
    assert _now(case, world, placed.order_id) == before


def check_order_cancelled_once(case: ShopCase, world: World) -> None:
    """Cancelling gives back what the preview says, once; what is cancelled is not cancelled again."""
    if not _able(case, world, Can.CANCEL):
        return
    order = _paid(case, world, "cancel@people.test", 2)
    act = CancelOrder(order_id=order.id, refund=_able(case, world, Can.REFUND))
    shown = case.shop.preview(world.config, act, world.io())
    done = _perform(case, world, act, order.version)
    assert _perform(case, world, act, order.version) == done
    now = _now(case, world, order.id)
    assert now.state is OrderState.CANCELLED
    assert now.total == order.total, "what it was worth can still be read"
    assert sum(line.quantity for line in now.lines) == 2
    if act.refund:
        assert shown.amount == now.refunded == order.total
    _refused(case, world, CancelOrder(order_id=order.id, refund=act.refund, notify=False))


def check_address_edited_once(case: ShopCase, world: World) -> None:
    """An order that nobody has packed goes to the new address, at the old price."""
    if not _able(case, world, Can.EDIT_ADDRESS):
        return
    order = _paid(case, world, "mover@people.test", 1)
    to = Address(
        name="Ana Silva",
        lines=("Rua Nova 5", "2.º"),
        city="Porto",
        postcode="4000-001",
        country="PT",
        phone="+351220000000",
    )
    act = EditAddress(order_id=order.id, to=to)
    done = _perform(case, world, act, order.version)
    assert _perform(case, world, act, order.version) == done
    now = _now(case, world, order.id)
    assert now.ship_to is not None
    assert now.ship_to.model_dump(include={"name", "lines", "city", "postcode", "country"}) == to.model_dump(
        include={"name", "lines", "city", "postcode", "country"}
    )
    assert (now.state, now.raw_state, now.total) == (order.state, order.raw_state, order.total)


def check_note_written_once(case: ShopCase, world: World) -> None:
    """A note is written once, and looking for one that was never written finds none."""
    if not _able(case, world, Can.NOTE):
        return
    order = _paid(case, world, "note@people.test", 1)
    act = AddNote(order_id=order.id, text="Ring twice — „Müller“ & <co>")
    assert case.shop.performed(world.config, act, world.io(), key=_key(act)) is None
    _perform(case, world, act, order.version)
    version = _now(case, world, order.id).version
    _perform(case, world, act, version)
    now = _now(case, world, order.id)
    assert now.note.count(act.text) == 1
    assert case.shop.performed(world.config, act, world.io(), key=_key(act)) is not None


def check_coupon_made_once(case: ShopCase, world: World) -> None:
    """A code is made once; a code that is there already, made by somebody else, is refused."""
    if not _able(case, world, Can.COUPON):
        return
    io = world.io()
    goods = case.shop.product(world.config, world.skus[0], io)
    assert goods is not None
    assert goods.price is not None
    ends = io.now() + _LATER
    for act in (
        MakeCoupon(code="SORRY-PERCENT-1", percent="10", ends_at=ends),  # type: ignore[arg-type] # read as a number
        MakeCoupon(code="SORRY-AMOUNT-1", amount=Money.minor(500, goods.price.currency), ends_at=ends),
    ):
        assert case.shop.performed(world.config, act, world.io(), key=_key(act)) is None
        case.shop.preview(world.config, act, world.io())
        done = _perform(case, world, act, "")
        assert done.code == act.code
        assert _perform(case, world, act, "").id == done.id
        found = case.shop.performed(world.config, act, world.io(), key=_key(act))
        assert found is not None
        try:
            case.shop.perform(world.config, act, world.io(), key="another key", version="", reason="Again")
        except Rejected as error:
            check_error(error)
        else:
            raise AssertionError("one code is given out for two acts")


def _able(case: ShopCase, world: World, can: Can) -> bool:
    return can in case.shop.can(world.config, dict(case.shop.health(world.config, world.io()).facts))


def _placed(world: World, email: str, quantity: int) -> Placed:
    buyer = world.buyer(email)
    world.put(buyer, world.skus[0], quantity)
    return world.check_out(buyer)


def _paid(case: ShopCase, world: World, email: str, quantity: int) -> Order:
    return _now(case, world, _placed(world, email, quantity).order_id)


def _now(case: ShopCase, world: World, order_id: str) -> Order:
    order = case.shop.order(world.config, order_id, world.io())
    assert order is not None
    return order


def _key(act: Act) -> str:
    return hashlib.sha256(act.model_dump_json().encode()).hexdigest()[:32]


def _perform(case: ShopCase, world: World, act: Act, version: str, io: Any = None) -> Done:
    return case.shop.perform(
        world.config, act, io or world.io(), key=_key(act), version=version, reason="The customer was right"
    )


def _refused(case: ShopCase, world: World, act: Act) -> None:
    try:
        case.shop.preview(world.config, act, world.io())
    except Rejected as error:
        check_error(error)
        assert error.reason.endswith("."), "a refusal is a sentence"
    else:
        raise AssertionError(f"{act!r} was not refused")
