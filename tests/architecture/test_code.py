"""Rules for the code that no linter knows."""

import ast
import re

import pytest

from tests.architecture import ROOT, files, modules, parsed

LONGEST = 400
"""Lines of a module. One that outgrows its one idea is split by idea."""

LONGER = {
    "inbox/db/migrations/versions/0001_spine.py": "the first schema, written once and not changed again",
}

CATCHES_ALL = {
    "inbox/channels/parse_worker.py": "the outermost loop of the process that reads hostile payloads",
    "inbox/cli/__init__.py": "turns what went wrong into a sentence and an exit status",
    "inbox/cli/doctor.py": "shows what a check ran into in words, and raises what has none",
    "inbox/jobs/loops.py": "the outermost loop of a worker: logs, keeps the work, goes on",
    "inbox/jobs/pollers.py": "the outermost loop of a poller: logs, keeps the cursor, goes on",
    "inbox/jobs/shops.py": "the outermost loop of the work for one shop: logs, keeps its events, goes on",
}
"""Modules that may catch Exception, and why. Entries leave this list when the catch does."""


def length(name: str) -> int:
    return len((ROOT / name).read_text().splitlines())


def test_modules_can_be_read_in_one_go() -> None:
    names = [str(name) for name in modules()]
    names += [str(name) for name in files() if name.suffix in (".ts", ".tsx")]
    long = {name: lines for name in names if (lines := length(name)) > LONGEST}
    assert set(long) == set(LONGER), f"longer than {LONGEST} lines: {long}; allowed: {set(LONGER)}"


def test_exceptions_are_caught_by_name() -> None:
    """A handler for everything either raises again or stands in the list with its reason."""
    found = {
        str(module)
        for module, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _raises_again(node)
    }
    assert found == set(CATCHES_ALL), f"found: {sorted(found)}; allowed: {sorted(CATCHES_ALL)}"


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


# Put together here, so that this file does not hold the words it looks for.
REMINDERS = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK:"]
PLACES = ["/" + "root/", "/" + "work/", "/" + "home/", "/" + "Users/"]


def own_files() -> list[str]:
    """What we wrote: no binary, no locked list, nothing that came from outside as a sample."""
    code = {".py", ".ts", ".tsx", ".mjs", ".css", ".html"}
    text = {".md", ".toml", ".yaml", ".yml", ".conf", ".in"}
    return [
        str(name)
        for name in files()
        if (name.suffix in code | text or name.name in {"Makefile", "Procfile", "run"})
        and not {"samples", "corpus"} & set(name.parts)
    ]


@pytest.mark.parametrize("word", REMINDERS)
def test_nothing_is_left_for_later(word: str) -> None:
    pattern = re.compile(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])")
    found = [name for name in own_files() if pattern.search((ROOT / name).read_text())]
    assert not found, f"{word} in {found}"


@pytest.mark.parametrize("place", PLACES)
def test_no_folder_of_one_machine_is_named(place: str) -> None:
    pattern = re.compile(rf"(?<![\w.~@]){re.escape(place)}")
    found = [name for name in own_files() if pattern.search((ROOT / name).read_text())]
    assert not found, f"{place} in {found}"


def test_samples_beside_the_checkout_are_known_to_tests_only() -> None:
    """Nothing that is shipped or documented leans on a folder that a clone does not have."""
    found = [
        name
        for name in own_files()
        if not name.startswith("tests/") and "../" + "shared" in (ROOT / name).read_text()
    ]
    assert not found, found
