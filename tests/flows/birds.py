"""Two more networks of the tests: one that is read on the shop's site, and one that reaches people who are away."""

from inbox.contract import Inbound, Item, Party, Raw
from tests.pigeon import Pigeon, PigeonConfig


class _Bird(Pigeon):
    """A pigeon of another kind: its addresses are its own."""

    def parse(self, config: PigeonConfig, raw: Raw) -> tuple[Item, ...]:
        return tuple(
            item.model_copy(update={"sender": self._own(item.sender)}) if isinstance(item, Inbound) else item
            for item in super().parse(config, raw)
        )

    def normalise(self, text: str) -> Party:
        return self._own(super().normalise(text))

    def _own(self, party: Party) -> Party:
        return party.model_copy(update={"namespace": self.manifest.namespace})


class Robin(_Bird):
    """Comes to the window: customers read there what we keep for them, and may not come back."""

    manifest = Pigeon.manifest.model_copy(
        update={
            "key": "robin",
            "title": "Robin at the window",
            "namespace": "robin",
            "can": Pigeon.manifest.can.model_copy(
                update={
                    "site": True,
                    "unseen_after": 180,
                    "receipts": ("delivered", "read"),
                    "can_start": False,
                    "cc": False,
                    "subject": False,
                    "quotes": False,
                }
            ),
        }
    )


class Owl(_Bird):
    """Flies to people at home."""

    manifest = Pigeon.manifest.model_copy(
        update={
            "key": "owl",
            "title": "Owl post",
            "namespace": "owl",
            "can": Pigeon.manifest.can.model_copy(update={"carries_on": True, "attachments_max": 1000}),
        }
    )
