"""What selects offer: time zones and languages, in the reader's words."""

from typing import Any

from babel import Locale, UnknownLocaleError

from inbox.agents.rules import time_zones as zone_names
from inbox.web.i18n import locale

Options = list[tuple[str, Any]]
"""Options of a select: (value, text), or (name of a group, its options)."""


def time_zones() -> Options:
    """All time zones, grouped by continent."""
    groups: dict[str, list[tuple[str, str]]] = {}
    options: Options = []
    for name in zone_names():
        area, _slash, place = name.partition("/")
        if place:
            groups.setdefault(area, []).append((name, place.replace("_", " ")))
        else:
            options.append((name, name))
    return [*options, *groups.items()]


def languages(current: str | None = None) -> Options:
    """Languages with a code of two letters by name, and the `current` one if it is none of them."""
    known = {tag: name for tag, name in locale().languages.items() if len(tag) == 2}
    if current and current not in known:
        known[current] = language(current)
    return sorted(known.items(), key=lambda option: option[1].casefold())


def language(tag: str) -> str:
    """What a language is called that a BCP 47 tag names; the tag itself when nobody knows it."""
    try:
        found = Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return tag
    return found.get_display_name(locale()) or tag
