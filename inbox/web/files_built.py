"""Addresses of the browser's built files, which carry a digest of their contents in their names."""

import functools
import json
from pathlib import Path

from flask import Flask, Response, request, url_for

from inbox.errors import SetupError

FOREVER = "public, max-age=31536000, immutable"
_PREFIX = "/static/dist/"


def register(app: Flask) -> None:
    """Give templates `asset(name)`, and let browsers keep built files for good."""
    app.add_template_global(functools.partial(asset, app), "asset")
    app.after_request(_keep)


def asset(app: Flask, name: str) -> str:
    """The address of a built file. Raises SetupError when the files are not built."""
    return url_for("static", filename=f"dist/{_name(app, name)}")


def contents(app: Flask, name: str) -> str:
    """The text of a built file. Raises SetupError when the files are not built."""
    return _text(_folder(app) / _name(app, name))


def _folder(app: Flask) -> Path:
    return Path(app.static_folder or "") / "dist"


def _name(app: Flask, name: str) -> str:
    manifest = _folder(app) / "manifest.json"
    try:
        return _read(manifest, manifest.stat().st_mtime_ns)[name]
    except OSError as error:
        raise SetupError("The browser's files are not built. Run “make” in the checkout.") from error


@functools.lru_cache(maxsize=8)
def _text(path: Path) -> str:
    return path.read_text("utf-8")  # its name has a digest: another text is another path


@functools.lru_cache(maxsize=2)
def _read(manifest: Path, _changed: int) -> dict[str, str]:
    names: dict[str, str] = json.loads(manifest.read_text())
    return names


def _keep(response: Response) -> Response:
    if request.path.startswith(_PREFIX) and response.status_code in (200, 304):
        response.headers["Cache-Control"] = FOREVER
    return response
