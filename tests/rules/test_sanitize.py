"""HTML of strangers: what remains, and what never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.threads.sanitize import clean, render

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="/settings/agents">x</a>',
    '<img src="/logout">',
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1)>",
    "<math><mi xlink:href='javascript:alert(1)'>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<form action=https://evil.example><input name=password></form>",
    "<base href=https://evil.example>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<link rel=stylesheet href=https://evil.example>",
    "<style>@import 'https://evil.example'</style>",
    '<p style="background:url(https://evil.example)">x</p>',
    '<p style="position:fixed;inset:0">x</p>',
    '<p style="behavior:url(#x)">x</p>',
    "<td background=https://evil.example>x</td>",
    "<img srcset='https://evil.example 1x'>",
    "<img src='data:image/svg+xml;base64,AAAA'>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
]
NEVER = (
    "<script",
    "onerror",
    "onbegin",
    "javascript:",
    "evil.example",
    "<iframe",
    "<form",
    "<style",
    "position:fixed",
)
NEVER += ("data:text", "data:image/svg", "/settings", "/logout", "<svg", "<base", "<meta", "<link", "url(")


@pytest.mark.parametrize("html", EVIL)
def test_nothing_that_acts_or_calls_home_remains(html: str) -> None:
    stored = clean(html)
    shown = render(stored, {}, images=True).html
    for found in (stored, shown):
        assert not [word for word in NEVER if word in found.lower()]


def test_what_mail_looks_like_remains() -> None:
    cell = '<td colspan="2" style="color:red;padding:4px"><b>Hi</b> <i>you</i></td>'
    html = f'<table bgcolor="#eee"><tr>{cell}</tr></table>'
    assert clean(html).replace("<tbody>", "").replace("</tbody>", "") == html


def test_remote_images_wait_until_they_are_asked_for() -> None:
    stored = clean(
        '<p>a<img src="https://track.example/p.gif" alt="logo"><img src="http://b.example/x.png"></p>'
    )
    hidden = render(stored, {}, images=False)
    assert hidden.blocked == 2
    assert "example" not in hidden.html
    shown = render(stored, {}, images=True)
    assert shown.blocked == 0
    assert "https://track.example/p.gif" in shown.html


def test_pictures_inside_the_mail_are_shown_from_our_own_address() -> None:
    stored = clean('<img src="cid:logo@shop"><img src="cid:lost@shop">')
    shown = render(stored, {"logo@shop": "/api/v1/attachments/7?inline=1"}, images=False).html
    assert shown.count("src=") == 1
    assert 'src="/api/v1/attachments/7?inline=1"' in shown


def test_links_open_elsewhere_and_tell_nothing() -> None:
    shown = render(clean('<a href="https://shop.example">shop</a>'), {}, images=False).html
    assert 'target="_blank"' in shown
    assert "noopener" in shown
    assert "noreferrer" in shown


@given(st.text(alphabet="<>/ \"'=abcdeimgscriptonload:()#;&", max_size=120))
def test_showing_is_stable(html: str) -> None:
    once = render(clean(html), {}, images=True).html
    assert render(clean(once), {}, images=True).html == once
