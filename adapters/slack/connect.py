"""Connecting an app: the live test, and what a person has to do next."""

from datetime import timedelta
from typing import Any

from pydantic import JsonValue

from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.guide import NEEDED, SCOPES
from adapters.slack.people import ident, line
from inbox.contract import AdapterError, Health, Io, NeedsReauth, Setup, Unreadable

_SECONDS = 8.0
_FRESH = timedelta(hours=1)


def check(config: SlackConfig, io: Io) -> Health:
    """Ask who the bot is, what it may do, and whether a connection would be opened. Changes nothing; never raises."""
    api = Api(config, io, _SECONDS)
    try:
        facts, problems = _bot(api)
        facts |= _app(api, facts)
        problems += _socket(config, api)
        problems += _team_place(config, api)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,), refused=isinstance(error, NeedsReauth))
    except Unreadable as error:
        return Health(ok=False, problems=(error.reason,))
    problems += _recent(io)
    return Health(ok=not problems, problems=tuple(problems), facts=facts)


def _bot(api: Api) -> tuple[dict[str, JsonValue], list[str]]:
    """Who the bot is, from the call that any token may make, and what its rights lack."""
    me = api.ask(api.client.auth_test)
    headers = {str(name).lower(): value for name, value in me.headers.items()}
    told = str(headers.get("x-oauth-scopes") or "")
    scopes = {scope.strip() for scope in told.split(",") if scope.strip()}
    missing = [scope for scope in SCOPES if scope not in scopes] if scopes else []
    facts: dict[str, JsonValue] = {
        "account_name": f"@{line(me.get('user'))} · {line(me.get('team'))}",
        "team_id": ident(me.get("team_id")),
        "team": line(me.get("team")),
        "user_id": ident(me.get("user_id")),
        "user": line(me.get("user")),
        "bot_id": ident(me.get("bot_id")),
        "url": line(me.get("url")),
        "missing_scopes": list(missing),
    }
    problems = []
    if not facts["bot_id"]:
        problems.append(
            "Slack: this token belongs to a person. Enter the bot token, which begins with xoxb-."
        )
    if any(scope in missing for scope in NEEDED):
        names = ", ".join(missing)
        problems.append(
            f"Slack: the app lacks these rights: {names}. Add them at OAuth & Permissions and install the app again."
        )
    return facts, problems


def _app(api: Api, facts: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The app's own id, for the link that opens a chat with it; it is no trouble where Slack does not tell."""
    try:
        bot = api.ask(api.client.bots_info, bot=str(facts["bot_id"])).get("bot")
    except AdapterError:
        return {}
    return {"app_id": ident(bot.get("app_id"))} if isinstance(bot, dict) else {}


def _socket(config: SlackConfig, api: Api) -> list[str]:
    if not config.uses_socket:
        return []
    try:
        open_connection(config, api)
    except AdapterError as error:
        return [f"Socket Mode: {error.reason}"]
    return []


def _team_place(config: SlackConfig, api: Api) -> list[str]:
    if not config.team_place:
        return []
    try:
        found: Any = api.ask(api.client.conversations_info, channel=config.team_place).get("channel")
    except AdapterError as error:
        return [f"Channel of your team: {error.reason}"]
    if isinstance(found, dict) and found.get("is_member") is False:
        return ["Channel of your team: invite the bot there, with /invite in the channel."]
    return []


def _recent(io: Io) -> list[str]:
    told = io.facts.get("rate_limited_at")
    if isinstance(told, int) and 0 <= io.now().timestamp() - told < _FRESH.total_seconds():
        return ["Slack: it held back messages within the last hour, as more than 30,000 an hour came in."]
    return []


def open_connection(config: SlackConfig, api: Api) -> str:
    """The address of a new connection for Socket Mode, good for one use. Raises TryLater, Rejected or NeedsReauth."""
    try:
        answer = api.ask(api.client.apps_connections_open, app_token=config.app_token.get_secret_value())
    except NeedsReauth as error:
        raise NeedsReauth(
            "Slack does not accept the app-level token. Make one with the scope connections:write on the page "
            "Basic Information, and enter it here.",
            code=error.code,
        ) from error
    return str(answer.get("url") or "")


def connected(config: SlackConfig, hook_url: str, io: Io) -> Setup:
    """Tell what to do next: Slack lets no program enter the address of events. Raises nothing."""
    mode = "socket" if config.uses_socket else "events"
    name = str(io.facts.get("user") or "the bot")
    team, app = str(io.facts.get("team_id") or ""), str(io.facts.get("app_id") or "")
    step = f"Write to @{name} in Slack."
    if mode == "events" and hook_url:
        step = f"Enter {hook_url} as Request URL at Event Subscriptions of the app, then write to @{name} in Slack."
    return Setup(
        facts={"mode": mode, "hook_url": hook_url if mode == "events" else ""},
        next_step=step,
        next_url=f"https://slack.com/app_redirect?app={app}&team={team}" if app and team else "",
    )
