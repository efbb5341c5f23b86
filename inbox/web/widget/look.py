"""A visitor who asks."""

from dataclasses import dataclass
from datetime import datetime

from inbox.flows.sites import Place
from inbox.visits import rules
from inbox.visits.queries import Visitor


@dataclass(frozen=True)
class Look:
    """Somebody looks into the panel: at which site, who, and when."""

    place: Place
    visitor: Visitor
    now: datetime

    @property
    def viewer(self) -> rules.Viewer:
        """What decides about what he sees."""
        return self.visitor.viewer(self.now)
