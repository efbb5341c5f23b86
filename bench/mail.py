"""Mail over IMAP → stored, threaded, visible: the whole path in the processes of the Procfile."""

import mailbox
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage

import psutil
from sqlalchemy import func, select

from inbox.db.migrate import upgrade
from inbox.db.work import Database
from inbox.events.models import Event
from inbox.threads.models import Message, Thread
from tests.peers.dovecot import SUPPORT, Dovecot
from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases
from tests.peers.redis import Redis

MAILS = 3_000
SENDERS = 600
SECONDS_MAX = 300


def measure(mails: int = MAILS) -> str:
    """Markdown rows: throughput, processor time per mail, what was lost or doubled."""
    with (
        Dovecot() as dovecot,
        Redis() as redis,
        Databases(ADMIN_URL or DEFAULT_ADMIN_URL, "bench").scratch() as url,
    ):
        upgrade(url)
        db = Database(url)
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                **os.environ,
                "DATABASE_URL": url,
                "REDIS_URL": redis.url,
                "ONETHREAD_DATA_DIR": folder,
                "ONETHREAD_ALLOW_PRIVATE_HOSTS": "1",
                "ONETHREAD_LOG_LEVEL": "warning",
            }
            _fill(dovecot, mails)
            _connect(environment, dovecot)
            with _processes(environment) as running:
                took = _wait(db, mails)
                cpu = sum(_cpu(process) for process in running)
        with db.read() as session:
            stored = session.execute(select(func.count()).select_from(Message)).scalar_one()
            threads = session.execute(select(func.count()).select_from(Thread)).scalar_one()
            told = session.execute(
                select(func.count()).select_from(Event).where(Event.kind == "message.received")
            ).scalar_one()
        db.dispose()
    return (
        f"| mail over IMAP → stored, threaded, told to the feed ({mails} mails of {SENDERS} senders) "
        f"| {mails / took:.0f}/s, {cpu / mails * 1000:.1f} ms processor time each "
        f"| ≥ 120/s, ≤ 10 ms each |\n"
        f"| the same: stored / threads / told | {stored} / {threads} / {told} | {mails} / {SENDERS} / {mails} |\n"
    )


def _fill(dovecot: Dovecot, mails: int) -> None:
    """Put the mails into the mailbox's folder while nobody looks, as a backlog would be."""
    home = dovecot.folder / "home" / SUPPORT / "Maildir"
    home.parent.mkdir(parents=True, exist_ok=True)
    maildir = mailbox.Maildir(home, create=True)
    for number in range(mails):
        maildir.add(_mail(number))
    dovecot.account.owns(home.parent)


def _mail(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Customer {number % SENDERS} <c{number % SENDERS}@example.org>"
    mail["To"] = SUPPORT
    mail["Subject"] = f"Order {number}"
    mail["Message-ID"] = f"<bench{number}@example.org>"
    mail["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    text = f"Where is my order {number}? It should have come last week.\n" * 40
    mail.set_content(text)
    mail.add_alternative(f"<p>{text.replace(chr(10), '<br>')}</p>", subtype="html")
    return mail


def _connect(environment: Mapping[str, str], dovecot: Dovecot) -> None:
    values = {
        "address": SUPPORT,
        "imap_host": "127.0.0.1",
        "imap_port": dovecot.port,
        "imap_security": "plain",
        "imap_username": SUPPORT,
        "imap_password": "secret",
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_security": "plain",
        "backfill_days": 3650,
    }
    sets = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    subprocess.run(
        [sys.executable, "-m", "inbox.cli", "channel", "add", "email", "--name", "Bench", "--no-test", *sets],
        env=dict(environment),
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def _processes(environment: Mapping[str, str]) -> Iterator[list[psutil.Process]]:
    commands = (["worker"], ["poller"])
    running = [
        subprocess.Popen([sys.executable, "-m", "inbox.cli", *command], env=dict(environment))
        for command in commands
    ]
    try:
        yield [psutil.Process(process.pid) for process in running]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def _wait(db: Database, mails: int) -> float:
    """Seconds from the first stored message to the last, which leaves out how long processes take to start."""
    began = first = None
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        with db.read() as session:
            stored = session.execute(select(func.count()).select_from(Message)).scalar_one()
        if stored and first is None:
            began, first = time.monotonic(), stored
        if stored >= mails and began is not None and first is not None:
            return (time.monotonic() - began) * mails / max(1, mails - first)
        time.sleep(0.05)
    raise TimeoutError(f"Only {stored} of {mails} mails arrived within {SECONDS_MAX} s.")


def _cpu(process: psutil.Process) -> float:
    """Processor seconds of a process and its living children."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:4]) for member in family)
