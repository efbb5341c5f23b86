"""Fixtures of the stories: further networks beside the pigeons."""

import pytest

from inbox.channels.registry import Registry
from inbox.flows.context import Context
from tests.factories import Make, ManualClock
from tests.fixtures_app import InlineParser
from tests.flows.birds import Owl, Robin
from tests.flows.team import Shop
from tests.pigeon import Pigeon


@pytest.fixture
def robin() -> Robin:
    """The network that is read on the shop's site."""
    return Robin()


@pytest.fixture
def owl() -> Owl:
    """The network that reaches people who are away."""
    return Owl()


@pytest.fixture
def aviary(ctx: Context, pigeon: Pigeon, robin: Robin, owl: Owl) -> Context:
    """`ctx` with all three networks."""
    ctx.registry = Registry({"pigeon": pigeon, "robin": robin, "owl": owl})
    ctx.parser = InlineParser(ctx.registry)  # type: ignore[assignment]
    return ctx


@pytest.fixture
def shop(ctx: Context, make: Make, pigeon: Pigeon, clock: ManualClock) -> Shop:
    """A shop whose team is told of customers who wait."""
    return Shop(ctx, make, pigeon, clock)
