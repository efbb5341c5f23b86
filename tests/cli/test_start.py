"""Commands answer at once because they load only what they need."""

import subprocess
import sys

from tests.installation import ROOT

HEAVY = ("flask", "sqlalchemy", "gunicorn", "redis", "rq", "gevent", "pydantic", "alembic")


def test_the_list_of_commands_needs_none_of_the_parts() -> None:
    code = (
        "import sys\n"
        "from inbox.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stderr.strip() == "[]"
