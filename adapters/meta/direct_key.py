"""Our key in a message's `metadata`, by which its echo is known: whose it is, and which of the reply's messages."""

import re
from dataclasses import dataclass

_FORM = re.compile(
    r"(?P<key>[A-Za-z0-9_-]{8,80})(?:\.(?P<number>[1-9][0-9]{0,2})\.(?P<total>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True)
class Part:
    """One of the `total` messages of a reply, counted from 1."""

    number: int
    total: int

    @property
    def is_last(self) -> bool:
        """Whether all others went out before."""
        return self.number >= self.total

    def key(self, idem_key: str) -> str:
        """What the message carries: the reply's key alone where it is all of it."""
        return idem_key if self.total == 1 else f"{idem_key}.{self.number}.{self.total}"


def read(metadata: object) -> tuple[str, Part]:
    """The key in an echo's `metadata` and the part that it is; "" where another app has written something there."""
    found = _FORM.fullmatch(metadata) if isinstance(metadata, str) else None
    if found is None:
        return "", Part(1, 1)
    return found["key"], Part(int(found["number"] or 1), int(found["total"] or 1))
