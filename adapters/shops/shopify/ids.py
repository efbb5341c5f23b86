"""Shopify's global ids and our short ones. Pure. "gid://shopify/Order/7" is "7" here, as in its webhooks and links."""

import re
from typing import Any

_SPECIAL = re.compile(r"""([\\:()"'*<>=])""")
_NUMBER = re.compile(r"[0-9]{1,20}")


def gid(kind: str, number: str) -> str:
    """The global id, or "" for what is no id of Shopify's."""
    return f"gid://shopify/{kind}/{number}" if number.isascii() and _NUMBER.fullmatch(number) else ""


def short(value: Any) -> str:
    """The number in a global id; "" for none."""
    return str(value).rpartition("/")[2].partition("?")[0] if value else ""


def quoted(text: str) -> str:
    """A text as one phrase of Shopify's search."""
    plain = "".join(letter for letter in text if letter.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def beginning(word: str) -> str:
    """A word of Shopify's search that fits whatever begins with it."""
    plain = "".join(letter for letter in word if letter.isprintable())
    return _SPECIAL.sub(r"\\\1", plain) + "*"
