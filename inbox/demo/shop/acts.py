"""What the made-up shop does when somebody in the inbox asks for it: once for every key."""

from decimal import Decimal

from inbox.contract.commerce import (
    Act,
    AddNote,
    AskReturn,
    CancelOrder,
    Changed,
    Done,
    EditAddress,
    MakeCartLink,
    MakeCoupon,
    Money,
    Order,
    Preview,
    RefundOrder,
    Reship,
)
from inbox.contract.errors import Rejected
from inbox.demo.shop import orders, telling
from inbox.demo.shop.ledger import Coupon, Ledger
from inbox.demo.shop.orders import CURRENCY, Sold


class Acts:
    """Previews and does; remembers what was done by its key."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._done: dict[str, Done] = {}

    def done(self, key: str) -> Done | None:
        """What was done under a key."""
        return self._done.get(key)

    def preview(self, act: Act) -> Preview:
        """What an act would do. Raises Rejected."""
        match act:
            case RefundOrder():
                sold, told = self._order(act.order_id)
                _allow(told, act)
                cents = _cents(sold, act)
                return Preview(
                    amount=Money.minor(cents, CURRENCY),
                    most=Money.minor(sold.left, CURRENCY),
                    version=told.version,
                )
            case CancelOrder():
                sold, told = self._order(act.order_id)
                _allow(told, act)
                return Preview(
                    amount=Money.minor(sold.left if act.refund else 0, CURRENCY), version=told.version
                )
            case EditAddress() | Reship() | AddNote() | AskReturn():
                sold, told = self._order(act.order_id)
                _allow(told, act)
                return Preview(version=told.version)
            case MakeCoupon():
                if act.code in self._ledger.coupons:
                    raise Rejected("That code is taken.")
                if act.amount is not None and act.amount.currency != CURRENCY:
                    raise Rejected(f"A coupon takes off an amount in {CURRENCY}.")
                return Preview(amount=act.amount)
            case MakeCartLink():
                together = sum(orders.price(line.product_id) * line.quantity for line in act.lines)
                return Preview(amount=Money.minor(together, CURRENCY))
            case _:
                raise Rejected("This shop cannot do that.")

    def perform(self, act: Act, key: str, version: str, reason: str) -> Done:
        """Do it, unless it was done. Raises Rejected, or Changed where the order is not at `version` any more."""
        with self._ledger.lock:
            known = self._done.get(key)
            if known is not None:
                return known
            now = self.preview(act)
            if now.version != version:
                raise Changed(now, ("The order has changed.",))
            done = self._do(act, now, reason)
            self._done[key] = done
            return done

    def _do(self, act: Act, seen: Preview, reason: str) -> Done:
        match act:
            case RefundOrder():
                sold, _told = self._order(act.order_id)
                cents = seen.amount.to_minor() if seen.amount else 0
                paid = {key: sold.paid_back.get(key, 0) + count for key, count in (act.lines or {}).items()}
                self._ledger.put(
                    orders.put(
                        sold,
                        refunded=sold.refunded + cents,
                        refund_reasons=(*sold.refund_reasons, reason),
                        paid_back={**sold.paid_back, **paid},
                    )
                )
                return Done(id=f"{sold.number}-r1", amount=seen.amount)
            case CancelOrder():
                sold, _told = self._order(act.order_id)
                given = seen.amount.to_minor() if seen.amount else 0
                self._ledger.put(
                    orders.put(
                        sold,
                        step="cancelled",
                        refunded=sold.refunded + given,
                        refund_reasons=(*sold.refund_reasons, reason),
                    )
                )
                return Done(id=sold.number, amount=seen.amount)
            case EditAddress():
                sold, _told = self._order(act.order_id)
                self._ledger.put(orders.put(sold, to=act.to))
                return Done(id=sold.number)
            case Reship():
                return self._again(act)
            case AddNote():
                sold, _told = self._order(act.order_id)
                self._ledger.put(orders.put(sold, note="\n".join(filter(None, (sold.note, act.text)))))
                return Done(id=sold.number)
            case AskReturn():
                sold, _told = self._order(act.order_id)
                self._ledger.put(orders.put(sold, asked_back=act.lines, drop_off=act.drop_off))
                return Done(id=f"{sold.number}-b2")
            case MakeCoupon():
                cents = act.amount.rounded().to_minor() if act.amount else 0
                self._ledger.coupons[act.code] = Coupon(cents, act.percent or Decimal(0))
                return Done(id=act.code, code=act.code)
            case MakeCartLink():
                wanted = ",".join(f"{line.product_id}:{line.quantity}" for line in act.lines)
                coupon = f"&coupon={act.coupon}" if act.coupon else ""
                return Done(url=f"{self._ledger.site}/cart?put={wanted}{coupon}")
            case _:
                raise Rejected("This shop cannot do that.")

    def _again(self, act: Reship) -> Done:
        sold, _told = self._order(act.order_id)
        wanted = act.lines or {key: pieces for key, (_variant, pieces) in sold.goods.items()}
        again = orders.put(
            sold,
            number=self._ledger.next_number(),
            at=self._ledger.clock(),
            goods={key: (sold.goods[key][0], count) for key, count in wanted.items() if key in sold.goods},
            step="new",
            parcels=(),
            late=False,
            back={},
            paid_back={},
            asked_back={},
            refunded=0,
            refund_reasons=(),
            note=f"Sent again for {sold.number}",
            tokens=(),
        )
        self._ledger.put(orders.put(again, off=orders.put(again, off=0).total))
        return Done(id=again.number, note=f"Order {again.number}")

    def _order(self, number: str) -> tuple[Sold, Order]:
        sold = self._ledger.sold.get(number)
        if sold is None:
            raise Rejected("There is no such order.")
        return sold, telling.order(sold, self._ledger.site)


def _allow(told: Order, act: RefundOrder | CancelOrder | EditAddress | Reship | AddNote | AskReturn) -> None:
    if act.needs not in told.allowed:
        raise Rejected(told.refused.get(act.needs, "That cannot be done with this order."))


def _cents(sold: Sold, act: RefundOrder) -> int:
    """What a refund gives back. Raises Rejected for more than is left, or for less than nothing."""
    if act.amount is not None:
        if act.amount.currency != CURRENCY or act.amount.amount <= Decimal(0):
            raise Rejected(f"A refund is an amount in {CURRENCY}.")
        cents = act.amount.rounded().to_minor()
    elif act.lines is not None:
        for key, count in act.lines.items():
            if key not in sold.goods:
                raise Rejected("The order has no such line.")
            if count > sold.goods[key][1] - sold.paid_back.get(key, 0):
                raise Rejected("There are not so many pieces left to be given back.")
        cents = sum(orders.price(key) * count for key, count in act.lines.items())
    else:
        cents = sold.left
    if cents > sold.left:
        raise Rejected(f"No more than {Money.minor(sold.left, CURRENCY).amount} {CURRENCY} is left of it.")
    return cents
