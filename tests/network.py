"""Tests reach loopback and nothing else."""

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_attempts: list[str] = []


class NetworkUsed(BaseException):
    """A test tried to leave this machine. No `except Exception` swallows it."""


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a path of a Unix socket
    host = str(address[0]).partition("%")[0]
    if host in ("", "localhost"):
        return True
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified


def _guard(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto") and not _is_local(args[1]):
        _attempts.append(str(args[1]))
        raise NetworkUsed(f"{event} {args[1]!r}")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    """Fails the test that tried, even if a thread of it hid the failure."""
    _attempts.clear()
    yield
    assert not _attempts, f"left this machine: {_attempts}"
