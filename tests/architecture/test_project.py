"""What is said twice about the project is said the same, and what is locked stays locked."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.architecture import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted([*(ROOT / "requirements").glob("*.txt"), *ROOT.glob("tests/**/requirements.txt")])


def wanted(*names: str) -> set[str]:
    lines = [line for name in names for line in (ROOT / "requirements" / name).read_text().splitlines()]
    return {line for line in lines if line and not line.startswith(("-r", "#"))}


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, flags=re.MULTILINE))


def test_dependencies_are_those_that_are_locked() -> None:
    assert set(PROJECT["project"]["dependencies"]) == wanted("runtime.in")
    assert set(PROJECT["project"]["optional-dependencies"]["dev"]) == wanted("build.in", "dev.in")
    assert set(PROJECT["build-system"]["requires"]) <= wanted("build.in")


def test_every_dependency_is_in_its_lock_file() -> None:
    for name in ("runtime", "build", "dev"):
        names = {re.split(r"[\[<>=~!]", line)[0] for line in wanted(f"{name}.in")}
        assert names <= set(locked(f"{name}.txt")), f"make lock: {name}.txt is older than {name}.in"


def test_lock_files_agree_on_versions() -> None:
    everything = locked("dev.txt")
    for name in ("runtime.txt", "build.txt"):
        assert locked(name).items() <= everything.items(), f"make lock: {name} and dev.txt differ"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_locked_packages_have_hashes_and_no_address(lock: Path) -> None:
    """Where packages come from is the installing machine's choice; what they are is ours."""
    text = lock.read_text()
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n?", "", text).strip())
    assert len(entries) > 1
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url [^-\s]|--find-links [^-\s]", text)


def test_locked_packages_of_npm_have_hashes_and_no_address() -> None:
    places = (*ROOT.glob("inbox/**/package-lock.json"), *ROOT.glob("tests/**/package-lock.json"))
    locks = [path for path in places if "node_modules" not in path.parts]
    assert len(locks) > 1
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"]
        outside = {name: entry for name, entry in packages.items() if name and not entry.get("link")}
        assert outside
        assert [name for name, entry in outside.items() if "resolved" in entry] == []
        assert [name for name, entry in outside.items() if "integrity" not in entry] == []


def test_one_oldest_python_is_named() -> None:
    tools = PROJECT["tool"]
    assert PROJECT["project"]["requires-python"] == ">=" + tools["mypy"]["python_version"]
    assert tools["ruff"]["target-version"] == "py" + tools["mypy"]["python_version"].replace(".", "")


def test_hooks_run_the_locked_tools_and_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}


def test_processes_of_the_procfile_exist() -> None:
    from inbox.cli import COMMANDS

    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        words = shlex.split(command)
        if words[0] == "onethread":
            assert words[1] in COMMANDS, f"{name}: no such command: {command}"
        else:
            module = words[-1].partition(":")[0]
            assert words[0] == "gunicorn"
            assert (ROOT / f"{module}.py").exists(), f"{name}: no such module: {module}"


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert set(phony.split()) == set(re.findall(r"^([a-z]+):.*## \S", makefile, flags=re.MULTILINE))
