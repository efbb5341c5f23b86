"""Redis: a private server that keeps nothing."""

import socket

from tests.peers.process import Peer, find, free_port


def missing() -> str | None:
    """Why Redis cannot run here, or None."""
    return None if find("redis-server") else "redis-server is not installed (Debian: redis-server)"


class Redis(Peer):
    """A Redis server; a restart loses everything, as a restart without persistence does."""

    name = "redis"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder),
        }
        return [str(find("redis-server")), *(part for k, v in options.items() for part in (f"--{k}", v))]

    def ready(self) -> bool:
        return self._say(b"PING\r\n") == b"+PONG\r\n"

    def wipe(self) -> None:
        """Delete all keys."""
        if self._say(b"FLUSHALL\r\n") != b"+OK\r\n":
            raise AssertionError("redis did not empty itself")

    def _say(self, command: bytes) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                connection.sendall(command)
                return connection.recv(64)
        except OSError:
            return b""
