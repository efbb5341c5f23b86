"""The other side of the e-mail adapter for the conformance suite: a mailbox on a real Dovecot."""

import pytest

from adapters.email import EmailConfig
from inbox.contract import Io
from tests.adapters.email.mailbox import RecordingIo, configured, mail
from tests.peers.dovecot import Dovecot


class MailboxPeer:
    """Delivers numbered mails into the support mailbox."""

    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot

    def config(self) -> EmailConfig:
        """The support mailbox."""
        return configured(self._dovecot)

    def io(self) -> Io:
        """The network on loopback."""
        return RecordingIo()

    def deliver(self, number: int) -> None:
        """A mail with this number, through LMTP."""
        self._dovecot.deliver(mail(number))


def open_peer(request: pytest.FixtureRequest) -> MailboxPeer:
    """A mailbox that is empty."""
    return MailboxPeer(request.getfixturevalue("dovecot"))
