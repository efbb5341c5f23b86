"""The made-up shop's books: who ordered what, and what lies in whose cart. In memory, and new at every start."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from inbox.contract.commerce import Address, Buyer, Cart, CartLine, CartState, Money, Order
from inbox.demo.shop import goods, orders, telling
from inbox.demo.shop.orders import CURRENCY, Person, Sold

CARTS_MAX = 500
PIECES_MAX = 99


@dataclass
class Basket:
    """A cart: pieces by a product's key, whose it is (a person's id, or nobody's), and since when it is like that."""

    id: str
    at: datetime
    pieces: dict[str, int] = field(default_factory=dict)
    person_id: str = ""
    device: str = ""
    coupon: str = ""
    is_ordered: bool = False


@dataclass(frozen=True)
class Coupon:
    """What a code takes off: cents, or per cent."""

    cents: int = 0
    percent: Decimal = Decimal(0)

    def off(self, together: int) -> int:
        """Cents off a sum."""
        part = (together * self.percent / 100).to_integral_value(ROUND_HALF_EVEN)
        return min(together, self.cents + int(part))


class Ledger:
    """Safe to use from several threads. `told` hears of every change: a topic and an id."""

    def __init__(self, site: str, clock: Callable[[], datetime]) -> None:
        self.site, self.clock = site, clock
        self.lock = threading.RLock()
        self.people, self.sold = orders.read(clock())
        self.coupons: dict[str, Coupon] = {}
        self._baskets: dict[str, Basket] = {}
        self._listener: Callable[[str, str], None] = lambda _topic, _id: None

    def open(self, site: str, opened_at: datetime) -> None:
        """Where the shop's pages are, and from when its orders' times are counted back."""
        with self.lock:
            self.site = site
            self.people, self.sold = orders.read(opened_at)

    def listen(self, told: Callable[[str, str], None]) -> None:
        """Call `told` with "cart" or "order" and an id after every change."""
        self._listener = told

    # Carts

    def basket(self, cart_id: str) -> Basket | None:
        """The cart with that id."""
        return self._baskets.get(cart_id)

    def fill(
        self,
        cart_id: str,
        pieces: Mapping[str, int],
        *,
        person_id: str = "",
        device: str = "",
        coupon: str = "",
    ) -> Basket:
        """What lies in a cart from now on, and the code that is used in it, unless the shop does not know it.

        An unknown id begins a new cart, under an id that nobody can guess.
        """
        with self.lock:
            basket = self._baskets.get(cart_id)
            if basket is None or basket.is_ordered:
                basket = Basket(uuid.uuid4().hex, self.clock())
                self._baskets[basket.id] = basket
                for old in list(self._baskets)[:-CARTS_MAX]:
                    del self._baskets[old]
            wanted = {
                key: min(count, PIECES_MAX)
                for key, count in pieces.items()
                if goods.product(key) is not None and count > 0
            }
            used = coupon if coupon in self.coupons else ""
            if (wanted, person_id, used) != (basket.pieces, basket.person_id, basket.coupon):
                basket.pieces, basket.person_id, basket.coupon = wanted, person_id, used
                basket.at = self.clock()
            basket.device = device or basket.device
        self._listener("cart", basket.id)
        return basket

    def off(self, basket: Basket) -> int:
        """Cents that the code of a cart takes off."""
        together = sum(orders.price(key) * count for key, count in basket.pieces.items())
        return self.coupons.get(basket.coupon, Coupon()).off(together)

    def cart(self, cart_id: str) -> Cart | None:
        """A cart as the shop tells about it, also when it is empty or was ordered."""
        basket = self._baskets.get(cart_id)
        if basket is None:
            return None
        lines = tuple(self._line(key, count) for key, count in basket.pieces.items())
        together = sum(orders.price(key) * count for key, count in basket.pieces.items())
        off = self.off(basket)
        person = self.people.get(basket.person_id)
        return Cart(
            id=basket.id,
            state=CartState.CONVERTED if basket.is_ordered else CartState.ACTIVE,
            lines=lines,
            total=Money.minor(together - off, CURRENCY),
            subtotal=Money.minor(together, CURRENCY),
            discount=Money.minor(off, CURRENCY) if off else None,
            coupons=(basket.coupon,) if off else (),
            buyer_id=basket.person_id,
            email=person.email if person else "",
            token=basket.id,
            device=basket.device,
            recovery_url=f"{self.site}/cart",
            last_activity_at=basket.at,
        )

    def carts_of(self, person_id: str) -> tuple[Cart, ...]:
        """A person's carts, the last used first."""
        own = [
            each
            for each in self._baskets.values()
            if each.person_id == person_id and each.pieces and not each.is_ordered
        ]
        found = [self.cart(each.id) for each in sorted(own, key=lambda each: each.at, reverse=True)]
        return tuple(cart for cart in found if cart is not None)

    def _line(self, key: str, count: int) -> CartLine:
        product = goods.told(key, self.site)
        unit = Money.minor(orders.price(key), CURRENCY)
        return CartLine(
            id=key,
            product=product,
            quantity=count,
            unit=unit,
            total=Money.minor(orders.price(key) * count, CURRENCY),
            available=product.available,
        )

    # People and orders

    def person(self, email: str) -> Person | None:
        """The person with that address."""
        return next((each for each in self.people.values() if each.email.casefold() == email), None)

    def register(self, email: str, phone: str, name: str, *, guest: bool = False) -> Person:
        """Somebody new, with an account unless he is a guest."""
        with self.lock:
            number = str(max(map(int, self.people)) + 1)
            address = Address(name=name)
            self.people[number] = Person(
                number, email, name, phone, address, self.clock(), None, (), guest=guest
            )
        return self.people[number]

    def buyer(self, person: Person) -> Buyer:
        """A person as the shop tells about him."""
        return telling.buyer(person, self.orders_of(person.id))

    def orders_of(self, person_id: str) -> list[Sold]:
        """A person's orders, newest first."""
        own = [each for each in self.sold.values() if each.person.id == person_id]
        return sorted(own, key=lambda each: each.at, reverse=True)

    def order(self, number: str) -> Order | None:
        """An order as the shop tells about it."""
        sold = self.sold.get(number)
        return telling.order(sold, self.site) if sold else None

    def put(self, sold: Sold) -> None:
        """Write an order into the books, in place of what was there under its number."""
        with self.lock:
            self.sold[sold.number] = sold
        self._listener("order", sold.number)

    def next_number(self) -> str:
        """The number of the next order."""
        return str(max(map(int, self.sold)) + 1)

    def buy(self, cart_id: str) -> Sold | None:
        """Order what lies in a cart whose owner is known."""
        with self.lock:
            basket = self._baskets.get(cart_id)
            person = self.people.get(basket.person_id) if basket else None
            if basket is None or person is None or not basket.pieces or basket.is_ordered:
                return None
            together = sum(orders.price(key) * count for key, count in basket.pieces.items())
            # A code works once, in whichever cart is ordered first.
            coupon = self.coupons.pop(basket.coupon, None)
            basket.coupon = basket.coupon if coupon else ""
            sold = Sold(
                self.next_number(),
                person,
                self.clock(),
                {key: ("", count) for key, count in basket.pieces.items()},
                "new",
                coupon=basket.coupon,
                off=coupon.off(together) if coupon else 0,
                tokens=(basket.id,),
            )
            self.sold[sold.number] = sold
            basket.is_ordered, basket.at = True, self.clock()
        self._listener("cart", basket.id)
        self._listener("order", sold.number)
        return sold
