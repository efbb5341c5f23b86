"""Slack's calls: proved by a signature over the raw body and the time, with a secret that Slack gave to us."""

from slack_sdk.signature import SignatureVerifier

from adapters.slack import payload
from adapters.slack.config import SlackConfig
from inbox.contract import Accept, Challenge, HookRequest, NotAuthentic, Unreadable


def verify(config: SlackConfig, request: HookRequest) -> Accept | Challenge:
    """Prove that Slack called within the last five minutes. The former secret is good beside the new one.

    Raises NotAuthentic.
    """
    secrets = (config.signing_secret.get_secret_value(), config.signing_secret_old.get_secret_value())
    fits = [_is_signed(secret, request) for secret in secrets if secret]
    if request.method != "POST" or not any(fits):
        raise NotAuthentic("The request is not signed with the signing secret of this app.")
    try:
        data = payload.read(request.body)
    except Unreadable:
        # Kept all the same: a person can see what it was.
        return Accept()
    if data.get("type") == "url_verification":
        challenge = data.get("challenge")
        return Challenge(body=challenge if isinstance(challenge, str) else "")
    return Accept(dedupe_key=payload.dedupe_key(data))


def _is_signed(secret: str, request: HookRequest) -> bool:
    try:
        return bool(SignatureVerifier(secret).is_valid_request(request.body, request.headers))
    except (ValueError, TypeError):
        # A time that is no number, a body or a signature in no known coding: the library does not check before.
        return False
