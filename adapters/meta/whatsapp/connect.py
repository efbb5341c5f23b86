"""Connecting a number: the live test, and what has to be arranged at Meta so that its messages come to us."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from adapters.meta.batch import Fields, line
from adapters.meta.graph import Graph
from adapters.meta.whatsapp.account import KEPT
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import AdapterError, Health, Io, NeedsReauth, Rejected, Setup, TryLater, Uncertain

_TEST_SECONDS = 8.0
_ACCOUNTS_MAX = 20
_NUMBER = "id,display_phone_number,verified_name,quality_rating,platform_type,status"
RIGHTS = ("whatsapp_business_messaging", "whatsapp_business_management")
"""What the access token has to be good for."""
FIELDS = ("messages", "smb_message_echoes", "standby", "message_template_status_update", *KEPT)
"""What of all that happens the app is to tell."""
_STATUS = {
    "BANNED": "WhatsApp has banned this number. See WhatsApp Manager at Meta.",
    "DELETED": "The number was deleted at Meta.",
    "DISCONNECTED": "The number is not connected to the Cloud API. Register it at Meta under API setup.",
    "MIGRATED": "The number was moved to another WhatsApp Business account. Connect it from there.",
    "OFFLINE": "The number is offline at WhatsApp. See WhatsApp Manager at Meta.",
    "PENDING": "The number is not registered with the Cloud API yet. Register it at Meta under API setup.",
}
_NO_ACCOUNT = (
    "The WhatsApp Business account of this number could not be found with the access token. Enter its id, which stands "
    "beside the phone number id at Meta: templates belong to it, and Meta has to be told to send its events to the app."
)
_OTHER_ACCOUNT = "The number does not belong to the WhatsApp Business account whose id was entered."


def check(config: WhatsAppConfig, io: Io) -> Health:
    """Ask Meta about the number, the token's rights and the account. Changes nothing; never raises."""
    graph = Graph(config, io, _TEST_SECONDS)
    try:
        number = _number(graph, config)
        rights = _rights(graph, config)
        account = _account(graph, config, rights)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,), refused=isinstance(error, NeedsReauth))
    shown = line(number.get("display_phone_number"))
    name = line(number.get("verified_name"))
    facts: dict[str, JsonValue] = {
        "account_name": shown or name or config.phone_number_id,
        "verified_name": name,
        "number": re.sub(r"[^0-9]", "", shown),
        "quality": line(number.get("quality_rating")),
        "waba_id": account or str(io.facts.get("waba_id") or ""),
        "token_ends": _end(rights.get("expires_at")),
    }
    problems = tuple(_problems(config, number, rights, account))
    return Health(ok=not problems, problems=problems, facts=facts)


def connected(config: WhatsAppConfig, hook_url: str, io: Io) -> Setup:
    """Have the account's events sent to our app, and those of this number to this channel.

    A number may have an address of its own, which Meta tries at once. Where it does not take ours, the address has to
    be entered by hand, once for the app. Raises TryLater, Rejected or NeedsReauth.
    """
    account = config.waba_id or str(io.facts.get("waba_id") or "")
    graph = Graph(config, io)
    if account:
        _arrange(graph, f"{account}/subscribed_apps", {})
    number = str(io.facts.get("number") or "")
    refused = _set_hook(graph, config, hook_url) if hook_url.startswith("https://") else _no_address(hook_url)
    facts: dict[str, JsonValue] = {"hook_url": "" if refused else hook_url}
    write = f"Write to {io.facts.get('account_name') or 'the number'} in WhatsApp."
    if refused or not account:
        by_hand = f"{_by_hand(hook_url)} {refused}" if refused else ""
        told = (part for part in ("" if account else _NO_ACCOUNT, by_hand, f"Then: {write}") if part)
        return Setup(facts=facts, next_step=" ".join(told))
    return Setup(facts=facts, next_step=write, next_url=f"https://wa.me/{number}" if number else "")


def disconnected(config: WhatsAppConfig, io: Io) -> None:
    """Take the number's own address away. The account stays with our app, which may have other numbers of it.

    Raises as `connected`.
    """
    if io.facts.get("hook_url"):
        _arrange(
            Graph(config, io),
            config.phone_number_id,
            {"webhook_configuration": {"override_callback_uri": ""}},
        )


def _set_hook(graph: Graph, config: WhatsAppConfig, hook_url: str) -> str:
    """Have this number's events sent to our address; why Meta does not do that, or ""."""
    told = {"override_callback_uri": hook_url, "verify_token": config.verify_token.get_secret_value()}
    try:
        _arrange(graph, config.phone_number_id, {"webhook_configuration": told})
    except Rejected as error:
        return f"(Meta did not take it by itself: {error.reason})"
    return ""


def _no_address(hook_url: str) -> str:
    return "(Meta calls https addresses only; set ONETHREAD_PUBLIC_URL to one.)" if hook_url else (
        "(For that, set ONETHREAD_PUBLIC_URL to the https address of this installation.)"
    )  # fmt: skip


def _by_hand(hook_url: str) -> str:
    where = f"{hook_url} as callback URL" if hook_url else "the address of this channel as callback URL"
    return f"Enter {where} with your verify token at Meta under WhatsApp → Configuration, and subscribe to “messages”."


def _arrange(graph: Graph, path: str, fields: dict[str, Any]) -> None:
    """A change that may be made twice."""
    try:
        graph.post(path, fields)
    except Uncertain as error:
        raise TryLater(error.reason, code=error.code) from error


# The live test


def _number(graph: Graph, config: WhatsAppConfig) -> Fields:
    try:
        return graph.get(config.phone_number_id, fields=_NUMBER)
    except Rejected as error:
        if not error.code.startswith("100"):
            raise
        raise Rejected(
            "Meta knows no phone number with this id, or the access token may not see it. It is not the number itself.",
            code=error.code,
        ) from error


def _rights(graph: Graph, config: WhatsAppConfig) -> Fields:
    """What the token may do and until when; nothing where Meta does not tell it to the token itself."""
    try:
        found = graph.get("debug_token", input_token=config.access_token.get_secret_value()).get("data")
    except (Rejected, TryLater):
        # Some tokens may not ask about themselves, and yet do all that is needed: the number was there just now.
        return {}
    return found if isinstance(found, dict) else {}


def _account(graph: Graph, config: WhatsAppConfig, rights: Fields) -> str:
    """The WhatsApp Business account of the number, or "" when it cannot be found."""
    for account in (config.waba_id,) if config.waba_id else tuple(_accounts_of(rights))[:_ACCOUNTS_MAX]:
        try:
            answer = graph.get(f"{account}/phone_numbers", fields="id", limit="100")
        except Rejected:
            # An account that the token may not see is not the number's, or is of no use.
            continue
        numbers = answer.get("data")
        known = (
            [each.get("id") for each in numbers if isinstance(each, dict)]
            if isinstance(numbers, list)
            else []
        )
        if config.phone_number_id in known:
            return account
    return ""


def _accounts_of(rights: Fields) -> Iterator[str]:
    """The ids of all accounts that a token was given rights to, each once."""
    scopes = rights.get("granular_scopes")
    told = [scope for scope in scopes if isinstance(scope, dict)] if isinstance(scopes, list) else []
    targets = [scope.get("target_ids") for scope in told if scope.get("scope") in RIGHTS]
    ids = [str(target) for each in targets if isinstance(each, list) for target in each]
    yield from dict.fromkeys(each for each in ids if each.isascii() and each.isdecimal())


def _problems(config: WhatsAppConfig, number: Fields, rights: Fields, account: str) -> Iterator[str]:
    status = line(number.get("status")).upper()
    if status in _STATUS:
        yield _STATUS[status]
    if line(number.get("platform_type")).upper() == "ON_PREMISE":
        yield "The number is registered with WhatsApp's old API on premises. Move it to the Cloud API at Meta."
    scopes = rights.get("scopes")
    granted = scopes if isinstance(scopes, list) else RIGHTS
    for right in RIGHTS:
        if right not in granted:
            yield f"The access token lacks the permission {right}. Make a new one with it."
    if config.waba_id and not account:
        yield _OTHER_ACCOUNT


def _end(seconds: Any) -> str:
    """When the token runs out, or "" for never."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 1 << 33:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
