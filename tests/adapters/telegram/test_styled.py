"""Styles: Telegram's entities as HTML, and our Markdown subset as entities, counted in UTF-16 units."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from adapters.telegram.styled import html, plain, styled, units
from tests.peers import telegram_rules as rules

KINDS = ["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link", "url",
         "mention", "hashtag", "email", "phone_number", "custom_emoji", "expandable_blockquote"]  # fmt: skip


def entity(kind: str, offset: int, length: int, url: str = "") -> MessageEntity:
    return MessageEntity(kind, offset, length, url=url or None)


# In


def test_offsets_count_emoji_twice() -> None:
    text = "😀 big 👍🏽 small"
    found = html(text, [entity("bold", 3, 3), entity("italic", 12, 5)])
    assert found == "😀 <strong>big</strong> 👍🏽 <em>small</em>"


def test_a_text_without_styles_has_no_html() -> None:
    assert html("see https://x.example and @anna", [entity("url", 4, 17), entity("mention", 26, 5)]) is None
    assert html("plain", []) is None


def test_addresses_in_a_styled_text_are_links_too() -> None:
    text = "bold x.example a@b.example +49 30 1"
    marks = [
        entity("bold", 0, 4),
        entity("url", 5, 9),
        entity("email", 15, 11),
        entity("phone_number", 27, 8),
    ]
    assert html(text, marks) == (
        '<strong>bold</strong> <a href="http://x.example">x.example</a> '
        '<a href="mailto:a@b.example">a@b.example</a> <a href="tel:+49301">+49 30 1</a>'
    )


def test_nothing_a_customer_writes_becomes_a_tag() -> None:
    found = html('<b>"&', [entity("bold", 0, 5), entity("text_link", 0, 2, 'https://x/"><script>')])
    assert found == ('<strong><a href="https://x/&quot;&gt;&lt;script&gt;">&lt;b</a>&gt;&quot;&amp;</strong>')


def test_styles_that_cross_are_cut_where_they_do() -> None:
    assert html("abcdef", [entity("bold", 0, 4), entity("italic", 2, 4)]) == (
        "<strong>ab<em>cd</em></strong><em>ef</em>"
    )


def test_entities_outside_of_the_text_or_within_a_character_are_left_out() -> None:
    text = "a😀b"
    wrong = [entity("bold", 2, 1), entity("bold", 0, 9), entity("bold", -1, 2), entity("bold", 1, 0)]
    assert html(text, wrong) is None


def test_the_plain_text_says_where_a_link_leads() -> None:
    text = "see our shop and https://x.example"
    marks = [
        entity("text_link", 8, 4, "https://shop.example"),
        entity("text_link", 17, 17, "https://x.example"),
    ]
    assert plain(text, marks) == "see our shop (https://shop.example) and https://x.example"


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(
    text=st.text(alphabet="ab <&\n😀é", max_size=40),
    marks=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-2, 50), st.integers(-1, 50)), max_size=8),
)
def test_any_entities_give_well_formed_html_with_all_of_the_text(
    text: str, marks: list[tuple[str, int, int]]
) -> None:
    entities = [entity(kind, offset, length, "https://x.example") for kind, offset, length in marks]
    found = html(text, entities)
    assert plain(text, entities).replace(" (https://x.example)", "").startswith(text[:1])
    if found is not None:
        reader = _Balanced()
        reader.feed(found)
        reader.close()
        assert reader.open == []


# Out


@pytest.mark.parametrize(
    ("markdown", "text", "marks"),
    [
        ("Hello", "Hello", []),
        ("**bold** *it* `c`", "bold it c", [("bold", 0, 4), ("italic", 5, 2), ("code", 8, 1)]),
        ("😀 **x _y_**", "😀 x y", [("bold", 3, 3), ("italic", 5, 1)]),
        ("One\ntwo\n\nthree", "One\ntwo\n\nthree", []),
        ("Do:\n- a\n- b\n\nEnd", "Do:\n• a\n• b\n\nEnd", []),
        ("3. a\n4. b", "3. a\n4. b", []),
        ("> said\n\nyes", "said\n\nyes", [("blockquote", 0, 4)]),
        ("> a\n> > b", "a\n\nb", [("blockquote", 0, 4)]),
        ("```\n<x>\n  y\n```", "<x>\n  y", [("pre", 0, 7)]),
        ("[shop](https://x.example/)", "shop", [("text_link", 0, 4)]),
        ("https://x.example/ or a@b.example", "https://x.example/ or a@b.example", []),
        ("[write](mailto:a@b.example)", "write (a@b.example)", []),
        (r"2 \* 3 and a_b_c", "2 * 3 and a_b_c", []),
        ("", "", []),
        ("<b>&amp;", "<b>&amp;", []),
    ],
)
def test_markdown_becomes_text_with_entities(
    markdown: str, text: str, marks: list[tuple[str, int, int]]
) -> None:
    made = styled(markdown)
    assert made.text == text
    assert [(e.type, e.offset, e.length) for e in made.entities()] == marks


def test_a_link_keeps_its_address() -> None:
    [mark] = styled("[shop](https://x.example/?a=1&b=2)").entities()
    assert mark.url == "https://x.example/?a=1&b=2"


MARKS = st.text(alphabet="ab *_`>-1.\n[](😀é)h:/\\", max_size=120)


@given(markdown=st.one_of(MARKS, st.text(max_size=80)))
def test_whatever_is_written_telegram_takes_the_entities(markdown: str) -> None:
    made = styled(markdown)
    entities = [e.to_dict() for e in made.entities()]
    rules.check_text(made.text, entities, 10**9, "")
    assert made.units == units(made.text) == len(made.text.encode("utf-16-le")) // 2
    assert made.text == made.text.strip(), "Telegram takes blanks off, and offsets would be wrong"
