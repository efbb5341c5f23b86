"""Fixtures: an Instagram account for each test, in each of the ways in which one is connected."""

from collections.abc import Iterator

import pytest

from tests.peers.graph_page import Account, instagram


@pytest.fixture
def account() -> Iterator[Account]:
    """A running Graph API with one account that is linked to a Page, to which Anna has written."""
    with instagram() as found:
        found.person()
        yield found


@pytest.fixture
def own() -> Iterator[Account]:
    """The same, connected by Instagram's own login."""
    with instagram(login=True) as found:
        found.person()
        yield found


@pytest.fixture(params=["page", "own"])
def either(request: pytest.FixtureRequest) -> Iterator[Account]:
    """Both, one after the other."""
    with instagram(login=request.param == "own") as found:
        found.person()
        yield found
