"""Channels: connecting, sealing secrets, changing, and what is noted while they work."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr, field_validator
from sqlalchemy import select, text

from inbox.channels import actions, queries, rules, watching
from inbox.channels.models import Channel
from inbox.channels.registry import Registry
from inbox.channels.secrets import Vault
from inbox.channels.words import ChannelState, Side
from inbox.contract import ChannelConfig, Health, Io
from inbox.errors import Invalid, NotFound, SetupError
from inbox.events.models import Event
from inbox.flows.context import Context
from inbox.jobs import housekeeping
from inbox.settings import Settings
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.pigeon import Pigeon, PigeonConfig

CANARY = "canary-3f1c-do-not-show"


class Owl(Pigeon):
    """A pigeon whose health is scripted and whose provider may change the secret during a test."""

    manifest = Pigeon.manifest.model_copy(update={"key": "owl", "title": "Owl post"})

    def __init__(self) -> None:
        super().__init__()
        self.found = Health(ok=True)
        self.rotates_to = ""

    def health(self, config: PigeonConfig, io: Io) -> Health:
        if self.rotates_to:
            io.keep_secrets({"secret": self.rotates_to})
        return self.found


@pytest.fixture
def owl() -> Owl:
    return Owl()


@pytest.fixture
def ctx(settings: Settings, pigeon: Pigeon, owl: Owl, clock: ManualClock) -> Iterator[Context]:
    context = make_context(settings, Registry({"pigeon": pigeon, "owl": owl}), clock)
    yield context
    context.db.dispose()


def config_of(ctx: Context, channel_id: int) -> Any:
    with ctx.db.read() as session:
        return actions.open_config(ctx.registry, ctx.vault, queries.row(session, channel_id))


def detail(ctx: Context, channel_id: int) -> queries.ChannelDetail:
    with ctx.db.read() as session:
        return queries.channel(session, channel_id)


def changes(ctx: Context) -> list[str]:
    with ctx.db.read() as session:
        found = select(Event.data).where(Event.kind == "channel.changed").order_by(Event.id)
        return [data["change"] for data in session.scalars(found)]


# Secrets


def test_no_secret_is_in_the_database_in_clear(ctx: Context, make: Make) -> None:
    channel_id = make.channel(secret=CANARY)
    with ctx.db.read() as session:
        row = session.execute(text("SELECT * FROM channel")).one()
        events = json.dumps(list(session.scalars(select(Event.data))))
    assert CANARY not in repr(tuple(row)) + events
    assert config_of(ctx, channel_id).secret.get_secret_value() == CANARY
    assert CANARY not in repr(detail(ctx, channel_id)) + repr(config_of(ctx, channel_id))


def test_parsing_gets_a_configuration_without_secrets(ctx: Context, make: Make) -> None:
    channel_id = make.channel(secret=CANARY, loft="Loft Nine")
    with ctx.db.read() as session:
        config = actions.public_config(ctx.registry, queries.row(session, channel_id))
    assert config.account == "Loft Nine"
    assert CANARY not in config.model_dump_json()
    assert config.secret.get_secret_value() == ""  # type: ignore[attr-defined]


def test_sealed_secrets_cannot_be_moved_to_another_channel(ctx: Context, make: Make) -> None:
    one, other = make.channel(secret=CANARY), make.channel(loft="Loft Two")

    def swap(session: Any) -> None:
        session.get_one(Channel, other).secrets = session.get_one(Channel, one).secrets

    ctx.db.run(swap)
    with pytest.raises(SetupError, match="altered"):
        config_of(ctx, other)


def test_secrets_open_after_the_key_was_rotated_and_not_with_a_foreign_one(ctx: Context, make: Make) -> None:
    channel_id = make.channel(secret=CANARY)
    ctx.vault = Vault(b"a newer key of the same shop", [b"a key that only tests use"])
    assert config_of(ctx, channel_id).secret.get_secret_value() == CANARY
    ctx.vault = Vault(b"a key of somebody else entirely")
    with pytest.raises(SetupError, match="ONETHREAD_SECRET_KEY") as refused:
        config_of(ctx, channel_id)
    assert CANARY not in str(refused.value)


def test_a_rotated_token_is_kept_at_once_and_nothing_else_can_be_set_that_way(
    ctx: Context, make: Make
) -> None:
    channel_id = make.channel(secret="old", loft="Loft Nine")
    actions.keep_secrets(
        ctx.db, ctx.registry, ctx.vault, channel_id, {"secret": CANARY, "loft": "Evil", "x": "y"}
    )
    assert config_of(ctx, channel_id) == PigeonConfig(loft="Loft Nine", secret=SecretStr(CANARY))


def test_a_token_rotated_during_the_test_is_the_one_that_is_saved(ctx: Context, owl: Owl) -> None:
    owl.rotates_to = CANARY
    values: dict[str, Any] = {"secret": "used up"}
    health = actions.check(ctx.registry, ctx.make_io, "owl", values)
    channel_id = ctx.db.run(
        lambda session: actions.connect(session, ctx.registry, ctx.vault, "owl", "", values, health.facts).id
    )
    assert config_of(ctx, channel_id).secret.get_secret_value() == CANARY


# Connecting


def test_unknown_settings_and_kinds_are_refused_field_by_field(ctx: Context) -> None:
    with pytest.raises(actions.BadConfig) as refused:
        actions.validate(ctx.registry, "pigeon", {"loft": 5, "is_admin": True, "secret": [CANARY]})
    assert set(refused.value.problems) == {"loft", "is_admin", "secret"}
    assert CANARY not in str(refused.value) + repr(refused.value.problems)
    with pytest.raises(Invalid, match="no channel kind"):
        actions.validate(ctx.registry, "smoke signals", {})


def test_an_account_is_connected_once(ctx: Context, make: Make) -> None:
    make.channel(name="First")
    with pytest.raises(Invalid, match="connected already, as channel “First”"):
        make.channel(name="Second")


def test_a_removed_account_goes_on_where_it_stopped(ctx: Context, make: Make) -> None:
    first = make.channel(name="Pigeons", secret=CANARY)
    ctx.db.run(actions.remove, first)
    with ctx.db.read() as session:
        assert session.get_one(Channel, first).secrets == b""
        assert queries.channels(session) == []
    with pytest.raises(NotFound):
        detail(ctx, first)
    again = make.channel(name="Pigeons again", secret="new")
    assert again == first
    assert detail(ctx, again).state is ChannelState.ACTIVE


def test_new_settings_of_another_account_are_refused(ctx: Context, make: Make) -> None:
    channel_id = make.channel(loft="Loft One")

    def change(loft: str, secret: str) -> None:
        ctx.db.run(
            lambda session: actions.reconfigure(
                session, ctx.registry, ctx.vault, channel_id, "Renamed", {"loft": loft, "secret": secret}, {}
            )
        )

    with pytest.raises(Invalid, match="channel of its own"):
        change("Loft Two", "x")
    change("Loft One", "fresh")
    assert (detail(ctx, channel_id).name, config_of(ctx, channel_id).secret.get_secret_value()) == (
        "Renamed",
        "fresh",
    )


@pytest.mark.parametrize("name", ["x" * 101, "two\x00parts", "a\u202eb"])
def test_a_channels_name_is_one_readable_line(make: Make, name: str) -> None:
    with pytest.raises(Invalid):
        make.channel(name=name)


# While it works


def test_refused_credentials_hold_the_channel_until_a_test_succeeds(
    ctx: Context, owl: Owl, make: Make
) -> None:
    channel_id = make.channel("owl")
    ctx.db.run(actions.needs_reauth, channel_id, "The password was refused.")
    ctx.db.run(actions.needs_reauth, channel_id, "Again.")
    assert (detail(ctx, channel_id).state, detail(ctx, channel_id).last_error) == (
        ChannelState.NEEDS_REAUTH, "The password was refused.",
    )  # fmt: skip
    owl.found = Health(ok=False, problems=("Still refused.",))
    actions.retest(ctx.db, ctx.registry, ctx.vault, ctx.make_io, channel_id)
    assert detail(ctx, channel_id).state is ChannelState.NEEDS_REAUTH
    owl.found = Health(ok=True, facts={"idle": True})
    actions.retest(ctx.db, ctx.registry, ctx.vault, ctx.make_io, channel_id)
    assert (detail(ctx, channel_id).state, detail(ctx, channel_id).last_error) == (ChannelState.ACTIVE, None)
    assert changes(ctx) == ["connected", "needs_reauth", "tested", "tested"]


def test_a_test_that_finds_the_rights_gone_holds_the_channel(ctx: Context, owl: Owl, make: Make) -> None:
    channel_id = make.channel("owl")
    owl.found = Health(ok=False, problems=("The ring is not ours.",), refused=True)
    actions.retest(ctx.db, ctx.registry, ctx.vault, ctx.make_io, channel_id)
    assert detail(ctx, channel_id).state is ChannelState.NEEDS_REAUTH


def test_accounts_that_only_call_us_are_looked_after(ctx: Context, owl: Owl, make: Make) -> None:
    """Trouble is shown, rights that are gone hold the channel, and what is over is shown no more."""
    watched, paused = make.channel("owl"), make.channel("owl", loft="Loft Two")
    demo = make.channel("owl", loft="Loft Three")
    ctx.db.run(actions.pause, paused)
    with ctx.db.write() as session:
        session.get_one(Channel, demo).is_demo = True

    def look() -> tuple[ChannelState, str | None]:
        housekeeping.look_after_accounts(ctx)
        return detail(ctx, watched).state, detail(ctx, watched).last_error

    with ctx.db.read() as session:
        assert watching.called_only(session, ctx.registry) == [watched]
    owl.found = Health(ok=False, problems=("The owl sleeps.",))
    assert look() == (ChannelState.ACTIVE, "The owl sleeps.")
    owl.found = Health(ok=True, facts={"account_name": "Wise owl"})
    assert look() == (ChannelState.ACTIVE, None)
    assert detail(ctx, watched).known_as == "Wise owl"
    owl.found = Health(ok=False, problems=("The ring is not ours.",), refused=True)
    assert look() == (ChannelState.NEEDS_REAUTH, "The ring is not ours.")
    assert detail(ctx, paused).last_error is None


def test_a_paused_channel_is_not_woken_by_trouble(ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    ctx.db.run(actions.pause, channel_id)
    ctx.db.run(actions.needs_reauth, channel_id, "The password was refused.")
    assert detail(ctx, channel_id).state is ChannelState.PAUSED
    ctx.db.run(actions.resume, channel_id)
    assert detail(ctx, channel_id).state is ChannelState.ACTIVE


def test_the_same_error_every_minute_is_told_once(ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    for reason in ("No route.", "No route.", "No route.", "Greylisted."):
        ctx.db.run(actions.note_error, channel_id, reason, Side.OUT)
    assert changes(ctx) == ["connected", "error", "error"]
    assert detail(ctx, channel_id).last_error == "Greylisted."


def test_success_on_one_side_heals_that_side_only(ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    ctx.db.run(actions.note_error, channel_id, "SMTP: refused.", Side.OUT)
    ctx.db.run(actions.heal, channel_id, Side.IN)
    assert detail(ctx, channel_id).last_error == "SMTP: refused."
    ctx.db.run(actions.note_out, channel_id)
    assert detail(ctx, channel_id).last_error is None


def test_traffic_is_noted(ctx: Context, make: Make) -> None:
    channel_id = make.channel()
    ctx.db.run(actions.note_in, channel_id)
    ctx.db.run(actions.note_out, channel_id)
    found = detail(ctx, channel_id)
    assert found.last_in_at is not None
    assert found.last_out_at is not None


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "error", "worked", "stuck", "tone"),
    [
        (ChannelState.ACTIVE, None, None, 0, "ok"),
        (ChannelState.ACTIVE, None, -5, 0, "ok"),
        (ChannelState.ACTIVE, -5, None, 0, "bad"),
        (ChannelState.ACTIVE, -5, -10, 0, "bad"),
        (ChannelState.ACTIVE, -5, -1, 0, "warn"),
        (ChannelState.ACTIVE, -90, -1, 0, "ok"),
        (ChannelState.ACTIVE, None, -1, 1, "warn"),
        (ChannelState.NEEDS_REAUTH, None, -1, 0, "bad"),
        (ChannelState.PAUSED, -5, None, 1, ""),
    ],
)
def test_lights(state: ChannelState, error: int | None, worked: int | None, stuck: int, tone: str) -> None:
    def at(minutes: int | None) -> datetime | None:
        return None if minutes is None else NOW + timedelta(minutes=minutes)

    assert rules.light(state, error_at=at(error), worked_at=(at(worked), None), stuck=stuck, now=NOW) == tone


# Forms made from configurations


class Swan(ChannelConfig):
    """A configuration with every kind of field."""

    address: str = Field(description="Where it lives.")
    pond_host: str
    pond_port: int = 80
    pond_key: SecretStr = SecretStr("")
    mode: Literal["swim", "fly"] = "swim"
    folder: str = "auto"
    nick: str | None = None
    loud: bool = True
    friends: tuple[str, ...] = ()
    story: str = Field("", max_length=10_000)
    token: SecretStr | None = None

    @field_validator("friends", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.split(", ")) if isinstance(value, str) else value


def test_a_form_follows_from_the_configuration() -> None:
    found = {field.name: field for field in rules.fields(Swan)}
    assert {name: field.control for name, field in found.items()} == {
        "address": "text", "pond_host": "text", "pond_port": "number", "pond_key": "secret", "mode": "select",
        "folder": "text", "nick": "text", "loud": "check", "friends": "list", "story": "area", "token": "secret",
    }  # fmt: skip
    assert [name for name, field in found.items() if field.essential] == [
        "address",
        "pond_host",
        "pond_key",
        "token",
    ]
    assert {field.group for field in found.values()} == {"", "pond"}
    assert rules.secret_names(Swan) == {"pond_key", "token"}
    assert (found["mode"].options, found["loud"].default, found["folder"].default) == (
        ("swim", "fly"),
        "1",
        "auto",
    )


class Heron(ChannelConfig):
    """A configuration whose provider is told a secret of ours."""

    key: SecretStr
    key_before: SecretStr = Field(SecretStr(""), json_schema_extra={"rare": True})
    word: SecretStr = Field(json_schema_extra={"generate": True})
    nest: str = Field("", json_schema_extra={"generate": True})
    found: str = Field("", json_schema_extra={"kept_by_itself": True})


def test_marks_of_a_configuration_say_what_a_form_proposes_and_asks_on_demand() -> None:
    found = {field.name: field for field in rules.fields(Heron)}
    assert [name for name, field in found.items() if field.essential] == ["key", "word"]
    assert "found" not in found
    one, other = rules.generated(Heron), rules.generated(Heron)
    assert set(one) == {"word"}, "only secrets are made"
    assert len(one["word"]) == 32
    assert one != other


def test_what_a_form_shows_comes_back_unchanged() -> None:
    config = Swan(address="a", pond_host="h", folder="", loud=False, friends=("b", "c"), story="one\ntwo")
    shown = rules.to_form(Swan, config.model_dump(mode="json"))
    assert Swan.model_validate(rules.from_form(Swan, shown)) == config


def test_an_empty_secret_is_not_a_value_and_spaces_in_one_are() -> None:
    assert "pond_key" not in rules.from_form(Swan, {"pond_key": ""})
    assert rules.from_form(Swan, {"pond_key": " a b "})["pond_key"] == " a b "


@pytest.mark.parametrize(
    ("name", "title"),
    [("imap_host", "IMAP host"), ("oauth_client_id", "OAuth client ID"), ("address", "Address")],
)
def test_titles(name: str, title: str) -> None:
    assert rules.title_of(name) == title


def test_findings_of_a_test_belong_to_their_part() -> None:
    placed = rules.place(["IMAP: no such user", "SMTP: refused", "DNS: no such name"], ["", "imap", "smtp"])
    assert placed == {"imap": ["IMAP: no such user"], "smtp": ["SMTP: refused"], "": ["DNS: no such name"]}
