"""Parts that need no shop: buckets, sources of a policy, and what panels are told about events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.events.catalog import EventKind
from inbox.events.models import Event
from inbox.shapes import iso
from inbox.visits.queries import Visitor
from inbox.web.widget.limits import Buckets, Rate
from inbox.web.widget.pages import ancestors
from inbox.web.widget.pump import Told, tell

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0], most=2)
    rate = Rate(2, 0.5)
    assert [buckets.take("a", rate) for _ in range(3)] == [0, 0, 2]
    now[0] = 1.0
    assert buckets.take("a", rate) == 1
    now[0] = 2.0
    assert buckets.take("a", rate) == 0
    assert [buckets.take(key, rate) for key in "bc"] == [0, 0]
    assert [buckets.take("a", rate) for _ in range(2)] == [0, 0], "forgotten, and so as new"


@pytest.mark.parametrize(
    ("domain", "https", "sources"),
    [
        ("shop.example", True, ["https://shop.example:*"]),
        ("shop.example", False, ["https://shop.example:*", "http://shop.example:*"]),
        ("*.shop.example", True, ["https://*.shop.example:*"]),
        ("shop.example:8443", True, ["https://shop.example:8443"]),
        ("localhost:5000", True, ["https://localhost:5000", "http://localhost:5000"]),
        ("127.0.0.1", True, ["https://127.0.0.1:*", "http://127.0.0.1:*"]),
        ("[::1]:5000", True, []),
        ("[::1]", True, []),
    ],
)
def test_frames_are_shown_on_the_domains_only(domain: str, https: bool, sources: list[str]) -> None:
    assert list(ancestors([domain], https=https)) == sources


def visitor(session_id: int = 1, thread_id: int | None = 10, channel_id: int = 5) -> Visitor:
    return Visitor(session_id, channel_id, 2, "browser", 3, thread_id, None, None, NOW)


def event(kind: EventKind, thread_id: int | None = 10, **data: Any) -> Event:
    return Event(id=1, xid=0, at=NOW, kind=str(kind), thread_id=thread_id, data=data)


def test_panels_are_told_to_look_when_something_of_theirs_happened() -> None:
    mine, other, nobody = visitor(1), visitor(2, thread_id=11), visitor(3, thread_id=None)
    told = tell([event(EventKind.MESSAGE_REPLIED)], [mine, other, nobody], NOW)
    assert told == {1: Told(look=True)}


@pytest.mark.parametrize(
    "kind",
    [EventKind.MESSAGE_NOTED, EventKind.DRAFT_CHANGED, EventKind.VISITOR_CHANGED, EventKind.CUSTOMER_TYPING],
)
def test_what_is_between_agents_is_not_told(kind: EventKind) -> None:
    assert tell([event(kind)], [visitor()], NOW) == {}


def test_that_a_panel_was_given_a_message_is_no_news_to_it() -> None:
    assert tell([event(EventKind.DELIVERY_CHANGED, state="delivered")], [visitor()], NOW) == {}
    assert tell([event(EventKind.DELIVERY_CHANGED, state="sent")], [visitor()], NOW) == {1: Told(look=True)}


def test_after_a_merge_everything_is_loaded_again() -> None:
    assert tell([event(EventKind.THREAD_MERGED)], [visitor()], NOW)[1].reload


def test_writing_is_told_on_the_channel_it_is_for_and_while_it_lasts() -> None:
    until = iso(NOW + timedelta(seconds=5))
    sign = event(EventKind.AGENT_TYPING, channel_id=5, name="Ben", until=until)
    assert tell([sign], [visitor()], NOW) == {1: Told(typing={"name": "Ben", "until": until})}
    assert tell([sign], [visitor(channel_id=6)], NOW) == {1: Told()}
    assert tell([sign], [visitor()], NOW + timedelta(seconds=6)) == {1: Told()}
