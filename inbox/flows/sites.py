"""A shop's site as stories and requests need it: its channel, its settings, and what its adapter calls its visitors."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import lookup
from inbox.contract import Level, Manifest, Party
from inbox.contract.site import Site, SiteConfig, visitor_name
from inbox.errors import SetupError
from inbox.flows.context import Context

if TYPE_CHECKING:
    from inbox.channels.models import Channel

USER = "user"
"""The namespace of shops' own ids of their customers; they are only unique within a channel's account."""


@dataclass(frozen=True)
class Place:
    """One site's panel. `site` has the identity secrets: never hand it on."""

    channel: "Channel"
    site: Site
    manifest: Manifest

    @property
    def id(self) -> int:
        """The channel's id."""
        return self.channel.id

    def visitor(self, name: str = "") -> Party:
        """A browser that nobody has seen before."""
        address = secrets.token_hex(12)
        return Party(
            namespace=self.manifest.namespace,
            account=self.channel.account,
            address=address,
            display=visitor_name(address),
            name=name,
            level=Level.CHANNEL,
            level_reason="Wrote from the browser that began this conversation.",
        )

    def user(self, subject: str, name: str, reason: str) -> Party:
        """A customer of the shop by the shop's own id, which it vouches for."""
        return Party(
            namespace=USER,
            account=self.channel.account,
            address=subject,
            display=subject,
            name=name,
            level=Level.VERIFIED,
            level_reason=reason,
        )


def by_key(session: Session, ctx: Context, key: str) -> Place | None:
    """The site with that public key. Raises SetupError when its settings cannot be opened."""
    for channel in lookup.of_account(session, key):
        manifest = ctx.registry.get(channel.kind).manifest
        if manifest.can.site:
            return _place(ctx, channel, manifest)
    return None


def by_id(session: Session, ctx: Context, channel_id: int) -> Place | None:
    """The site of a channel; None when the channel is none. Raises SetupError as `by_key`."""
    channel = lookup.any_state(session, [channel_id]).get(channel_id)
    if channel is None or not ctx.registry.get(channel.kind).manifest.can.site:
        return None
    return _place(ctx, channel, ctx.registry.get(channel.kind).manifest)


def _place(ctx: Context, channel: "Channel", manifest: Manifest) -> Place:
    config = channels.open_config(ctx.registry, ctx.vault, channel)
    if not isinstance(config, SiteConfig):
        raise SetupError(f"The adapter “{channel.kind}” says that it is a site, and its settings are none.")
    return Place(channel, config.site, manifest)
