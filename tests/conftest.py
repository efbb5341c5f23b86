"""What every test stands on. Fixtures live in the plugins named here, one file per subject."""

import os
from pathlib import Path

import hypothesis
import pytest

# Nothing of the developer's own settings reaches a test. (The three that steer the tests are read at import by
# the modules they belong to, through pytest_plugins below, and stay.)
_KEPT = {"ONETHREAD_TEST_POSTGRES", "ONETHREAD_REQUIRE_SERVICES", "ONETHREAD_WITHOUT_SHOPS"}
for _name in list(os.environ):
    if _name.startswith("ONETHREAD_") and _name not in _KEPT:
        del os.environ[_name]
for _name in ("DATABASE_URL", "REDIS_URL", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
    os.environ.pop(_name, None)

pytest_plugins = [
    "tests.services",  # markers of services, skips and their reasons
    "tests.network",  # loopback only
    "tests.databases",  # backend, database_url, …
    "tests.cheap",  # passwords and statements cost little
    "tests.peers.fixtures",  # dovecot, exim, redis_server, page, …
    "tests.fixtures_app",  # the application
]

hypothesis.settings.register_profile("onethread", deadline=None, print_blob=True)
hypothesis.settings.load_profile("onethread")


QUIET = ("faults", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole installations want the machine for themselves."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in QUIET:
            item.add_marker(pytest.mark.quiet)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder: no .env is read, no var/ is left in the checkout."""
    monkeypatch.chdir(tmp_path)
