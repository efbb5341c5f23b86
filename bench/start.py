"""How soon the embedded server answers, and what it takes when nobody does anything."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from inbox.channels import parsing
from tests.installation import Installation
from tests.peers import dovecot
from tests.peers.process import free_port, wait_until

IDLE_SECONDS = 10
DIST = Path(__file__).parent.parent / "inbox" / "web" / "static" / "dist"


def measure() -> str:
    """Markdown rows: seconds to ready, resident memory and processor share at rest; sizes of the assets."""
    return _server() + _mailbox() + _assets()


def _server() -> str:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ONETHREAD_DATA_DIR": folder}
        command = [sys.executable, "-m", "inbox.cli"]
        subprocess.run([*command, "db", "upgrade"], env=environment, check=True, stdout=subprocess.DEVNULL)
        began = time.perf_counter()
        server = subprocess.Popen(
            [*command, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            ready = _until_ready(port, began)
            time.sleep(5)
            process = psutil.Process(server.pid)
            before = sum(process.cpu_times()[:2])
            time.sleep(IDLE_SECONDS)
            cpu = (sum(process.cpu_times()[:2]) - before) / IDLE_SECONDS
            family = [process, *process.children(recursive=True)]
            memory = sum(member.memory_info().rss for member in family) / 1e6
        finally:
            server.terminate()
            server.wait(20)
    return (
        f"| `onethread serve`: ready after | {ready:.1f} s | ≤ 3 s |\n"
        f"| `onethread serve`: memory at rest, all processes | {memory:.0f} MB | ≤ 150 MB |\n"
        f"| `onethread serve`: processor at rest | {cpu:.1%} of a core | |\n"
    )


def _mailbox() -> str:
    """Memory with a mailbox, whose server is real."""
    if dovecot.missing():
        return ""
    with tempfile.TemporaryDirectory() as folder, dovecot.Dovecot() as server:
        desk = Installation(Path(folder))
        try:
            desk.set_up()
            desk.add_mailbox(free_port(), server.port)
            process = desk.serve()
            time.sleep(IDLE_SECONDS)
            at_rest = process.megabytes()
            server.deliver(b"From: anna@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n")
            wait_until(lambda: bool(desk.api("/threads?view=open")["items"]), 30, "the mail")
            busy = process.megabytes()
            time.sleep(parsing.IDLE_SECONDS + 5)
            again = process.megabytes()
        finally:
            desk.close()
    return (
        f"| `onethread serve` with a connected mailbox: memory at rest | {at_rest:.0f} MB | ≤ 150 MB |\n"
        f"| the same just after a mail, with the child that read it | {busy:.0f} MB | |\n"
        f"| the same at rest again | {again:.0f} MB | ≤ 150 MB |\n"
    )


def _until_ready(port: int, began: float) -> float:
    while time.perf_counter() - began < 30:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("The server did not become ready within 30 s.")


def _assets() -> str:
    rows = []
    for title, names, target in (
        ("inbox.js", ("inbox.js",), "≤ 75 kB"),
        ("app.css", ("app.css",), "≤ 15 kB"),
        ("enhance.js", ("enhance.js",), "≤ 3 kB"),
        ("widget: loader, all that a page of the site loads by itself", ("widget-loader.js",), "≤ 5 kB"),
        (
            "widget: panel and its style, when it is opened first",
            ("widget-panel.js", "widget.css"),
            "≤ 45 kB",
        ),
    ):
        rows.append(f"| {title}, gzip | {sum(map(_gzip, names)):.1f} kB | {target} |\n")
    return "".join(rows)


def _gzip(name: str) -> float:
    """Kilobytes of a built file as it travels."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    return len(gzip.compress((DIST / manifest[name]).read_bytes(), 9)) / 1000
