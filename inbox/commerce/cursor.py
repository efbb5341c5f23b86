"""Where the orders of several buyers go on: one cursor for all of them. Pure."""

import base64
import binascii
import json
from collections.abc import Mapping

from inbox.errors import Invalid

LONGEST = 4000


def encode(ahead: Mapping[str, str]) -> str | None:
    """A cursor for the buyers that have more, by the cursor of the shop; None where nobody has."""
    if not ahead:
        return None
    return base64.urlsafe_b64encode(json.dumps(sorted(ahead.items())).encode()).decode().rstrip("=")


def decode(cursor: str) -> dict[str, str]:
    """The shop's cursors by buyer. Raises Invalid for a foreign one."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        pairs = json.loads(text)
        found = dict(pairs)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise Invalid("That is no cursor of this list.", "/cursor") from error
    if not all(isinstance(part, str) for pair in found.items() for part in pair):
        raise Invalid("That is no cursor of this list.", "/cursor")
    return found
