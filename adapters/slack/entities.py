"""What people write in Slack as we show it: marks of people, channels and groups become words that ping nobody.

Slack escapes & < > in texts and puts everything that means something between < and >.
"""

import re
from collections.abc import Callable

from adapters.slack import shortcodes

_MARK = re.compile(r"<([^<>\s][^<>\n]{0,4000})>")
_EMOJI = re.compile(r":([a-z0-9_+'-]{1,50}(?:::skin-tone-[2-6])?):")
_BARE = re.compile(r"^(?:https?://|mailto:|tel:)")
_PERSON = re.compile(r"(?<![\w@/])@([UW][A-Z0-9]{5,30})(?![\w@])")


def plain(text: str) -> str:
    """A text of Slack's as plain text. Marks for looks, such as *bold*, stay as they were written."""
    out, position = [], 0
    for found in _MARK.finditer(text):
        out += [_words(text[position : found.start()]), _unescaped(_mark(found[1]))]
        position = found.end()
    return "".join([*out, _words(text[position:])])


def mentions(text: str, user: str) -> bool:
    """Whether a text of Slack's calls somebody by his mark."""
    return bool(user) and re.search(rf"<@{re.escape(user)}(?:\|[^<>]*)?>", text) is not None


def people_in(text: str) -> tuple[str, ...]:
    """Ids of people whom a text of `plain` names by nothing else."""
    return tuple(dict.fromkeys(_PERSON.findall(text)))


def with_names(text: str, name: Callable[[str], str]) -> str:
    """A text of `plain` with names for the ids in it, where `name` knows one."""
    return _PERSON.sub(lambda found: f"@{name(found[1]) or found[1]}", text)


def _mark(inside: str) -> str:
    target, _, label = inside.partition("|")
    kind, rest = target[:1], target[1:]
    if kind == "@":
        return f"@{(label or rest).removeprefix('@')}"
    if kind == "#":
        return f"#{(label or rest).removeprefix('#')}"
    if kind == "!":
        word, _, detail = rest.partition("^")
        if word == "date":
            return label or detail
        return f"@{(label or detail or word).removeprefix('@')}"
    if not label or label == target or label == _BARE.sub("", target).rstrip("/"):
        return _BARE.sub("", target) if target.startswith(("mailto:", "tel:")) else target
    return f"{label} ({_BARE.sub('', target) if target.startswith(('mailto:', 'tel:')) else target})"


def _words(text: str) -> str:
    return _EMOJI.sub(_character, _unescaped(text))


def _character(found: re.Match[str]) -> str:
    name = found[1]
    shown = shortcodes.character(name)
    return found[0] if shown.startswith(":") else shown


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
