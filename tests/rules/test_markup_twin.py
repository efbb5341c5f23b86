"""The browser draws replies by itself: its Markdown says the same as the one that is sent."""

import json
import random
import subprocess
from html import escape
from typing import Any

import pytest

from hatch_build import find_node
from inbox.contract.markup import to_html
from tests.installation import ROOT

MARKUP = ROOT / "inbox" / "web" / "assets" / "src" / "core" / "markup.ts"
SCRIPT = """
import { parse } from %s;
let given = '';
for await (const chunk of process.stdin) given += chunk;
process.stdout.write(JSON.stringify(JSON.parse(given).map(parse)));
"""

WRITTEN = [
    "Hello",
    "",
    "One\ntwo\n\nthree",
    "**bold** and *slanted* and _so_, **bold with _both_**",
    "2 * 3 * 4 and a_b_c, für_alle_ und *grün*e",
    "a `x < **y**` b ``two``",
    "```\n<b>\n  x\n```",
    "```\nnever closed",
    "[here](https://shop.example/?a=1&b=2) and [x](javascript:alert(1)) and [m](mailto:a@b.example)",
    "see https://shop.example/a_(b), please. (https://shop.example/) xhttps://no.example",
    "write to a@b.example. and ü@b.example and a.@b.example",
    "- one\n- two\n  more\n* three",
    "1. one\n2) two",
    "07. seven\n\n3. three",
    "Intro:\n- one\nafter",
    "> quoted\n> **on**\n>> deeper\n\nmine",
    r"\*not\* \[x\] 1\. \\",
    "<script>alert('\"')</script> &amp;",
    "a\r\nb\x00c\x07\u2028d\te",
    "\ttab\t- x\n  - y",
    "*a*b *c* _d_e _f_ 🙂*g*🙂 **x*y**",
    "مرحبا **هنا** `x`",
]


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """What the browser makes of each text, as HTML."""
    chance = random.Random(7)
    pieces = [
        *"*_`[]()>-+1.2\\ \n\t",
        "**",
        "```\n",
        "> ",
        "- ",
        "1. ",
        "](https://x.example/",
        "ä",
        "🙂",
        "a@b.example",
        "word",
        "https://x.example/y).",
    ]
    texts = WRITTEN + ["".join(chance.choices(pieces, k=chance.randint(1, 24))) for _ in range(3000)]
    node, _npm = find_node()
    script = SCRIPT % json.dumps(MARKUP.as_uri())
    command = [node, "--experimental-strip-types", "--no-warnings", "--input-type=module", "-e", script]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=60
    )
    return {
        text: "".join(map(_html, tree)) for text, tree in zip(texts, json.loads(done.stdout), strict=True)
    }


def test_the_browser_draws_what_is_sent(drawn: dict[str, str]) -> None:
    assert {text: html for text, html in drawn.items() if html != to_html(text)} == {}


def _html(leaf: Any) -> str:
    if isinstance(leaf, str):
        return escape(leaf)
    tag, value, children = leaf
    if tag == "br":
        return "<br>"
    extra = {
        "a": f' href="{escape(value or "")}" rel="noopener noreferrer nofollow"',
        "ol": f' start="{value}"' if value else "",
    }
    return f"<{tag}{extra.get(tag, '')}>{''.join(map(_html, children))}</{tag}>"
