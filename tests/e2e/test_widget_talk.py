"""A visitor of a shop's site and an agent talk over the product as it runs: at once, and over a cut line."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Product
from tests.live.conftest import Ear
from tests.live.visitors import Visitor

KEY = "example-shop"
AT_ONCE = 3.0
"""Seconds from one screen to the other: three times the goal, as tests run beside other tests."""


def at_once() -> float:
    """The same on this machine, as busy as it is."""
    return AT_ONCE * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture
def channel_id(product: Product) -> int:
    """A shop with a widget, on a product that runs."""
    product.set_up()
    values = {"site_id": KEY, "domains": "localhost"}
    pairs = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    number = int(product.say("channel", "add", "chat_widget", "--name", "Shop", *pairs))
    product.start_all()
    return number


@pytest.fixture
def ear(product: Product, channel_id: int) -> Iterator[Ear]:
    """An agent's browser."""
    made = Ear(product.url, product.token)
    yield made
    made.close()


@pytest.fixture
def visitor(product: Product, channel_id: int) -> Iterator[Visitor]:
    """A visitor with an open panel."""
    made = Visitor(product.url, KEY, page={"url": "http://localhost/boots", "title": "Boots"})
    made.listen()
    yield made
    made.cut()


def heard(ear: Ear, text: str) -> float:
    """Wait until the agent's browser has a message; the moment."""

    def is_there() -> bool:
        return any(message["body_text"] == text for delta in ear.deltas for message in delta["messages"])

    ear.wait_until(is_there)
    return time.monotonic()


def answer(product: Product, channel_id: int, thread_id: int, text: str) -> float:
    """An agent answers; the moment at which the product has it."""
    body = {"channel_id": channel_id, "body": text, "client_msg_id": f"reply-{time.monotonic_ns()}"}
    product.api(f"/threads/{thread_id}/replies", body)
    return time.monotonic()


def shown(visitor: Visitor, text: str) -> float:
    """Wait until the panel shows a message; the moment."""
    visitor.wait_until(lambda: text in visitor.texts)
    return visitor.times[text]


def test_they_talk_both_ways_at_once(product: Product, channel_id: int, ear: Ear, visitor: Visitor) -> None:
    there, back = [], []
    for number in range(5):
        taken = visitor.write(f"Question {number}")
        there.append(heard(ear, f"Question {number}") - taken)
        (thread,) = product.api("/threads?view=open")["items"]
        given = answer(product, channel_id, thread["id"], f"Answer {number}")
        back.append(shown(visitor, f"Answer {number}") - given)
    # The machine may be busy: the best of five is what the product takes.
    assert min(there) < at_once(), there
    assert min(back) < at_once(), back
    assert visitor.texts == [f"{word} {n}" for n in range(5) for word in ("Question", "Answer")]
    assert thread["channel"] == {"id": channel_id, "kind": "chat_widget"}


def test_a_cut_line_misses_nothing_on_either_side(
    product: Product, channel_id: int, ear: Ear, visitor: Visitor
) -> None:
    visitor.write("Question")
    heard(ear, "Question")
    shown(visitor, "Question")
    (thread,) = product.api("/threads?view=open")["items"]
    visitor.cut()
    visitor.wait_until(lambda: ("disconnect", None) in visitor.heard)
    sent = [f"Answer {number}" for number in range(10)]
    for text in sent:
        answer(product, channel_id, thread["id"], text)
    body: dict[str, Any] = {"client_msg_id": "written-offline", "body": "Written offline"}
    for _ in range(3):  # its answers were lost, so the panel sends it again
        visitor.call("POST", "/messages", body)
    heard(ear, "Written offline")
    deadline = time.monotonic() + 10
    while [m["delivery"]["state"] for m in _replies(product, thread["id"])] != ["sent"] * 10:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    visitor.listen()
    assert sorted(visitor.texts) == sorted(["Question", *sent, "Written offline"])
    assert len([m for m in _messages(product, thread["id"]) if m["kind"] == "inbound"]) == 2


def _messages(product: Product, thread_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = product.api(f"/threads/{thread_id}/messages?limit=100")["items"]
    return found


def _replies(product: Product, thread_id: int) -> list[dict[str, Any]]:
    return [message for message in _messages(product, thread_id) if message["kind"] == "reply"]
