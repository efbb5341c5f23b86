"""Real shops, each started once by the first test that asks for it."""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services import SERVICES, require


@pytest.fixture(scope="session")
def worlds() -> Iterator[Callable[[str], Any]]:
    """`worlds(kind)`: the running shop of a kind, with a shopper's and a clerk's hands."""
    opened: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:

        def open_one(kind: str) -> Any:
            if kind in SERVICES:
                require(kind)
            if kind not in opened:
                module = importlib.import_module(f"tests.shops.{kind}.world")
                opened[kind] = stack.enter_context(module.open_world())
            return opened[kind]

        yield open_one
