"""How messages are shown, decided from their text alone."""

import pytest

from inbox.threads.rules import HTML_HEAD, is_rich


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello,</p><p>where is <br>my order?</p>",
        '<div dir="ltr">Hello<span style="x">!</span></div>',
        "",
        "<blockquote>5 < b</blockquote>",
    ],
)
def test_html_that_only_repeats_the_text_is_not_rich(html: str) -> None:
    assert not is_rich(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>This is <b>important</b></p>",
        '<IMG src="cid:1">',
        "<table><tr><td>1</td></tr></table>",
        "<h2>Offer</h2>",
        "x" * (HTML_HEAD + 1),
    ],
)
def test_html_that_shows_more_than_its_text_is_rich(html: str) -> None:
    assert is_rich(html)
