"""Secrets at rest and signed tokens, all derived from one root key.

Sealing is AES-256-GCM with a random nonce; `aad` binds a sealed value to its row and field, so that it
cannot be moved to another. The key's id stands in front, so that keys can be rotated.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inbox.errors import SetupError
from inbox.settings import Settings

_TOKEN_BYTES = 10
_ID_BYTES = 5


class Vault:
    """Seals and opens secrets; signs and checks short tokens."""

    def __init__(self, key: bytes, old_keys: Sequence[bytes] = ()) -> None:
        self._keys = [key, *old_keys]

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, from the current root key."""
        return _derive(self._keys[0], purpose)

    def seal(self, secret: bytes, aad: str) -> bytes:
        """Encrypt `secret`, bound to `aad`."""
        key, nonce = _derive(self._keys[0], "seal"), os.urandom(12)
        return _key_id(key) + nonce + AESGCM(key).encrypt(nonce, secret, aad.encode())

    def open(self, sealed: bytes, aad: str) -> bytes:
        """Decrypt what `seal` made. Raises SetupError when no known key fits."""
        for root in self._keys:
            key = _derive(root, "seal")
            if hmac.compare_digest(_key_id(key), sealed[:4]):
                try:
                    return AESGCM(key).decrypt(sealed[4:16], sealed[16:], aad.encode())
                except InvalidTag as error:
                    raise SetupError("A stored secret was altered and cannot be opened.") from error
        raise SetupError(
            "A stored secret was sealed with another ONETHREAD_SECRET_KEY. "
            "Put that key back, or add it to ONETHREAD_SECRET_KEYS_OLD."
        )

    def token(self, purpose: str, number: int) -> str:
        """A short signed token for `number`: letters a–z and digits 2–7, safe in an e-mail's local part."""
        head = number.to_bytes(_ID_BYTES, "big")
        return _b32(head + self._sign(self._keys[0], purpose, head))

    def read_token(self, purpose: str, token: str) -> int | None:
        """The number in a token that we signed for `purpose`, or None."""
        try:
            data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except ValueError:
            return None
        head, mark = data[:_ID_BYTES], data[_ID_BYTES:]
        if len(mark) != _TOKEN_BYTES:
            return None
        for root in self._keys:
            if hmac.compare_digest(mark, self._sign(root, purpose, head)):
                return int.from_bytes(head, "big")
        return None

    def digest(self, purpose: str, text: str) -> str:
        """A keyed hash of `text` in hex, to look something up without keeping it."""
        return hmac.digest(self.derive(purpose), text.encode(), "sha256").hex()

    def _sign(self, root: bytes, purpose: str, head: bytes) -> bytes:
        return hmac.digest(_derive(root, f"token:{purpose}"), head, "sha256")[:_TOKEN_BYTES]


def _derive(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"onethread:" + purpose.encode()).derive(root)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:4]


def _b32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def open_vault(settings: Settings) -> Vault:
    """The vault for these settings; makes a root key in the data directory when none is set."""
    old = [secret.get_secret_value().encode() for secret in settings.secret_keys_old]
    if settings.secret_key is not None:
        key = settings.secret_key.get_secret_value().encode()
        if len(key) < 16:
            raise SetupError("ONETHREAD_SECRET_KEY must have at least 16 characters.")
        return Vault(key, old)
    return Vault(_kept_key(settings.data_dir / "secret_key"), old)


def _kept_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_urlsafe(32).encode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes().strip()
