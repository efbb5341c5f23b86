"""`make test` forgives a test that fails once and says so; nothing else is forgiven."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import ROOT
from tests.outcomes import Outcomes
from tests.second_chance import FEW, deserves_another, redeemed

ONCE = """
from pathlib import Path
def test_good():
    pass
def test_unsteady():
    seen = Path("seen")
    first = not seen.exists()
    seen.touch()
    assert not first, "a pause"
"""
FAILED = Outcomes(failed={"test_a.py::test_a": "assert 1 == 2"})


def run(folder: Path, tests: str, *args: str, workers: str = "0") -> subprocess.CompletedProcess[str]:
    (folder / "test_tiny.py").write_text(tests)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist"}
    return subprocess.run(
        [sys.executable, "-m", "tests.second_chance", workers, *args],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=100,
    )


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_test_that_fails_once_is_named_at_the_end_and_the_run_passes(tmp_path: Path, workers: str) -> None:
    done = run(tmp_path, ONCE, workers=workers)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.rpartition("passed only on the second try:")[2].split("\n")
    assert [line.strip() for line in told if line] == [
        "test_tiny.py::test_unsteady",
        "AssertionError: a pause",
    ]
    assert "1 passed, 1 deselected" in done.stdout, "only what failed is run again"


def test_a_test_that_fails_twice_fails_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, ONCE + "    assert False\ndef test_bad():\n    assert False\n")
    assert done.returncode == 1
    assert "2 failed, and have a second chance" in done.stdout
    assert "passed only on the second try" not in done.stdout


def test_the_users_choice_holds_and_choosing_nothing_is_no_failure(tmp_path: Path) -> None:
    done = run(tmp_path, ONCE, "test_tiny.py", "-k", "good")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True)
    assert run(tmp_path, ONCE, "-k", "nothing").returncode == 0


def test_what_died_or_cannot_be_read_has_no_second_chance(tmp_path: Path) -> None:
    for tests in ("import nothing_of_this_name", "import os\ndef test_dies():\n    os._exit(1)\n"):
        done = run(tmp_path, tests)
        assert done.returncode != 0
        assert "second chance" not in done.stdout


def test_only_a_whole_run_with_few_failures_is_tried_again() -> None:
    assert deserves_another(1, FAILED)
    assert deserves_another(1, Outcomes(failed={str(n): "" for n in range(FEW)}))
    assert not deserves_another(1, Outcomes(failed={str(n): "" for n in range(FEW + 1)}))
    assert not deserves_another(1, Outcomes())
    assert not deserves_another(1, Outcomes(failed=FAILED.failed, broken=["worker 'gw0' crashed"]))
    for status in (0, 2, 3, 4, 5, -9):
        assert not deserves_another(status, FAILED)


def test_the_second_run_must_find_and_pass_everything() -> None:
    [name] = FAILED.failed
    assert redeemed(0, FAILED, Outcomes(passed=[name]))
    assert not redeemed(0, FAILED, Outcomes())
    assert not redeemed(5, FAILED, Outcomes())
    assert not redeemed(1, FAILED, Outcomes(passed=[name], failed={name: "teardown"}))
    assert not redeemed(0, FAILED, Outcomes(passed=[name], broken=["ended early"]))


def test_a_worker_that_dies_breaks_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, "import os\ndef test_dies():\n    os._exit(1)\n", "--maxfail=1", workers="1")
    assert done.returncode != 0
    assert "second chance" not in done.stdout
