"""Who is looked for in a shop: a customer's addresses by what shops know, and which of them are proved. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from inbox.contract import BadAddress, Level
from inbox.contract.addresses import EMAIL, PHONE, email, is_phone, phone
from inbox.contract.commerce import Buyer, Sought

USER = "user"
"""The kind of address under which shops' own ids of their customers are kept."""

SOUGHT_MAX = 20
"""Addresses of one customer that are asked for; nobody has more that matter."""


@dataclass(frozen=True)
class Own:
    """An address of a customer in look-up form, and how sure we are that it is his.

    `doubted`: the newest message from it did not prove its sender, whatever earlier ones did.
    """

    namespace: str
    address: str
    level: Level
    doubted: bool = False

    @property
    def is_proved(self) -> bool:
        """Whether somebody vouches for it: the network for its own ids, for mail a signature, a code or the shop."""
        least = Level.MAIL_AUTH if self.namespace == EMAIL else Level.CHANNEL
        return self.level.rank >= least.rank and not self.doubted


@dataclass(frozen=True)
class Wanted:
    """Who is looked for: addresses by what shops know, and which of them are proved."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    proved: frozenset[str] = frozenset()

    @property
    def addresses(self) -> tuple[str, ...]:
        """What can be told people as searched for."""
        return (*self.emails, *self.phones)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.emails or self.phones or self.user_ids or self.numbers)

    def sought(self) -> Sought:
        """As shops are asked: all of it at once."""
        return Sought(
            emails=self.emails, phones=self.phones, buyer_ids=self.user_ids, order_numbers=self.numbers
        )


def wanted(own: Iterable[Own], numbers: Sequence[str] = ()) -> Wanted:
    """What to look for: every e-mail address and telephone number, ids that the shop signed, order numbers.

    A number counts whatever kind of address it is kept as; ids of networks say nothing to a shop. Signed ids count
    only while they are proved. Those that are proved come first, so that a long list is cut where it says least.
    """
    emails, phones, users, proved = [], [], [], set()
    for each in sorted(own, key=lambda each: (not each.is_proved, -each.level.rank)):
        if each.namespace == EMAIL:
            emails.append(each.address)
        elif each.namespace == USER:
            if each.is_proved and each.level is Level.VERIFIED:
                users.append(each.address)
        elif each.namespace == PHONE or is_phone(each.address):
            phones.append(each.address)
        else:
            continue
        if each.is_proved:
            proved.add(each.address)
    return Wanted(
        emails=tuple(dict.fromkeys(emails))[:SOUGHT_MAX],
        phones=tuple(dict.fromkeys(phones))[:SOUGHT_MAX],
        user_ids=tuple(dict.fromkeys(users))[:SOUGHT_MAX],
        numbers=tuple(dict.fromkeys(numbers)),
        proved=frozenset(proved),
    )


def addresses_of(buyer: Buyer) -> set[str]:
    """A buyer's own addresses in look-up form; what is none is left out."""
    return normal(buyer.emails, email) | normal(buyer.phones, phone)


def normal(texts: Iterable[str], normalise: Callable[[str], str]) -> set[str]:
    """Addresses in look-up form; what is none is left out."""
    found = set()
    for text in texts:
        try:
            found.add(normalise(text))
        except BadAddress:
            continue
    return found
