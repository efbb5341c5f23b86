"""Meta's words for reactions and for the ways in which customers come, as ours."""

from typing import Any

from adapters.meta import batch
from adapters.meta.batch import Fields

_REACTIONS = {
    "smile": "😆",
    "haha": "😆",
    "angry": "😡",
    "sad": "😢",
    "wow": "😮",
    "love": "❤️",
    "like": "👍",
    "yes": "👍",
    "dislike": "👎",
    "no": "👎",
}
_SOURCES = {
    "ADS": "an ad",
    "SHORTLINK": "a link",
    "CUSTOMER_CHAT_PLUGIN": "the chat on the shop's site",
    "MESSENGER_CODE": "a Messenger code",
    "DISCOVER_TAB": "Messenger's list of businesses",
    "IGME-SOURCE-LINK": "a link",
    "CATALOG": "the product catalogue",
}
_EMOJI_MAX = 40


def reaction(found: Fields) -> tuple[str, ...]:
    """The emoji of a reaction; a kind without one stands as what Meta calls it. Raises Unreadable."""
    emoji = batch.line(found.get("emoji"))[:_EMOJI_MAX]
    name = batch.line(found.get("reaction"))[:_EMOJI_MAX]
    told = emoji or _REACTIONS.get(name) or name
    return (told or "❤️",)


def referral(found: Fields) -> str:
    """How a customer came, as a sentence. Raises Unreadable."""
    source = batch.line(found.get("source"))
    way = _SOURCES.get(source.upper(), f"“{source}”" if source else "a link")
    ad = batch.obj(found, "ads_context_data")
    details = [
        _named("ad", ad.get("ad_title")),
        _named("ad number", found.get("ad_id")),
        _named("product", batch.obj(found, "product").get("id") or ad.get("product_id")),
        _named("reference", found.get("ref")),
    ]
    told = ", ".join(detail for detail in details if detail)
    return f"came by {way}" + (f" ({told})" if told else "")


def _named(what: str, value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else batch.line(value)
    return f"{what} “{text[:200]}”" if text else ""
