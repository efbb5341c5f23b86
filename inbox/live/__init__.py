"""What browsers see: pictures of threads, and the deltas that keep them current."""

from inbox.live.delta import hydrate
from inbox.live.pump import Pump

__all__ = ["Pump", "hydrate"]
