"""An SMTP dialogue up to the login, and the meaning of reply codes."""

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator

from adapters.email import tls
from adapters.email.config import EmailConfig
from adapters.email.oauth import Tokens, oauthbearer, xoauth2
from inbox.contract import Io, NeedsReauth, Rejected, TryLater, Uncertain

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 60.0


class Dialogue(smtplib.SMTP):
    """smtplib's commands over a socket that `io` made."""

    def __init__(self, config: EmailConfig, io: Io, timeout: float) -> None:
        self._config = config
        self._io = io
        # Without a name the library would look up this machine's, which may take the resolver's patience.
        super().__init__(local_hostname=_own_name(config), timeout=timeout)
        self._host = config.smtp_host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = self._io.connect(host, port, timeout=min(CONNECT_SECONDS, timeout))
        sock.settimeout(timeout)
        if self._config.smtp_security == "ssl":
            sock = tls.context_of(self._config).wrap_socket(sock, server_hostname=host)
        return sock

    def send(self, s: bytes | str) -> None:  # type: ignore[override] # the library's own type is too wide
        """Send, and keep the connection when that fails: the server may have said why."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.sock.sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)

    def patience(self, seconds: float) -> None:
        """Wait so long for the next replies."""
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def command(self, line: str) -> tuple[int, str]:
        """One command and its reply as code and text."""
        code, text = self.docmd(line)
        return code, said(text)


@contextlib.contextmanager
def opened(
    config: EmailConfig, io: Io, *, announce: bool = False, timeout: float | None = None
) -> Iterator[Dialogue]:
    """A dialogue that is greeted, encrypted and logged in. Raises TryLater, NeedsReauth or Rejected.

    What breaks inside the block without an explanation of its own is TryLater, too.
    """
    host = config.smtp_host
    dialogue = Dialogue(config, io, timeout or COMMAND_SECONDS)
    try:
        code, text = dialogue.connect(host, config.smtp_port)
        if code != 220:
            raise refusal(f"{host} does not take mail now", code, said(text), before_login=True)
        if announce:
            io.checkpoint("before_wire")
        _greet(dialogue, config)
        _log_in(dialogue, config, io)
        yield dialogue
    except ssl.SSLError as error:
        raise TryLater(f"SMTP: {tls.problem(error, host)}", code="tls") from error
    except TimeoutError as error:
        raise TryLater(f"SMTP: {host} did not answer in time.", code="timeout") from error
    except (OSError, ValueError) as error:
        # smtplib's own errors are OSErrors; a ValueError is a line that is no SMTP.
        slow = isinstance(error.__context__, TimeoutError)
        text_ = "did not answer in time" if slow else "broke off the dialogue"
        raise TryLater(f"SMTP: {host} {text_}.", code="timeout" if slow else "network") from error
    finally:
        dialogue.close()


def _greet(dialogue: Dialogue, config: EmailConfig) -> None:
    _hello(dialogue, config)
    if config.smtp_security != "starttls":
        return
    if not dialogue.has_extn("starttls"):
        raise Rejected(
            f"SMTP: {config.smtp_host} offers no STARTTLS on port {config.smtp_port}. "
            "Choose ssl with port 465, or plain on a closed network.",
            code="starttls",
        )
    try:
        dialogue.starttls(context=tls.context_of(config))
    except smtplib.SMTPResponseException as error:
        raise refusal(
            f"{config.smtp_host} refused to encrypt", error.smtp_code, said(error.smtp_error)
        ) from error
    _hello(dialogue, config)


def _hello(dialogue: Dialogue, config: EmailConfig) -> None:
    code, text = dialogue.ehlo()
    if code == 250:
        return
    if 500 <= code < 600 and config.smtp_security != "starttls":
        code, text = dialogue.helo()
    if code != 250:
        raise refusal(f"{config.smtp_host} refused our greeting", code, said(text), before_login=True)


# Logging in


def _log_in(dialogue: Dialogue, config: EmailConfig, io: Io) -> None:
    user, password = config.smtp_login
    offered = dialogue.esmtp_features.get("auth", "").upper().split()
    if not user or (not offered and config.smtp_username is None):
        # A relay that asks for no login; one that does will say so at the next command.
        return
    if not offered:
        raise Rejected(
            f"SMTP: {config.smtp_host} offers no login on port {config.smtp_port}. "
            "Choose ssl or starttls, or leave the login name for sending empty.",
            code="no_auth",
        )
    if config.auth == "password":
        if not password:
            raise NeedsReauth(f"SMTP: the password of {user} is missing.", code="no_password")
        _settle(config, *_by_password(dialogue, offered, user, password))
        return
    tokens = Tokens(config, io)
    code, text = _by_token(dialogue, offered, user, tokens.access())
    if code == 535 and tokens.refreshable:
        # The token may have been revoked before its time; a fresh one decides, and only once.
        code, text = _by_token(dialogue, offered, user, tokens.fresh())
    _settle(config, code, text)


def _by_password(dialogue: Dialogue, offered: list[str], user: str, password: str) -> tuple[int, str]:
    # One mechanism only: a second try with the same password counts towards a lock-out.
    if "PLAIN" in offered or "LOGIN" not in offered:
        return dialogue.command(f"AUTH PLAIN {_b64(f'{chr(0)}{user}{chr(0)}{password}')}")
    code, text = dialogue.command("AUTH LOGIN")
    for answer in (user, password):
        if code == 334:
            code, text = dialogue.command(_b64(answer))
    return code, text


def _by_token(dialogue: Dialogue, offered: list[str], user: str, token: str) -> tuple[int, str]:
    if "XOAUTH2" in offered or "OAUTHBEARER" not in offered:
        code, text = dialogue.command(f"AUTH XOAUTH2 {_b64(xoauth2(user, token))}")
    else:
        code, text = dialogue.command(f"AUTH OAUTHBEARER {_b64(oauthbearer(user, token))}")
    if code == 334:
        # The reason of a refusal comes as a challenge; the refusal itself follows.
        code, text = dialogue.command("AQ==" if "XOAUTH2" not in offered else "")
    return code, text


def _settle(config: EmailConfig, code: int, text: str) -> None:
    if code in (235, 503):
        return
    if 400 <= code < 500:
        raise TryLater(f"SMTP: {config.smtp_host} could not log us in now: {code} {text}", code=str(code))
    raise NeedsReauth(
        f"SMTP: {config.smtp_host} refused the login of {config.smtp_login[0]}: {code} {text} "
        "Check the login name and reconnect the mailbox.",
        code=str(code),
    )


# Replies


def refusal(
    what: str, code: int, text: str, *, before_login: bool = False
) -> TryLater | Rejected | NeedsReauth | Uncertain:
    """The error for a reply code: 4xx is temporary, 5xx is final, 530 and its like want a login."""
    sentence = f"{what}: {code} {text}"
    if code in (530, 534, 535, 538) and not before_login:
        return NeedsReauth(f"SMTP: {sentence} Check the login and reconnect the mailbox.", code=str(code))
    if 500 <= code < 600 and not before_login:
        return Rejected(sentence, code=str(code))
    # Garbage and refusals at the door are the state of a server, not a verdict on a message.
    return TryLater(sentence, code=str(code))


def said(text: bytes | str) -> str:
    """The server's words, short and on one line."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:300].strip() or "no reason given"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def answered(reply: tuple[int, bytes]) -> tuple[int, str]:
    """A reply as code and text."""
    return reply[0], said(reply[1])


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _own_name(config: EmailConfig) -> str:
    """What we call ourselves: the mailbox's domain. It is true of whom we send for and tells nothing else."""
    return config.domain
