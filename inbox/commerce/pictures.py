"""Pictures of products: agents' browsers get them from us, never from a shop's host. Pure.

Each address that we hand out carries a proof that it was in something a shop told us, so that nobody can have this
server fetch another one.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

PURPOSE = "shop:picture"
"""What the key is derived for."""
LONGEST = 2000
"""Characters of an address; a longer one is not shown."""


def address(key: bytes, shop_id: int, url: str) -> str:
    """Where our API gives the picture at `url` that a shop told of; "" where that is no web address."""
    if not url.startswith(("https://", "http://")) or len(url) > LONGEST:
        return ""
    return f"/api/v1/shops/{shop_id}/picture?url={quote(url, safe='')}&proof={_proof(key, shop_id, url)}"


def proved(key: bytes, shop_id: int, url: str, proof: str) -> bool:
    """Whether `address` made this one."""
    return hmac.compare_digest(_proof(key, shop_id, url).encode(), proof.encode())


def dress(key: bytes, shop_id: int, told: Any) -> Any:
    """What a shop told (JSON of any depth), with a `picture` beside each `image_url`."""
    if isinstance(told, Mapping):
        dressed = {name: dress(key, shop_id, value) for name, value in told.items()}
        if isinstance(told.get("image_url"), str):
            dressed["picture"] = address(key, shop_id, told["image_url"])
        return dressed
    if isinstance(told, list | tuple):
        return [dress(key, shop_id, each) for each in told]
    return told


def _proof(key: bytes, shop_id: int, url: str) -> str:
    return hmac.new(key, f"{shop_id}\0{url}".encode(), sha256).hexdigest()[:32]
