"""What the made-up shop sells."""

from dataclasses import dataclass


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
