"""What customers may expect, from the waits that there were."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.flows.triage import Changes, change
from inbox.insight.queries import expectation
from inbox.threads.words import Status
from tests.factories import Make, ManualClock
from tests.reading import Thread, rows


class Shop:
    """A shop that answers."""

    def __init__(self, ctx: Context, make: Make, clock: ManualClock) -> None:
        self.ctx, self.make, self.clock = ctx, make, clock
        self.channel = make.channel(loft="One")
        self.ben = make.agent("Ben")
        self.number = 0

    def write(self, channel: int | None = None) -> int:
        """A new customer writes; the id of the thread."""
        self.number += 1
        self.make.inbound(channel or self.channel, sender=f"customer{self.number}")
        return int(rows(self.ctx, Thread)[-1].id)

    def serve(self, minutes: float, channel: int | None = None) -> int:
        """A new customer writes and is answered after some minutes, then the clock goes back."""
        before = self.clock.now
        thread_id = self.write(channel)
        self.clock.forward(minutes=minutes)
        asked = ReplyRequest(channel or self.channel, "Yes.", f"key{self.number}")
        reply(self.ctx, self.ben, thread_id, asked)
        self.clock.now = before
        return thread_id

    def expects(self, zone: str = "UTC", channel: int | None = None) -> timedelta | None:
        with self.ctx.db.read() as session:
            return expectation(session, channel or self.channel, self.clock(), ZoneInfo(zone))


@pytest.fixture
def shop(ctx: Context, make: Make, clock: ManualClock) -> Shop:
    return Shop(ctx, make, clock)


def test_nothing_is_promised_without_experience(shop: Shop) -> None:
    assert shop.expects() is None
    for minutes in range(1, 8):
        shop.serve(minutes)
    shop.clock.forward(minutes=30)
    assert shop.expects() is None


def test_it_is_what_three_of_four_first_messages_took(shop: Shop) -> None:
    for minutes in (1, 2, 3, 4, 5, 6, 50, 60):
        shop.serve(minutes)
    shop.clock.forward(days=1, minutes=30)
    assert shop.expects() == timedelta(minutes=6)


def test_later_questions_in_the_same_episode_do_not_count(shop: Shop) -> None:
    threads = [shop.serve(1) for _ in range(8)]
    shop.clock.forward(minutes=5)
    for number, thread_id in enumerate(threads, 1):
        shop.make.inbound(shop.channel, "And?", sender=f"customer{number}")
        shop.clock.forward(minutes=40)
        reply(shop.ctx, shop.ben, thread_id, ReplyRequest(shop.channel, "Yes.", f"again{number}"))
        shop.clock.forward(minutes=-40)
    shop.clock.forward(minutes=50)
    assert shop.expects() == timedelta(minutes=1)


def test_another_time_of_day_does_not_count(shop: Shop) -> None:
    for minutes in range(1, 9):
        shop.serve(minutes)
    shop.clock.forward(hours=1)
    assert shop.expects() is not None, "10 o'clock is near to 9"
    shop.clock.forward(hours=3)
    assert shop.expects() is None, "13 o'clock is another time"
    shop.clock.forward(hours=20)
    assert shop.expects() is not None, "9 o'clock on the next day"


def test_older_than_a_week_does_not_count(shop: Shop) -> None:
    for minutes in range(1, 9):
        shop.serve(minutes)
    shop.clock.forward(days=7, minutes=30)
    assert shop.expects() is None


def test_another_channel_does_not_count(shop: Shop) -> None:
    other = shop.make.channel(loft="Two")
    for minutes in range(1, 9):
        shop.serve(minutes, other)
    shop.clock.forward(minutes=30)
    assert shop.expects() is None
    assert shop.expects(channel=other) == timedelta(minutes=6)


def test_those_who_still_wait_count(shop: Shop) -> None:
    for minutes in range(1, 9):
        shop.serve(minutes)
    for _ in range(4):
        shop.write()
    shop.clock.forward(hours=1)
    assert shop.expects() is None, "four of twelve wait for an hour already"


def test_an_episode_closed_in_silence_is_no_quick_answer(shop: Shop) -> None:
    for minutes in range(1, 9):
        shop.serve(minutes)
    for _ in range(8):
        change(shop.ctx, shop.ben, shop.write(), Changes(status=Status.RESOLVED))
    shop.clock.forward(minutes=30)
    assert shop.expects() == timedelta(minutes=6)


def test_it_goes_by_an_index(shop: Shop) -> None:
    if shop.ctx.db.is_postgresql:
        return  # its planner prefers to read a small table whole
    plan: list[Any] = []

    def explain(session: Any) -> None:
        query = (
            "SELECT opened_at FROM wait JOIN message ON message.id = wait.opened_by_id WHERE wait.is_first "
            "AND message.channel_id = 1 AND ((opened_at >= '2026-01-01' AND opened_at < '2026-01-02') "
            "OR (opened_at >= '2026-01-03' AND opened_at < '2026-01-04'))"
        )
        plan.extend(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))

    shop.ctx.db.run(explain)
    assert any("ix_wait_first" in line for line in plan), plan
