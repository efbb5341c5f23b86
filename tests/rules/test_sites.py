"""Which pages are the shop's own."""

from typing import Any

import pytest

from inbox.contract.site import Site

SITE: dict[str, Any] = {
    "key": "k",
    "accent": "#000000",
    "theme": "auto",
    "position": "end",
    "offset": (0, 0),
    "languages": ("en",),
    "texts": {},
    "hours": "",
    "zone": "UTC",
    "ask_email": "never",
    "ask_rating": True,
    "attachment_max": 1,
    "continue_in": (),
}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/boots/dolomit?token=secret#top", "https://shop.example/boots/dolomit"),
        ("http://shop.example:8080/", "http://shop.example:8080/"),
        ("https://it.alpe.example/", "https://it.alpe.example/"),
        ("https://a.b.alpe.example/x", "https://a.b.alpe.example/x"),
        ("http://localhost:5000/cart", "http://localhost:5000/cart"),
        ("https://anna:secret@shop.example/", "https://shop.example/"),
        ("https://SHOP.example/", "https://SHOP.example/"),
        ("https://alpe.example/", ""),
        ("http://localhost:5001/cart", ""),
        ("https://shop.example.evil.example/", ""),
        ("https://evil.example/shop.example", ""),
        ("https://shop.example@evil.example/", ""),
        ("javascript:alert(1)//shop.example", ""),
        ("https://shop.example:port/", ""),
        ("//shop.example/", ""),
        ("", ""),
    ],
)
def test_a_letter_names_only_pages_of_the_shop_and_nothing_of_their_query(url: str, shown: str) -> None:
    site = Site(domains=("shop.example", "*.alpe.example", "localhost:5000"), **SITE)
    assert site.page(url) == shown
