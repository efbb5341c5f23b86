"""A pytest plugin (`-p tests.outcomes`) that writes down what failed, and runs only what failed before.

`--outcomes FILE` names the file to write; `--again FILE` one that an earlier run wrote. Tests that run in several
processes report to the one that started them, which alone writes.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest


@dataclass
class Outcomes:
    """What a run came to. A run that is broken says nothing about tests that it did not get to."""

    failed: dict[str, str] = field(default_factory=dict)
    """The tests that failed, by node id, each with the first line of why."""
    passed: list[str] = field(default_factory=list)
    """The tests that passed, of those that were run again."""
    broken: list[str] = field(default_factory=list)
    """What is no failure of a test: files that cannot be collected, processes that died, an early end."""

    @classmethod
    def read(cls, path: Path) -> "Outcomes":
        """What a run wrote; broken if it did not get so far."""
        if not path.exists():
            return cls(broken=["the run ended without a word"])
        return cls(**json.loads(path.read_text()))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two files."""
    group = parser.getgroup("outcomes")
    group.addoption("--outcomes", help="write here, as JSON, what failed")
    group.addoption("--again", help="run only what failed in the run that wrote this")


def pytest_configure(config: pytest.Config) -> None:
    """Only where the run is steered from."""
    if config.option.outcomes and not hasattr(config, "workerinput"):
        again = config.option.again
        recorder = _Recorder(Path(config.option.outcomes), Path(again) if again else None)
        config.pluginmanager.register(recorder, "recorder")


class _Recorder:
    def __init__(self, path: Path, again: Path | None) -> None:
        self._path = path
        self._again = None if again is None else set(Outcomes.read(again).failed)
        self._outcomes = Outcomes()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self._again is not None:
            others = [item for item in items if item.nodeid not in self._again]
            items[:] = [item for item in items if item.nodeid in self._again]
            config.hook.pytest_deselected(items=others)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._outcomes.broken.append(f"{report.nodeid or 'tests'} cannot be collected")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._outcomes.failed.setdefault(report.nodeid, _first_line(report))
            if report.when not in ("setup", "call", "teardown"):  # its process died under it
                self._outcomes.broken.append(f"{report.nodeid}: {_first_line(report)}")
        elif self._again is not None and report.when == "call":
            self._outcomes.passed.append(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        if error:
            self._outcomes.broken.append(f"a process died: {error}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if early := session.shouldfail or session.shouldstop:
            self._outcomes.broken.append(f"ended early: {early}")
        self._path.write_text(json.dumps(asdict(self._outcomes)))


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (crash.message if crash else str(report.longrepr)).strip().splitlines()
    return lines[0] if lines else ""
