"""Fixtures: installations."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation


@pytest.fixture
def migrated(installation: Installation, _sqlite_template: Path) -> Installation:
    """An installation with a database, as after `onethread db upgrade`."""
    installation.data.mkdir()
    shutil.copyfile(_sqlite_template, installation.data / "onethread.db")
    return installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty folder to run commands in."""
    made = Installation(tmp_path)
    yield made
    made.close()
