"""Every test, and a second chance, alone and said openly, for the few that failed.

`python -m tests.second_chance WORKERS [PYTEST_ARGS…]` is what `make test` runs; docs/decisions/0015 says why.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.outcomes import Outcomes

FEW = 15
"""More failures than these are a fault, whatever a second run would say."""

NOTHING_CHOSEN = 5
"""pytest's status when no test was chosen."""

FAILED = 1
"""pytest's status when it ran to its end and tests failed."""


def deserves_another(status: int, outcomes: Outcomes) -> bool:
    """Whether a run that ended with `status` came to its end, and with so few failures that they are run again."""
    return status == FAILED and not outcomes.broken and 0 < len(outcomes.failed) <= FEW


def redeemed(status: int, first: Outcomes, second: Outcomes) -> bool:
    """Whether everything that failed at first was found again, ran and passed."""
    return status == 0 and not second.broken and not second.failed and set(first.failed) <= set(second.passed)


def run(kind: Sequence[str], args: Sequence[str]) -> tuple[int, dict[str, str]]:
    """Run the tests that `kind` and `args` choose; pytest's status, and what passed only on the second try."""
    with tempfile.TemporaryDirectory(prefix="onethread-outcomes-") as folder:
        first, second = Path(folder) / "first.json", Path(folder) / "second.json"
        status = _pytest(*kind, *args, f"--outcomes={first}")
        outcomes = Outcomes.read(first)
        if not deserves_another(status, outcomes):
            return status, {}
        print(f"\n{len(outcomes.failed)} failed, and have a second chance, alone.\n", flush=True)
        again = _pytest(*kind, *args, "-n", "0", f"--outcomes={second}", f"--again={first}")
        if redeemed(again, outcomes, Outcomes.read(second)):
            return 0, outcomes.failed
        return FAILED, {}


def _pytest(*args: str) -> int:
    # What was compiled for one run serves the next.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", "-p", "tests.outcomes", *args]
    return subprocess.run(command, check=False, env=environment).returncode


def main(workers: str, *args: str) -> int:
    """Run everything: most tests beside one another, then those that want the machine for themselves.

    Returns 0 when everything passed, at last on the second try; otherwise pytest's status.
    """
    unsteady: dict[str, str] = {}
    status = 0
    for kind in (["-n", workers, "--dist", "loadscope", "-m", "not quiet"], ["-m", "quiet"]):
        status, found = run(kind, args)
        status = 0 if status == NOTHING_CHOSEN else status
        unsteady |= found
        if status:
            break
    if unsteady:
        print("\npassed only on the second try:")
    for name, why in unsteady.items():
        print(f"  {name}\n    {why}")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
