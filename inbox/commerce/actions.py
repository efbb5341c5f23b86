"""Writes of connected shops: connecting, changing, pausing, removing.

A configuration is kept in two parts: what may be shown, as JSON, and the secrets, sealed to their row.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels import rules as forms
from inbox.channels import sealing
from inbox.channels.actions import BadConfig
from inbox.channels.secrets import Vault
from inbox.clock import utc_now
from inbox.commerce import health, queries
from inbox.commerce.models import ShopRow
from inbox.commerce.registry import Registry
from inbox.commerce.words import ShopState
from inbox.contract import Health, Setup
from inbox.contract.commerce import ShopConfig
from inbox.db.locks import hold
from inbox.errors import Invalid, SetupError


def validate(registry: Registry, kind: str, values: Mapping[str, Any]) -> ShopConfig:
    """The configuration that the values make. Raises BadConfig, or Invalid for an unknown kind."""
    try:
        return registry.get(kind).manifest.config.model_validate(dict(values))
    except ValidationError as error:
        raise BadConfig(forms.sentences(error)) from error


def connect(
    session: Session,
    registry: Registry,
    vault: Vault,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    facts: Mapping[str, Any] | None = None,
    *,
    actor_id: int | None = None,
    is_demo: bool = False,
    problem: str | None = None,
    paused: bool = False,
) -> ShopRow:
    """A new shop. `problem` is what a live test found wrong when it is saved all the same; `paused` keeps it out.

    A shop that was removed is not taken up again: what was kept of it is gone. Raises BadConfig, or Invalid when the
    shop is connected already.
    """
    config = validate(registry, kind, values)
    hold(session, f"shop:{kind}")
    same = select(ShopRow).where(
        ShopRow.kind == kind, ShopRow.account == config.account, ShopRow.state != ShopState.REMOVED
    )
    known = session.scalars(same.limit(1)).first()
    if known is not None:
        raise Invalid(f"{config.account} is connected already, as shop “{known.name}”.", "/account")
    row = ShopRow(
        kind=kind,
        name=_name(name or str((facts or {}).get("account_name") or config.account)),
        account=config.account,
        state=ShopState.PAUSED if paused else ShopState.ACTIVE,
        config=sealing.shown(config),
        secrets=b"",
        facts=dict(facts or {}),
        is_demo=is_demo,
        created_at=utc_now(),
        last_error=problem,
        last_error_at=utc_now() if problem else None,
    )
    session.add(row)
    session.flush()
    row.secrets = sealing.seal(vault, config, _aad(row.id))
    health.changed(session, row.id, "connected", actor_id)
    return row


def reconfigure(
    session: Session,
    registry: Registry,
    vault: Vault,
    shop_id: int,
    name: str,
    values: Mapping[str, Any],
    facts: Mapping[str, Any],
    *,
    actor_id: int | None = None,
    problem: str | None = None,
) -> None:
    """New settings for a shop; it takes part again if credentials were what it lacked.

    `values` are complete, secrets included (see `known_values`). Raises NotFound, BadConfig, or Invalid when they
    belong to another shop: its customers' ids would mean other people.
    """
    row = queries.row(session, shop_id)
    config = validate(registry, row.kind, values)
    if config.account != row.account:
        raise Invalid(
            f"These settings belong to another shop ({config.account}). Connect it as a shop of its own.",
            "/account",
        )
    row.name, row.config, row.facts = _name(name), sealing.shown(config), dict(facts)
    row.secrets = sealing.seal(vault, config, _aad(row.id))
    row.last_error, row.last_error_at = problem, utc_now() if problem else None
    row.failures, row.failing_since, row.closed_until = 0, None, None
    if row.state is ShopState.NEEDS_REAUTH and not problem:
        row.state = ShopState.ACTIVE
    health.changed(session, shop_id, "changed", actor_id)


def rename(session: Session, shop_id: int, name: str, *, actor_id: int | None = None) -> None:
    """What agents call a shop. Raises NotFound or Invalid."""
    queries.row(session, shop_id).name = _name(name)
    health.changed(session, shop_id, "changed", actor_id)


def pause(session: Session, shop_id: int, *, actor_id: int | None = None) -> None:
    """Ask nothing of the shop until `resume`; events that it sends are kept until then. Raises NotFound."""
    queries.row(session, shop_id).state = ShopState.PAUSED
    health.changed(session, shop_id, "paused", actor_id)


def resume(session: Session, shop_id: int, *, actor_id: int | None = None) -> None:
    """Take part again. Raises NotFound."""
    row = queries.row(session, shop_id)
    row.state = ShopState.ACTIVE
    row.failures, row.failing_since, row.closed_until = 0, None, None
    health.changed(session, shop_id, "resumed", actor_id)


def remove(session: Session, shop_id: int, *, actor_id: int | None = None) -> None:
    """Disconnect: the secrets are forgotten. What is kept of the shop is erased by the caller. Raises NotFound."""
    row = queries.row(session, shop_id)
    row.state, row.secrets, row.since = ShopState.REMOVED, b"", None
    health.changed(session, shop_id, "removed", actor_id)


def arranged(session: Session, shop_id: int, setup: Setup) -> None:
    """Keep what was arranged at the shop. Raises NotFound."""
    row = queries.row(session, shop_id)
    told = {"next_step": setup.next_step, "next_url": setup.next_url}
    row.facts = {**row.facts, **setup.facts, **told}


def note_test(session: Session, shop_id: int, found: Health, *, actor_id: int | None = None) -> None:
    """Note what a live test found. Raises NotFound."""
    row = queries.row(session, shop_id)
    if found.ok:
        row.facts = {**row.facts, **found.facts}
        row.last_error = row.last_error_at = row.failing_since = row.closed_until = None
        row.failures, row.last_fetch_at = 0, utc_now()
        if row.state is ShopState.NEEDS_REAUTH:
            row.state = ShopState.ACTIVE
    else:
        row.last_error, row.last_error_at = health.sentence(" ".join(found.problems)), utc_now()
        if found.refused and row.state is ShopState.ACTIVE:
            row.state = ShopState.NEEDS_REAUTH
    health.changed(session, shop_id, "tested", actor_id)


def open_config(registry: Registry, vault: Vault, row: ShopRow) -> ShopConfig:
    """The whole configuration, for calls that reach the shop. Raises SetupError."""
    try:
        return registry.get(row.kind).manifest.config.model_validate(known_values(registry, vault, row))
    except ValidationError as error:
        raise SetupError(
            f"The settings of shop {row.id} do not fit its kind any more: open and save them again."
        ) from error


def public_config(registry: Registry, row: ShopRow) -> ShopConfig:
    """The configuration with empty secrets, for parsing."""
    return sealing.without_secrets(registry.get(row.kind).manifest.config, row.config)


def known_values(registry: Registry, vault: Vault, row: ShopRow) -> dict[str, Any]:
    """All values of a shop's configuration, secrets as plain text. Raises SetupError."""
    known = registry.get(row.kind).manifest.config.model_fields
    values = {**row.config, **sealing.unseal(vault, row.secrets, _aad(row.id))}
    return {name: value for name, value in values.items() if name in known}


def keep_secrets(
    session: Session, registry: Registry, vault: Vault, shop_id: int, updates: Mapping[str, str]
) -> ShopRow:
    """Store secrets that the shop changed (a rotated refresh token); the row as it is then."""
    row = session.execute(select(ShopRow).where(ShopRow.id == shop_id).with_for_update()).scalar_one()
    if row.state is ShopState.REMOVED:
        return row
    known = forms.secret_names(registry.get(row.kind).manifest.config)
    secrets = sealing.unseal(vault, row.secrets, _aad(shop_id))
    secrets |= {name: text for name, text in updates.items() if name in known}
    row.secrets = sealing.seal_texts(vault, secrets, _aad(shop_id))
    return row


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= 100 or not name.isprintable():
        raise Invalid("Enter a name of 1 to 100 characters.", "/name")
    return name


def _aad(shop_id: int) -> str:
    return f"shop:{shop_id}:secrets"
