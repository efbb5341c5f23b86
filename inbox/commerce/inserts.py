"""Variables in a reply, `{{order.number}}`: the composer fills them from the order that the request is about. What is
still there when a reply is to be sent would reach the customer as it is. Pure."""

import re

_VARIABLE = re.compile(r"\{\{\s*((?:order|customer|agent|cart|shop)(?:\.[a-z_]+)+)\s*\}\}")


def unfilled(text: str) -> tuple[str, ...]:
    """The names of the variables of ours that stand in `text`, each once, in their order."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))
