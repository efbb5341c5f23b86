"""How a channel shows itself to people: its mark, and what they have to do at the provider. Pure data."""

from typing import Literal

from pydantic import Field

from inbox.contract.messages import Frozen

_HEX = r"^#[0-9a-f]{6}$"


class Mark(Frozen):
    """The sign of a channel, beside names and messages: drawn in lines of one colour on a field of 24 by 24.

    `draw` is the path of a drawing of its own (SVG's `d`); without one, `icon` names one of the product's icons.
    `light` and `dark` are its colours on light and dark ground, each readable there (the suite checks it).
    """

    icon: str = "message"
    draw: str = Field("", pattern=r"^[MmLlHhVvCcSsQqTtAaZz0-9 ,.+-]*$", max_length=2000)
    light: str = Field("#5b5851", pattern=_HEX)
    dark: str = Field("#b0b0bc", pattern=_HEX)


class Step(Frozen):
    """One thing that a person does at the provider, to connect an account or when it is connected.

    `text` is our Markdown subset, and the same for every installation, so that it can be translated. `copy_text` is
    offered for copying: an address, a list of scopes, a manifest to paste. `when` says whether this comes before the
    form is filled in, or after the account is connected, which is when our webhook's address is known.
    """

    title: str
    text: str = ""
    copy_text: str = ""
    when: Literal["before", "after"] = "before"
