"""Order numbers in what customers write. Pure.

A number is taken for one where it says so itself ("#1001", "order 1001", "Bestellung Nr. 1001"), or where it can
hardly be anything else: six to twelve digits, or a code of capitals and digits. What is none costs one look-up that
finds nothing; what belongs to somebody else is only suggested (see `matching`).
"""

import re
import unicodedata
from collections.abc import Iterable

NUMBERS_MAX = 5
"""Numbers that are looked up for one customer; whoever writes more pasted a list."""
TEXT_MAX = 4000
"""Characters of a message that are read."""

_WORD = (
    r"order|bestellung|bestell|auftrag|auftrags|commande|pedido|encomenda|ordine|bestelling|zamówienie|zamowienie|"
    r"zamówienia|заказ|заказа|замовлення|sipariş|siparis|tilaus|beställning|ordre|objednávka|objednavka|rendelés|"
    r"comanda|注文|订单|주문|الطلب|הזמנה"
)
_NAMED = re.compile(
    rf"(?:(?<!\w)(?:{_WORD})[ -]?(?:number|nummer|num|nr|no|n°|nº|id|номер|番号|号|번호)?[\s.:№#=-]{{0,4}}|[#№]\s?)"
    r"(?P<number>[A-Z]{0,4}-?[0-9][0-9A-Z-]{1,23}|[A-Z0-9]{6,24})(?![\w@])",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\+[0-9][0-9 ()/.-]{5,24}")
_CODE = re.compile(r"(?<![\w/@.+-])(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]{10,20}(?![\w/@-])")
_DIGITS = re.compile(r"(?<![\w/@.,:+#№-])[1-9][0-9]{5,11}(?![\w/@:-]|[.,]\d)")


def in_text(text: str) -> tuple[str, ...]:
    """The order numbers that a text names, as written but without "#", the plainest ones first; five at most."""
    text = _PHONE.sub(" ", unicodedata.normalize("NFKC", text[:TEXT_MAX]))
    found = [match["number"].strip("-") for match in _NAMED.finditer(text)]
    found = [number for number in found if any(c.isdigit() for c in number)]
    for pattern in (_CODE, _DIGITS):
        found += [match[0] for match in pattern.finditer(text)]
    return tuple({number_key(number): number for number in reversed(found)}.values())[::-1][:NUMBERS_MAX]


def in_texts(newest_first: Iterable[str]) -> tuple[str, ...]:
    """The order numbers of several texts, those of the newest first; five at most."""
    found: dict[str, str] = {}
    for text in newest_first:
        for number in in_text(text):
            found.setdefault(number_key(number), number)
    return tuple(found.values())[:NUMBERS_MAX]


def number_key(number: str) -> str:
    """The form in which order numbers are compared: however they are typed, without "#"."""
    return unicodedata.normalize("NFKC", number).strip().lstrip("#№").strip().casefold()
