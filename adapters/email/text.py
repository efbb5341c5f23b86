"""Cleaning of text that came from outside, before anything else looks at it. Pure and linear."""

import re

_LINE_ENDS = re.compile("\r\n|\r|\x0b|\x0c|\x85|\u2028|\u2029")
# Tab and line feed stay. NUL is refused by PostgreSQL; the others mean nothing in a message.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Characters that turn the reading direction around or hide in a name: "exe.gpj" must not read as "jpg.exe".
_DECEIVERS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
_SPACES = re.compile(r"\s+")


def clean_block(text: str) -> str:
    """Text of several lines: line ends become LF, control characters go, lone surrogates become U+FFFD."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)))


def clean_line(text: str, limit: int = 1000) -> str:
    """Text of one line for names and subjects: also without direction changes, white space folded, cut at `limit`."""
    text = _SURROGATES.sub("\ufffd", _LINE_ENDS.sub(" ", text))
    text = _DECEIVERS.sub("", _CONTROLS.sub(" ", text))
    return _SPACES.sub(" ", text).strip()[:limit].rstrip()
