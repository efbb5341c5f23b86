"""Whether text can be read on a colour (WCAG 2.2, 1.4.3). Pure."""

import re

LEAST = 4.5
WHITE, DARK = "#ffffff", "#16151a"
"""The two colours that the panel writes with on the shop's own."""

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")


def colour(text: str) -> str:
    """ "#2C57CF", "2c57cf" or "#25c" as "#2c57cf". Raises ValueError with a sentence."""
    found = _HEX.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError("write the colour as #rrggbb, such as #2c57cf")
    digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
    return f"#{digits}"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def legible(accent: str) -> str:
    """The colour itself, if white or dark text can be read on it. Raises ValueError with a sentence."""
    best = max(contrast(accent, WHITE), contrast(accent, DARK))
    if best < LEAST:
        raise ValueError(
            f"neither white nor dark text can be read on {accent} ({best:.2f} : 1, and {LEAST} : 1 is needed); "
            "choose a slightly darker or lighter one"
        )
    return accent


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else float(((level + 0.055) / 1.055) ** 2.4)
