"""What all peers share: the account they run under, their folder, their port, their process."""

import contextlib
import grp
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

TEMPLATES = Path(__file__).parent / "templates"

# Servers live where only root looks first; Debian keeps PostgreSQL's in a folder per version.
_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"]

# Below the range that Linux lends to outgoing connections, so that none of these takes a port between our
# choosing it and the server's binding it.
_PORTS = range(20000, 32000)
_random = random.SystemRandom()


class PeerFailed(Exception):
    """A server did not start or stop; the text holds the end of its log."""


@dataclass(frozen=True)
class Account:
    """A user of this machine that servers run as."""

    user: str
    group: str
    uid: int
    gid: int

    def owns(self, *paths: Path) -> None:
        """Hand `paths`, and what is below them, to this account."""
        if os.geteuid() == self.uid:
            return
        for path in paths:
            os.chown(path, self.uid, self.gid)
            for inner in path.rglob("*"):
                os.chown(inner, self.uid, self.gid, follow_symlinks=False)


def ourselves() -> Account:
    """The account that runs the tests, for servers that read the checkout and do not mind root."""
    uid, gid = os.getuid(), os.getgid()
    return Account(pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name, uid, gid)


def account() -> Account:
    """Ourselves; an unprivileged account when we are root, since several servers refuse to be root."""
    if os.geteuid():
        return ourselves()
    nobody = pwd.getpwnam("nobody")
    return Account("nobody", grp.getgrgid(nobody.pw_gid).gr_name, nobody.pw_uid, nobody.pw_gid)


def find(*names: str, also: list[str] | None = None) -> str | None:
    """Path of the first of the programs `names` that is installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *(also or []), *_FOLDERS])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def free_port() -> int:
    """A loopback port on which nobody listens."""
    while True:
        port = _random.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def answers(port: int) -> bool:
    """Whether something accepts connections on loopback `port`."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until `true()`; raises TimeoutError that names `what` after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.01)


def render(template: str, to: Path, **values: object) -> Path:
    """Write the file `to` from a template in which @NAME@ stands for a value."""
    text = (TEMPLATES / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    to.write_text(text)
    return to


class Peer:
    """A server as a child process. Subclasses say how to prepare its folder and what to run."""

    name = "peer"
    patience = 60.0
    """Seconds until it serves, at the most."""

    def __init__(self) -> None:
        self.account = account()
        self.folder = Path()
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Fill `self.folder`, once, before the first start."""

    def command(self) -> list[str]:
        """The program and its arguments; it must stay in the foreground."""
        raise NotImplementedError

    def environment(self) -> dict[str, str] | None:
        """The process's environment; None for ours."""
        return None

    def ready(self) -> bool:
        """Whether the server can serve now."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.folder / "output.log"

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> Self:
        """Start, and return when the server answers. A second start keeps the data of the first."""
        if self.running:
            return self
        if self.folder == Path():
            self.folder = Path(tempfile.mkdtemp(prefix=f"onethread-{self.name}-"))
            self.prepare()
            self.account.owns(self.folder)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment(),
                start_new_session=True,  # Ctrl-C is ours; stop() ends the whole group
                **self._as_account(),
            )
        try:
            wait_until(lambda: not self.running or self.ready(), self.patience, f"{self.name} ready")
        except TimeoutError as error:
            raise PeerFailed(f"{error}\n{self.log_tail()}") from None
        if not self.running:
            raise PeerFailed(f"{self.name} ended with {self.process.returncode}\n{self.log_tail()}")
        return self

    def _as_account(self) -> dict[str, object]:
        if os.geteuid() == self.account.uid:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a helper program under the server's account; raises PeerFailed with what it said."""
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.folder, **self._as_account()
        )
        if done.returncode:
            raise PeerFailed(f"{command[0]} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def halt(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and keep the data, so that `start` goes on from there."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        # Children that outlived their parent, or everything when the parent did not listen.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        self.process = None

    def restart(self) -> Self:
        """End and start again, with the same data and ports."""
        self.halt()
        return self.start()

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt()
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = Path()

    def log_tail(self) -> str:
        """The last lines of what the server said, for error messages."""
        logs = [self.log, *sorted(self.folder.glob("log/*"))]
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in logs if path.exists())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
