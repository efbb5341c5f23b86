"""What the made-up shop sells, and where it lies."""

from dataclasses import dataclass

from inbox.contract.commerce import Money, StockLevel
from inbox.contract.commerce import Product as Told


@dataclass(frozen=True)
class Product:
    """A thing on the shelf. `cents` is its price; `picture` a file of the shop's."""

    key: str
    name: str
    line: str
    about: str
    cents: int

    @property
    def picture(self) -> str:
        """Where its drawing is."""
        return f"/files/{self.key}.svg"

    @property
    def price(self) -> str:
        """As the shop writes it."""
        return f"€\u00a0{self.cents // 100}.{self.cents % 100:02}"


PRODUCTS = (
    Product(
        "monviso-45",
        "Monviso 45",
        "Rucksack for three days, 1.4 kg",
        "A frame that carries on the hips, a lid that becomes a small bag, and seams that we sew twice since "
        "batch 24-07. Repairs are free for ten years.",
        18900,
    ),
    Product(
        "bernina-2",
        "Bernina 2",
        "Tent for two, storm-proof, 2.1 kg",
        "Stands in four minutes, also with gloves on. Poles of 8.5 mm, and each of them can be bought singly.",
        46900,
    ),
    Product(
        "dolomit",
        "Dolomit",
        "Hiking boots, leather, resoled for free once",
        "They run half a size small: with thick socks take the next half size. Thirty days to try them at home.",
        22900,
    ),
    Product(
        "watzmann",
        "Watzmann",
        "Rain jacket, three layers, 410 g",
        "Twenty thousand millimetres of water outside, none inside. In slate, sunflower and moss.",
        27900,
    ),
    Product(
        "piccolo-300",
        "Piccolo 300",
        "Headlamp, 300 lumens, 68 g",
        "Charges by USB-C in an hour, shines for nine. Blinks green when it is full.",
        4900,
    ),
    Product(
        "vanoise",
        "Vanoise",
        "Stove, a litre boils in three minutes",
        "Folds to the size of an apple. Runs on gas cartridges with a thread, at minus ten degrees, too.",
        6900,
    ),
)


def product(key: str) -> Product | None:
    """The product with that key."""
    return next((each for each in PRODUCTS if each.key == key), None)


PICTURES = "https://shop.alpe.example/pictures"
"""Where the shop's bridge gives pictures to the inbox, which takes no drawings."""
PLACES = (
    ("brixen", "Alpe, Brixen", True),
    ("innsbruck", "Alpe, Innsbruck", True),
    ("store", "Warehouse", False),
)
"""Id, name, and whether customers pick things up there."""
_ON_HAND = {
    "monviso-45": (3, 0, 41),
    "bernina-2": (1, 2, 9),
    "dolomit": (6, 4, 88),
    "watzmann": (0, 2, 17),
    "piccolo-300": (14, 9, 240),
    "vanoise": (2, 0, 3),
}


def told(key: str, site: str, variant: str = "") -> Told:
    """A product as the shop at `site` tells about it; one that is not sold any more has its name only."""
    found = product(key)
    if found is None:
        return Told(id=key, title=key, variant=variant, sku=key)
    return Told(
        id=key,
        title=found.name,
        variant=variant,
        sku=key,
        price=Money.minor(found.cents, "EUR"),
        image_url=f"{PICTURES}/{key}.png",
        url=f"{site}/gear/{key}",
        available=sum(_ON_HAND[key]),
    )


def stock(key: str) -> tuple[StockLevel, ...]:
    """What every place has of a product."""
    if key not in _ON_HAND:
        return ()
    return tuple(
        StockLevel(location_id=place, location=name, available=pieces, on_hand=pieces, pickup=pickup)
        for (place, name, pickup), pieces in zip(PLACES, _ON_HAND[key], strict=True)
    )


def search(text: str, site: str, limit: int) -> list[Told]:
    """Products whose name or line has all the words."""
    words = text.casefold().split()
    if not words:
        return []
    return [
        told(each.key, site)
        for each in PRODUCTS
        if all(word in f"{each.name} {each.line}".casefold() for word in words)
    ][:limit]
