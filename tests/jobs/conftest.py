"""Fixtures: a test network that can be polled."""

import threading
from collections.abc import Callable

import pytest

from inbox.contract import Batch, Capabilities, Health, Io, Raw, RawItem
from inbox.contract.adapter import Cursor
from tests.pigeon import Pigeon, PigeonConfig, note, payload


class Coop:
    """Where polled pigeons wait: `notes` in order of arrival; `failure` makes every fetch and connection fail."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.failure: Callable[[], Exception] | None = None
        self.connections = 0
        self.news = threading.Event()

    def add(self, *texts: str) -> None:
        """Let notes arrive."""
        self.notes += texts
        self.news.set()


class CoopPoller:
    """The contract's poller."""

    def __init__(self, coop: Coop, io: Io) -> None:
        self._coop, self._io = coop, io
        coop.connections += 1
        self._check()

    def fetch(self, cursor: Cursor | None) -> Batch:
        self._check()
        self._coop.news.clear()
        done = int(str((cursor or {}).get("done", 0)))
        found = self._coop.notes[done : done + 2]
        items = tuple(
            RawItem(dedupe_key=f"coop/{done + n}", raw=Raw(body=payload(note(f"c{done + n}", text=text))))
            for n, text in enumerate(found)
        )
        return Batch(
            items=items, cursor={"done": done + len(items)}, more=done + len(items) < len(self._coop.notes)
        )

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds * 10)):
            if self._io.stopping() or self._coop.failure or self._coop.news.wait(0.1):
                return

    def close(self) -> None:
        """Nothing to give up."""

    def _check(self) -> None:
        if self._coop.failure is not None:
            raise self._coop.failure()


class HomingPigeon(Pigeon):
    """Pigeons that are fetched. `coops` by loft."""

    manifest = Pigeon.manifest.model_copy(update={"can": Capabilities(poll=True, can_start=True)})

    def __init__(self) -> None:
        super().__init__()
        self.coops: dict[str, Coop] = {}

    def poller(self, config: PigeonConfig, io: Io) -> CoopPoller:
        return CoopPoller(self.coops.setdefault(config.loft, Coop()), io)

    def health(self, config: PigeonConfig, io: Io) -> Health:
        return Health(ok=True)


@pytest.fixture
def pigeon() -> HomingPigeon:
    """The test network, polled."""
    return HomingPigeon()


@pytest.fixture
def coop(pigeon: HomingPigeon) -> Coop:
    """Where the notes of the loft of `make.channel()` wait."""
    return pigeon.coops.setdefault("Loft One", Coop())
