"""Fixtures: a Page for each test."""

from collections.abc import Iterator

import pytest

from tests.peers.graph_page import Account
from tests.peers.graph_page import page as make


@pytest.fixture
def page() -> Iterator[Account]:
    """A running Graph API with one Page, to which Anna has written."""
    with make() as found:
        found.person()
        yield found
