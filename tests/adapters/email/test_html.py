"""HTML bodies: their text, and where their quoted part begins."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.htmlquotes import split_html
from adapters.email.htmltext import cids, html_to_text, text_to_html

NEW = "<div>My answer.</div>"
OLD = "Your question?"
WROTE = "On 3 Nov 2026, at 09:00, Shop &lt;support@shop.example&gt; wrote:"
QUOTES = {
    "gmail": f'<div class="gmail_quote"><div class="gmail_attr">{WROTE}</div><blockquote>{OLD}</blockquote></div>',
    "gmail, newer": f'<div class="x gmail_quote_container">{WROTE}<blockquote>{OLD}</blockquote></div>',
    "apple": f'<blockquote type="cite"><div>{WROTE}</div><div>{OLD}</div></blockquote>',
    "apple, line above": f'<div>{WROTE}</div><blockquote type="cite">{OLD}</blockquote>',
    "onethread": f'<div><p>{WROTE}</p><blockquote type="cite">{OLD}</blockquote></div>',
    "thunderbird": f'<div class="moz-cite-prefix">{WROTE}</div><blockquote type="cite" cite="mid:x">{OLD}</blockquote>',
    "outlook on the web": f'<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: Shop</div><div>{OLD}</div>',
    "outlook mobile": f'<div id="ms-outlook-mobile-reference-message"><hr>From: Shop<div>{OLD}</div></div>',
    "outlook": (
        '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f"<p><b>From:</b> Shop</p></div></div><p>{OLD}</p>"
    ),
    "yahoo": f'<div id="ydp1yahoo_quoted_1" class="yahoo_quoted"><div>{WROTE}</div>{OLD}</div>',
    "proton": f'<div class="protonmail_quote">{WROTE}<blockquote>{OLD}</blockquote></div>',
    "gmx": f'<div name="quote" style="margin:10px">{WROTE} {OLD}</div>',
    "zoho": f'<div class="zmail_extra">{WROTE}<blockquote>{OLD}</blockquote></div>',
}


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
def test_the_quoted_part_is_split_off(quote: str) -> None:
    source = f"<html><body>{NEW}<br>{quote}</body></html>"
    new, quoted = split_html(source)
    assert quoted is not None
    assert new + quoted == source
    assert html_to_text(new) == "My answer."
    assert OLD in html_to_text(quoted)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Only new text.</p>",
        f"<blockquote type='cite'>{OLD}</blockquote><p>Answered below.</p>",
        f"<p>Hi</p><blockquote type='cite'>{OLD}</blockquote><p>and on.</p><blockquote type='cite'>x</blockquote>y",
        f"<div class='gmail_quote'>{OLD}</div>",
        "<p>Look:</p><div class='gmail_quote'>---------- Forwarded message ---------<br>From: C</div>Text</div>",
        "<p>a < b and <blockquote>an ordinary quotation</blockquote></p>",
        "",
    ],
)
def test_what_must_stay_visible_stays(source: str) -> None:
    assert split_html(source) == (source, None)


def test_a_forwarded_mail_is_not_folded() -> None:
    source = f"<p>See:</p>{QUOTES['outlook on the web']}"
    assert split_html(source, forwarded=True) == (source, None)


def test_an_answer_that_is_only_a_picture_is_an_answer() -> None:
    new, quoted = split_html(f'<img src="cid:x">{QUOTES["gmail"]}')
    assert (new, quoted) == ('<img src="cid:x">', QUOTES["gmail"])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<div>Three</div>Four", "One\nTwo\nThree\nFour"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<blockquote>q<blockquote>r</blockquote></blockquote>s", "> q\n> >\n> > r\n\ns"),
        ("a &lt;b&gt; &amp; &eacute;&nbsp;&#128077;", "a <b> & é 👍"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("x<script>alert('</b>')</script>y<style>p{}</style>z<!-- no --><title>t</title>", "xyz"),
        ("x<script>never closed", "x"),
        ("x<!-- never closed", "x"),
        ("1 < 2 > 1 <3", "1 < 2 > 1 <3"),
        ('<a title="a > b" href="x">link</a>', "link"),
        ('<img alt="👍" src="x"><img alt="logo">', "👍"),
        ("", ""),
        ("a\n   b\t c", "a b c"),
    ],
)
def test_text_of_html(source: str, text: str) -> None:
    assert html_to_text(source) == text


@given(text=st.text(max_size=200))
def test_any_text_goes_through(text: str) -> None:
    html_to_text(text)
    new, quoted = split_html(text)
    assert new + (quoted or "") == text
    assert text_to_html("<b>") == "<div>&lt;b&gt;</div>"


def test_content_ids_in_html() -> None:
    assert cids('<img src="cid:a%40b"><td background=cid:c>') == {"a@b", "c"}


GENERATORS: dict[str, Callable[[int], str]] = {
    "divs": lambda n: "<div>" * n,
    "closed divs": lambda n: "<div></div>" * n,
    "closing": lambda n: "</div>" * n,
    "open tag": lambda n: "<a " * n,
    "open quote": lambda n: "<a '" * n + '<b "' * n,
    "comments": lambda n: "<!--" * n,
    "scripts": lambda n: "<script>" * n,
    "style ends": lambda n: "<style></styl" * n,
    "attributes": lambda n: "<a " + "b=c " * n + ">",
    "containers": lambda n: '<div class="gmail_quote">' * n,
    "blockquotes": lambda n: 'x<blockquote type="cite">y</blockquote>' * n,
    "entities": lambda n: "&amp" * n,
    "cids": lambda n: "cid:" * n,
    "brackets": lambda n: "<" * n,
    "lists": lambda n: "<ul><li>" * n,
    "hr": lambda n: "<hr>" * n + '<div id="divRplyFwdMsg">',
    "paragraphs": lambda n: "<p>" * n + '<blockquote type="cite">',
}


@pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)
def test_time_grows_with_the_length_and_no_faster(generate: Callable[[int], str]) -> None:
    def seconds(size: int) -> float:
        source = generate(size)
        best = 9.0
        for _ in range(2):
            started = time.process_time()
            html_to_text(source)
            split_html(source)
            cids(source)
            best = min(best, time.process_time() - started)
        return best

    assert seconds(16_000) < max(0.05, 20 * seconds(2_000))
    assert seconds(16_000) < 3
