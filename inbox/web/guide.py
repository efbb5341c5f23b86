"""What a person does at the provider, as the pages about channels show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from inbox.channels import actions, rules
from inbox.channels.queries import ChannelDetail
from inbox.contract import ChannelConfig, Step
from inbox.contract.commerce import ShopConfig
from inbox.contract.markup import to_html
from inbox.web.context import context
from inbox.web.i18n import gettext as _


@dataclass(frozen=True)
class ShownStep:
    """A step in the reader's language: `number` counts from 1, `html` is safe, `copy_text` is offered for copying."""

    number: int
    title: str
    html: Markup
    copy_text: str


@dataclass(frozen=True)
class Guide:
    """The steps before an account is connected, and those afterwards."""

    before: list[ShownStep]
    after: list[ShownStep]


def guide_of(kind: str, config: ChannelConfig | None = None, hook_url: str = "") -> Guide:
    """The guide of a kind; with `config` and `hook_url` once an account of it is connected."""
    return _guide(context().registry.get(kind).guide(config, hook_url))


def shop_guide(kind: str, config: ShopConfig | None = None, hook_url: str = "") -> Guide:
    """The guide of a kind of shop; with `config` and `hook_url` once one is connected."""
    return _guide(context().shops.get(kind).guide(config, hook_url))


def _guide(told: Iterable[Step]) -> Guide:
    steps = [
        (step.when, ShownStep(number, _(step.title), _html(_(step.text)), step.copy_text))
        for number, step in enumerate(told, start=1)
    ]
    return Guide(
        before=[shown for when, shown in steps if when == "before"],
        after=[shown for when, shown in steps if when == "after"],
    )


def guide_for(channel: ChannelDetail, row: Any) -> Guide:
    """The guide for an account that is connected; `row` is the channel's."""
    ctx = context()
    takes_hooks = ctx.registry.get(channel.kind).manifest.can.webhook
    url = rules.hook_url(ctx.settings.public_url, channel.kind, channel.id) if takes_hooks else ""
    return guide_of(channel.kind, actions.public_config(ctx.registry, row), url)


def _html(text: str) -> Markup:
    """`text` of our Markdown subset; links open beside the form, which must not be lost."""
    safe = to_html(text).replace("<a href=", '<a class="link" target="_blank" href=')
    return Markup(safe)  # noqa: S704 - to_html escapes every character of its input
