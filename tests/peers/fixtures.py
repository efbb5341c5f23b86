"""Fixtures: the peers. A server starts when the first test asks for it and is emptied for every test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.peers.browser import Watch, launch, open_context
from tests.peers.dovecot import Dovecot
from tests.peers.exim import Exim
from tests.peers.proxy import FaultProxy
from tests.peers.redis import Redis
from tests.peers.smtp_sink import SmtpSink
from tests.services import require


@pytest.fixture(scope="session")
def _dovecot() -> Iterator[Dovecot]:
    require("dovecot")
    with Dovecot() as server:
        yield server


@pytest.fixture
def dovecot(_dovecot: Dovecot) -> Dovecot:
    """A running Dovecot with empty mailboxes."""
    _dovecot.start()
    _dovecot.wipe()
    return _dovecot


@pytest.fixture(scope="session")
def _exim(_dovecot: Dovecot) -> Iterator[Exim]:
    require("exim")
    with Exim(_dovecot.lmtp_port) as server:
        yield server


@pytest.fixture
def exim(_exim: Exim, dovecot: Dovecot) -> Exim:
    """A running Exim with an empty queue, in front of `dovecot`."""
    _exim.start()
    _exim.wipe()
    dovecot.wipe()  # of what the queue still delivered
    return _exim


@pytest.fixture(scope="session")
def _redis() -> Iterator[Redis]:
    require("redis")
    with Redis() as server:
        yield server


@pytest.fixture
def redis_server(_redis: Redis) -> Redis:
    """A running, empty Redis; `redis_server.url`."""
    _redis.start()
    _redis.wipe()
    return _redis


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """An SMTP server that takes everything, until `smtp_sink.script` says otherwise."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def fault_proxy() -> Iterator[Callable[[int], FaultProxy]]:
    """`fault_proxy(port)`: a started proxy in front of a loopback port."""
    proxies: list[FaultProxy] = []

    def make(port: int) -> FaultProxy:
        proxies.append(FaultProxy(("127.0.0.1", port)).start())
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    require("browser")
    yield from launch()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What pages complained about; the test fails at its end on any of it that it did not `allow`."""
    found = Watch()
    yield found
    problems = found.unexpected()
    assert not problems, "the browser complained:\n" + "\n".join(problems)


@pytest.fixture
def new_context(browser: Browser, watch: Watch) -> Iterator[Callable[..., BrowserContext]]:
    """`new_context(**options)`: another visitor with a profile of his own."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(open_context(browser, watch, **options))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A tab of a fresh profile, 1280 × 800."""
    return new_context(viewport={"width": 1280, "height": 800}).new_page()
