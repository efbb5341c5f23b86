"""What is arranged at the provider when an account is connected, changed or resumed, and when it goes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from inbox.channels import actions, arranging, polling, queries
from inbox.channels.registry import Registry
from inbox.channels.words import ChannelState
from inbox.contract import Health, Io, NeedsReauth, Rejected, Setup, TryLater
from inbox.errors import Invalid
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.pigeon import Pigeon, PigeonConfig


class Heron(Pigeon):
    """A pigeon that wants a perch at its provider's."""

    manifest = Pigeon.manifest.model_copy(update={"key": "heron", "title": "Heron post"})

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.fails: Exception | None = None
        self.secret = ""
        self.look: Callable[[], Any] = lambda: None
        self.seen: Any = None

    def connected(self, config: PigeonConfig, hook_url: str, io: Io) -> Setup:
        self.log.append(f"connected {hook_url}")
        self.seen = self.look()
        if self.fails:
            raise self.fails
        if self.secret:
            io.keep_secrets({"secret": self.secret})
        return Setup(
            facts={"perch": 7}, next_step="Wave at the heron.", next_url="https://heron.example/wave"
        )

    def disconnected(self, config: PigeonConfig, io: Io) -> None:
        self.log.append(f"disconnected with {config.secret.get_secret_value()}")
        if self.fails:
            raise self.fails


@pytest.fixture
def heron() -> Heron:
    return Heron()


@pytest.fixture
def ctx(settings: Settings, heron: Heron, clock: ManualClock) -> Iterator[Context]:
    settings = settings.model_copy(update={"public_url": "https://desk.example/"})
    context = make_context(settings, Registry({"heron": heron, "pigeon": Pigeon()}), clock)
    yield context
    context.db.dispose()


GOOD = Health(ok=True)


def enrol(ctx: Context, health: Health | None = GOOD) -> arranging.Enrolled:
    values = {"loft": "Loft One", "secret": "coo"}
    return arranging.enrol(
        ctx,
        health,
        lambda session: (
            actions.connect(
                session, ctx.registry, ctx.vault, "heron", "Heron", values, {"wings": 2}, paused=True
            ).id
        ),
    )


def detail(ctx: Context, channel_id: int) -> queries.ChannelDetail:
    with ctx.db.read() as session:
        return queries.channel(session, channel_id)


def facts(ctx: Context, channel_id: int) -> dict[str, Any]:
    with ctx.db.read() as session:
        return queries.row(session, channel_id).facts


def test_a_new_account_takes_part_only_when_everything_is_arranged(ctx: Context, heron: Heron) -> None:
    def state() -> list[ChannelState]:
        with ctx.db.read() as session:
            return [channel.state for channel in queries.channels(session)]

    heron.look = state
    made = enrol(ctx)
    assert made.problem == ""
    assert heron.log == [f"connected https://desk.example/hooks/heron/{made.channel_id}"]
    assert heron.seen == [ChannelState.PAUSED]
    channel = detail(ctx, made.channel_id)
    assert channel.state is ChannelState.ACTIVE
    assert (channel.next_step, channel.next_url) == ("Wave at the heron.", "https://heron.example/wave")
    assert facts(ctx, made.channel_id) | {"wings": 2, "perch": 7} == facts(ctx, made.channel_id)


def test_what_could_not_be_arranged_is_told_and_shown_and_the_account_stays(
    ctx: Context, heron: Heron
) -> None:
    heron.fails = Rejected("Herons want water.")
    made = enrol(ctx)
    assert made.problem == "Herons want water."
    channel = detail(ctx, made.channel_id)
    assert channel.state is ChannelState.ACTIVE
    assert channel.last_error == "Herons want water."
    heron.fails = None
    assert arranging.arrange(ctx, made.channel_id) == ""
    assert detail(ctx, made.channel_id).last_error is None


def test_an_account_that_refuses_us_waits_for_new_credentials(ctx: Context, heron: Heron) -> None:
    made = enrol(ctx)
    heron.fails = NeedsReauth("No bird knows this ring.")
    assert arranging.arrange(ctx, made.channel_id) == "No bird knows this ring."
    assert detail(ctx, made.channel_id).state is ChannelState.NEEDS_REAUTH


@pytest.mark.parametrize("health", [None, Health(ok=False, problems=("Asleep.",))])
def test_nothing_is_arranged_for_an_account_that_is_saved_untested(
    ctx: Context, heron: Heron, health: Health | None
) -> None:
    made = enrol(ctx, health)
    assert heron.log == []
    assert detail(ctx, made.channel_id).state is ChannelState.ACTIVE


def test_an_account_that_cannot_be_made_is_not_arranged(ctx: Context, heron: Heron) -> None:
    enrol(ctx)
    with pytest.raises(Invalid, match="connected already"):
        enrol(ctx)
    assert len(heron.log) == 1


def test_secrets_made_while_arranging_are_kept(ctx: Context, heron: Heron) -> None:
    heron.secret = "a fresh one"
    made = enrol(ctx)
    with ctx.db.read() as session:
        config = actions.open_config(ctx.registry, ctx.vault, queries.row(session, made.channel_id))
    assert isinstance(config, PigeonConfig)
    assert config.secret == SecretStr("a fresh one")


def test_a_provider_is_told_after_the_channel_is_gone_with_the_secrets_of_before(
    ctx: Context, heron: Heron
) -> None:
    made = enrol(ctx)
    leave = arranging.farewell(ctx, made.channel_id)
    ctx.db.run(actions.remove, made.channel_id)
    assert leave() == ""
    assert heron.log[-1] == "disconnected with coo"


def test_a_provider_that_cannot_be_told_is_no_obstacle(ctx: Context, heron: Heron) -> None:
    made = enrol(ctx)
    heron.fails = TryLater("The heron is out.")
    assert arranging.farewell(ctx, made.channel_id)() == "The heron is out."


def test_nobody_is_bothered_for_channels_of_the_demo(ctx: Context, heron: Heron, make: Make) -> None:
    made = enrol(ctx)

    def story(session: Any) -> None:
        queries.row(session, made.channel_id).is_demo = True

    ctx.db.run(story)
    heron.log.clear()
    assert arranging.arrange(ctx, made.channel_id) == ""
    assert arranging.farewell(ctx, made.channel_id)() == ""
    assert heron.log == []


def test_without_a_public_address_there_is_no_webhook(ctx: Context, heron: Heron) -> None:
    ctx.settings = ctx.settings.model_copy(update={"public_url": ""})
    enrol(ctx)
    assert heron.log == ["connected "]


def test_who_is_polled_connects_anew_when_something_else_is_known_of_the_account(
    ctx: Context, heron: Heron
) -> None:
    made = enrol(ctx)
    with ctx.db.read() as session:
        assert polling.targets(session, ctx.registry) == [], "it cannot be polled"
    heron.learns(poll=True)
    with ctx.db.read() as session:
        before = polling.targets(session, ctx.registry)

    def story(session: Any) -> None:
        queries.row(session, made.channel_id).facts = {"perch": 8}

    ctx.db.run(story)
    with ctx.db.read() as session:
        assert polling.targets(session, ctx.registry) != before
