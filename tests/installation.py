"""A real installation in a folder of its own: the commands as an operator types them, the processes as they run."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from inbox.app import build
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.peers.process import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"
KEY = "a key that only these tests use"


class Process:
    """One running command."""

    def __init__(self, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.popen = popen
        self.log = log

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """As a power cut for this process."""
        self.popen.kill()
        self.popen.wait(60)

    def stop(self, seconds: float = 15) -> float:
        """Ask it to end, as a deploy does; the seconds it took."""
        started = time.monotonic()
        self.popen.terminate()
        self.popen.wait(seconds)
        return time.monotonic() - started

    def signal(self, number: signal.Signals) -> None:
        """Send any signal."""
        self.popen.send_signal(number)

    def megabytes(self) -> float:
        """Resident memory of it, and what its children have beside what they share with it."""
        main = psutil.Process(self.popen.pid)
        children = [p for p in main.children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
        return (main.memory_info().rss + sum(p.memory_full_info().uss for p in children)) / 1e6


class Installation:
    """A data directory, its settings, and whatever runs on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.settings = {
            "ONETHREAD_DATA_DIR": str(self.data),
            "ONETHREAD_SECRET_KEY": KEY,
            "ONETHREAD_ALLOW_PRIVATE_HOSTS": "1",
            "ONETHREAD_UNDO_SECONDS": "0",
            **settings,
        }
        self.port = free_port()
        self.processes: list[Process] = []
        self.token = ""

    def run(self, *words: str, give: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "inbox.cli", *words],
            input=give,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self._environment(settings),
            timeout=60,
        )

    def say(self, *words: str, give: str = "") -> str:
        """The answer of a command that must succeed."""
        done = self.run(*words, give=give)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, *words: str, program: str = "inbox.cli", **settings: str) -> Process:
        """A command that stays, or another module that does."""
        log = self.folder / f"{len(self.processes)}-{words[0].strip('-')}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", program, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT if program != "inbox.cli" else self.folder,
                env=self._environment(settings),
            )
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def serve(self, **settings: str) -> Process:
        """The embedded server, ready."""
        process = self.start("serve", "--port", str(self.port), **settings)
        self.wait_ready(process)
        return process

    def wait_ready(self, process: Process, seconds: float = 40) -> None:
        """Until the web pages answer that they can work."""

        def ready() -> bool:
            assert process.popen.poll() is None, process.output
            return self.get_status("/readyz") == 200

        wait_until(ready, seconds, f"{process.log.name} ready")

    def set_up(self) -> None:
        """A migrated database with an admin, and a token to act as him."""
        self.say("db", "upgrade")
        self.say(
            *("agent", "add", "--email", "ada@shop.example", "--name", "Ada", "--role", "admin"),
            "--password-stdin",
            give=PASSWORD,
        )
        self.token = self.say("token", "create", "--agent", "ada@shop.example")

    def add_mailbox(self, smtp_port: int, imap_port: int | None = None) -> int:
        """The support mailbox; without an IMAP port nobody answers there. Returns the channel's id."""
        values = {
            "address": "support@example.test",
            "imap_host": "127.0.0.1",
            "imap_port": str(imap_port or free_port()),
            "imap_security": "plain",
            "imap_password": "secret",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(smtp_port),
            "smtp_security": "plain",
            "smtp_username": "",
            "poll_seconds": "5",
        }
        pairs = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        return int(self.say("channel", "add", "email", "--name", "Support", "--no-test", *pairs))

    def get_status(self, path: str) -> int:
        """The status of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)
        except OSError:
            return 0

    def api(self, path: str, body: Any = None) -> Any:
        """The JSON answer of the API to a GET, or with a body to a POST.

        Raises urllib's errors, and ConnectionError when the server dies in the middle of its answer.
        """
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except http.client.HTTPException as error:
            raise ConnectionError("The server was cut off in the middle of its answer.") from error

    @contextmanager
    def context(self) -> Iterator[Context]:
        """The product's parts on this installation's data, in the test's own process."""
        settings = Settings(
            **{name.removeprefix("ONETHREAD_").lower(): value for name, value in self.settings.items()},  # type: ignore[arg-type]
        )
        ctx = build(settings)
        try:
            yield ctx
        finally:
            ctx.bell.close()
            ctx.parser.close()
            ctx.db.dispose()

    def close(self) -> None:
        """End everything that still runs."""
        for process in self.processes:
            process.popen.kill()  # also one that is stopped; nothing for one that has ended
        for process in self.processes:
            process.popen.wait(60)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **self.settings,
            **more,
        }
