"""Which buyers are a customer: by what, how sure, and when an agent has to pick."""

import pytest

from inbox.commerce import numbers
from inbox.commerce.matching import Known, decide
from inbox.commerce.seeking import Own, Wanted, wanted
from inbox.commerce.words import LinkBy, LinkState
from inbox.contract import Level
from inbox.contract.commerce import Buyer, By, Found

ANNA = "anna@example.org"
PHONE = "+4930123456"


def mail(address: str = ANNA, level: Level = Level.MAIL_AUTH, *, doubted: bool = False) -> Own:
    return Own("email", address, level, doubted)


def buyer(number: str, *emails: str, phone: str = "", guest: bool = False) -> Buyer:
    return Buyer(id=number, emails=emails, phones=(phone,) if phone else (), guest=guest)


def hit(person: Buyer, by: By = By.EMAIL, value: str = ANNA) -> Found:
    return Found(buyer=person, by=by, value=value)


def states(found: list[Found], who: Wanted, known: list[Known] | None = None, **more: bool) -> dict[str, str]:
    decision = decide(found, known or [], who, **more)
    return {match.buyer_id: match.state.value for match in decision.matches}


def test_everything_by_which_a_shop_may_know_somebody_is_looked_for_the_proved_first() -> None:
    who = wanted(
        [
            mail("a@example.org", Level.CLAIMED),
            mail(ANNA),
            Own("whatsapp", PHONE, Level.CHANNEL),
            Own("telegram", "4711", Level.CHANNEL),
            Own("user", "42", Level.VERIFIED),
            Own("user", "43", Level.CLAIMED),
        ],
        ["1001"],
    )
    assert who.sought().model_dump() == {
        "emails": (ANNA, "a@example.org"),
        "phones": (PHONE,),
        "buyer_ids": ("42",),
        "order_numbers": ("1001",),
    }
    assert who.proved == {ANNA, PHONE, "42"}
    assert wanted([Own("telegram", "4711", Level.CHANNEL)]).is_empty


def test_one_strong_hit_is_shown_and_is_as_sure_as_its_address() -> None:
    for own, sure in ((mail(), True), (mail(level=Level.CLAIMED), False), (mail(doubted=True), False)):
        (match,) = decide([hit(buyer("1", ANNA))], [], wanted([own])).matches
        assert (match.by, match.value, match.state, match.verified) == (LinkBy.EMAIL, ANNA, "linked", sure)


def test_what_the_shop_found_by_something_else_than_was_asked_is_nobody() -> None:
    """A shop that searches by part of a word must not bring strangers into the panel."""
    who = wanted([mail()])
    assert not decide(
        [hit(buyer("1"), value="anna@example.com"), hit(buyer("2"), By.ID, "2")], [], who
    ).matches


def test_a_buyer_found_several_times_is_one_by_his_strongest_reason() -> None:
    person = buyer("1", ANNA, phone="030 123456")
    found = [hit(person, By.PHONE, PHONE), hit(person), hit(person, By.ADDRESS_PHONE, PHONE)]
    decision = decide(found, [], wanted([mail(), Own("phone", PHONE, Level.CHANNEL)]))
    assert [(m.buyer_id, m.by) for m in decision.matches] == [("1", LinkBy.EMAIL)]
    assert not decision.choose


def test_several_strong_hits_open_a_chooser_and_show_nobody() -> None:
    who = wanted([mail(), Own("whatsapp", PHONE, Level.CHANNEL)])
    found = [hit(buyer("1", ANNA)), hit(buyer("2", phone=PHONE), By.PHONE, PHONE)]
    assert decide(found, [], who).choose
    assert states(found, who) == {"1": "suggested", "2": "suggested"}


def test_an_account_and_what_its_mailbox_ordered_as_a_guest_are_one_person() -> None:
    who = wanted([mail(), mail("b@example.org")])
    account, guest = buyer("1", ANNA), buyer("g", ANNA, guest=True)
    assert states([hit(guest), hit(account)], who) == {"1": "linked", "g": "linked"}
    other = buyer("h", "b@example.org", guest=True)
    assert set(states([hit(other, value="b@example.org"), hit(account)], who).values()) == {"suggested"}


def test_an_order_number_counts_only_together_with_an_address() -> None:
    who = wanted([mail()], ["1001"])
    assert states([hit(buyer("1", ANNA), By.ORDER_NUMBER, "1001")], who) == {"1": "linked"}
    (match,) = decide([hit(buyer("2", "bob@example.org"), By.ORDER_NUMBER, "1001")], [], who).matches
    assert (match.state, match.verified) == (LinkState.SUGGESTED, False)


def test_the_telephone_of_a_postal_address_only_suggests() -> None:
    who = wanted([Own("whatsapp", PHONE, Level.CHANNEL)])
    assert states([hit(buyer("1"), By.ADDRESS_PHONE, PHONE)], who) == {"1": "suggested"}


def test_a_signed_id_beats_addresses_unless_they_contradict_it_or_it_may_be_another_shops() -> None:
    signed = Own("user", "1", Level.VERIFIED)
    found = [hit(buyer("1", ANNA), By.ID, "1"), hit(buyer("2", "old@example.org"), value="old@example.org")]
    who = wanted([signed, mail(), mail("old@example.org", Level.CLAIMED)])
    assert states(found, who) == {"1": "linked", "2": "suggested"}
    assert decide(found, [], who).matches[0].verified
    stranger = [hit(buyer("1", "bob@example.org"), By.ID, "1")]
    assert states(stranger, wanted([signed, mail()])) == {"1": "suggested"}
    nameless = [hit(buyer("1"), By.ID, "1")]
    assert states(nameless, wanted([signed])) == {"1": "linked"}
    assert states(nameless, wanted([signed]), only_shop=False) == {"1": "suggested"}


def test_what_agents_decided_stays() -> None:
    who = wanted([mail()])
    pinned = Known("9", LinkBy.PINNED, "", LinkState.LINKED, decided=True)
    assert states([hit(buyer("1", ANNA))], who, [pinned]) == {"9": "linked", "1": "suggested"}
    rejected = Known("1", LinkBy.EMAIL, ANNA, LinkState.REJECTED, decided=True)
    assert states([hit(buyer("1", ANNA)), hit(buyer("2", ANNA))], who, [rejected]) == {"2": "linked"}
    parted = Known("1", LinkBy.EMAIL, ANNA, LinkState.SUGGESTED, decided=True)
    assert states([hit(buyer("1", ANNA))], who, [parted]) == {"1": "suggested"}
    assert states([], who, [parted]) == {}
    forgotten = Known("1", LinkBy.EMAIL, ANNA, LinkState.LINKED)
    assert states([], who, [forgotten]) == {}, "evidence that is gone links nobody"


def test_pinning_proves_nothing_by_itself() -> None:
    pinned = [Known("9", LinkBy.PINNED, "", LinkState.LINKED, decided=True)]
    assert not decide([], pinned, wanted([mail()])).matches[0].verified
    assert decide([], pinned, wanted([mail()]), buyers={"9": buyer("9", ANNA)}).matches[0].verified


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is order #1001?", ("1001",)),
        ("Order no. 1001-B and order number: 77", ("1001-B", "77")),
        ("Meine Bestellung Nr. 4711, bitte", ("4711",)),
        ("Mon numéro de commande : 300123", ("300123",)),
        ("Заказ №555123 где?", ("555123",)),
        ("注文番号：12345です", ()),  # glued to the next word: not told apart without knowing the language
        ("注文番号：12345 です", ("12345",)),
        ("ABC12DEF34GH56JK is my code", ("ABC12DEF34GH56JK",)),
        ("100001 hasn't arrived", ("100001",)),
        ("#1001 again, order 1001", ("1001",)),
        ("in order to pay 20,50 by 2026-03-02, call +49 30 1234567 or mail a12@b.example", ()),
        ("see https://shop.example/p/1234567", ()),
        ("", ()),
    ],
)
def test_order_numbers_are_read_from_what_customers_write(text: str, expected: tuple[str, ...]) -> None:
    assert numbers.in_text(text) == expected


def test_of_many_numbers_the_newest_five_are_looked_up() -> None:
    texts = [f"order {number}" for number in range(1001, 1010)]
    assert numbers.in_texts(texts) == ("1001", "1002", "1003", "1004", "1005")
