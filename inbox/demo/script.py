"""The script of the demo: who writes what and when, read from stories.toml."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SHOP = "support@alpe.example"
AGENTS = (
    ("Alex", "Alex Rossi", "demo@alpe.example", "admin"),
    ("Elif", "Elif Demir", "elif@alpe.example", "supervisor"),
    ("Marta", "Marta Keller", "marta@alpe.example", "agent"),
    ("Jonas", "Jonas Weber", "jonas@alpe.example", "agent"),
)
"""Short name in the stories, full name, address, role. The first one is whom the visitor signs in as."""

_DAYS = re.compile(r"(\d+)d (\d\d):(\d\d)")
_SPAN = re.compile(r"([+-])(\d+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


KINDS = ("in", "out", "note", "do", "edit", "react", "rate", "link")


@dataclass(frozen=True)
class Customer:
    """Somebody who writes to the shop.

    `member` is his id at the shop, if he signs in there; `telegram` and `username` are his number and name there.
    Who has no mail address has no more than a name, or not even that.
    """

    name: str
    email: str
    locale: str
    proof: str = "pass"
    member: str = ""
    telegram: int = 0
    username: str = ""

    @property
    def key(self) -> str:
        """What the stories call him by."""
        return self.email or self.name


@dataclass(frozen=True)
class Step:
    """One thing that happens: `kind` is one of KINDS, `via` is mail, chat or telegram.

    In the chat, `page` is where the customer is, `claims` the address he says is his, and what is `missed` he has
    not seen.
    """

    at: datetime
    customer: Customer
    kind: str
    text: str
    by: str = ""
    via: str = "mail"
    subject: str = ""
    style: str = "plain"
    files: tuple[str, ...] = ()
    automatic: bool = False
    page: str = "/"
    claims: str = ""
    missed: bool = False


@dataclass(frozen=True)
class Draft:
    """Something an agent has begun to write."""

    by: str
    to: str
    body: str


@dataclass(frozen=True)
class Script:
    """All steps in order of time, drafts, and addresses at which sending goes wrong, by kind of trouble."""

    steps: list[Step]
    drafts: list[Draft]
    trouble: dict[str, str] = field(default_factory=dict)


def load(now: datetime) -> Script:
    """The script, with its times counted back from `now`."""
    data = tomllib.loads((Path(__file__).parent / "stories.toml").read_text(encoding="utf-8"))
    steps = [step for entry in data["customer"] for step in _steps(entry, now)]
    return Script(
        sorted(steps, key=lambda step: step.at),
        [Draft(**entry) for entry in data["draft"]],
        {entry["email"]: entry["kind"] for entry in data["trouble"]},
    )


def moment(text: str, now: datetime, before: datetime) -> datetime:
    """A moment as the stories write it; never in the future. Raises ValueError."""
    if days := _DAYS.fullmatch(text):
        number, hour, minute = map(int, days.groups())
        at = (now - timedelta(days=number)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    elif span := _SPAN.fullmatch(text):
        sign, amount, unit = span.groups()
        length = timedelta(**{_UNITS[unit]: int(amount)})
        at = before + length if sign == "+" else now - length
    else:
        raise ValueError(f"no moment: {text}")
    return min(at, now)


def _steps(entry: dict[str, Any], now: datetime) -> list[Step]:
    customer = Customer(
        entry.get("name", ""),
        entry.get("email", ""),
        entry["locale"],
        entry.get("from_", "pass"),
        entry.get("member", ""),
        entry.get("telegram", 0),
        entry.get("username", ""),
    )
    steps: list[Step] = []
    for raw in entry["steps"]:
        kind = next(kind for kind in KINDS if kind in raw)
        steps.append(
            Step(
                at=moment(raw["at"], now, steps[-1].at if steps else now),
                customer=customer,
                kind=kind,
                text=raw[kind],
                by=raw.get("by", ""),
                via=raw.get("via", "mail"),
                subject=raw.get("subject", ""),
                style=raw.get("style", "plain"),
                files=tuple(raw.get("files", ())),
                automatic=raw.get("auto", False),
                page=raw.get("page", "/"),
                claims=raw.get("claims", ""),
                missed=raw.get("missed", False),
            )
        )
    return steps
