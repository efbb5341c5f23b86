"""Passwords: argon2id, the same work for unknown accounts, and a bound on how much of it runs at once."""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# OWASP's first choice for argon2id: 46 MiB, one pass, one lane.
HASHER = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
# A burst of logins must not take all memory and processors from those who work.
_TURN = threading.BoundedSemaphore(2)
_NOBODY = HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash to keep for `password`."""
    with _TURN:
        return HASHER.hash(_normal(password))


def verify(kept: str | None, password: str) -> bool:
    """Whether `password` belongs to the hash `kept`; None (nobody, or no password) costs the same time."""
    with _TURN:
        try:
            HASHER.verify(kept or _NOBODY, _normal(password))
        except (Argon2Error, InvalidHashError):
            return False
    return bool(kept)


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters and is worth making anew at the next login."""
    return HASHER.check_needs_rehash(kept)


def _normal(password: str) -> bytes:
    # The same characters can be typed as different code points on different systems.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
