"""One IMAP connection: IMAPClient over a socket that `io` made, on a wire that cannot hang or be flooded."""

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Iterator

from imapclient import IMAPClient, exceptions

from adapters.email import tls
from adapters.email.config import EmailConfig
from adapters.email.oauth import Tokens, oauthbearer, xoauth2
from adapters.email.wire import SILENCE_SECONDS, Limits, Wire
from inbox.contract import Io, NeedsReauth, Rejected, TryLater

CONNECT_SECONDS = 10.0
_TEMPORARY = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA)\]|too many|temporar|try again", re.I
)
_NO_FOLDER = re.compile(
    r"\[(NONEXISTENT|TRYCREATE)\]|doesn't exist|does not exist|unknown mailbox|no such", re.I
)
# What IMAPClient and imaplib raise on answers that are no IMAP.
_GARBAGE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


class Connection(IMAPClient):  # type: ignore[misc] # IMAPClient ships no types
    """IMAPClient over a `Wire`, plus an idle that notices a dead peer and news at once."""

    def __init__(self, config: EmailConfig, io: Io, *, deadline: float | None = None) -> None:
        self._config = config
        self._io = io
        self._limits = Limits(2 * config.size_max + (1 << 20), deadline, io.stopping)
        super().__init__(config.imap_host, config.imap_port, ssl=config.imap_security == "ssl")
        self.normalise_times = False
        # IMAPClient turns imaplib's tracing fully on; it would format every mail into text.
        self._imap.debug = 0

    def _create_IMAP4(self) -> Wire:  # noqa: N802 - IMAPClient's name
        return Wire(self.host, self.port, self._dial, self._limits)

    def _set_read_timeout(self) -> None:
        self.socket().settimeout(SILENCE_SECONDS)

    def _dial(self) -> socket.socket:
        timeout = CONNECT_SECONDS
        if self._limits.deadline is not None:
            timeout = max(0.1, min(timeout, self._limits.deadline - time.monotonic()))
        sock = self._io.connect(self.host, self.port, timeout=timeout)
        sock.settimeout(timeout)
        _keep_alive(sock)
        if self._config.imap_security == "ssl":
            sock = tls.context_of(self._config).wrap_socket(sock, server_hostname=self.host)
        return sock

    @property
    def wire(self) -> Wire:
        """The transport below."""
        wire: Wire = self._imap
        return wire

    def refresh(self) -> None:
        """Let the server bring its view of the open folder up to date."""
        self._command_and_check("noop")

    def forget_news(self) -> None:
        """From now on `has_news` tells of what the server announces later. Drops what nobody will read."""
        self._imap.untagged_responses.clear()

    def has_news(self) -> bool:
        """Whether the server has announced mail since `forget_news`, in passing, with some other answer."""
        return "EXISTS" in self._imap.untagged_responses

    def leave(self) -> None:
        """Log out if the server is quick about it, and close; never raises."""
        self.wire.hurry(2.0)
        with contextlib.suppress(OSError, exceptions.IMAPClientError):
            self.logout()
        self.give_up()

    def give_up(self) -> None:
        """Close without a word; never raises."""
        with contextlib.suppress(OSError, exceptions.IMAPClientError):
            self.shutdown()


def _keep_alive(sock: socket.socket) -> None:
    """Let the kernel find out within two minutes that a silent peer is gone (NAT forgets connections)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


@contextlib.contextmanager
def reported(config: EmailConfig) -> Iterator[None]:
    """Turn what goes wrong on the wire into TryLater with a sentence."""
    host = config.imap_host
    try:
        yield
    except ssl.SSLError as error:
        raise TryLater(f"IMAP: {tls.problem(error, host)}", code="tls") from error
    except TimeoutError as error:
        raise TryLater(f"IMAP: {host} did not answer in time.", code="timeout") from error
    except OSError as error:
        raise TryLater(f"IMAP: the connection to {host} broke.", code="network") from error
    except exceptions.IMAPClientAbortError as error:
        raise _ended(host, str(error)) from error
    except exceptions.IMAPClientError as error:
        raise TryLater(f"IMAP: {host} answered: {_said(error)}", code="refused") from error
    except _GARBAGE as error:
        raise TryLater(f"IMAP: {host} answered in a way that is no IMAP.", code="garbage") from error


def _ended(host: str, how: str) -> TryLater:
    if "timed out" in how:
        return TryLater(f"IMAP: {host} did not answer in time.", code="timeout")
    if "EOF" in how:
        return TryLater(f"IMAP: {host} closed the connection.", code="network")
    return TryLater(f"IMAP: the connection to {host} ended: {_said(how)}", code="network")


def connect(config: EmailConfig, io: Io, *, deadline: float | None = None) -> Connection:
    """A connection that is logged in. Raises TryLater, NeedsReauth or Rejected."""
    with reported(config):
        connection = Connection(config, io, deadline=deadline)
    try:
        with reported(config):
            if config.imap_security == "starttls":
                _start_tls(connection, config)
            _log_in(connection, config, io)
            if connection.has_capability("ID"):
                # Some providers hand out no folder to clients that do not introduce themselves.
                with contextlib.suppress(exceptions.IMAPClientError):
                    connection.id_({"name": "Onethread"})
    except BaseException:
        connection.give_up()
        raise
    return connection


def _start_tls(connection: Connection, config: EmailConfig) -> None:
    if not connection.has_capability("STARTTLS"):
        raise Rejected(
            f"IMAP: {config.imap_host} offers no STARTTLS on port {config.imap_port}. "
            "Choose ssl with port 993, or plain on a closed network.",
            code="starttls",
        )
    connection.starttls(tls.context_of(config))


def _log_in(connection: Connection, config: EmailConfig, io: Io) -> None:
    if config.auth == "password":
        password = config.imap_password.get_secret_value()
        if not password:
            raise NeedsReauth(f"IMAP: the password of {config.imap_username} is missing.", code="no_password")
        with _refusals(config):
            _log_in_by_password(connection, config, password)
        return
    tokens = Tokens(config, io)
    try:
        with _refusals(config):
            _log_in_by_token(connection, config, tokens.access())
    except NeedsReauth:
        # The token may have been revoked before its time; a fresh one decides, and only once.
        if not tokens.refreshable:
            raise
        with _refusals(config):
            _log_in_by_token(connection, config, tokens.fresh())


def _log_in_by_password(connection: Connection, config: EmailConfig, password: str) -> None:
    user = config.imap_username
    if connection.has_capability("LOGINDISABLED"):
        raise Rejected(
            f"IMAP: {config.imap_host} takes no password without encryption. Choose ssl or starttls.",
            code="plain_refused",
        )
    if (user + password).isascii() or not connection.has_capability("AUTH=PLAIN"):
        # imaplib quotes the password only, and sends both as ASCII.
        quoted = user.replace("\\", "\\\\").replace('"', '\\"')
        connection.login(f'"{quoted}"', password)
    else:
        connection.plain_login(user, password)


def _log_in_by_token(connection: Connection, config: EmailConfig, token: str) -> None:
    user = config.imap_username
    if connection.has_capability("AUTH=XOAUTH2") or not connection.has_capability("AUTH=OAUTHBEARER"):
        mechanism, first = "XOAUTH2", xoauth2(user, token)
    else:
        mechanism, first = "OAUTHBEARER", oauthbearer(user, token)
    # A refusal comes as a challenge that wants one more answer: an empty one, or ^A for OAUTHBEARER.
    answers = iter((first, "" if mechanism == "XOAUTH2" else "\x01"))
    connection.sasl_login(mechanism, lambda _challenge: next(answers, None))


@contextlib.contextmanager
def _refusals(config: EmailConfig) -> Iterator[None]:
    """Tell a refused login from a server that is unwell or gone."""
    try:
        yield
    except exceptions.LoginError as error:
        said = _said(error)
        if isinstance(error.__context__, exceptions.IMAPClientAbortError) or _TEMPORARY.search(said):
            raise TryLater(
                f"IMAP: {config.imap_host} could not log us in now: {said}", code="login"
            ) from error
        what = "password" if config.auth == "password" else "access token"
        raise NeedsReauth(
            f"IMAP: {config.imap_host} refused the {what} for {config.imap_username}: {said} "
            "Check the login name and reconnect the mailbox.",
            code="auth",
        ) from error
    except UnicodeEncodeError as error:
        raise NeedsReauth(
            f"IMAP: {config.imap_host} takes only ASCII characters in login names and passwords.", code="auth"
        ) from error


def select_folder(connection: Connection, folder: str, config: EmailConfig) -> tuple[int, int | None]:
    """Open a folder for reading only; its UIDVALIDITY and, where told, UIDNEXT. Raises Rejected, TryLater."""
    try:
        state = connection.select_folder(folder, readonly=True)
    except exceptions.IMAPClientError as error:
        if _NO_FOLDER.search(str(error)):
            raise Rejected(f'IMAP: {config.imap_host} has no folder "{folder}".', code="no_folder") from error
        raise
    validity, following = state.get(b"UIDVALIDITY"), state.get(b"UIDNEXT")
    if not isinstance(validity, int):
        raise Rejected(
            f"IMAP: {config.imap_host} keeps no stable numbers of its mails (UIDVALIDITY).",
            code="no_uidvalidity",
        )
    return validity, following if isinstance(following, int) else None


def _said(error: BaseException | str) -> str:
    """The server's words, short and on one line."""
    text = re.sub(r"^b'(.*)'$", r"\1", re.sub(r"[\x00-\x1f\x7f]+", " ", str(error)).strip())
    text = text[:200].strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
