"""Meta's calls: proved by the app's secret over the raw bytes; and its one question when the address is entered."""

import hashlib
import hmac

from adapters.meta.config import MetaConfig
from inbox.contract import Accept, Challenge, HookRequest, NotAuthentic

HEADER = "x-hub-signature-256"

_PREFIX = b"sha256="
_CHALLENGE_MAX = 1000


def verify(config: MetaConfig, request: HookRequest) -> Accept | Challenge:
    """Prove that Meta called. The app's secret and the one before are good. Raises NotAuthentic."""
    if request.method == "GET":
        return _challenge(config, request)
    given = request.headers.get(HEADER, "").encode("utf-8", "surrogatepass")
    secrets = (config.app_secret.get_secret_value(), config.app_secret_old.get_secret_value())
    fits = [hmac.compare_digest(given, signature(known, request.body)) for known in secrets if known]
    if request.method != "POST" or not any(fits):
        raise NotAuthentic("The request is not signed with the app's secret.")
    return Accept(dedupe_key=dedupe_key(request.body))


def signature(secret: str, body: bytes) -> bytes:
    """What Meta's header says of a body."""
    return _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def dedupe_key(body: bytes) -> str:
    """The name of a call. Meta gives it none, and repeats it with the same bytes.

    What comes again in another batch has the ids of its messages, which are stored once.
    """
    return "sha256:" + hashlib.sha256(body).hexdigest()


def _challenge(config: MetaConfig, request: HookRequest) -> Challenge:
    """Answer the test of the address with the word that came with it."""
    given = request.args.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    known = config.verify_token.get_secret_value().encode()
    challenge = request.args.get("hub.challenge", "")
    fits = hmac.compare_digest(given, known) and bool(known)
    if request.args.get("hub.mode") != "subscribe" or not fits or not 0 < len(challenge) <= _CHALLENGE_MAX:
        raise NotAuthentic("The verify token is not the one of this channel.")
    return Challenge(body=challenge)
