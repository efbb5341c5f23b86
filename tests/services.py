"""Which real services this machine offers to the tests, and what happens to a test whose service is missing.

Usually the test is skipped and the end of the run says what was missing and why. With
ONETHREAD_REQUIRE_SERVICES=1 nothing may be skipped: a missing service, or any other skip, is a failure.
One exception is the folder of collected samples, which is no service and not part of the project. The other is what
has to be fetched from the registries of npm and PyPI beside the locked dependencies: with ONETHREAD_WITHOUT_SHOPS=1,
set by .ci/run when these do not answer, tests of the real shops are skipped, and it is said.
"""

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.peers import browser, dovecot, exim, postgres, redis
from tests.shops import install

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"
REQUIRED = os.environ.get("ONETHREAD_REQUIRE_SERVICES") == "1"
SHOPS = {"vendure", "oscar", "shopify_schema"}
SPARED = {"corpora"} | (SHOPS if os.environ.get("ONETHREAD_WITHOUT_SHOPS") == "1" else set())
"""What may be missing although everything is required."""


def _no_corpora() -> str | None:
    return None if CORPORA.is_dir() else "../shared/corpora is not beside the checkout"


SERVICES: dict[str, Callable[[], str | None]] = {
    "postgres": postgres.missing,
    "redis": redis.missing,
    "dovecot": dovecot.missing,
    "exim": exim.missing,
    "browser": browser.missing,
    "vendure": install.vendure_missing,
    "oscar": install.oscar_missing,
    "shopify_schema": install.shopify_schema_missing,
    "corpora": _no_corpora,
}
"""Marker → function that says why the service is missing, or None."""


@functools.cache
def missing(name: str) -> str | None:
    """Why the service is missing, or None; asked once per process."""
    return SERVICES[name]()


def require(name: str) -> None:
    """End the running test here if the service is missing."""
    reason = missing(name)
    if reason is None:
        return
    if REQUIRED and name not in SPARED:
        pytest.fail(f"{name} is required: {reason}", pytrace=False)
    pytest.skip(f"{name}: {reason}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in SERVICES:
        if item.get_closest_marker(name):
            require(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    _forbid_skip(report)
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = _reason(report)
        if reason.partition(":")[0] not in SPARED:
            report.outcome = "failed"
            report.longrepr = f"skipped, and nothing may be skipped here: {reason}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped and why, service by service."""
    skipped = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    absent = {name: reason for name in SERVICES if (reason := missing(name))}
    if not skipped and not absent:
        return
    terminalreporter.section("skipped, and why")
    for name, reason in absent.items():
        count = skipped.pop(f"{name}: {reason}", 0)
        terminalreporter.line(f"{name}: {reason} ({count} tests)")
    for reason, count in skipped.most_common():
        terminalreporter.line(f"{reason} ({count} tests)")
