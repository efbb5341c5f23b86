"""Long texts as several messages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram import ADAPTER
from adapters.telegram.split import STYLES_MAX, TEXT_MAX, parts, pieces
from adapters.telegram.styled import Styled, styled
from tests.adapters.telegram.test_styled import MARKS
from tests.peers import telegram_rules as rules
from tests.peers.telegram import TOKEN


def words(text: str) -> str:
    return "".join(text.split())


def test_a_short_text_is_one_message_and_nothing_is_none() -> None:
    assert [part.text for part in parts("Hello")] == ["Hello"]
    assert parts(" \n ") == []


def test_exactly_as_long_as_allowed_is_one_message() -> None:
    assert [part.units for part in parts("x" * TEXT_MAX)] == [TEXT_MAX]
    assert [part.units for part in parts("x" * (TEXT_MAX + 1))] == [TEXT_MAX, 1]
    assert [part.units for part in parts("😀" * (TEXT_MAX // 2))] == [TEXT_MAX]


def test_it_is_cut_between_paragraphs_before_lines_before_sentences_before_words() -> None:
    filler = "word " * 500
    text = f"{filler}end of one.\n\n{filler}A line\n{filler}"
    found = [part.text for part in parts(text)]
    assert found[0].endswith("end of one.")
    assert found[1].endswith("A line")
    sentences = "This is a sentence of some words. " * 200
    assert all(part.text.endswith(".") for part in parts(sentences))
    assert not any(part.text.startswith(("ord", "rd")) for part in parts("word " * 2000))


def test_no_character_is_torn_apart() -> None:
    for cluster in ("😀", "👨‍👩‍👧", "👍🏽", "é", "🇩🇪", "❤️"):
        found = parts("x" + cluster * 2500)
        assert all(part.text.startswith((cluster, "x" + cluster)) for part in found), cluster
        assert "".join(part.text for part in found) == "x" + cluster * 2500


def test_a_style_goes_on_in_the_next_message() -> None:
    found = parts("```\n" + "line of code\n" * 600 + "```")
    assert len(found) == 2
    assert all([(mark.kind, mark.start, mark.end) for mark in part.spans] == [("pre", 0, len(part.text))]
               for part in found)  # fmt: skip


def test_a_cut_rather_goes_between_links_than_through_one() -> None:
    text = "see [our little shop](https://x.example/) now " * 250
    for part in parts(text):
        assert all(part.text[mark.start : mark.end] == "our little shop" for mark in part.spans)


def test_no_message_has_more_styles_than_telegram_shows() -> None:
    found = parts("**a** b " * 250)
    assert [len(part.spans) for part in found] == [STYLES_MAX, STYLES_MAX, 50]


@settings(max_examples=60)
@given(markdown=MARKS, times=st.integers(1, 60), limit=st.integers(8, 300))
def test_every_part_fits_and_no_word_is_lost(markdown: str, times: int, limit: int) -> None:
    whole = styled(markdown * times)
    found = list(pieces(whole, limit))
    assert words("".join(part.text for part in found)) == words(whole.text)
    for part in found:
        assert part.text
        rules.check_text(part.text, [e.to_dict() for e in part.entities()], limit, "too long")


@pytest.mark.parametrize("text", ["Hello **you**", "word " * 2000])
def test_the_preview_shows_what_is_sent(text: str) -> None:
    config = ADAPTER.manifest.config(token=TOKEN)  # type: ignore[arg-type]  # pydantic makes it a secret
    assert ADAPTER.parts(config, text) == tuple(part.text for part in parts(text))


def test_a_text_that_is_one_long_word_with_marks_ends() -> None:
    whole = Styled("a" * 100_000)
    assert sum(part.units for part in pieces(whole)) == 100_000
