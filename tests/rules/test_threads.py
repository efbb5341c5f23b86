"""Decisions about threads, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.threads import rules
from inbox.threads.rules import Choice, OnInbound
from inbox.threads.words import Kind, Status

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WINDOW = timedelta(hours=72)


@pytest.mark.parametrize(
    ("status", "resolved_ago", "automatic", "does"),
    [
        (None, None, False, OnInbound.START),
        (None, None, True, OnInbound.START),
        (Status.OPEN, None, False, OnInbound.JOIN),
        (Status.SNOOZED, None, True, OnInbound.JOIN),
        (Status.RESOLVED, timedelta(hours=1), False, OnInbound.REOPEN),
        (Status.RESOLVED, timedelta(hours=72), False, OnInbound.REOPEN),
        (Status.RESOLVED, timedelta(hours=72, seconds=1), False, OnInbound.START),
        (Status.RESOLVED, timedelta(hours=1), True, OnInbound.APPEND),
        (Status.RESOLVED, timedelta(days=400), True, OnInbound.APPEND),
    ],
)
def test_what_an_inbound_does(
    status: Status | None, resolved_ago: timedelta | None, automatic: bool, does: OnInbound
) -> None:
    resolved = None if resolved_ago is None else NOW - resolved_ago
    assert rules.on_inbound(status, resolved, NOW, reopen=WINDOW, automatic=automatic) is does


@pytest.mark.parametrize(
    ("referred", "takes_part", "chosen"),
    [
        ([], [], Choice(1)),
        ([1], [], Choice(1)),
        ([2], [2], Choice(2)),
        ([2], [], Choice(1, disputed_id=2)),
        ([2, 3], [3], Choice(3)),
        ([2, 1], [], Choice(1)),
    ],
)
def test_only_participants_get_into_anothers_thread(
    referred: list[int], takes_part: list[int], chosen: Choice
) -> None:
    assert rules.choose_thread(1, referred, takes_part) == chosen


@given(st.integers(1, 5), st.lists(st.integers(1, 5)), st.sets(st.integers(1, 5)))
def test_nobody_ever_lands_where_he_takes_no_part(
    own: int, referred: list[int], takes_part: set[int]
) -> None:
    assert rules.choose_thread(own, referred, takes_part).thread_id in {own, *takes_part}


def agent(role: Role, *teams: int) -> AgentIdentity:
    return AgentIdentity(7, "Ben", "ben@shop.example", role, frozenset(teams))


@pytest.mark.parametrize(
    ("who", "team", "assignee", "sees"),
    [
        (agent(Role.AGENT), None, None, True),
        (agent(Role.AGENT), 1, None, False),
        (agent(Role.AGENT, 1), 1, None, True),
        (agent(Role.AGENT, 2), 1, None, False),
        (agent(Role.AGENT), 1, 7, True),
        (agent(Role.SUPERVISOR), 1, None, True),
        (agent(Role.SUPERVISOR, 2), 1, None, False),
        (agent(Role.ADMIN, 2), 1, None, True),
    ],
)
def test_who_sees_which_thread(
    who: AgentIdentity, team: int | None, assignee: int | None, sees: bool
) -> None:
    assert rules.may_see(who, team, assignee) is sees


@given(st.text())
def test_stored_text_is_what_postgresql_takes(text: str) -> None:
    cleaned = rules.clean(text + "\0\ud800")
    assert "\0" not in cleaned
    cleaned.encode()


@given(st.text(max_size=400))
def test_a_file_name_is_one_harmless_line(name: str) -> None:
    kept = rules.file_name(name)
    assert 1 <= len(kept) <= 200
    assert not set(kept) & set("/\\\0\n\r\u202e\u200b")
    assert kept not in (".", "..")


def test_a_long_file_name_keeps_its_ending() -> None:
    assert rules.file_name("x" * 300 + ".pdf").endswith("x.pdf")


def test_a_preview_is_one_short_line() -> None:
    assert rules.preview(" Hello\n\n  there \t you ") == "Hello there you"
    assert len(rules.preview("word " * 200)) <= 160
    assert rules.preview("> **Your order 7**\n> > is ready", Kind.REPLY) == "Your order 7 is ready"
