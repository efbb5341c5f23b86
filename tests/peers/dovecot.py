"""Dovecot: IMAP (plain, STARTTLS, TLS), LMTP, passwords and OAuth tokens."""

import base64
import contextlib
import hashlib
import hmac
import json
import shutil
import smtplib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from imapclient import IMAPClient

from tests.peers.process import Peer, answers, find, free_port, render, wait_until
from tests.peers.tls import make_certificates

DOMAINS = ("example.test", "example.org")
LOCAL_PARTS = ("support", "sales", "cust", "bounce")
USERS = tuple(f"{local}@{domain}" for domain in DOMAINS for local in LOCAL_PARTS)
SUPPORT = "support@example.test"
CUSTOMER = "cust@example.org"
PASSWORD = "secret"

_OAUTH_KEY = b"the key that signs the tokens of these tests"
_OAUTH_CLIENT = "onethread-tests"
_OAUTH_KEY_ID = "k1"


def missing() -> str | None:
    """Why Dovecot cannot run here, or None."""
    program = find("dovecot")
    if program is None or not Path("/usr/lib/dovecot/lmtp").exists():
        return "dovecot with IMAP and LMTP is not installed (Debian: dovecot-imapd dovecot-lmtpd)"
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("2.3."):
        return f"dovecot 2.3 is needed, this is {version.split()[0] if version else 'unknown'}"
    return None


def token(user: str, *, expires_in: int = 3600, key: bytes = _OAUTH_KEY) -> str:
    """An OAuth access token that logs `user` in; on request expired or signed by another key."""
    now = int(time.time())
    header = {"alg": "HS256", "typ": "JWT", "kid": _OAUTH_KEY_ID}
    claims = {
        "sub": user,
        "azp": _OAUTH_CLIENT,
        "email": user,
        "iat": now + min(expires_in, 0) - 60,
        "exp": now + expires_in,
    }
    signed = b".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
    return (signed + b"." + _b64(hmac.digest(key, signed, hashlib.sha256))).decode()


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Dovecot(Peer):
    """A mail server with the mailboxes of `USERS`, all with `PASSWORD`."""

    name = "dovecot"
    host = "127.0.0.1"

    def __init__(self) -> None:
        super().__init__()
        self.port, self.tls_port, self.lmtp_port = free_port(), free_port(), free_port()

    @property
    def ca(self) -> Path:
        """The certificate to trust, for TLS to "localhost"."""
        return self.folder / "tls" / "ca.crt"

    def prepare(self) -> None:
        for name in ("run", "state", "home", "log", f"keys/{_OAUTH_CLIENT}/HS256"):
            (self.folder / name).mkdir(parents=True)
        make_certificates(self.folder / "tls")
        (self.folder / "keys" / _OAUTH_CLIENT / "HS256" / _OAUTH_KEY_ID).write_bytes(
            base64.b64encode(_OAUTH_KEY)
        )
        (self.folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}::::::\n" for user in USERS))
        render("oauth2.conf", self.folder / "oauth2.conf", base=self.folder)
        render(
            "dovecot.conf",
            self.folder / "dovecot.conf",
            base=self.folder,
            user=self.account.user,
            group=self.account.group,
            uid=self.account.uid,
            imap=self.port,
            imaps=self.tls_port,
            lmtp=self.lmtp_port,
        )

    def command(self) -> list[str]:
        return [str(find("dovecot")), "-F", "-c", str(self.folder / "dovecot.conf")]

    def ready(self) -> bool:
        return answers(self.port) and answers(self.lmtp_port)

    def deliver(self, raw: bytes, to: str = SUPPORT, sender: str = CUSTOMER) -> None:
        """Put a mail into a mailbox by LMTP, as an MTA does. Raises what smtplib raises on a refusal."""
        with smtplib.LMTP(self.host, self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [to], raw)

    @contextlib.contextmanager
    def imap(self, user: str = SUPPORT, folder: str | None = "INBOX") -> Iterator[IMAPClient]:
        """A logged-in client with `folder` selected (none if None)."""
        client = IMAPClient(self.host, self.port, ssl=False, timeout=10)
        try:
            client.login(user, PASSWORD)
            if folder is not None:
                client.select_folder(folder)
            yield client
        finally:
            with contextlib.suppress(IMAPClient.Error, OSError):
                client.logout()

    def append(self, folder: str, raw: bytes, user: str = SUPPORT) -> None:
        """Put a mail into a folder by IMAP, as a mail program that saves what it sent."""
        with self.imap(user, folder=None) as client:
            client.append(folder, raw)

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder, oldest first."""
        with self.imap(user, folder) as client:
            uids = client.search()
            found = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
            return [found[uid][b"BODY[]"] for uid in sorted(found)]

    def uidvalidity(self, user: str = SUPPORT, folder: str = "INBOX") -> int:
        """The number under which the folder's UIDs hold."""
        with self.imap(user, folder=None) as client:
            return int(client.folder_status(folder, ["UIDVALIDITY"])[b"UIDVALIDITY"])

    def recreate_inbox(self, user: str = SUPPORT) -> None:
        """Lose the UID list, as a restored backup does: same mails, UIDs from 1 again, new UIDVALIDITY."""
        old = self.uidvalidity(user)
        self.kill_imap_children()
        maildir = self.folder / "home" / user / "Maildir"
        for index in [*maildir.glob("dovecot.index*"), maildir / "dovecot-uidlist"]:
            index.unlink(missing_ok=True)
        # Dovecot makes numbers from the clock, in seconds; one second must not give the old one again.
        while int(time.time()) <= old:
            time.sleep(0.05)
        new = self.uidvalidity(user)
        if new == old:
            raise AssertionError(f"UIDVALIDITY is still {old}")

    def imap_children(self) -> list[psutil.Process]:
        """The processes that serve logged-in IMAP sessions."""
        if self.process is None:
            return []
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):  # the server has ended
            for child in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess):  # ended since it was listed
                    if child.name() == "imap":
                        found.append(child)
        return found

    def kill_imap_children(self) -> int:
        """Cut all IMAP sessions off in mid-air; returns how many there were."""
        children = self.imap_children()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=5)
        return len(children)

    def wipe(self) -> None:
        """Empty all mailboxes."""
        wait_until(self._wiped, 20, "the mailboxes empty")

    def _wiped(self) -> bool:
        # Who polled in the last test, or a mail under way, may write while we delete: then once more.
        self.kill_imap_children()
        for home in (self.folder / "home").iterdir():
            shutil.rmtree(home, ignore_errors=True)
        return not any((self.folder / "home").iterdir())
