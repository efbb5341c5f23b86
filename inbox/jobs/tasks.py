"""The RQ jobs: one, and it does nothing but ring the bell of the worker that took it.

Carrying the work itself in a job would make Redis the record of it. A worker that hears its bell drains all
due rows, however many rings there were.
"""

from inbox.jobs.bells import InProcessBell

WAKE = "inbox.jobs.tasks.wake"

_bells: list[InProcessBell] = []


def listen(bell: InProcessBell) -> None:
    """Have the rings that this process takes from the queue ring `bell`."""
    _bells[:] = [bell]


def wake(name: str) -> None:
    """Wake this worker's loops for `name`."""
    for bell in _bells:
        bell.ring_here(name)


ALLOWED = {WAKE: wake}
"""The functions a job may name: whoever can write to Redis could otherwise call anything importable."""
