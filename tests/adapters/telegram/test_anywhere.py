"""The library runs without an event loop: in many threads, beside a running loop, in greenlets, in forked children.

Sharing one loop, or starting one for each call, is what others fell over (python-telegram-bot #4023, #4107, #4289).
"""

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.telegram import ADAPTER
from adapters.telegram.bot import run
from inbox.contract import Outgoing, Party
from tests.adapters.telegram.peer import config_of, net_io
from tests.peers.telegram import Telegram

ROOT = Path(__file__).parents[3]
MESSAGE = Outgoing(
    idem_key="k" * 26,
    to=Party(namespace="telegram", address="5"),
    text="Your order **10412** is on its way. [Track it](https://shop.example/t/10412)",
    in_reply_to=":5:1",
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
)

SCRIPT = """
{first}
import os, sys
sys.path.insert(0, {root!r})
from adapters.telegram import ADAPTER
from tests.adapters.telegram.peer import net_io
from tests.adapters.telegram.test_anywhere import MESSAGE
config = ADAPTER.manifest.config.model_validate({{"token": {token!r}, "api_base": {url!r}}})
ADAPTER.send(config, MESSAGE, net_io())
{then}
"""
GREENLETS = """
import gevent
jobs = [gevent.spawn(ADAPTER.send, config, MESSAGE, net_io()) for _ in range(50)]
gevent.joinall(jobs, raise_error=True)
assert len({job.value.external_id for job in jobs}) == 50
"""
CHILDREN = """
children = []
for _ in range(4):
    child = os.fork()
    if not child:
        for _ in range(5):
            ADAPTER.send(config, MESSAGE, net_io())
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
"""


@pytest.fixture(autouse=True)
def _chat(telegram: Telegram) -> None:
    telegram.write(telegram.person(5), "Hello")


def test_many_threads_send_at_once(telegram: Telegram) -> None:
    config, io = config_of(telegram), net_io()
    with ThreadPoolExecutor(32) as pool:
        receipts = list(pool.map(lambda _number: ADAPTER.send(config, MESSAGE, io), range(320)))
    assert len({receipt.external_id for receipt in receipts}) == 320
    assert len(telegram.made("sendMessage")) == 320


def test_a_running_event_loop_is_no_obstacle(telegram: Telegram) -> None:
    async def within() -> str:
        return ADAPTER.send(config_of(telegram), MESSAGE, net_io()).external_id

    # A thread of its own: where the browser's driver keeps a loop in this one, asyncio starts no second.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: asyncio.run(within())).result().startswith(":5:")


def script(telegram: Telegram, first: str, then: str) -> None:
    code = SCRIPT.format(first=first, then=then, root=str(ROOT), token=telegram.token, url=telegram.url)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_greenlets_send_at_once(telegram: Telegram) -> None:
    script(telegram, "from gevent import monkey; monkey.patch_all()", GREENLETS)
    assert len(telegram.made("sendMessage")) == 51


def test_forked_children_send_after_their_parent_did(telegram: Telegram) -> None:
    script(telegram, "", CHILDREN)
    assert len(telegram.made("sendMessage")) == 21


def test_a_call_that_would_wait_is_a_mistake_that_shows() -> None:
    async def waits() -> None:
        await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="event loop"):
        run(waits())


def test_no_thread_or_loop_is_left_behind(telegram: Telegram) -> None:
    before = threading.active_count()
    for _ in range(5):
        ADAPTER.send(config_of(telegram), MESSAGE, net_io())
    deadline = time.monotonic() + 5
    while threading.active_count() > before + 1 and time.monotonic() < deadline:
        time.sleep(0.05)  # the server's own thread for the last connection
    assert threading.active_count() <= before + 1
