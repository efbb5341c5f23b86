"""Decisions about people and their addresses. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from inbox.contract import Level, Party
from inbox.errors import Invalid

Side = Literal["survivor", "other"]

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}", re.ASCII)

SEEN_EVERY = timedelta(minutes=1)


def is_news(last_seen: datetime, now: datetime) -> bool:
    """Whether it is long enough since somebody was last seen to note it again."""
    return now - last_seen >= SEEN_EVERY


def display_name(party: Party) -> str:
    """What to call a new customer: the given name, else the address without its domain."""
    name = " ".join(party.name.split())
    if name:
        return name[:200]
    shown = party.display or party.address
    return (shown.partition("@")[0] or shown)[:200]


def sort_name(name: str) -> str:
    """The name as it is sorted and searched: compatibility-normalised and case-folded."""
    return unicodedata.normalize("NFKC", name).casefold()


def raised(current: Level, seen: Level) -> bool:
    """Whether a message with level `seen` raises an identity of level `current`; it never lowers one."""
    return seen.rank > current.rank


def is_language(tag: str) -> bool:
    """Whether a text is a language tag as BCP 47 spells them ("pt-BR")."""
    return _LANGUAGE.fullmatch(tag) is not None


def later(first: datetime | None, second: datetime) -> datetime:
    """The later of two moments, the first of which may be missing."""
    return second if first is None else max(first, second)


def is_made_up(name: str, parties: Iterable[Party]) -> bool:
    """Whether a customer's name is only what we made of an address, because nobody ever told one."""
    return any(not party.name.strip() and display_name(party) == name for party in parties)


def side_of(key: str, survivor: Any, other: Any, *, better_name: bool) -> Side:
    """Which side's value of a field a merge keeps by itself: the survivor's, unless he has none.

    `better_name`: the other's name was told, while the survivor's is made up.
    """
    is_empty = survivor is None or survivor == ""
    if (is_empty and other not in (None, "")) or (key == "name" and better_name):
        return "other"
    return "survivor"


def chosen(
    survivor: Mapping[str, Any], other: Mapping[str, Any], take: Mapping[str, str], *, better_name: bool
) -> dict[str, Any]:
    """The value of each field after a merge; `take` names the side for the fields that somebody chose.

    Raises Invalid for a field that neither has, or a side that is none.
    """
    keys = [*survivor, *(key for key in other if key not in survivor)]
    for key, side in take.items():
        if key not in keys or side not in ("survivor", "other"):
            raise Invalid("Choose “survivor” or “other” for the fields of the two.", f"/take/{key}")
    values = {}
    for key in keys:
        ours, theirs = survivor.get(key), other.get(key)
        side = take.get(key) or side_of(key, ours, theirs, better_name=better_name)
        values[key] = ours if side == "survivor" else theirs
    return values


def survives(one: tuple[bool, datetime, int], other: tuple[bool, datetime, int]) -> int:
    """Which of two customers should survive a merge: the proved one, else the older. Returns his id.

    Each is given as (has a verified id, made at, id).
    """
    return min(one, other, key=lambda side: (not side[0], side[1], side[2]))[2]
