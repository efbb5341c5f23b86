"""Writes of channels: connecting, changing, pausing, and what is noted while they work.

A configuration is kept in two parts: what may be shown, as JSON, and the secrets, sealed to their row.
"""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.channels import rules, sealing
from inbox.channels.models import Channel
from inbox.channels.registry import Registry
from inbox.channels.secrets import Vault
from inbox.channels.words import ChannelState, Side
from inbox.clock import utc_now
from inbox.contract import ChannelConfig, Health, Io
from inbox.db.locks import hold
from inbox.db.time import utcnow
from inbox.db.work import Database, ring
from inbox.errors import Invalid, NotFound, SetupError
from inbox.events.catalog import EventKind
from inbox.events.record import record

KeepSecrets = Callable[[Mapping[str, str]], None]
MakeIo = Callable[[Mapping[str, JsonValue], KeepSecrets], Io]

_ERROR_MAX = 1000


class BadConfig(Invalid):
    """Values that make no configuration. `problems` has a sentence by field name ("" for the whole)."""

    def __init__(self, problems: dict[str, str]) -> None:
        text = " ".join(f"{name}: {sentence}" if name else sentence for name, sentence in problems.items())
        super().__init__(text, "/config")
        self.problems = problems


def validate(registry: Registry, kind: str, values: Mapping[str, Any]) -> ChannelConfig:
    """The configuration that the values make. Raises BadConfig, or Invalid for an unknown kind."""
    try:
        return registry.get(kind).manifest.config.model_validate(dict(values))
    except ValidationError as error:
        raise BadConfig(rules.sentences(error)) from error


def check(
    registry: Registry,
    make_io: MakeIo,
    kind: str,
    values: MutableMapping[str, Any],
    *,
    facts: Mapping[str, JsonValue] | None = None,
) -> Health:
    """Try an account for real, outside of any transaction. Raises BadConfig.

    Secrets that the provider changes during the test (a rotated refresh token) are put into `values`: the
    old ones may be worthless afterwards.
    """
    config = validate(registry, kind, values)
    return registry.get(kind).health(config, make_io(facts or {}, values.update))


def connect(
    session: Session,
    registry: Registry,
    vault: Vault,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    facts: Mapping[str, JsonValue] | None = None,
    *,
    team_id: int | None = None,
    actor_id: int | None = None,
    is_demo: bool = False,
    problem: str | None = None,
    paused: bool = False,
) -> Channel:
    """A new channel, or the removed one of the same account, which goes on where it stopped.

    `facts` are the live test's findings; `problem` is what it found wrong when it is saved all the same.
    `paused` keeps it out until `resume` (see `arranging.enrol`).
    Raises BadConfig, or Invalid when the account is connected already.
    """
    config = validate(registry, kind, values)
    name = _name(name or str((facts or {}).get("account_name") or config.account))
    hold(session, f"channel:{kind}")
    same = select(Channel).where(Channel.kind == kind, Channel.account == config.account)
    channel = session.scalars(same.order_by(Channel.id.desc())).first()
    if channel is None:
        channel = Channel(kind=kind, account=config.account, created_at=utc_now(), secrets=b"")
        session.add(channel)
    elif channel.state is not ChannelState.REMOVED:
        raise Invalid(f"{channel.known_as} is connected already, as channel “{channel.name}”.", "/account")
    channel.name, channel.team_id, channel.is_demo = name, team_id, is_demo
    channel.state = ChannelState.PAUSED if paused else ChannelState.ACTIVE
    channel.config, channel.facts = sealing.shown(config), dict(facts or {})
    channel.last_in_at = None  # what is new has yet to show that it works
    channel.last_error, channel.last_error_at = problem, utc_now() if problem else None
    session.flush()
    channel.secrets = sealing.seal(vault, config, _aad(channel.id))
    _changed(session, channel.id, "connected", actor_id)
    return channel


def reconfigure(
    session: Session,
    registry: Registry,
    vault: Vault,
    channel_id: int,
    name: str,
    values: Mapping[str, Any],
    facts: Mapping[str, JsonValue],
    *,
    team_id: int | None = None,
    actor_id: int | None = None,
    problem: str | None = None,
) -> None:
    """New settings for a channel; it takes part again if credentials were what it lacked.

    `values` are complete, secrets included (see `known_values`). Raises NotFound, BadConfig, or Invalid when
    they belong to another account: its mail would mix with this one's.
    """
    channel = _get(session, channel_id)
    config = validate(registry, channel.kind, values)
    if config.account != channel.account:
        raise Invalid(
            f"These settings belong to another account ({facts.get('account_name') or config.account}). "
            "Connect it as a channel of its own.",
            "/account",
        )
    channel.name, channel.team_id = _name(name), team_id
    channel.config, channel.facts = sealing.shown(config), dict(facts)
    channel.secrets = sealing.seal(vault, config, _aad(channel.id))
    channel.last_error, channel.last_error_at = problem, utc_now() if problem else None
    if channel.state is ChannelState.NEEDS_REAUTH and not problem:
        channel.state = ChannelState.ACTIVE
        ring(session, "outbound")
    _changed(session, channel_id, "changed", actor_id)


def rename(
    session: Session, channel_id: int, name: str, *, team_id: int | None, actor_id: int | None = None
) -> None:
    """A channel's name and the team its customers go to. Raises NotFound or Invalid."""
    channel = _get(session, channel_id)
    channel.name, channel.team_id = _name(name), team_id
    _changed(session, channel_id, "changed", actor_id)


def pause(session: Session, channel_id: int, *, actor_id: int | None = None) -> None:
    """Stop receiving and hold replies until `resume`. Raises NotFound."""
    _get(session, channel_id).state = ChannelState.PAUSED
    _changed(session, channel_id, "paused", actor_id)


def resume(session: Session, channel_id: int, *, actor_id: int | None = None) -> None:
    """Take part again. Raises NotFound."""
    _get(session, channel_id).state = ChannelState.ACTIVE
    _changed(session, channel_id, "resumed", actor_id)
    ring(session, "outbound")


def remove(session: Session, channel_id: int, *, actor_id: int | None = None) -> None:
    """Disconnect: the secrets are forgotten, the history stays. Raises NotFound.

    What is still queued on it is the caller's business (see `inbox.flows.disconnect`).
    """
    channel = _get(session, channel_id)
    channel.state, channel.secrets = ChannelState.REMOVED, b""
    _changed(session, channel_id, "removed", actor_id)


def open_config(registry: Registry, vault: Vault, channel: Channel) -> ChannelConfig:
    """The whole configuration, for calls that reach the provider. Raises SetupError."""
    model = registry.get(channel.kind).manifest.config
    try:
        return model.model_validate(known_values(registry, vault, channel))
    except ValidationError as error:
        raise SetupError(
            f"The settings of channel {channel.id} do not fit its adapter any more: open and save them again."
        ) from error


def public_config(registry: Registry, channel: Channel) -> ChannelConfig:
    """The configuration with empty secrets, for parsing."""
    return sealing.without_secrets(registry.get(channel.kind).manifest.config, channel.config)


def known_values(registry: Registry, vault: Vault, channel: Channel) -> dict[str, Any]:
    """All values of a channel's configuration, secrets as plain text. Raises SetupError."""
    known = registry.get(channel.kind).manifest.config.model_fields
    values = {**channel.config, **sealing.unseal(vault, channel.secrets, _aad(channel.id))}
    return {name: value for name, value in values.items() if name in known}


def keep_secrets(
    db: Database, registry: Registry, vault: Vault, channel_id: int, updates: Mapping[str, str]
) -> None:
    """Store secrets that the provider changed, in a transaction of their own: they must not be lost."""
    db.run(_keep_secrets, registry, vault, channel_id, dict(updates))


def retest(
    db: Database,
    registry: Registry,
    vault: Vault,
    make_io: MakeIo,
    channel_id: int,
    *,
    actor_id: int | None = None,
) -> Health:
    """Try a channel for real and note the result. Raises NotFound or SetupError."""
    with db.read() as session:
        channel = _get(session, channel_id)
    config = open_config(registry, vault, channel)
    io = make_io(channel.facts, lambda updates: keep_secrets(db, registry, vault, channel_id, updates))
    health = registry.get(channel.kind).health(config, io)
    db.run(_tested, channel_id, health, actor_id)
    return health


def note_in(session: Session, channel_id: int) -> None:
    """Something came in."""
    session.execute(update(Channel).where(Channel.id == channel_id).values(last_in_at=utcnow()))


def note_out(session: Session, channel_id: int) -> None:
    """Something went out, so whatever kept things from going out is over."""
    session.execute(update(Channel).where(Channel.id == channel_id).values(last_out_at=utcnow()))
    heal(session, channel_id, Side.OUT)


def heal(session: Session, channel_id: int, side: Side) -> None:
    """What was wrong on that side is over. Told to browsers when it is news."""
    was_wrong = session.execute(
        update(Channel)
        .where(Channel.id == channel_id, Channel.last_error_side == side)
        .values(last_error=None, last_error_at=None, last_error_side=None)
        .returning(Channel.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if was_wrong is not None:
        record(session, EventKind.CHANNEL_CHANGED, data={"channel_id": channel_id, "change": "healed"})


def note_error(session: Session, channel_id: int, reason: str, side: Side) -> None:
    """Something failed; `reason` is a sentence without secrets. Told to browsers when it is news."""
    known = session.scalar(select(Channel.last_error).where(Channel.id == channel_id))
    session.execute(
        update(Channel)
        .where(Channel.id == channel_id)
        .values(last_error=reason[:_ERROR_MAX], last_error_at=utcnow(), last_error_side=side)
    )
    if known != reason[:_ERROR_MAX]:
        record(session, EventKind.CHANNEL_CHANGED, data={"channel_id": channel_id, "change": "error"})


def learn(session: Session, channel_id: int, facts: Mapping[str, Any]) -> bool:
    """Merge news about the account into what is known of it; False when all of it is known."""
    channel = session.execute(
        select(Channel)
        .where(Channel.id == channel_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    merged = {**channel.facts, **facts}
    if merged == channel.facts:
        return False
    channel.facts = merged
    _changed(session, channel_id, "facts", None)
    return True


def needs_reauth(session: Session, channel_id: int, reason: str) -> None:
    """The account refused its credentials: hold sends and stop polling until somebody reconnects it."""
    held = session.execute(
        update(Channel)
        .where(Channel.id == channel_id, Channel.state == ChannelState.ACTIVE)
        .values(state=ChannelState.NEEDS_REAUTH, last_error=reason[:_ERROR_MAX], last_error_at=utcnow())
        .returning(Channel.id)
    ).scalar()
    if held is not None:
        _changed(session, channel_id, "needs_reauth", None)


def _tested(session: Session, channel_id: int, health: Health, actor_id: int | None) -> None:
    channel = _get(session, channel_id)
    if health.ok:
        channel.facts = {**channel.facts, **health.facts}
        channel.last_error = channel.last_error_at = channel.last_error_side = None
        if channel.state is ChannelState.NEEDS_REAUTH:
            channel.state = ChannelState.ACTIVE
            ring(session, "outbound")
    else:
        channel.last_error, channel.last_error_at = " ".join(health.problems)[:_ERROR_MAX], utc_now()
        if health.refused and channel.state is ChannelState.ACTIVE:
            channel.state = ChannelState.NEEDS_REAUTH
    _changed(session, channel_id, "tested", actor_id)


def _keep_secrets(
    session: Session, registry: Registry, vault: Vault, channel_id: int, updates: dict[str, str]
) -> None:
    channel = session.execute(select(Channel).where(Channel.id == channel_id).with_for_update()).scalar_one()
    if channel.state is ChannelState.REMOVED:
        return
    known = rules.secret_names(registry.get(channel.kind).manifest.config)
    secrets = {
        **sealing.unseal(vault, channel.secrets, _aad(channel.id)),
        **{name: text for name, text in updates.items() if name in known},
    }
    channel.secrets = sealing.seal_texts(vault, secrets, _aad(channel_id))


def _get(session: Session, channel_id: int) -> Channel:
    channel = session.get(Channel, channel_id, populate_existing=True)
    if channel is None or channel.state is ChannelState.REMOVED:
        raise NotFound("There is no such channel.")
    return channel


def _changed(session: Session, channel_id: int, change: str, actor_id: int | None) -> None:
    record(
        session,
        EventKind.CHANNEL_CHANGED,
        actor_id=actor_id,
        data={"channel_id": channel_id, "change": change},
    )
    ring(session, "channels")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid("Enter a name of 1 to 100 characters.", "/name")
    return name


def _aad(channel_id: int) -> str:
    return f"channel:{channel_id}:secrets"
