"""Sending a reply that takes several messages: what has arrived of it is never sent again by itself."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from inbox.contract import AdapterError, Io, OutFile, Receipt, Rejected, TryLater, Uncertain

Step = Callable[[], str]
"""Sends one message and gives its id."""

PATIENCE = 30.0
"""Seconds that a reply may wait for Meta between its messages."""
_PAUSE = 2.0


def carry_out(steps: Sequence[Step], files: Sequence[OutFile], io: Io) -> Receipt:
    """Send the messages of one reply in order. Raises TryLater, Rejected, NeedsReauth or Uncertain.

    Files are opened first: what is missing is found while nothing has arrived.
    """
    if not steps:
        raise Rejected("There is nothing to send: the message is empty.", code="empty")
    ids: list[str] = []
    patience = PATIENCE
    with ExitStack() as opened:
        for file in files:
            opened.enter_context(file.open())
        io.checkpoint("before_wire")
        for step in steps:
            try:
                # Before the first has arrived the whole reply can be tried again, which is not for us to wait for.
                found, left = _patiently(step, io, patience if ids else 0.0)
            except AdapterError as error:
                if not ids:
                    raise
                raise partly(error, len(ids), len(steps)) from error
            patience = left if ids else patience
            ids.append(found)
            io.checkpoint("mid_body")
    io.checkpoint("after_wire")
    return Receipt(external_id=ids[0], aliases=tuple(ids[1:]))


def partly(error: AdapterError, arrived: int, total: int) -> AdapterError:
    """An error after a part has arrived: nobody but a person may send the whole again."""
    head = f"{arrived} of {total} messages of this reply arrived"
    if isinstance(error, Uncertain):
        return Uncertain(f"{head}; whether the next one did is not known. {error.reason}", code=error.code)
    unreachable = isinstance(error, Rejected) and error.unreachable
    return Rejected(f"{head}, the rest did not. {error.reason}", code=error.code, unreachable=unreachable)


def _patiently(step: Step, io: Io, left: float) -> tuple[str, float]:
    """A step, made again after short pauses while Meta says that it did not take it; and what is left of them."""
    while True:
        try:
            return step(), left
        except TryLater as error:
            pause = _PAUSE if error.after is None else error.after
            left -= pause
            if left < 0 or not _slept(pause, io):
                raise


def _slept(seconds: float, io: Io) -> bool:
    """Whether a pause was kept to its end; it is not when the process ends."""
    until = time.monotonic() + seconds
    while not io.stopping():
        rest = until - time.monotonic()
        if rest <= 0:
            return True
        time.sleep(min(rest, 0.5))
    return False
