"""The house keeps its shape: tests about the code itself."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def modules() -> list[Path]:
    """All Python modules that are shipped, relative to the checkout."""
    return sorted(
        path.relative_to(ROOT)
        for package in ("inbox", "adapters")
        for path in (ROOT / package).rglob("*.py")
        if not {"node_modules", "assets"} & set(path.parts)
    )


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    """Each of `modules` with its syntax tree."""
    for module in modules():
        yield module, ast.parse((ROOT / module).read_text(), filename=str(module))


def files() -> list[Path]:
    """All files that git keeps or would keep, relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


def documentation() -> str:
    """README and all pages below docs/, in one text."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text() for page in pages if page.exists())
