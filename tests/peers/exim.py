"""Exim: a real mail server that routes to Dovecot and writes real bounces."""

import smtplib
from pathlib import Path

from tests.peers.dovecot import LOCAL_PARTS, PASSWORD
from tests.peers.process import Peer, answers, find, free_port, render, wait_until
from tests.peers.tls import make_certificates


def missing() -> str | None:
    """Why Exim cannot run here, or None."""
    if find("exim4", "exim") is None:
        return "exim is not installed (Debian: exim4-daemon-light)"
    return None


class Exim(Peer):
    """An MTA for example.test and example.org: SMTP with STARTTLS and AUTH, and SMTP over TLS.

    It knows the mailboxes of `dovecot.USERS`, each with any +tag. `refused@` is turned away with 550 and
    `greylisted@` with 451; every other address is accepted and bounces to the envelope's sender.
    """

    name = "exim"
    host = "127.0.0.1"

    def __init__(self, lmtp_port: int) -> None:
        super().__init__()
        self.lmtp_port = lmtp_port
        self.port, self.tls_port = free_port(), free_port()

    @property
    def ca(self) -> Path:
        """The certificate to trust, for TLS to "localhost"."""
        return self.folder / "tls" / "ca.crt"

    @property
    def _config(self) -> Path:
        return self.folder / "exim.conf"

    @property
    def _program(self) -> str:
        return str(find("exim4", "exim"))

    def prepare(self) -> None:
        for name in ("spool", "log"):
            (self.folder / name).mkdir()
        make_certificates(self.folder / "tls")
        render(
            "exim.conf",
            self._config,
            base=self.folder,
            user=self.account.user,
            group=self.account.group,
            smtp=self.port,
            smtps=self.tls_port,
            lmtp=self.lmtp_port,
            password=PASSWORD,
            local_parts=" : ".join(LOCAL_PARTS),
        )

    def command(self) -> list[str]:
        return [self._program, "-C", str(self._config), "-bdf", "-q2s"]

    def ready(self) -> bool:
        return answers(self.port)

    def send(self, raw: bytes, to: str, sender: str) -> None:
        """Hand a mail over by SMTP, as any mail program does. Raises what smtplib raises on a refusal."""
        with smtplib.SMTP(self.host, self.port) as smtp:
            smtp.sendmail(sender, [to], raw)

    def queued(self) -> int:
        """How many mails are accepted and not yet delivered or bounced."""
        return int(self.run(self._program, "-C", self._config, "-bpc").stdout)

    def wait_empty(self, seconds: float = 10) -> None:
        """Return when everything accepted has been delivered or bounced."""
        wait_until(lambda: self.queued() == 0, seconds, "exim's queue empty")

    def run_queue(self) -> None:
        """Try all deliveries again now, whatever their retry time."""
        self.run(self._program, "-C", self._config, "-qff")

    def wipe(self) -> None:
        """Forget all queued mail."""
        for path in (self.folder / "spool").rglob("*-[HDJ]"):
            path.unlink(missing_ok=True)
