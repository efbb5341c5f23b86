"""Fixtures: the application, wired for tests."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from inbox.channels.registry import Registry
from inbox.channels.secrets import Vault
from inbox.commerce.registry import Registry as ShopRegistry
from inbox.contract import Io, Item, Raw
from inbox.db.work import Database
from inbox.files import FileStore
from inbox.flows.context import Context
from inbox.jobs.bells import InProcessBell
from inbox.net import Guard, NetIo
from inbox.settings import Settings
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon
from tests.shops import Kiosk


class InlineParser:
    """Parses in the test's own process; the worker pool has tests of its own."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def parse(self, kind: str, config: Mapping[str, Any], raw: Raw) -> tuple[Item, ...]:
        adapter = self._registry.get(kind)
        return tuple(adapter.parse(adapter.manifest.config.model_construct(**config), raw))

    def close(self) -> None:
        """Nothing to end."""


def make_context(settings: Settings, registry: Registry, clock: Callable[[], Any] | None = None) -> Context:
    """A context over `settings`, with parsing in process and the network limited to loopback."""
    bell = InProcessBell()
    files = FileStore(settings.data_dir / "files")
    files.prepare()
    stop = threading.Event()
    guard = Guard(allow_private=True)

    def make_io(facts: Mapping[str, Any], keep_secrets: Callable[[Mapping[str, str]], None]) -> Io:
        return NetIo(guard, facts=facts, on_secrets=keep_secrets, stopping=stop.is_set)

    return Context(
        settings=settings,
        db=Database(settings.database, ring=bell.ring),
        registry=registry,
        vault=Vault(b"a key that only tests use"),
        files=files,
        bell=bell,
        parser=InlineParser(registry),  # type: ignore[arg-type]
        make_io=make_io,
        clock=clock or ManualClock(),
        stop=stop,
    )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for a database of the test's own, on both backends."""
    return Settings(
        database_url=database_url,
        data_dir=tmp_path / "var",
        secret_key="a key that only tests use",
        undo_seconds=0,
        allow_private_hosts=True,
    )


@pytest.fixture
def pigeon() -> Pigeon:
    """The test network."""
    return Pigeon()


@pytest.fixture
def kiosk() -> Kiosk:
    """The kind of shop of the tests; `tests.shops.connect` makes a connection."""
    return Kiosk()


@pytest.fixture
def clock() -> ManualClock:
    """The clock of `ctx`."""
    return ManualClock()


@pytest.fixture
def ctx(settings: Settings, pigeon: Pigeon, kiosk: Kiosk, clock: ManualClock) -> Iterator[Context]:
    """A context with the test network and the test shop, on both backends."""
    context = make_context(settings, Registry({"pigeon": pigeon}), clock)
    context.shops = ShopRegistry({"kiosk": kiosk})
    yield context
    context.stop.set()
    context.db.dispose()


@pytest.fixture
def make(ctx: Context) -> Make:
    """Makes agents, channels and messages."""
    return Make(ctx)


@pytest.fixture
def app(ctx: Context) -> Any:
    """The web application over `ctx`."""
    from inbox.app import create_app

    application = create_app(ctx)
    application.config.update(TESTING=True)
    return application


@pytest.fixture
def client(app: Any) -> Any:
    """A browser that is not signed in."""
    return app.test_client()
