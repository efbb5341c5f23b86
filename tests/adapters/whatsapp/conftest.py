"""Fixtures: a WhatsApp for each test."""

from collections.abc import Iterator

import pytest

from tests.peers.graph_whatsapp import WhatsApp


@pytest.fixture
def whatsapp() -> Iterator[WhatsApp]:
    """A running Graph API with one number."""
    with WhatsApp() as found:
        yield found
