"""Decisions about people: who may be the same, whose name is kept, who survives."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.contract import Level, Party
from inbox.customers import likeness, rules
from inbox.customers.likeness import Person, Proved, sign
from inbox.errors import Invalid

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def signs(*codes: str) -> list[dict[str, Any]]:
    return [sign(code, code) for code in codes]


@pytest.mark.parametrize(
    ("codes", "score"),
    [
        ((), 0),
        (("same_name",), 20),
        (("same_name", "same_place"), 32),
        (("claimed_address",), 60),
        (("claimed_address", "same_phone"), 88),
        (("claimed_address", "claimed_address"), 60),
        (("proved",), 95),
        (("proved", "conflict"), likeness.DOUBTFUL),
        (("same_claim", "conflict"), 40),
        (tuple(likeness.WEIGHTS), likeness.DOUBTFUL),
    ],
)
def test_signs_weigh_together_and_a_conflict_makes_them_doubtful(codes: tuple[str, ...], score: int) -> None:
    assert likeness.score(signs(*codes)) == score


def test_every_sign_has_a_weight_below_certainty() -> None:
    assert all(0 <= weight < 100 for weight in likeness.WEIGHTS.values())
    with pytest.raises(ValueError, match="no sign"):
        sign("hunch", "I just know")


def test_the_same_sign_about_the_same_thing_counts_once_in_its_newest_words() -> None:
    old = [sign("claimed_address", "old", address="a"), sign("conflict", "was")]
    new = [sign("claimed_address", "new", address="a"), sign("claimed_address", "other", address="b")]
    found = likeness.together(old, [*new, sign("same_phone", "phone", address="c")])
    assert [each["text"] for each in found] == ["phone", "new", "other"]


@pytest.mark.parametrize(
    ("name", "is_full"),
    [
        ("Anna Moretti", True), ("Anna", False), ("A. M.", False), ("Jean-Luc", True), ("李 明", False),
        ("Anna Maria", True), ("Order 4711", False), ("", False), ("anna@a.example x", False), ("Ana O’Neil", True),
    ],
)  # fmt: skip
def test_a_full_name_has_two_parts(name: str, is_full: bool) -> None:
    assert likeness.is_full_name(name) is is_full


ANNA = Person("Anna Moretti", "it", "Europe/Rome", ("anna.moretti@gmail.com",), ())


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        (Person("Anna Moretti"), []),
        (Person("Anna Moretti", "it", "Europe/Rome"), ["same_name", "same_place"]),
        (Person("Anna Moretti", "it", ""), []),
        (Person("ANNA MORETTI", handles=("AnnaMoretti",)), ["same_name", "same_handle"]),
        (Person("Anna Moretti", mails=("anna.moretti+shop@work.example",)), ["same_name", "same_handle"]),
        (Person("Anna Moretti", mails=("info@gmail.com",)), []),
        (Person("Anna Rossi", handles=("annamoretti",)), []),
        (Person("Anna Moretti", handles=("anna",)), []),
    ],
)
def test_a_name_says_something_only_together_with_another_sign(other: Person, codes: list[str]) -> None:
    assert [each["code"] for each in likeness.resemblance(ANNA, other)] == codes
    assert [each["code"] for each in likeness.resemblance(other, ANNA)] == codes


def test_people_of_one_company_share_its_domain() -> None:
    one, other = (Person("Ann Lee", mails=(mail,)) for mail in ("ann@corp.example", "a.lee@corp.example"))
    assert [each["code"] for each in likeness.resemblance(one, other)] == ["same_name", "same_domain"]


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ([], [], []),
        ([("user", "", "1")], [("user", "", "2")], [("user", "")]),
        ([("user", "", "1")], [("user", "shop2", "2")], []),
        ([("user", "", "1")], [("email", "", "a@a.example")], []),
        (
            [("user", "", "1"), ("email", "", "a")],
            [("user", "", "2"), ("email", "", "b")],
            [("email", ""), ("user", "")],
        ),
    ],
)  # fmt: skip
def test_different_proved_ids_of_one_kind_conflict(one: Any, other: Any, kinds: Any) -> None:
    sides = [[Proved(*each, Level.VERIFIED) for each in side] for side in (one, other)]
    assert likeness.conflicts(*sides) == kinds
    weaker = [Proved(each.namespace, each.account, each.address, Level.MAIL_AUTH) for each in sides[1]]
    assert likeness.conflicts(sides[0], weaker) == []


@pytest.mark.parametrize(
    ("name", "parties", "made_up"),
    [
        ("anna", [("anna@a.example", "")], True),
        ("Anna Moretti", [("anna@a.example", "Anna Moretti")], False),
        ("anna", [("anna@a.example", "Anna Moretti")], False),
        ("Visitor 7", [("Visitor 7", "")], True),
        ("Anna", [], False),
    ],
)
def test_a_name_made_of_an_address_is_no_told_one(
    name: str, parties: list[tuple[str, str]], made_up: bool
) -> None:
    found = [Party(namespace="x", address=display, display=display, name=told) for display, told in parties]
    assert rules.is_made_up(name, found) is made_up


@pytest.mark.parametrize(
    ("take", "better_name", "kept"),
    [
        ({}, False, {"name": "a", "locale": "it", "fields.size": "M", "fields.vip": True}),
        ({}, True, {"name": "Anna", "locale": "it", "fields.size": "M", "fields.vip": True}),
        ({"name": "survivor"}, True, {"name": "a", "locale": "it", "fields.size": "M", "fields.vip": True}),
        (
            {"locale": "survivor", "fields.size": "other"},
            False,
            {"name": "a", "locale": None, "fields.size": "L", "fields.vip": True},
        ),
        (
            {"fields.vip": "survivor"},
            False,
            {"name": "a", "locale": "it", "fields.size": "M", "fields.vip": None},
        ),
    ],
)
def test_each_field_is_chosen_by_itself(
    take: dict[str, str], better_name: bool, kept: dict[str, Any]
) -> None:
    survivor = {"name": "a", "locale": None, "fields.size": "M"}
    other = {"name": "Anna", "locale": "it", "fields.size": "L", "fields.vip": True}
    assert rules.chosen(survivor, other, take, better_name=better_name) == kept


@pytest.mark.parametrize("take", [{"shoe": "other"}, {"name": "both"}, {"name": ""}])
def test_a_choice_that_is_none_is_refused(take: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        rules.chosen({"name": "a"}, {"name": "b"}, take, better_name=False)


@pytest.mark.parametrize(
    ("one", "other", "survives"),
    [
        ((False, 0, 1), (False, 1, 2), 1),
        ((False, 1, 1), (False, 0, 2), 2),
        ((True, 9, 7), (False, 0, 2), 7),
        ((True, 9, 7), (True, 0, 2), 2),
        ((False, 0, 2), (False, 0, 1), 1),
    ],
)
def test_the_proved_one_survives_else_the_older(one: Any, other: Any, survives: int) -> None:
    sides = [(proved, LONG_AGO + timedelta(days=age), number) for proved, age, number in (one, other)]
    assert rules.survives(*sides) == survives
