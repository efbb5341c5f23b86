"""Our Markdown as Slack's marks: what it looks like, what it calls nobody by, and where long texts are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import ADAPTER
from adapters.slack.styled import TEXT_MAX, mrkdwn, parts
from tests.adapters.slack.reading import CONFIG


def shown(markdown: str) -> str:
    return "\n---\n".join(mrkdwn(part) for part in parts(markdown))


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("**bold** *it* `co`", "*bold* _it_ `co`"),
        ("[shop](https://shop.example/?a=1&b=2)", "<https://shop.example/?a=1&amp;b=2|shop>"),
        ("https://shop.example", "<https://shop.example>"),
        ("[a|b](https://x.example)", "<https://x.example|a¦b>"),
        ("> you said\n> that\n\nYes", "> you said\n> that\n\nYes"),
        ("Two:\n- one\n- two", "Two:\n• one\n• two"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("```\na <b>\n```", "```\na &lt;b&gt;\n```"),
        ("5 < 6 & 7 > 3", "5 &lt; 6 &amp; 7 &gt; 3"),
        ("  \n ", ""),
    ],
)
def test_marks_and_escapes(written: str, sent: str) -> None:
    assert shown(written) == sent


@pytest.mark.parametrize("call", ["<!channel>", "<!here|here>", "<@U0ANNA001>", "<!subteam^S1>", "<#C1>"])
def test_nobody_is_called_whatever_is_quoted(call: str) -> None:
    for text in (
        call,
        f"> {call}",
        f"**{call}**",
        f"`{call}`",
        f"```\n{call}\n```",
        f"[{call}](https://x.example)",
    ):
        assert call not in shown(text)
        assert "&lt;" in shown(text)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>!@#&|*_`[]()\\ \nU1:/-https.example"), max_size=60))
def test_no_text_makes_a_mention(text: str) -> None:
    sent = shown(text)
    for found in sent.split("<")[1:]:
        assert found.startswith(("http://", "https://", "mailto:", "tel:"))


def test_a_long_text_is_cut_where_a_reader_pauses_with_its_marks_whole() -> None:
    paragraphs = "\n\n".join(f"**{number}** " + "& so on. " * 40 for number in range(40))
    found = parts(paragraphs)
    assert len(found) > 3
    for part in found:
        text = mrkdwn(part)
        assert len(text) <= TEXT_MAX
        assert text.count("*") % 2 == 0
    assert "".join("".join(ADAPTER.parts(CONFIG, paragraphs)).split()) == "".join(
        paragraphs.replace("**", "").split()
    )


def test_a_block_of_code_goes_on_as_code() -> None:
    found = [mrkdwn(part) for part in parts("```\n" + "x = 1\n" * 1500 + "```")]
    assert len(found) > 1
    assert all(text.startswith("```\n") and text.endswith("\n```") for text in found)
