"""Which buyers of a shop are a customer: the order of reasons, and how sure they make us. Pure.

Pinned by an agent > the shop's own id, signed for the widget > an order number together with an address > exact
e-mail > exact phone. Those are strong: one buyer found by them is shown, several open a chooser. The phone of a
postal address, and an order number without an address that fits, only suggest. Nothing is ever matched in parts:
who shares a domain with somebody is somebody else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from inbox.commerce.seeking import Wanted, addresses_of, normal
from inbox.commerce.words import LinkBy, LinkState
from inbox.contract.addresses import email, phone
from inbox.contract.commerce import Buyer, By, Found

_REASONS = {
    By.ID: LinkBy.WIDGET,
    By.ORDER_NUMBER: LinkBy.ORDER_NUMBER,
    By.EMAIL: LinkBy.EMAIL,
    By.PHONE: LinkBy.PHONE,
    By.ADDRESS_PHONE: LinkBy.ADDRESS_PHONE,
}
_RANK = {by: place for place, by in enumerate(LinkBy)}


@dataclass(frozen=True)
class Known:
    """A link that is there already. `decided`: an agent said so, and no evidence changes it."""

    buyer_id: str
    by: LinkBy
    value: str
    state: LinkState
    decided: bool = False


@dataclass(frozen=True)
class Match:
    """What becomes of a buyer who was found, or was linked before."""

    buyer_id: str
    by: LinkBy
    value: str
    state: LinkState
    verified: bool


@dataclass(frozen=True)
class Decision:
    """The buyers of one shop beside a customer, the strongest first. `choose`: an agent has to pick."""

    matches: tuple[Match, ...] = ()
    choose: bool = False


@dataclass
class _Hit:
    buyer: Buyer
    by: LinkBy
    value: str
    is_strong: bool


def decide(
    found: Iterable[Found],
    known: Collection[Known],
    who: Wanted,
    *,
    buyers: Mapping[str, Buyer] = MappingProxyType({}),
    only_shop: bool = True,
) -> Decision:
    """What the links of a customer in one shop are, after it was asked for `who`.

    `buyers` are the known ones, by id. `only_shop`: no other shop is connected, so a signed id can be meant for none
    but this one; elsewhere, and where the addresses contradict it, such an id only suggests. Found again and again,
    a buyer counts once, by his strongest reason. What agents decided stays: pinned and rejected buyers, and those
    they took the link from.
    """
    rejected = {link.buyer_id for link in known if link.state is LinkState.REJECTED}
    decided = {link.buyer_id: link for link in known if link.decided and link.buyer_id not in rejected}
    hits = _merged((each for each in found if each.buyer.id not in rejected), who, only_shop=only_shop)
    people = {**buyers, **{number: hit.buyer for number, hit in hits.items()}}
    matches = [
        Match(
            number, link.by, link.value, link.state, is_proved(people.get(number), link.by, link.value, who)
        )
        for number, link in decided.items()
        if link.state is LinkState.LINKED or number in hits
    ]
    is_pinned = any(link.state is LinkState.LINKED for link in decided.values())
    free = [hit for number, hit in hits.items() if number not in decided]
    chosen = set() if is_pinned else _one_person(free)
    strong = [hit for hit in free if hit.is_strong]
    for hit in free:
        state = LinkState.LINKED if hit.buyer.id in chosen else LinkState.SUGGESTED
        matches.append(
            Match(hit.buyer.id, hit.by, hit.value, state, is_proved(hit.buyer, hit.by, hit.value, who))
        )
    matches.sort(key=lambda match: (match.state is not LinkState.LINKED, _RANK[match.by], match.buyer_id))
    return Decision(tuple(matches), choose=not is_pinned and not chosen and len(strong) > 1)


def is_proved(buyer: Buyer | None, by: LinkBy, value: str, who: Wanted) -> bool:
    """Whether something that the customer has proved to be his is this buyer's: an address, or a signed id."""
    if by is LinkBy.WIDGET and value in who.proved and value in who.user_ids:
        return True
    if by in (LinkBy.EMAIL, LinkBy.PHONE) and value in who.proved:
        return True
    return buyer is not None and any(address in who.proved for address in addresses_of(buyer))


def chosen(matches: Iterable[Match]) -> list[Match]:
    """Those whose carts and orders are shown."""
    return [match for match in matches if match.state is LinkState.LINKED]


def _merged(found: Iterable[Found], who: Wanted, *, only_shop: bool) -> dict[str, _Hit]:
    """Each buyer once, with his strongest reason."""
    hits: dict[str, _Hit] = {}
    for each in found:
        by = _REASONS[each.by]
        is_strong = _is_strong(each.buyer, by, each.value, who, only_shop=only_shop)
        if is_strong is None:
            continue
        hit = hits.get(each.buyer.id)
        if hit is None:
            hits[each.buyer.id] = _Hit(each.buyer, by, each.value, is_strong)
        elif (not is_strong, _RANK[by]) < (not hit.is_strong, _RANK[hit.by]):
            hit.buyer, hit.by, hit.value, hit.is_strong = each.buyer, by, each.value, is_strong
    return hits


def _is_strong(buyer: Buyer, by: LinkBy, value: str, who: Wanted, *, only_shop: bool) -> bool | None:
    """Whether a reason is enough; None for one that was not asked for, whatever the shop says."""
    own = addresses_of(buyer)
    fits = bool(own & {*who.emails, *who.phones})
    match by:
        case LinkBy.WIDGET:
            contradicts = not fits and bool(own) and bool(who.addresses)
            return (fits or (only_shop and not contradicts)) if value in who.user_ids else None
        case LinkBy.ORDER_NUMBER:
            return fits
        case LinkBy.EMAIL:
            return True if normal([value], email) & set(who.emails) else None
        case LinkBy.PHONE:
            return True if normal([value], phone) & set(who.phones) else None
        case LinkBy.ADDRESS_PHONE:
            return False if normal([value], phone) & set(who.phones) else None
        case _:
            return False


def _one_person(free: Sequence[_Hit]) -> set[str]:
    """The ids of the buyers that are shown without asking: one, or one account with what its mailbox ordered as a
    guest. A signed id speaks louder than all the rest."""
    strong = [hit for hit in free if hit.is_strong]
    signed = [hit for hit in strong if hit.by is LinkBy.WIDGET]
    if len(signed) == 1:
        strong = [signed[0], *(hit for hit in strong if _is_guest_of(hit, signed[0]))]
    accounts = [hit for hit in strong if not hit.buyer.guest] or strong[:1]
    if len(accounts) != 1:
        return set()
    others = [hit for hit in strong if hit is not accounts[0]]
    if not all(_is_guest_of(hit, accounts[0]) for hit in others):
        return set()
    return {hit.buyer.id for hit in strong}


def _is_guest_of(hit: _Hit, account: _Hit) -> bool:
    """Whether a guest ordered with the very mailbox of an account."""
    mailboxes = normal(account.buyer.emails, email)
    return hit is not account and hit.buyer.guest and bool(normal(hit.buyer.emails, email) & mailboxes)
