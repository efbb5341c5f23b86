"""Polling: nothing is lost or doubled, accounts do not disturb one another, and trouble ends by itself."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from inbox.channels import actions as channels
from inbox.channels import envelopes, polling
from inbox.contract import NeedsReauth, TryLater
from inbox.files import StoreFull
from inbox.flows.context import Context
from inbox.jobs import pollers
from inbox.jobs.bells import InProcessBell
from inbox.jobs.loops import Crew, Loop
from inbox.jobs.pollers import Supervisor, backoff
from tests.factories import Make
from tests.jobs.conftest import Coop, HomingPigeon
from tests.peers.process import wait_until


@pytest.fixture
def supervise(ctx: Context) -> Iterator[Callable[..., Crew]]:
    """`supervise()` starts polling, in `ctx` or as another process."""
    crews: list[Crew] = []

    def start(context: Context = ctx) -> Crew:
        crews.append(Crew(context, [Loop("pollers", Supervisor().run)]))
        crews[-1].start()
        return crews[-1]

    yield start
    for crew in crews:
        assert crew.stop(60) == []


def another_process(ctx: Context) -> Context:
    """The same installation, seen by another process."""
    return replace(ctx, owner="another process", stop=threading.Event(), bell=InProcessBell())


def kept(ctx: Context) -> list[str]:
    """Dedupe keys of all payloads, in order of arrival."""
    with ctx.db.read() as session:
        return list(session.execute(text("SELECT dedupe_key FROM envelope ORDER BY id")).scalars())


def channel(ctx: Context, channel_id: int) -> Any:
    with ctx.db.read() as session:
        return session.execute(text(f"SELECT * FROM channel WHERE id = {channel_id}")).one()


def test_what_waits_is_kept_once_and_in_order(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    make.channel()
    coop.add("one", "two", "three", "four", "five")
    supervise()
    wait_until(lambda: len(kept(ctx)) == 5, 20, "five payloads")
    coop.add("six")
    wait_until(lambda: len(kept(ctx)) == 6, 5, "another one")
    assert kept(ctx) == [f"coop/{n}" for n in range(6)]
    assert coop.connections == 1


def test_a_restart_goes_on_where_it_stopped(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    make.channel()
    coop.add("one")
    first = supervise()
    wait_until(lambda: len(kept(ctx)) == 1, 20, "the first")
    assert first.stop(10) == []
    coop.add("two")
    supervise(another_process(ctx))
    wait_until(lambda: len(kept(ctx)) == 2, 5, "the second")
    assert kept(ctx) == ["coop/0", "coop/1"]


def test_a_new_channel_is_polled_at_once_and_a_paused_one_no_more(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    supervise()
    time.sleep(0.2)
    coop.add("one")
    channel_id = make.channel()
    wait_until(lambda: len(kept(ctx)) == 1, 2, "polled without waiting")
    ctx.db.run(channels.pause, channel_id)
    time.sleep(1)
    coop.add("two")
    time.sleep(1)
    assert len(kept(ctx)) == 1
    ctx.db.run(channels.resume, channel_id)
    wait_until(lambda: len(kept(ctx)) == 2, 5, "what came meanwhile")


def test_new_settings_make_a_new_connection(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    channel_id = make.channel()
    supervise()
    wait_until(lambda: coop.connections == 1, 20, "connected")
    ctx.db.run(
        channels.reconfigure, ctx.registry, ctx.vault, channel_id, "Pigeons", {"secret": "another"}, {}
    )
    wait_until(lambda: coop.connections == 2, 5, "connected anew")


def test_two_processes_share_the_channels(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    make.channel()
    supervise()
    wait_until(lambda: coop.connections == 1, 20, "connected")
    supervise(another_process(ctx))
    time.sleep(1)
    assert coop.connections == 1


def test_the_other_process_takes_over_when_one_dies(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LEASE", 1.0)
    monkeypatch.setattr(pollers, "RENEW", 0.3)
    channel_id = make.channel()
    ctx.db.run(polling.take, channel_id, "a process that died")
    coop.add("one")
    supervise()
    wait_until(lambda: len(kept(ctx)) == 1, 6, "taken over")


def test_who_lost_the_lease_writes_nothing(ctx: Context, make: Make, coop: Coop) -> None:
    """A poller that was stopped for longer than its lease, and goes on."""
    channel_id = make.channel()
    assert ctx.db.run(polling.take, channel_id, "the new owner")
    line = pollers.Line(polling.Target(channel_id, "pigeon", "v1"))
    coop.add("one")
    pollers.poll(ctx, line)
    assert kept(ctx) == []


def test_trouble_is_shown_and_healed(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    channel_id = make.channel()
    coop.failure = lambda: TryLater("The loft does not answer.")
    supervise()
    wait_until(lambda: channel(ctx, channel_id).last_error == "The loft does not answer.", 20, "shown")
    coop.failure = None
    coop.add("one")
    wait_until(lambda: len(kept(ctx)) == 1, 20, "healed")
    wait_until(lambda: channel(ctx, channel_id).last_error is None, 2, "no longer shown")


def test_refused_credentials_stop_polling_until_somebody_reconnects(
    ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]
) -> None:
    channel_id = make.channel()
    coop.failure = lambda: NeedsReauth("The password was changed.")
    supervise()
    wait_until(lambda: channel(ctx, channel_id).state == "needs_reauth", 20, "held")
    tries = coop.connections
    time.sleep(2.5)
    assert coop.connections <= tries + 1, "an account that refuses us is not asked again and again"
    coop.failure = None
    ctx.db.run(channels.resume, channel_id)
    coop.add("one")
    wait_until(lambda: len(kept(ctx)) == 1, 5, "polled again")


def test_a_full_disk_moves_no_cursor_and_is_shown(
    ctx: Context,
    make: Make,
    coop: Coop,
    supervise: Callable[..., Crew],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = ctx.files.put_bytes

    def full(_data: bytes) -> Any:
        raise StoreFull("The file store cannot be written: No space left on device.")

    monkeypatch.setattr(envelopes, "INLINE_MAX", 10)
    monkeypatch.setattr(ctx.files, "put_bytes", full)
    channel_id = make.channel()
    coop.add("one", "two")
    supervise()
    wait_until(lambda: "No space left" in (channel(ctx, channel_id).last_error or ""), 20, "shown")
    assert kept(ctx) == []
    monkeypatch.setattr(ctx.files, "put_bytes", real)
    wait_until(lambda: len(kept(ctx)) == 2, 20, "kept after all")


def test_an_account_that_hangs_holds_up_no_other(
    ctx: Context, make: Make, coop: Coop, pigeon: HomingPigeon, supervise: Callable[..., Crew]
) -> None:
    release = threading.Event()

    def hang() -> Exception:
        release.wait(10)
        return TryLater("It hung.")

    coop.failure = hang
    make.channel()
    make.channel(name="Other", loft="Loft Two")
    other = pigeon.coops.setdefault("Loft Two", Coop())
    supervise()
    other.add("one")
    wait_until(lambda: len(kept(ctx)) == 1, 3, "the other one's payload")
    release.set()


def test_the_demo_is_not_polled(ctx: Context, make: Make, coop: Coop, supervise: Callable[..., Crew]) -> None:
    channel_id = make.channel()
    ctx.db.run(
        lambda session: session.execute(text(f"UPDATE channel SET is_demo = true WHERE id = {channel_id}"))
    )
    supervise()
    time.sleep(0.5)
    assert coop.connections == 0


@given(failures=st.integers(1, 200), jitter=st.floats(0, 1, exclude_max=True))
def test_back_off_finds_a_returned_server_within_ten_seconds(failures: int, jitter: float) -> None:
    assert 0.3 < backoff(failures, jitter) <= 8


@given(wish=st.floats(0, 1e6), failures=st.integers(1, 20))
def test_the_wish_of_a_server_is_heeded_up_to_a_minute(wish: float, failures: int) -> None:
    assert min(wish, 60) <= backoff(failures, 0.5, wish) <= 60
