"""`make bench`: measure everything, or the parts named as arguments, and write docs/benchmarks.md."""

import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import hooks, latency, mail, screens, shops, start, telegram, writes

PARTS = {
    "start": start.measure,
    "writes": writes.measure,
    "mail": mail.measure,
    "latency": latency.measure,
    "screens": screens.measure,
    "telegram": telegram.measure,
    "hooks": hooks.measure,
    "shops": shops.measure,
}
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
MARK = "<!-- {} -->\n"


def main(names: list[str]) -> None:
    """Measure the named parts, all by default, and put their rows into the page."""
    for name in names or PARTS:
        rows = PARTS[name]()
        sys.stdout.write(rows)
        page = PAGE.read_text()
        begin, end = MARK.format(name), MARK.format(f"/{name}")
        head, _, rest = page.partition(begin)
        _, _, tail = rest.partition(end)
        PAGE.write_text(
            f"{head}{begin}{_machine()}\n| what | measured | target |\n|---|---|---|\n{rows}{end}{tail}"
        )


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {psutil.cpu_count()} cores, {memory:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}.\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
