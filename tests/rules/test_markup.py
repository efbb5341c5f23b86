"""The Markdown subset: what it makes, and that no input gets a tag of its own into the result."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.contract.markup import to_html, to_text

LINK = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("Hello", "<p>Hello</p>", "Hello"),
        ("", "", ""),
        ("One\ntwo\n\nthree", "<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("**bold** and *slanted* and _so_", "<p><strong>bold</strong> and <em>slanted</em> and <em>so</em></p>",
         "bold and slanted and so"),
        ("**bold with _both_**", "<p><strong>bold with <em>both</em></strong></p>", "bold with both"),
        ("2 * 3 * 4 and a_b_c", "<p>2 * 3 * 4 and a_b_c</p>", "2 * 3 * 4 and a_b_c"),
        ("a `x < **y**` b", "<p>a <code>x &lt; **y**</code> b</p>", "a x < **y** b"),
        ("```\n<b>\n  x\n```", "<pre><code>&lt;b&gt;\n  x\n</code></pre>", "<b>\n  x"),
        ("```\nnever closed", "<pre><code>never closed\n</code></pre>", "never closed"),
        ("[here](https://shop.example/?a=1&b=2)",
         f'<p><a href="https://shop.example/?a=1&amp;b=2" {LINK}>here</a></p>',
         "here (https://shop.example/?a=1&b=2)"),
        ("see https://shop.example/a_(b), please.",
         f'<p>see <a href="https://shop.example/a_(b)" {LINK}>https://shop.example/a_(b)</a>, please.</p>',
         "see https://shop.example/a_(b), please."),
        ("(https://shop.example/)",
         f'<p>(<a href="https://shop.example/" {LINK}>https://shop.example/</a>)</p>',
         "(https://shop.example/)"),
        ("write to a@b.example.",
         f'<p>write to <a href="mailto:a@b.example" {LINK}>a@b.example</a>.</p>',
         "write to a@b.example."),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>", "[x](javascript:alert(1))"),
        ("[x](data:text/html,y)", "<p>[x](data:text/html,y)</p>", "[x](data:text/html,y)"),
        ("- one\n- two\n  more", "<ul><li>one</li><li>two<br>more</li></ul>", "- one\n- two\n  more"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("3. three", '<ol start="3"><li>three</li></ol>', "3. three"),
        ("Intro:\n- one", "<p>Intro:</p><ul><li>one</li></ul>", "Intro:\n- one"),
        ("> quoted\n> **on**\n\nmine", "<blockquote><p>quoted<br><strong>on</strong></p></blockquote><p>mine</p>",
         "> quoted\n> on\n\nmine"),
        (r"\*not\* \[x\] 1\. \\", "<p>*not* [x] 1. \\</p>", "*not* [x] 1. \\"),
        ("<script>alert('\"')</script> &amp;",
         "<p>&lt;script&gt;alert(&#x27;&quot;&#x27;)&lt;/script&gt; &amp;amp;</p>",
         "<script>alert('\"')</script> &amp;"),
        ("a\r\nb\x00c\x07", "<p>a<br>bc</p>", "a\nbc"),
    ],
)  # fmt: skip
def test_what_it_makes(text: str, html: str, plain: str) -> None:
    assert to_html(text) == html
    assert to_text(text) == plain


class _Checker(HTMLParser):
    """Collects tags and attributes, and complains about tags that are not closed in their order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


TAGS = {"p", "br", "strong", "em", "code", "pre", "a", "ul", "ol", "li", "blockquote"}
NASTY = st.lists(
    st.sampled_from(
        ["*", "**", "_", "`", "```\n", "[", "](", ")", "<", ">", "&", '"', "'", "\\", "\n", "\n\n", "> ", "- ", "1. ",
         "http://", "https://a.b/", "javascript:", "mailto:", "a@b.cd", "<script>", "<!--", "-->", "&lt;", "&#x3c;",
         "onclick=", " ", "x", "\t", "\x00", "\ud800", "\u202e", "\u2028", "](https://x.y\" onclick=\"z)", "%22"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400)
@given(text=st.one_of(NASTY, st.text(max_size=200)))
def test_no_markup_of_the_input_gets_out(text: str) -> None:
    html = to_html(text)
    html.encode()
    checker = _Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    for tag, attributes in checker.seen:
        assert tag in TAGS
        for name, value in attributes:
            assert (tag, name) in {("a", "href"), ("a", "rel"), ("ol", "start")}
            if name == "href":
                assert re.match(r"(?:https?|mailto|tel):", value or "", re.IGNORECASE)
            elif name == "start":
                assert (value or "").isdigit()


@settings(max_examples=300)
@given(text=st.one_of(NASTY, st.text(max_size=200)))
def test_no_word_is_lost(text: str) -> None:
    wanted = re.findall(r"[^\W_]+", to_text(text))
    checker = _Checker()
    checker.feed(to_html(text))
    checker.close()
    hrefs = " ".join(value or "" for _tag, attributes in checker.seen for _name, value in attributes)
    shown = "".join(checker.shown) + " " + hrefs
    for word in wanted:
        if not word.isdigit():  # the numbers of a list are drawn by the browser
            assert word in shown


WORDS = st.characters(
    exclude_characters="\\*_`[]>-+<&\"'", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co", "Cn"]
)


@settings(max_examples=200)
@given(text=st.text(alphabet=WORDS, max_size=100))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert to_text(text) == text.strip("\n")


@pytest.mark.parametrize(
    "piece",
    ["*", "**a", "_a ", "`", "[", "[a](", "[a](http://x", "> ", "- a\n", "```\n", "http://a", "a@", "a.", "\\",
     "(", "1. \n", "*a* ", "https://x/))))", ">" * 50 + "\n", "a@a-a.a-", "**a **"],
)  # fmt: skip
def test_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        to_html(text)
        to_text(text)
        return time.process_time() - started

    assert seconds(64_000) < max(0.05, 20 * seconds(8_000))
    assert seconds(64_000) < 5
