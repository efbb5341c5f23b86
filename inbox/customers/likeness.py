"""Whether two customers may be one person: the signs, what they weigh together, and what speaks against it. Pure.

No sign joins anybody: it is shown to a person, who decides. A name alone is no sign at all.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from inbox.contract import Level
from inbox.customers.rules import sort_name

WEIGHTS = {
    "proved": 95,
    "answered_claim": 90,
    "linked": 90,
    "same_phone": 70,
    "same_user": 65,
    "claimed_address": 60,
    "agent": 50,
    "other_thread": 45,
    "other_thread_unproved": 30,
    "same_claim": 40,
    "same_name": 20,
    "same_handle": 15,
    "same_domain": 15,
    "same_place": 15,
    "conflict": 0,
}
"""How likely each sign makes it by itself, in per cent."""

SUGGESTED = 30
"""The score from which a suggestion is shown."""

DOUBTFUL = 40
"""The score never rises above this when both have proved different ids of one kind."""

SEVERAL = frozenset({"visitor"})
"""Kinds of id of which a person has several: on a shop's site one for each browser. They speak against nothing."""

_FREE_MAIL = {
    "aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "libero.it",
    "live.com", "mail.ru", "me.com", "msn.com", "orange.fr", "outlook.com", "proton.me", "protonmail.com",
    "qq.com", "t-online.de", "web.de", "yahoo.com", "yandex.ru", "163.com",
}  # fmt: skip
_NO_LETTERS = re.compile(r"[\W_]+")

Evidence = dict[str, Any]
"""A sign as it is kept: `code`, an English `text`, and `data` about it."""


def sign(code: str, text: str, **data: Any) -> Evidence:
    """A sign of a known code."""
    if code not in WEIGHTS:
        raise ValueError(f"There is no sign called {code}.")
    return {"code": code, "text": text, "data": data}


@dataclass(frozen=True)
class Proved:
    """An id with its level; ids of one `namespace` and `account` can be compared."""

    namespace: str
    account: str
    address: str
    level: Level


def conflicts(one: Iterable[Proved], other: Iterable[Proved]) -> list[tuple[str, str]]:
    """Kinds (namespace, account) of which both have verified ids, and different ones."""
    ours, theirs = _verified(one), _verified(other)
    return sorted(kind for kind in ours.keys() & theirs.keys() if ours[kind] != theirs[kind])


def score(evidence: Collection[Evidence]) -> int:
    """How likely two customers are one person, from 0 to 100, by all signs together."""
    unlikely = 1.0
    codes = {each["code"] for each in evidence}
    for code in codes:
        unlikely *= 1 - WEIGHTS[code] / 100
    likely = round(100 * (1 - unlikely))
    return min(likely, DOUBTFUL) if "conflict" in codes else likely


def together(known: Sequence[Evidence], found: Sequence[Evidence]) -> list[Evidence]:
    """Earlier evidence with newly found: what is known of the same thing once, in its newest words."""
    merged = {_about(each): each for each in (*known, *found) if each["code"] != "conflict"}
    conflict = [each for each in found if each["code"] == "conflict"]
    return [*sorted(merged.values(), key=lambda each: -WEIGHTS[each["code"]]), *conflict[:1]]


@dataclass(frozen=True)
class Person:
    """What is compared besides addresses that are the same."""

    name: str
    locale: str = ""
    time_zone: str = ""
    mails: tuple[str, ...] = ()
    """E-mail addresses in look-up form."""
    handles: tuple[str, ...] = ()
    """Names under which networks know somebody, as written."""


def resemblance(one: Person, other: Person) -> list[Evidence]:
    """The signs of two people with the same full name; none unless something besides the name fits."""
    if not is_full_name(one.name) or sort_name(one.name) != sort_name(other.name):
        return []
    weak = [*_same_handle(one, other), *_same_domain(one, other), *_same_place(one, other)]
    return [sign("same_name", "Both have the same full name.", name=one.name), *weak] if weak else []


def is_full_name(name: str) -> bool:
    """Whether a name has two parts or more, so that sharing it says something."""
    parts = [part for part in re.split(r"[\s.'’-]+", name) if len(part) > 1 and part.isalpha()]
    return len(parts) >= 2


def _verified(ids: Iterable[Proved]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for each in ids:
        if each.level is Level.VERIFIED and each.namespace not in SEVERAL:
            found.setdefault((each.namespace, each.account), set()).add(each.address)
    return found


def _about(evidence: Evidence) -> tuple[str, str]:
    data = evidence.get("data") or {}
    return evidence["code"], str(data.get("address") or data.get("agent_id") or "")


def _same_handle(one: Person, other: Person) -> list[Evidence]:
    shared = sorted(_handles(one) & _handles(other))
    return (
        [sign("same_handle", f"Both are called “{shared[0]}” somewhere.", name=shared[0])] if shared else []
    )


def _handles(person: Person) -> set[str]:
    written = [mail.partition("@")[0].partition("+")[0] for mail in person.mails]
    plain = {_NO_LETTERS.sub("", sort_name(handle)) for handle in (*written, *person.handles)}
    return {handle for handle in plain if len(handle) >= 5}


def _same_domain(one: Person, other: Person) -> list[Evidence]:
    shared = {mail.rpartition("@")[2] for mail in one.mails} & {
        mail.rpartition("@")[2] for mail in other.mails
    }
    own = sorted(shared - _FREE_MAIL)
    return [sign("same_domain", f"Both write from {own[0]}.", domain=own[0])] if own else []


def _same_place(one: Person, other: Person) -> list[Evidence]:
    same = (one.locale, one.time_zone) == (other.locale, other.time_zone)
    if not (same and one.locale and one.time_zone):
        return []
    return [sign("same_place", "Both have the same language and time zone.")]
