"""Connecting a bot: the live test, and how its messages come in from now on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from pydantic import JsonValue

from adapters.telegram.bot import Api, Wire
from adapters.telegram.config import TelegramConfig
from adapters.telegram.hook import secret_of
from inbox.contract import AdapterError, Health, Io, NeedsReauth, Rejected, Setup

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "my_chat_member",
)
"""What we want to hear of. Reactions come only to who names them, and an empty list would not."""
PORTS = (443, 80, 88, 8443)
"""Where Telegram's own server calls."""
CONNECTIONS = 20
"""How many calls Telegram may make at the same time."""
_TEST_SECONDS = 8.0
_FRESH = timedelta(hours=1)


def check(config: TelegramConfig, io: Io) -> Health:
    """Ask who the bot is, and whether Telegram gets through to us. Changes nothing; never raises."""
    api = Api(config, io, Wire(io, _TEST_SECONDS))
    try:
        me = api.ask(api.bot.get_me())
        problem = _hook_problem(api, io)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,), refused=isinstance(error, NeedsReauth))
    username = me.username or ""
    facts: dict[str, JsonValue] = {
        "account_name": f"@{username}" if username else me.full_name,
        "username": username,
        "name": me.full_name,
        "can_join_groups": bool(me.can_join_groups),
        "can_read_all_group_messages": bool(me.can_read_all_group_messages),
        "can_connect_to_business": bool(me.can_connect_to_business),
    }
    return Health(ok=not problem, problems=(problem,) if problem else (), facts=facts)


def _hook_problem(api: Api, io: Io) -> str:
    """What keeps Telegram from getting through to our own webhook; somebody else's is none of our business."""
    url = io.facts.get("hook_url")
    hook = api.ask(api.bot.get_webhook_info()) if url else None
    if hook is None or hook.url != url or not isinstance(hook.last_error_date, datetime):
        return ""
    if io.now() - hook.last_error_date > _FRESH or not hook.pending_update_count:
        return ""
    said = hook.last_error_message or "it does not say why"
    return f"Telegram could not reach us at {hook.last_error_date:%H:%M} UTC: {said}."


def connected(config: TelegramConfig, hook_url: str, io: Io) -> Setup:
    """Set the webhook or take it away. Raises TryLater, Rejected or NeedsReauth."""
    mode: Literal["webhook", "poll"] = _chosen(config, hook_url)
    if mode == "webhook":
        set_webhook(config, hook_url, io)
    else:
        disconnected(config, io)
    username = str(io.facts.get("username") or "")
    return Setup(
        facts={"mode": mode, "hook_url": hook_url if mode == "webhook" else ""},
        next_step=f"Write to @{username} in Telegram." if username else "Write to the bot in Telegram.",
        next_url=f"https://t.me/{username}" if username else "",
    )


def disconnected(config: TelegramConfig, io: Io) -> None:
    """Take the webhook away; what waits at Telegram stays there for a day. Raises as `connected`."""
    api = Api(config, io)
    api.ask(api.bot.delete_webhook())


def set_webhook(config: TelegramConfig, url: str, io: Io) -> None:
    """Have Telegram call `url` with the secret that belongs to the token. Raises as `connected`."""
    secret = secret_of(config)
    api = Api(config, io)
    api.ask(
        api.bot.set_webhook(
            url,
            secret_token=secret,
            allowed_updates=list(ALLOWED_UPDATES),
            max_connections=CONNECTIONS,
        )
    )
    if config.webhook_secret.get_secret_value() != secret:
        io.keep_secrets({"webhook_secret": secret})


def mode_of(config: TelegramConfig, facts: Mapping[str, JsonValue]) -> str:
    """How messages come in: as the settings say, or as it was arranged."""
    return str(facts.get("mode") or "poll") if config.mode == "auto" else config.mode


def _chosen(config: TelegramConfig, hook_url: str) -> Literal["webhook", "poll"]:
    if config.mode == "poll":
        return "poll"
    problem = _unfit(config, hook_url)
    if not problem:
        return "webhook"
    if config.mode == "auto":
        return "poll"
    raise Rejected(problem, code="webhook")


def _unfit(config: TelegramConfig, hook_url: str) -> str:
    """Why Telegram cannot call this address, or "". A Bot API server of one's own calls any (its `--local`)."""
    parts = urlsplit(hook_url)
    if not hook_url:
        return (
            "A webhook needs an address of ours that Telegram can call. Set ONETHREAD_PUBLIC_URL to the https "
            "address of this installation, or choose polling."
        )
    if parts.scheme != "https" and (config.is_official or config.mode == "auto"):
        return (
            "Telegram calls https addresses only, and ONETHREAD_PUBLIC_URL is none. Put a certificate in front "
            "of this installation, or choose polling."
        )
    if config.is_official and (parts.port or 443) not in PORTS:
        return (
            f"Telegram calls the ports 443, 80, 88 and 8443 only, and ONETHREAD_PUBLIC_URL says {parts.port}. "
            "Use one of them, or choose polling."
        )
    return ""
