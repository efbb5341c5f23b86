"""Fixtures: a Telegram for each test."""

from collections.abc import Iterator

import pytest

from tests.peers.telegram import Telegram


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    """A running Bot API that is as lenient about webhooks as a server of one's own."""
    with Telegram() as server:
        yield server
