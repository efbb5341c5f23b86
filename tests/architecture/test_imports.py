"""Who may import whom, and that importing does nothing."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from inbox.channels.registry import folders, load
from tests.architecture import ROOT, files, parsed

CONTRACTS = {
    "layers",
    "adapters-see-the-contract",
    "adapters-stand-alone",
    "core-knows-no-adapter",
    "rules-are-pure",
    "stories-use-queries-and-actions",
    "flask-stays-in-web",
    "rq-stays-in-jobs",
}


def test_imports_keep_every_contract() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in configured} == CONTRACTS
    checker = (
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    )
    done = subprocess.run(
        [sys.executable, "-c", checker, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


MAY_NAME_KINDS = {
    "inbox/demo/": "plays the other side of these very channels",
    "inbox/cli/demo.py": "tells what the demo plays",
    "inbox/db/migrations/": "a revision knows the rows of its time, and is not changed again",
    "inbox/web/assets/dev/": "a made-up server for work on the island, which is not shipped",
    "inbox/web/widget/__init__.py": "names the page of the documentation",
    "inbox/web/widget/shapes.py": "names the page of the documentation",
}
"""Where the core may name a kind of channel, and why. Entries leave this list when the names do."""

WORDS_OF_THEIR_OWN = {"email": "agents sign in with one, and the core itself proves this kind of address"}
"""Kinds whose names mean something else, too: of these only looks and decisions are searched for."""


def adapter_kinds() -> set[str]:
    return set(folders())


def named_kinds(text: str, kinds: dict[str, str]) -> set[str]:
    """Which of `kinds`, key → title, a source names."""
    found = set()
    for kind, title in kinds.items():
        if kind in WORDS_OF_THEIR_OWN:
            pattern = rf"[.-]{kind}\s*\{{|\bkind\b[^\n]{{0,12}}==[^\n]{{0,3}}['\"]{kind}\b"
        else:
            word = re.escape(kind).replace("_", "[_-]")
            pattern = rf"(?<![A-Za-z0-9])(?:(?i:{word})|{re.escape(title)})(?![A-Za-z0-9])"
        if re.search(pattern, text):
            found.add(kind)
    return found


def test_the_core_names_no_kind_of_channel() -> None:
    """Neither code nor style nor page knows one: what a channel can do and how it looks is in its manifest."""
    kinds = {kind: load(kind).manifest.title for kind in folders()}
    kinds |= {kind: kind for kind in ("messenger", "instagram", "whatsapp", "slack")}
    named = {
        str(name): sorted(found)
        for name in files()
        if name.parts[0] in ("inbox", "templates")
        and name.suffix in {".py", ".ts", ".tsx", ".css", ".mjs", ".html", ".toml"}
        and (found := named_kinds((ROOT / name).read_text(), kinds))
    }
    excused = {
        name: reason
        for name, reason in MAY_NAME_KINDS.items()
        if any(file.startswith(name) for file in named)
    }
    assert excused == MAY_NAME_KINDS, "names nothing any more: take it off the list"
    left = {name: found for name, found in named.items() if not name.startswith(tuple(MAY_NAME_KINDS))}
    assert not left, left


def test_a_named_kind_would_be_noticed() -> None:
    kinds = {"email": "E-mail", "chat_widget": "Site widget", "telegram": "Telegram"}
    for text in ("if (kind === 'email') {", ".kind-icon.email { --c: red }", 'case kind == "email"'):
        assert named_kinds(text, kinds) == {"email"}, text
    for text in ("look = {'telegram': 1}", "# as Telegram does", ".k-telegram{}", "is_telegram_here = 1"):
        assert named_kinds(text, kinds) == {"telegram"}, text
    assert named_kinds("chat-widget", kinds) == {"chat_widget"}
    assert named_kinds("agent.email, telegrams", kinds) == set()


def literals(node: ast.AST) -> set[object]:
    return {inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)}


def test_the_core_decides_nothing_by_the_kind_of_a_channel() -> None:
    """Capabilities say what a channel can do; `if kind == "email"` is a fact that belongs into an adapter."""
    kinds = adapter_kinds()
    found = [
        f"{module}:{node.lineno}"
        for module, tree in parsed()
        if module.parts[0] == "inbox"
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.MatchValue) and literals(node) & kinds
    ]
    assert not found, f"compares with one of {sorted(kinds)}: {found}"


def test_the_core_names_no_module_of_an_adapter() -> None:
    """Adapters are found by their folder or entry point, never by a name in the code."""
    found = [
        f"{module}:{node.lineno} {node.value}"
        for module, tree in parsed()
        if module.parts[0] == "inbox"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and any(node.value.startswith(f"adapters.{kind}") for kind in adapter_kinds())
    ]
    assert not found, found


# Runs in a fresh interpreter. Third parties may do at import what they like; what counts is an effect whose
# nearest caller that is either ours or the import system is ours.
PROBE = """
import importlib, pkgutil, sys

root, effects = sys.argv[1], []
WATCHED = ("socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.mkdir", "os.putenv")

def is_effect(event, args):
    if event == "open":
        name = str(args[0])
        writes = isinstance(args[1], str) and set(args[1]) & set("wax+")
        return writes or (name.startswith(root) and not name.endswith((".py", ".pyc")))
    return event in WATCHED

def is_ours():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(root) and "site-packages" not in name:
            return True
        if name.startswith("<frozen importlib"):
            return False
        frame = frame.f_back
    return False

def watch(event, args):
    if is_effect(event, args) and is_ours():
        effects.append(f"{event} {args[0]!r}")

sys.addaudithook(watch)
for package in ("inbox", "adapters"):
    top = importlib.import_module(package)
    for module in pkgutil.walk_packages(top.__path__, package + "."):
        if not module.name.endswith("__main__"):
            before = len(effects)
            importlib.import_module(module.name)
            for effect in effects[before:]:
                print(module.name, "does at import:", effect)
"""


def test_importing_anything_does_nothing(tmp_path: Path) -> None:
    """No socket, no file, no database, no process: whoever imports decides when things begin."""
    done = subprocess.run(
        [sys.executable, "-B", "-P", "-W", "ignore", "-c", PROBE, str(ROOT) + "/"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_probe_of_imports_sees_effects(tmp_path: Path) -> None:
    """The test above would notice."""
    for package in ("inbox", "adapters"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "inbox" / "bad.py").write_text("import sqlite3\nsqlite3.connect(':memory:').close()\n")
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROBE, str(tmp_path) + "/"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "inbox.bad does at import: sqlite3.connect" in done.stdout, done.stderr
