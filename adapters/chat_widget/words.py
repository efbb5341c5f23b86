"""Texts that an admin gives in one language or in several. Pure."""

import re
from collections.abc import Sequence

_TAGGED = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*):\s+(\S.*)")


def by_language(text: str, languages: Sequence[str]) -> dict[str, str]:
    """A text by language. Lines that start with a known one ("de: Hallo") belong to it, with those that follow.

    What stands before the first of them is for all other languages, under "".
    """
    known = {language.casefold(): language for language in languages}
    found: dict[str, list[str]] = {}
    current = ""
    for line in text.strip().splitlines():
        tagged = _TAGGED.fullmatch(line.strip())
        if tagged and tagged[1].casefold() in known:
            current, line = known[tagged[1].casefold()], tagged[2]
        found.setdefault(current, []).append(line.strip())
    return {language: "\n".join(lines).strip() for language, lines in found.items() if any(lines)}
