"""What networks tell who asks, put into what they brought; and what happens when they do not answer."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from inbox.contract import AdapterError, Inbound, Io, Item, Rejected, TryLater
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.flows.memory import KEPT, PAUSE, SIZE_MAX, Memories
from tests.factories import Make
from tests.pigeon import Pigeon, PigeonConfig, note, payload
from tests.reading import Message, rows, the


class Knowing(Pigeon):
    """A network that knows its people's names when it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.seen: list[str] = []
        self.refusal: AdapterError | None = None

    def complete(self, config: PigeonConfig, item: Item, io: Io, memory: MutableMapping[str, Any]) -> Item:
        self.seen.append(config.secret.get_secret_value())
        if not isinstance(item, Inbound):
            return item
        who = item.sender.address
        if who not in memory:
            self.asked.append(who)
            if self.refusal is not None:
                raise self.refusal
            memory[who] = who.title()
        return item.model_copy(update={"author": str(memory[who])})


@pytest.fixture
def pigeon() -> Knowing:
    return Knowing()


def brings(ctx: Context, make: Make, channel: int, number: int, sender: str = "anna") -> None:
    make.keep(channel, payload(note(number, sender)))
    receive.drain(ctx)


def test_a_network_is_asked_once_about_everybody(ctx: Context, make: Make, pigeon: Knowing) -> None:
    channel = make.channel()
    for number in range(3):
        brings(ctx, make, channel, number)
    brings(ctx, make, channel, 9, "ben")
    assert [message.sender_name for message in rows(ctx, Message)] == ["Anna", "Anna", "Anna", "Ben"]
    assert pigeon.asked == ["anna", "ben"]
    assert set(pigeon.seen) == {"coo"}, "it asks with the account's own secrets"


def test_channels_remember_apart(ctx: Context, make: Make, pigeon: Knowing) -> None:
    brings(ctx, make, make.channel(), 1)
    brings(ctx, make, make.channel(loft="Loft Two"), 2)
    assert pigeon.asked == ["anna", "anna"]


def test_a_network_that_does_not_answer_costs_the_name_and_is_left_alone(
    ctx: Context, make: Make, pigeon: Knowing
) -> None:
    pigeon.refusal = TryLater("The loft is shut.")
    channel = make.channel()
    for number in range(3):
        brings(ctx, make, channel, number)
    assert [message.sender_name for message in rows(ctx, Message)] == ["anna"] * 3
    assert pigeon.asked == ["anna"]


def test_a_refusal_concerns_the_item_alone(ctx: Context, make: Make, pigeon: Knowing) -> None:
    pigeon.refusal = Rejected("Nobody of that name.")
    channel = make.channel()
    brings(ctx, make, channel, 1)
    pigeon.refusal = None
    brings(ctx, make, channel, 2)
    assert [message.sender_name for message in rows(ctx, Message)] == ["anna", "Anna"]


def test_a_network_that_adds_nothing_is_not_asked(ctx: Context, make: Make) -> None:
    ctx.registry.get("pigeon").__class__ = Pigeon  # as it comes: without a `complete` of its own
    brings(ctx, make, make.channel(), 1)
    assert the(ctx, Message).sender_name == "anna"
    assert ctx.memories.of(1) == {}


def test_memory_begins_anew_now_and_then() -> None:
    now = [0.0]
    memories = Memories(lambda: now[0])

    def notes() -> dict[str, Any]:
        found = memories.of(1)
        assert found is not None
        return found

    notes()["anna"] = "Anna"
    now[0] = KEPT - 1
    assert notes() == {"anna": "Anna"}
    now[0] = KEPT
    assert notes() == {}
    notes().update({str(number): number for number in range(SIZE_MAX + 1)})
    assert notes() == {}


def test_a_pause_ends_and_outlasts_the_memory() -> None:
    now = [KEPT - 1]
    memories = Memories(lambda: now[0] - KEPT + 1)
    memories.of(1)
    memories.pause(1, PAUSE)
    assert memories.of(1) is None
    assert memories.of(2) == {}
    now[0] += PAUSE
    assert memories.of(1) == {}
