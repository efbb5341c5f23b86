"""What one connected account can do: rights differ between accounts of a kind, so nobody asks its manifest for them."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from inbox.channels.actions import public_config
from inbox.channels.models import Channel
from inbox.channels.registry import Registry
from inbox.contract import Adapter, Capabilities, Manifest


@dataclass(frozen=True)
class Account:
    """A channel with its adapter and its manifest, and what this account can do."""

    channel: Channel
    manifest: Manifest
    can: Capabilities
    adapter: Adapter[Any]


def account(registry: Registry, channel: Channel) -> Account:
    """The channel with what it can do. Raises Invalid when its adapter is not installed."""
    adapter = registry.get(channel.kind)
    try:
        config = public_config(registry, channel)
    except (
        ValidationError
    ):  # saved for an older adapter: until they are saved again, the rights of its kind count
        return Account(channel, adapter.manifest, adapter.manifest.can, adapter)
    return Account(channel, adapter.manifest, adapter.can(config), adapter)


def can(registry: Registry, channel: Channel) -> Capabilities:
    """What the channel can do. Raises Invalid when its adapter is not installed."""
    return account(registry, channel).can
