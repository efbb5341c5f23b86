"""Our reactions on a message: what is there is asked first, as Slack adds and removes them one by one."""

from collections.abc import Sequence
from typing import Any

from adapters.slack import shortcodes
from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.people import spot_at
from inbox.contract import Io, Rejected

_SECONDS = 8.0


def react(config: SlackConfig, external_id: str, emoji: Sequence[str], io: Io) -> None:
    """Put our reactions on a message in place of those before. Raises TryLater, Rejected or NeedsReauth."""
    found = spot_at(external_id)
    if found is None:
        raise Rejected("Slack does not have this message.", code="message_not_found")
    wanted = {shortcodes.bare_of(each): shortcodes.names(each) for each in emoji}
    if not all(wanted.values()):
        raise Rejected("Slack does not offer this emoji as a reaction.", code="invalid_name")
    api = Api(config, io, _SECONDS)
    target = {"channel": found.channel, "timestamp": found.ts}
    own = {name: shortcodes.bare_of(shortcodes.character(name)) for name in _own(api, target, _me(api, io))}
    for name in (name for name, shown in own.items() if shown not in wanted):
        _once(api, api.client.reactions_remove, "no_reaction", name=name, **target)
    for names in (names for shown, names in wanted.items() if shown not in own.values()):
        _add(api, target, names)


def _add(api: Api, target: dict[str, str], names: Sequence[str]) -> None:
    """Add a reaction under the first of its names that Slack knows."""
    for number, name in enumerate(names, 1):
        try:
            _once(api, api.client.reactions_add, "already_reacted", name=name, **target)
            return
        except Rejected as error:
            if error.code != "invalid_name" or number == len(names):
                raise


def _once(api: Api, call: Any, done: str, **options: Any) -> None:
    """A call that may be made twice: what was done before is done."""
    try:
        api.ask(call, **options)
    except Rejected as error:
        if error.code != done:
            raise


def _me(api: Api, io: Io) -> str:
    return str(io.facts.get("user_id") or api.ask(api.client.auth_test).get("user_id") or "")


def _own(api: Api, target: dict[str, str], me: str) -> list[str]:
    message = api.ask(api.client.reactions_get, full=True, **target).get("message")
    listed = message.get("reactions") if isinstance(message, dict) else None
    return [
        str(each.get("name"))
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and me in (each.get("users") or [])
    ]
