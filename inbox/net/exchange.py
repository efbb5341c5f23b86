"""One HTTP request and its answer over a guarded connection.

Errors name the host only: a path or a header may hold a credential.
"""

import contextlib
import functools
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, InvalidURL
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from inbox.contract.adapter import HttpResponse
from inbox.contract.errors import Rejected, TryLater, Uncertain
from inbox.net.guard import Guard

# Headers that may follow a redirect to another host; all others may be credentials.
_HARMLESS = {"accept", "accept-language", "accept-encoding", "range", "user-agent"}
_AGENT = "Onethread"


@dataclass(frozen=True)
class Call:
    """One request of an exchange; a redirect makes the next one."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    @property
    def safe(self) -> bool:
        """Whether the method changes nothing, so that it may be repeated or redirected."""
        return self.method in ("GET", "HEAD")

    def redirected(self, location: str) -> "Call":
        """The request that a redirect asks for. Headers that may be credentials stay with their host."""
        target = Call(self.method, urljoin(self.url, location), self.headers, None)
        if (target.parts.scheme, target.host, target.port) == (self.parts.scheme, self.host, self.port):
            return target
        if self.parts.scheme == "https" and target.parts.scheme != "https":
            raise Rejected(f"{self.host} redirects from an encrypted to a plain connection.", code="redirect")
        kept = {name: value for name, value in self.headers.items() if name.lower() in _HARMLESS}
        return Call(target.method, target.url, kept, None)


class _Plain(HTTPConnection):
    """urllib3's connection over a socket that the guard made."""

    link: "Link"

    def _new_conn(self) -> socket.socket:
        return self.link.dial()


class _Encrypted(HTTPSConnection):
    """The same with TLS. The name, not the checked address, goes into SNI and the certificate check."""

    link: "Link"

    def _new_conn(self) -> socket.socket:
        return self.link.dial()


class Link:
    """A connection for one request, cut by a timer at the deadline.

    Timeouts of single reads do not help against a server that sends a byte a second.
    """

    def __init__(self, guard: Guard, call: Call, deadline: float) -> None:
        self._guard = guard
        self._call = call
        self._deadline = deadline
        self._timer: threading.Timer | None = None
        self._cut = False
        connection: _Plain | _Encrypted
        if call.parts.scheme == "https":
            connection = _Encrypted(call.host, call.port, timeout=self._left(), ssl_context=_tls())
        else:
            connection = _Plain(call.host, call.port, timeout=self._left())
        connection.link = self
        self._connection = connection

    def _left(self) -> float:
        return max(0.001, self._deadline - time.monotonic())

    def dial(self) -> socket.socket:
        """The TCP part of `open`."""
        sock = self._guard.connect(self._call.host, self._call.port, self._left())
        # A second handle: urllib3 may wrap the first one, or close it, while the timer fires.
        self._handle = sock.dup()
        self._timer = threading.Timer(self._left(), self._cut_off)
        self._timer.daemon = True
        self._timer.start()
        return sock

    def _cut_off(self) -> None:
        self._cut = True
        # The peer may have been quicker: then there is nothing left to shut down.
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Connect and make TLS. Nothing of the request is sent, so every failure means: try later."""
        host = self._call.host
        try:
            self._connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise TryLater(
                f"The certificate of {host} is not valid: {error.verify_message}.", code="certificate"
            ) from error
        except (OSError, HTTPError) as error:
            raise TryLater(f"No encrypted connection to {host} could be made.", code="tls") from error

    def ask(self, max_bytes: int) -> HttpResponse:
        """Send the request and read the whole answer. Failures from here on are uncertain."""
        call = self._call
        target = quote(call.parts.path or "/", safe="/%:@!$&'()*+,;=~")
        if call.parts.query:
            target += "?" + quote(call.parts.query, safe="/%:@!$&'()*+,;=~?")
        headers = {"User-Agent": _AGENT, **call.headers}
        try:
            try:
                self._connection.request(call.method, target, call.body, headers, preload_content=False)
            except (ValueError, InvalidURL) as error:
                raise Rejected(
                    f"The request to {call.host} cannot be put into HTTP.", code="request"
                ) from error
            response = self._connection.getresponse()
            content = self._read(response, max_bytes)
        except (OSError, HTTPException, HTTPError, ValueError) as error:
            if self._cut or isinstance(error, TimeoutError):
                raise Uncertain(f"{call.host} gave no whole answer in time.", code="timeout") from error
            raise Uncertain(f"{call.host} broke off before it had answered.", code="network") from error
        if self._cut:
            raise Uncertain(f"{call.host} gave no whole answer in time.", code="timeout")
        found = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(status=response.status, headers=found, body=content)

    def _read(self, response: BaseHTTPResponse, max_bytes: int) -> bytes:
        content = bytearray()
        while chunk := response.read(min(65536, max_bytes + 1 - len(content))):
            content += chunk
            if len(content) > max_bytes:
                text = f"The answer of {self._call.host} is larger than {max_bytes} bytes."
                raise (
                    Rejected(text, code="too_large") if self._call.safe else Uncertain(text, code="too_large")
                )
        return bytes(content)

    def close(self) -> None:
        """Give up the connection."""
        if self._timer is not None:
            self._timer.cancel()
            self._handle.close()
        self._connection.close()


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
