"""`onethread new-adapter`: a channel's folder keeps the contract from the start, and with a network of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from inbox.cli import commands
from inbox.cli.new_adapter import MARK, write
from inbox.errors import Invalid
from tests.cli.smoke_signal import FILLED_IN

ROOT = Path(__file__).resolve().parents[2]


def checkout(folder: Path) -> Path:
    """The beginning of a checkout that has the core and the suite, and no adapter yet."""
    for package in ("adapters", "tests", "tests/adapters"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text('"""Made for a test."""\n')
    (folder / "inbox").symlink_to(ROOT / "inbox")
    suite = "tests/adapters/test_conformance.py"
    shutil.copyfile(ROOT / suite, folder / suite)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-P", "-m", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def run_tests(folder: Path) -> tuple[set[str], str]:
    """The tests that fail in a checkout, and everything that was told."""
    settings = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "-o", f"pythonpath={folder}")
    # The fuzzing of one of them is enough; typed addresses are for networks that have such.
    chosen = "not typed_text and not (any_bytes and (called or asked))"
    done = run(folder, "pytest", "-q", *settings, "-p", "no:cacheprovider", "-k", chosen, "tests/adapters")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert " passed" in done.stdout
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)), done.stdout


def fill_in(folder: Path) -> None:
    """Write the network's own words in place of the example's, and take the marks away."""
    for name, pairs in FILLED_IN.items():
        text = (folder / name).read_text("utf-8")
        for ours, theirs in pairs:
            assert ours in text, f"{name} has no {ours}"
            text = text.replace(ours, theirs, 1)
        (folder / name).write_text(text, "utf-8")
    for path in [*folder.rglob("smoke_signal/*.py"), *folder.rglob("smoke_signal.md")]:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if MARK not in line), "utf-8")


def test_a_new_adapter_passes_the_suite_and_names_what_is_left_and_a_filled_one_leaves_nothing(
    tmp_path: Path,
) -> None:
    folder = checkout(tmp_path)
    write(folder, "called", "Called one", webhook=True, poll=False)
    write(folder, "asked", "Asked one", webhook=False, poll=True)
    write(folder, "smoke_signal", None, webhook=True, poll=True)
    fill_in(folder)
    failed, told = run_tests(folder)
    unfinished = "test_adapter.py::test_nothing_is_left_to_fill_in"
    assert failed == {f"tests/adapters/{name}/{unfinished}" for name in ("called", "asked")}, told
    for line in ("adapters/called/hook.py:9: the header that has the signature", "adapters/asked/poll.py:"):
        assert line in told


@pytest.mark.parametrize(("webhook", "poll"), [(True, False), (False, True), (True, True)])
def test_what_is_written_is_in_the_houses_style(tmp_path: Path, webhook: bool, poll: bool) -> None:
    folder = checkout(tmp_path)
    write(folder, "smoke_signal", None, webhook=webhook, poll=poll)
    settings = ("--no-cache", "--config", str(ROOT / "pyproject.toml"))
    for command in (("check",), ("format", "--check")):
        done = run(
            folder, "ruff", *command, *settings, "adapters/smoke_signal", "tests/adapters/smoke_signal"
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "adapters/smoke_signal/hook.py").exists() is webhook
    assert (folder / "adapters/smoke_signal/poll.py").exists() is poll


def test_the_command_tells_what_it_wrote_and_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["new-adapter", "carrier_pigeon", "--path", str(tmp_path)])
    assert done.exit_code == 0, done.output
    written = [line for line in done.stdout.splitlines() if line]
    assert "adapters/carrier_pigeon/samples/text.body" in written
    assert all((tmp_path / name).is_file() for name in written)
    assert "adapters/carrier_pigeon/errors.py:20: the network's own codes" in done.stderr
    assert 'title="Carrier pigeon"' in (tmp_path / "adapters/carrier_pigeon/__init__.py").read_text()
    assert not (tmp_path / "adapters/carrier_pigeon/poll.py").exists(), (
        "called by webhook unless told otherwise"
    )


@pytest.mark.parametrize(
    "name", ["", "x", "Pigeon", "9lives", "my-bird", "a__b", "_a", "class", "../up", "a" * 31]
)
def test_a_bad_name_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="is no name for a channel"):
        write(tmp_path, name, None, webhook=True, poll=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("title", ["", 'A "bird"', "back\\slash", "two\nlines", "x" * 41, " bird", "{{ 7 }}"])
def test_a_title_that_would_break_the_sources_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(Invalid, match="A title has"):
        write(tmp_path, "bird", title, webhook=True, poll=False)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="There is a channel"):
        write(tmp_path, "telegram", None, webhook=True, poll=False)
    page = tmp_path / "docs/channels/bird.md"
    page.parent.mkdir(parents=True)
    page.write_text("Mine.")
    with pytest.raises(Invalid, match="exists already"):
        write(tmp_path, "bird", None, webhook=True, poll=False)
    assert page.read_text() == "Mine."
    assert not (tmp_path / "adapters").exists()
