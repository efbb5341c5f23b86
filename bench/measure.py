"""Timing: how long calls take, stated as median and 95th percentile of the server's own time."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Durations in milliseconds."""

    p50: float
    p95: float
    worst: float

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f}"


def times(call: Callable[[], object], runs: int = 60, warm: int = 5) -> Times:
    """Run `call` and state how long it took, after a warm-up that does not count."""
    for _ in range(warm):
        call()
    gc.collect()
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    return spread(took)


def spread(milliseconds: Sequence[float]) -> Times:
    """Durations, summed up."""
    took = sorted(milliseconds)
    return Times(took[len(took) // 2], took[int(len(took) * 0.95)], took[-1])
