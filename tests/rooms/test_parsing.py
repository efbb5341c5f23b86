"""Parsing in child processes: what a payload may do to its reader, and what it may not do to anybody else.

The reader here is an adapter that does what its payload says. It is found as another distribution's adapter is,
by its entry point, so this also tests that way in.
"""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import psutil
import pytest

from inbox.channels.parsing import ParserPool, ParserUnavailable
from inbox.contract import Edit, Inbound, Item, Link, Party, Raw, Unreadable

HOSTILE = """
import os, sys, time
from inbox.contract import *
from pydantic import SecretStr, field_validator

class Config(ChannelConfig):
    name: str = ""
    secret: SecretStr

    @field_validator("secret")
    @classmethod
    def _is_given(cls, value):
        if not value.get_secret_value():
            raise ValueError("the secret is missing")
        return value

    @property
    def account(self):
        return "x"

def party():
    return Party(namespace="hostile", address="a")

class Hostile(Adapter):
    manifest = Manifest(key="hostile", title="Hostile", docs="", config=Config, can=Capabilities(webhook=True),
                        namespace="hostile")
    kept = []

    def parse(self, config, raw):
        word, _, rest = raw.body.partition(b" ")
        text = ""
        if word == b"abort":
            os.abort()
        elif word == b"spin":
            while True:
                pass
        elif word == b"sleep":
            time.sleep(60)
        elif word == b"memory":
            self.kept.append(bytearray(600 * 1024 * 1024))
        elif word == b"creep":
            while True:
                self.kept.append(os.urandom(1024 * 1024))
        elif word == b"raise":
            raise IndexError("a secret word of the payload")
        elif word == b"refuse":
            raise Unreadable("It is not for us.", code="x1")
        elif word == b"exit":
            sys.exit(0)
        elif word == b"print":
            print("noise" * 1000); sys.stdout.flush(); os.write(1, b"noise"); os.read(0, 10)
        elif word == b"surrogate":
            text = "\\ud800"
        elif word == b"environ":
            text = repr(dict(os.environ))
        elif word == b"pid":
            text = str(os.getpid())
        elif word == b"every":
            return (
                Inbound(external_id="1", sender=party()),
                Edit(external_id="1", sender=party(), text="again"),
                Removal(external_ids=("1",)),
                Reacted(external_id="1", sender=party(), emoji=("!",)),
                Reachable(party=party(), reachable=False),
                Moved(old=party(), new=party()),
                Link(code="c", party=party()),
                Account(facts={"username": "x"}),
                StatusChange(state="read", external_ids=("1",)),
                Ignored(reason="a heartbeat"),
                Broken(reason="half of it is missing"),
            )
        elif word == b"half":
            return (self.message("", b"spooled"), self.message("\\ud800", b"spooled too"))
        return (self.message(text or config.name, rest),)

    def message(self, text, content):
        return Inbound(external_id="1", sender=party(), text=text, files=(File(content=content),))

    def send(self, config, message, io): ...
    def health(self, config, io): ...

ADAPTER = Hostile()
"""


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ParserPool]:
    site = tmp_path / "site"
    (site / "hostile-1.0.dist-info").mkdir(parents=True)
    (site / "hostile.py").write_text(textwrap.dedent(HOSTILE))
    (site / "hostile-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n"
    )
    (site / "hostile-1.0.dist-info" / "entry_points.txt").write_text(
        "[onethread.adapters]\nhostile = hostile:ADAPTER\n"
    )
    monkeypatch.syspath_prepend(str(site))
    pool = ParserPool(seconds=1, memory_mb=200, size=2, spool_dir=tmp_path / "spool")
    yield pool
    pool.close()


def say(pool: ParserPool, text: bytes) -> str:
    (item,) = pool.parse("hostile", {"name": "fine", "secret": ""}, Raw(body=text))
    assert isinstance(item, Inbound)
    return item.text


def test_a_child_serves_one_payload_after_another(pool: ParserPool) -> None:
    assert say(pool, b"pid") == say(pool, b"pid")


def test_items_of_every_kind_come_back_as_they_were(pool: ParserPool) -> None:
    items = pool.parse("hostile", {}, Raw(body=b"every"))
    assert {type(item) for item in items} == set(get_args(Item))
    assert items[1] == Edit(external_id="1", sender=Party(namespace="hostile", address="a"), text="again")
    assert items[6] == Link(code="c", party=Party(namespace="hostile", address="a"))


def test_files_come_back_in_the_spool(pool: ParserPool, tmp_path: Path) -> None:
    (item,) = pool.parse("hostile", {}, Raw(body=b"file " + b"x" * 100_000))
    assert isinstance(item, Inbound)
    (file,) = item.files
    assert file.content is None
    assert file.size == 100_000
    assert Path(file.spool).parent == tmp_path / "spool"
    assert Path(file.spool).read_bytes() == b"x" * 100_000
    assert Path(file.spool).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"abort", "crash"),
        (b"spin", "time"),
        (b"sleep", "time"),
        (b"memory", "memory"),
        (b"creep", "memory"),
        (b"raise", "parser"),
        (b"surrogate", "parser"),
        (b"half", "parser"),
        (b"exit", "crash"),
    ],
)
def test_a_payload_that_breaks_its_reader_costs_one_child_and_nothing_else(
    pool: ParserPool, tmp_path: Path, payload: bytes, code: str
) -> None:
    say(pool, b"warm up")
    before = set((tmp_path / "spool").iterdir())
    started = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        pool.parse("hostile", {}, Raw(body=payload))
    assert time.monotonic() - started < 5
    assert caught.value.code == code
    assert caught.value.reason.endswith(".")
    assert "secret word" not in caught.value.reason
    assert set((tmp_path / "spool").iterdir()) == before, "what the dead child left is swept"
    assert say(pool, b"next") == "fine"


def test_the_adapters_own_refusal_keeps_its_reason(pool: ParserPool) -> None:
    with pytest.raises(Unreadable, match="It is not for us") as caught:
        pool.parse("hostile", {}, Raw(body=b"refuse"))
    assert caught.value.code == "x1"


def test_what_a_reader_prints_or_reads_does_not_touch_the_conversation(pool: ParserPool) -> None:
    assert say(pool, b"print") == "fine"
    assert say(pool, b"print") == "fine"


def test_a_child_sees_no_secret_in_its_environment(pool: ParserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONETHREAD_SECRET_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL", "canary")
    environment = say(pool, b"environ")
    assert "canary" not in environment
    assert "ONETHREAD" not in environment


def test_an_invalid_configuration_is_not_the_payloads_fault(pool: ParserPool) -> None:
    with pytest.raises(ParserUnavailable, match="configuration"):
        pool.parse("hostile", {"no_such_field": 1}, Raw(body=b"x"))
    with pytest.raises(ParserUnavailable):
        pool.parse("no_such_kind", {}, Raw(body=b"x"))
    assert say(pool, b"next") == "fine"


def test_a_spool_that_cannot_be_written_is_not_the_payloads_fault(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    pool = ParserPool(seconds=1, memory_mb=200, size=1, spool_dir=tmp_path / "spool")
    with pytest.raises(ParserUnavailable):
        pool.parse("email", {}, Raw(body=b"x"))


def test_a_child_that_was_killed_while_idle_is_replaced_unseen(pool: ParserPool) -> None:
    first = int(say(pool, b"pid"))
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
    assert int(say(pool, b"pid")) != first


def test_a_child_ends_itself_when_idle_and_is_replaced_unseen(
    pool: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.channels.parsing.IDLE_SECONDS", 0.2)
    first = int(say(pool, b"pid"))
    psutil.Process(first).wait(10)
    assert int(say(pool, b"pid")) != first


def test_a_child_is_replaced_after_its_share_of_payloads(
    pool: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.channels.parsing.USES_MAX", 3)
    pids = [say(pool, b"pid") for _ in range(7)]
    assert len(set(pids)) == 3
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_threads_share_the_children(pool: ParserPool) -> None:
    pids: list[str] = []

    def work() -> None:
        for _ in range(10):
            pids.append(say(pool, b"pid"))  # noqa: PERF401 - several threads fill one list

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(pids) == 60
    assert len(set(pids)) <= 2


def test_closing_ends_the_children(pool: ParserPool) -> None:
    pid = int(say(pool, b"pid"))
    pool.close()
    assert not psutil.pid_exists(pid)
    assert say(pool, b"again") == "fine", "a closed pool starts anew when it is needed after all"


SCRIPT = """
import sys
if sys.argv[2] == "gevent":
    from gevent import monkey
    monkey.patch_all()
from pathlib import Path
from inbox.channels.parsing import ParserPool
from inbox.contract import Raw
import threading, time
pool = ParserPool(seconds=5, memory_mb=200, size=2, spool_dir=Path(sys.argv[1]))
config = {"address": "a@example.test", "imap_host": "x", "smtp_host": "y"}
mail = Raw(body=b"From: b@example.org\\r\\n\\r\\nHello")
ticks = []
def tick():
    while len(ticks) < 1000:
        ticks.append(1); time.sleep(0.01)
threading.Thread(target=tick, daemon=True).start()
found = []
threads = [threading.Thread(target=lambda: found.append(pool.parse("email", config, mail))) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(found), len(ticks) > 3, *pool.pids(), flush=True)
if sys.argv[3] == "die":
    import os
    os._exit(9)
pool.close()
"""


@pytest.mark.parametrize("mode", ["threads", "gevent"])
@pytest.mark.parametrize("end", ["close", "die"])
def test_children_work_under_gevent_and_end_with_their_parent(tmp_path: Path, mode: str, end: str) -> None:
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "spool"), mode, end],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(root), "PATH": os.defpath},
    )
    count, lively, *pids = run.stdout.split() or [run.stderr, "", ""]
    assert (count, lively) == ("8", "True"), "eight mails were read, and meanwhile other work went on"
    assert pids
    deadline = time.monotonic() + 10
    while any(psutil.pid_exists(int(pid)) and _runs(int(pid)) for pid in pids):
        assert time.monotonic() < deadline, "the children outlived their parent"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_child_is_small_and_quick_to_start(tmp_path: Path) -> None:
    pool = ParserPool(seconds=5, memory_mb=200, size=1, spool_dir=tmp_path)
    config = {"address": "a@example.test", "imap_host": "x", "smtp_host": "y"}
    mail = Raw(body=b"From: b@example.org\r\n\r\nHello")
    started = time.monotonic()
    pool.parse("email", config, mail)
    first = time.monotonic() - started
    assert first < 2, "0.25 s on an idle machine; the rest is for a busy one"
    assert psutil.Process(pool.pids()[0]).memory_info().rss < 60 * 1024 * 1024
    pool.close()
