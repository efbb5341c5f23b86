"""A shop for servers that run as processes of their own: a kiosk whose book is a file.

So it outlives them, and the test reads what they did. The server finds it as it finds shops of others, by the entry
points of a distribution in the folder in which it runs.
"""

import json
from pathlib import Path

from pydantic import TypeAdapter

from inbox.contract.commerce import Act, Buyer, Cart, Done, Order, Preview, Product, ShopIo, ShopManifest
from tests.installation import Installation
from tests.shops.kiosk import Kiosk, KioskConfig

_SALES = TypeAdapter(dict[str, Order])
_BUYERS = TypeAdapter(dict[str, Buyer])
_GOODS = TypeAdapter(dict[str, Product])
_DONE = TypeAdapter(dict[str, Done])
_CARTS = TypeAdapter(dict[str, Cart])


class Stall(Kiosk):
    """The shop. Everything that it is asked is answered from the book as it is then."""

    manifest = ShopManifest(
        key="stall",
        title="Stall",
        docs="tests/shops/stall.py",
        config=KioskConfig,
        can=Kiosk.manifest.can,
    )

    def __init__(self, book: Path | None = None) -> None:
        super().__init__()
        self._book = book

    @property
    def book(self) -> Path:
        """The file: that of the folder in which the server runs."""
        return self._book or Path("stall.book")

    def read(self) -> None:
        """What the book says."""
        if self.book.exists():
            found = json.loads(self.book.read_text())
            self.sales, self.buyers = (
                _SALES.validate_python(found["sales"]),
                _BUYERS.validate_python(found["buyers"]),
            )
            self.goods, self.done = (
                _GOODS.validate_python(found["goods"]),
                _DONE.validate_python(found["done"]),
            )
            self.baskets = _CARTS.validate_python(found["baskets"])

    def write(self) -> None:
        """Put it all into the book, at once or not at all."""
        parts = {
            "sales": _SALES.dump_python(self.sales, mode="json"),
            "buyers": _BUYERS.dump_python(self.buyers, mode="json"),
            "goods": _GOODS.dump_python(self.goods, mode="json"),
            "done": _DONE.dump_python(self.done, mode="json"),
            "baskets": _CARTS.dump_python(self.baskets, mode="json"),
        }
        new = self.book.with_suffix(".new")
        new.write_text(json.dumps(parts))
        new.rename(self.book)

    def _ask(self, io: ShopIo, what: str, about: str = "") -> None:
        self.read()
        super()._ask(io, what, about)

    def _do(self, act: Act, now: Preview, key: str) -> Done:
        result = self.done[key] = super()._do(act, now, key)
        self.write()
        return result


SHOP = Stall()


def install(installation: Installation) -> Stall:
    """Let the server of this installation find the shop; the shop as the test has it."""
    info = installation.folder / "stall-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stall\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[onethread.shops]\nstall = tests.shops.stall:SHOP\n")
    return Stall(installation.folder / "stall.book")
