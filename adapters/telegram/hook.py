"""Telegram's calls: proved by a secret that we gave to Telegram, and nobody else, with the webhook's address."""

import hashlib
import hmac

from adapters.telegram import update
from adapters.telegram.config import TelegramConfig
from inbox.contract import Accept, HookRequest, NotAuthentic, Unreadable

HEADER = "x-telegram-bot-api-secret-token"

_PURPOSE = b"onethread: the secret of the webhook"


def secret_of(config: TelegramConfig) -> str:
    """The secret that belongs to the token: 64 of the characters that Telegram allows. A new token, a new secret."""
    token = config.token.get_secret_value()
    return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def verify(config: TelegramConfig, request: HookRequest) -> Accept:
    """Prove that Telegram called. The secret that it got last is good until it has taken the new one.

    The secret says who sends and nothing about the body, which only the encrypted connection protects.
    Raises NotAuthentic.
    """
    given = request.headers.get(HEADER, "").encode("utf-8", "surrogatepass")
    last = config.webhook_secret.get_secret_value()
    fits = [hmac.compare_digest(given, known.encode()) for known in (secret_of(config), last) if known]
    if request.method != "POST" or not any(fits):
        raise NotAuthentic("The request does not have the secret that Telegram got from us.")
    try:
        return Accept(dedupe_key=update.dedupe_key(update.read(request.body)))
    except Unreadable:
        # Kept all the same: a person can see what it was.
        return Accept()
