"""What an agent can have done in a shop. Pure data: an act is previewed, confirmed, and performed once."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from inbox.contract.commerce.model import Address
from inbox.contract.commerce.money import Money
from inbox.contract.commerce.words import Can
from inbox.contract.messages import Frozen

Quantity = Annotated[int, Field(ge=1, le=10_000)]
Lines = dict[str, Quantity]
"""Quantity by line id of an order."""


class RefundOrder(Frozen):
    """Give money back: all of it, or for `lines` (and `shipping`), or an `amount`. Exactly one of the three ways."""

    kind: Literal["refund"] = "refund"
    order_id: str
    lines: Lines | None = None
    shipping: bool = False
    amount: Money | None = None
    restock: bool = False
    notify: bool = True

    @property
    def needs(self) -> Can:
        """The capability that this way of refunding needs."""
        return Can.REFUND_LINES if self.lines else Can.REFUND


class CancelOrder(Frozen):
    """Cancel an order, give back what was paid, and put the goods back where `restock` says so."""

    kind: Literal["cancel"] = "cancel"
    order_id: str
    restock: bool = True
    refund: bool = True
    notify: bool = True
    needs: Literal[Can.CANCEL] = Can.CANCEL


class EditAddress(Frozen):
    """Send an order elsewhere, before it is sent."""

    kind: Literal["address"] = "address"
    order_id: str
    to: Address
    needs: Literal[Can.EDIT_ADDRESS] = Can.EDIT_ADDRESS


class Reship(Frozen):
    """Send an order, or some `lines` of it, again for nothing."""

    kind: Literal["reship"] = "reship"
    order_id: str
    lines: Lines | None = None
    needs: Literal[Can.RESHIP] = Can.RESHIP


class DraftLine(Frozen):
    """Something to be bought."""

    product_id: str
    quantity: Quantity = 1


class MakeDraft(Frozen):
    """An order that the customer only has to pay, by a link."""

    kind: Literal["draft"] = "draft"
    lines: tuple[DraftLine, ...] = Field(min_length=1, max_length=50)
    buyer_id: str = ""
    email: str = ""
    coupon: str = ""
    needs: Literal[Can.DRAFT] = Can.DRAFT


class MakeCartLink(Frozen):
    """A link that fills a cart, on whatever device it is opened."""

    kind: Literal["cart_link"] = "cart_link"
    lines: tuple[DraftLine, ...] = Field(min_length=1, max_length=50)
    email: str = ""
    coupon: str = ""
    needs: Literal[Can.CART_LINK] = Can.CART_LINK


class MakeCoupon(Frozen):
    """A code that works once: `percent` off (0 < percent ≤ 100), or `amount` off. `code` is chosen by us."""

    kind: Literal["coupon"] = "coupon"
    code: Annotated[str, Field(pattern=r"^[A-Z0-9-]{6,40}$")]
    percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    amount: Money | None = None
    ends_at: datetime
    buyer_id: str = ""
    email: str = ""
    needs: Literal[Can.COUPON] = Can.COUPON


class AddNote(Frozen):
    """A note at an order, for the shop's people."""

    kind: Literal["note"] = "note"
    order_id: str
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    needs: Literal[Can.NOTE] = Can.NOTE


class AskReturn(Frozen):
    """Ask for goods to come back. `drop_off` is "store:<id>", "carrier", or "" where the shop decides."""

    kind: Literal["return"] = "return"
    order_id: str
    lines: Lines = Field(min_length=1)
    drop_off: str = ""
    needs: Literal[Can.RETURN] = Can.RETURN


Act = Annotated[
    RefundOrder
    | CancelOrder
    | EditAddress
    | Reship
    | MakeDraft
    | MakeCartLink
    | MakeCoupon
    | AddNote
    | AskReturn,
    Field(discriminator="kind"),
]


class Preview(Frozen):
    """What an act would do, as the shop says: `amount` is what it costs or gives back, exactly.

    `version` is the order's at this moment ("" for acts on none). `lines` and `notes` are sentences to show. An act
    is performed only if the order still has that version.
    """

    amount: Money | None = None
    most: Money | None = None
    """The most that could be given back."""
    version: str = ""
    notes: tuple[str, ...] = ()


class Done(Frozen):
    """What came of an act. `pending`: the shop took it and works on it; `url` and `code` are for the customer."""

    id: str = ""
    url: str = ""
    code: str = ""
    amount: Money | None = None
    note: str = ""
    pending: bool = False


class Changed(Exception):
    """The order is no longer what the preview showed: `now` is its preview now, `difference` says it in sentences."""

    def __init__(self, now: Preview, difference: tuple[str, ...]) -> None:
        super().__init__("The order has changed since the preview.")
        self.now = now
        self.difference = difference
