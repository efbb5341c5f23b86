"""Reactions: Slack names them ("thumbsup"), people see characters."""

import re

import emoji

_NAME = re.compile(r"[A-Za-z0-9_+'.-]{1,50}")
_TONE = re.compile(r"(?P<name>.+?)::skin-tone-(?P<tone>[2-6])(?:-[2-6])?")
_TONES = {str(number): chr(0x1F3FB + number - 2) for number in range(2, 7)}
_VARIANT = "\ufe0f"


def character(name: str) -> str:
    """The character of a name, or the name between colons for an emoji of the workspace's own."""
    toned = _TONE.fullmatch(name)
    base, tone = (toned["name"], _TONES[toned["tone"]]) if toned else (name, "")
    for alias in (base, base.removeprefix("flag-")):
        found = emoji.emojize(f":{alias}:", language="alias")
        if found != f":{alias}:":
            return found.removesuffix(_VARIANT) + tone if tone else found
    return f":{base[:60]}:" if base else ""


def names(text: str) -> tuple[str, ...]:
    """Names under which Slack may know a character, the likeliest first; none for what is no emoji."""
    if text.startswith(":") and text.endswith(":") and _NAME.fullmatch(text.strip(":")):
        return (text.strip(":"),)
    tone = next((number for number, mark in _TONES.items() if text[1:].endswith(mark)), "")
    bare = bare_of(text.removesuffix(_TONES[tone]) if tone else text)
    known = emoji.EMOJI_DATA.get(bare) or emoji.EMOJI_DATA.get(bare + _VARIANT)
    if known is None:
        return ()
    found = (str(each).strip(":") for each in (*(known.get("alias") or ()), known["en"]))
    return tuple(dict.fromkeys(f"{each}::skin-tone-{tone}" if tone else each for each in found))


def bare_of(text: str) -> str:
    """A character without the sign that asks for its coloured form, which some write and some leave out."""
    return text.rstrip(_VARIANT)
