"""How python-telegram-bot is set up in this product."""

import logging
import os

logging.getLogger("telegram").setLevel(logging.WARNING)
# Debugging lines of the library hold the addresses it calls, and these hold the token.


def prepare() -> None:
    """Have the library give durations as time deltas, as it will by itself one day; otherwise it warns at each."""
    os.environ.setdefault("PTB_TIMEDELTA", "1")
