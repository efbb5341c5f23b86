"""Where connections may go.

A name is resolved once, every address it has must be public, and the connection goes to an address that was
checked: a name that changes its mind between check and use gains nothing.
"""

import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inbox.contract.errors import Rejected, TryLater

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[..., list[tuple[Any, ...]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Global by the registry's letter, and yet ways into somebody's inside: relay anycast of 6to4, local NAT64,
# Teredo, v4-compatible, site-local, documentation.
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "3fff::/20",
        "100::/64",
    )
)


def is_public(address: IpAddress) -> bool:
    """Whether an address is on the public internet, also when it wraps another one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
    if address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local:
        return False
    if any(address.version == network.version and address in network for network in _CLOSED):
        return False
    return address.is_global


@dataclass(frozen=True)
class Guard:
    """Decides where connections may go, and makes them. `allow_private` lets them go anywhere."""

    allow_private: bool = False
    resolve: Resolver = socket.getaddrinfo

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host that may be connected to.

        Raises TryLater when the name has none, Rejected when any of them is not public.
        """
        if (
            not host
            or len(host) > 253
            or any(character.isspace() or ord(character) < 32 for character in host)
        ):
            raise Rejected("This is no name of a server.", code="bad_host")
        try:
            found = self.resolve(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise TryLater(
                f"The name {host} is not known to the DNS. Check its spelling.", code="dns"
            ) from error
        except OSError as error:
            raise TryLater(f"The name {host} could not be looked up.", code="dns") from error
        texts = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self.allow_private:
            for text in texts:
                if not is_public(ipaddress.ip_address(text.partition("%")[0])):
                    raise Rejected(f"{host} is an address inside a private network.", code="private_address")
        if not texts:
            raise TryLater(f"The name {host} has no address.", code="dns")
        return texts

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connected socket; `timeout` is for all addresses together. Raises TryLater or Rejected."""
        addresses = self.addresses(host, port)
        deadline = time.monotonic() + timeout
        failure: OSError | None = None
        for position, address in enumerate(addresses):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                sock = socket.create_connection((address, port), timeout=left / (len(addresses) - position))
            except OSError as error:
                failure = error
                continue
            sock.settimeout(timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        raise _unreachable(host, port, failure) from failure


def _unreachable(host: str, port: int, error: OSError | None) -> TryLater:
    if isinstance(error, ConnectionRefusedError):
        return TryLater(f"{host} refused the connection on port {port}. Check the port.", code="refused")
    if error is None or isinstance(error, TimeoutError):
        return TryLater(f"{host} did not answer on port {port} in time.", code="timeout")
    return TryLater(
        f"{host} could not be reached on port {port} ({error.strerror or 'network error'}).", code="network"
    )
