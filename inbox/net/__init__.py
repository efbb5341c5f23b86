"""The one way out: sockets and HTTP to addresses that the outbound guard allows."""

from inbox.net.guard import Guard, is_public
from inbox.net.netio import REDIRECTS_MAX, NetIo

__all__ = ["REDIRECTS_MAX", "Guard", "NetIo", "is_public"]
