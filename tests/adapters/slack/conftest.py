"""Fixtures: a Slack for each test."""

from collections.abc import Iterator

import pytest

from tests.peers.slack import Slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A running workspace."""
    with Slack() as server:
        yield server
