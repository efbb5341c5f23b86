"""Long texts are cut where a reader would pause, and never within what is seen as one character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.contract.cutting import characters, pieces, utf8

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1f2\U0001f1f9"


def test_a_short_text_stays_whole() -> None:
    assert list(pieces(" Hello \n", 5)) == ["Hello"]
    assert list(pieces("  ", 5)) == []


def test_a_paragraph_is_better_than_a_line_and_a_line_than_a_sentence() -> None:
    assert list(pieces("One. Two\nThree\n\nFour and more", 20)) == ["One. Two\nThree", "Four and more"]
    assert list(pieces("One. Two\nThree and more", 16)) == ["One. Two", "Three and more"]
    assert list(pieces("One two. Three four", 15)) == ["One two.", "Three four"]
    assert list(pieces("One two three", 10)) == ["One two", "three"]


def test_an_early_pause_is_not_worth_a_short_message() -> None:
    assert list(pieces("A\n" + "b" * 20, 10)) == ["A\nbbbbbbbb", "b" * 10, "bb"]


@pytest.mark.parametrize("cluster", [FAMILY, FLAG, "e\u0301", "\U0001f44d\U0001f3fd"])
def test_what_is_seen_as_one_character_stays_together(cluster: str) -> None:
    found = list(pieces("x" + cluster * 5, len(cluster) + 1))
    assert "".join(found) == "x" + cluster * 5
    assert all(part.removeprefix("x").replace(cluster, "") == "" for part in found)


def test_bytes_are_counted_where_bytes_count() -> None:
    found = list(pieces("ü" * 30, 10, utf8))
    assert {len(part.encode()) for part in found} == {10}
    assert list(pieces("\U0001f600" * 3, 4, utf8)) == ["\U0001f600"] * 3


@given(text=st.text(max_size=200), limit=st.integers(4, 40))
def test_every_piece_fits_and_nothing_but_blanks_is_lost(text: str, limit: int) -> None:
    for size, length in ((characters, len), (utf8, lambda part: len(part.encode("utf-8", "replace")))):
        found = list(pieces(text, limit, size))
        assert all(0 < length(part) <= limit for part in found)
        assert "".join("".join(found).split()) == "".join(text.split())
