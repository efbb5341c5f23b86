"""Access tokens: kept until shortly before they end, refreshed by the refresh token, rotated ones stored."""

import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from adapters.email.config import EmailConfig
from inbox.contract import HttpResponse, Io, NeedsReauth, TryLater, Uncertain, Unreadable

_MARGIN = timedelta(minutes=5)
"""A token is renewed this long before it ends, so that none ends within a login."""
_LIFE = timedelta(minutes=30)
"""Taken when the service does not say how long a token lives."""

# Two threads of one mailbox must not both spend its refresh token: services that rotate it revoke the family.
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_fresh: dict[str, tuple[str, str, datetime]] = {}
"""By account: the refresh token that was spent, the access token got for it, and when that ends."""


class Tokens:
    """The access tokens of one mailbox."""

    def __init__(self, config: EmailConfig, io: Io) -> None:
        self._config = config
        self._io = io
        self._key = f"{config.oauth_token_url} {config.oauth_client_id} {config.imap_username}"

    @property
    def refreshable(self) -> bool:
        """Whether a new access token can be had at all."""
        return bool(self._config.oauth_refresh_token.get_secret_value() and self._config.oauth_token_url)

    def access(self) -> str:
        """An access token that still holds. Raises NeedsReauth or TryLater."""
        kept = self._kept()
        if kept:
            return kept
        if not self.refreshable:
            return self._given()
        with _locks[self._key]:
            return self._kept() or self._refresh()

    def fresh(self) -> str:
        """A new access token, because the server refused the last one. Raises NeedsReauth or TryLater."""
        with _locks[self._key]:
            return self._refresh()

    def _given(self) -> str:
        token = self._config.oauth_access_token.get_secret_value()
        if not token:
            raise NeedsReauth(
                f"OAuth: there is no token for {self._config.imap_username}. Reconnect the mailbox.",
                code="no_token",
            )
        return token

    def _kept(self) -> str:
        """The best known token that lives beyond the margin, or ""."""
        soon = self._io.now() + _MARGIN
        spent, token, until = _fresh.get(self._key, ("", "", soon))
        if token and spent == self._config.oauth_refresh_token.get_secret_value() and until > soon:
            return token
        stored = _when(self._config.oauth_access_expires.get_secret_value())
        return self._config.oauth_access_token.get_secret_value() if stored and stored > soon else ""

    def _refresh(self) -> str:
        config = self._config
        form = {
            "grant_type": "refresh_token",
            "refresh_token": config.oauth_refresh_token.get_secret_value(),
            "client_id": config.oauth_client_id,
            "client_secret": config.oauth_client_secret.get_secret_value(),
            "scope": config.oauth_scope,
        }
        try:
            answer = self._io.http(
                "POST",
                config.oauth_token_url,
                headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
                body=urlencode({key: value for key, value in form.items() if value}).encode(),
                timeout=15.0,
                max_bytes=1 << 16,
            )
        except Uncertain as error:
            # Asking twice for a token does no harm.
            raise TryLater(f"OAuth: {error.reason}", code=error.code) from error
        token, rotated, until = self._read(answer)
        _fresh[self._key] = (form["refresh_token"], token, until)
        updates = {"oauth_access_token": token, "oauth_access_expires": until.isoformat()}
        if rotated and rotated != form["refresh_token"]:
            updates["oauth_refresh_token"] = rotated
        self._io.keep_secrets(updates)
        return token

    def _read(self, answer: HttpResponse) -> tuple[str, str, datetime]:
        """Access token, refresh token or "", and the end of the first."""
        try:
            found = answer.json()
        except Unreadable:
            found = {}
        if not isinstance(found, dict):
            found = {}
        token = found.get("access_token")
        if answer.status == 200 and isinstance(token, str) and token:
            life = found.get("expires_in")
            seconds = timedelta(seconds=int(str(life))) if str(life).isdecimal() else _LIFE
            return token, str(found.get("refresh_token") or ""), self._io.now() + seconds
        code = str(found.get("error") or answer.status)[:60]
        if answer.status in (400, 401, 403):
            raise NeedsReauth(
                f"OAuth: the consent for {self._config.imap_username} no longer holds ({code}). "
                "Reconnect the mailbox.",
                code=code,
            )
        raise TryLater(f"OAuth: the token service is out of order ({code}).", code=code)


def xoauth2(user: str, token: str) -> str:
    """The client's only word in the XOAUTH2 mechanism."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def oauthbearer(user: str, token: str) -> str:
    """The client's first word in the OAUTHBEARER mechanism (RFC 7628)."""
    escaped = user.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={escaped},\x01auth=Bearer {token}\x01\x01"


def _when(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
