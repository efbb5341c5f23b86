"""A configuration in two parts: what may be shown, as JSON, and its secrets, sealed to the row that has them."""

import functools
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, TypeAdapter

from inbox.channels import rules
from inbox.channels.secrets import Vault

M = TypeVar("M", bound=BaseModel)


def shown(config: BaseModel) -> dict[str, Any]:
    """The part that is no secret."""
    return config.model_dump(mode="json", exclude=set(rules.secret_names(type(config))))


def secret_texts(config: BaseModel) -> dict[str, str]:
    """The secrets as plain text, by field."""
    found = {name: getattr(config, name) for name in rules.secret_names(type(config))}
    return {name: value.get_secret_value() for name, value in found.items() if isinstance(value, SecretStr)}


def seal(vault: Vault, config: BaseModel, aad: str) -> bytes:
    """The secrets of a configuration, encrypted and bound to `aad`."""
    return seal_texts(vault, secret_texts(config), aad)


def seal_texts(vault: Vault, secrets: Mapping[str, str], aad: str) -> bytes:
    """Secrets by field, encrypted and bound to `aad`."""
    return vault.seal(json.dumps(dict(secrets)).encode(), aad)


def unseal(vault: Vault, sealed: bytes, aad: str) -> dict[str, str]:
    """The secrets that `seal` took, by field. Raises SetupError."""
    if not sealed:
        return {}
    secrets: dict[str, str] = json.loads(vault.open(sealed, aad))
    return secrets


def without_secrets(model: type[M], values: Mapping[str, Any]) -> M:
    """The configuration with empty secrets, for what must not see them."""
    readers = _readers(model)
    public = {name: readers[name].validate_python(value) for name, value in values.items() if name in readers}
    blank = {name: SecretStr("") for name in rules.secret_names(model)}
    return model.model_construct(**{**public, **blank})


@functools.cache
def _readers(model: type[BaseModel]) -> dict[str, TypeAdapter[Any]]:
    hidden = rules.secret_names(model)
    return {
        name: TypeAdapter(info.rebuild_annotation())
        for name, info in model.model_fields.items()
        if name not in hidden
    }
