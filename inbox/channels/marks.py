"""The signs of channels and of addresses: what each adapter's manifest says, and our own for what no channel has."""

from inbox.channels.registry import Registry
from inbox.contract import Mark

OTHER = Mark()
_OWN = {
    "phone": Mark(icon="phone", light="#0f7a3f", dark="#64d696"),
    "user": Mark(icon="user", light="#0c766b", dark="#56d3c6"),
}


def marks(registry: Registry) -> dict[str, Mark]:
    """The mark of every kind of channel, and of every kind of address."""
    manifests = [registry.get(kind).manifest for kind in registry.kinds()]
    of_addresses = {each.namespace: each.mark for each in reversed(manifests)}
    return {**of_addresses, **{each.key: each.mark for each in manifests}, **_OWN}
