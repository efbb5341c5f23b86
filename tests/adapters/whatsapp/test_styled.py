"""Our Markdown in WhatsApp's own marks, and long texts in several messages."""

import pytest

from adapters.meta.whatsapp.split import parts
from adapters.meta.whatsapp.styled import HAIR_SPACE


def said(markdown: str) -> str:
    [text] = parts(markdown)
    return text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("It *leaves* **today**", "It _leaves_ *today*"),
        ("_also_ `in*line*` code", "_also_ `in*line*` code"),
        ("***", "***"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("List:\n- one\n- **two**", "List:\n- one\n- *two*"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> said\n> more\n\nno", "> said\n> more\n\nno"),
        ("```\na *b*\n\nc\n```\nafter", "```a *b*\n\nc```\n\nafter"),
        ("[shop](https://x.example/_a_)", "shop (https://x.example/_a_)"),
        ("https://x.example/_a_ and _b_", "https://x.example/_a_ and _b_"),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("write to a_b_c@example.org", "write to a_b_c@example.org"),
    ],
)
def test_styles_are_whatsapps(markdown: str, text: str) -> None:
    assert said(markdown) == text


def test_a_mark_that_whatsapp_would_not_take_as_one_is_left_out() -> None:
    assert said("un**believ**able") == "unbelievable"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"\*not bold\*", f"*{HAIR_SPACE}not bold*"),
        (r"\_x\_ and ~y~", f"_{HAIR_SPACE}x_ and ~{HAIR_SPACE}y~"),
        (r"\> no quote", f">{HAIR_SPACE}no quote"),
    ],
)
def test_what_is_meant_literally_does_not_become_a_style(markdown: str, text: str) -> None:
    assert said(markdown) == text


@pytest.mark.parametrize("text", ["2*3*4", "snake_case_name", "5 * 3", "a ~ b", "*"])
def test_what_whatsapp_takes_for_nothing_stays_untouched(text: str) -> None:
    assert said(text) == text


def test_long_texts_are_cut_between_paragraphs() -> None:
    paragraph = "A sentence of some length. " * 60
    found = parts("\n\n".join([paragraph.strip()] * 5))
    assert len(found) > 1
    assert all(part.startswith("A sentence") and part.endswith("length.") for part in found)
    assert all(len(part) <= 4096 for part in found)


def test_a_block_of_code_that_is_cut_goes_on_as_one() -> None:
    found = parts("```\n" + "x = 1\n" * 2000 + "```")
    assert len(found) > 2
    assert all(part.startswith("```") and part.endswith("```") and len(part) <= 4096 for part in found)


def test_a_line_that_is_too_long_loses_its_styles_and_no_word() -> None:
    found = parts("**bold** " + "word " * 2000)
    assert " ".join(found).split() == ["bold", *["word"] * 2000]


def test_a_text_without_anything_to_see_is_none() -> None:
    assert parts(" \n\n ") == ()
