"""One embedded server per data directory."""

import fcntl
import os
from pathlib import Path
from typing import IO

from inbox.errors import SetupError

_held: list[IO[str]] = []


def hold(folder: Path) -> None:
    """Claim the folder for this process until it ends, however it ends. Raises SetupError when it is taken.

    A record lock, which children do not inherit: a helper process that outlives us holds nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "serve.lock").open("a+", encoding="ascii")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        other = file.read().strip() or "unknown"
        file.close()
        raise SetupError(
            f"Onethread runs on {folder}/ already, as process {other}. Stop it first, or choose another "
            "folder with ONETHREAD_DATA_DIR."
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _held.append(file)
