"""Passwords that cost little: the real work has a test of its own."""

import pytest
from argon2 import PasswordHasher

from inbox.agents import passwords


def make_passwords_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with almost no memory until the test ends."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", hasher.hash("nobody has this password"))
