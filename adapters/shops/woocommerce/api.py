"""WooCommerce's REST API, version 3: JSON with Basic credentials, errors as {code, message, data: {status}}."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from adapters.shops.common import understood
from adapters.shops.web import Answer, Web, said
from adapters.shops.woocommerce.config import WooCommerceConfig
from inbox.contract import Rejected, Uncertain, Unreadable
from inbox.contract.commerce import ShopIo

Data = Mapping[str, Any]
NAME = "WooCommerce"
PAGE_MAX = 100
"""The most that one call lists."""
_ROOT = "/wp-json/wc/v3"
BAD_PARAMETER = "rest_invalid_param"
"""The code of a refusal: what was asked for cannot be one of its kind."""
_NO_ROUTE = "rest_no_route"


@dataclass(frozen=True)
class Page:
    """A part of a list, and how long all of it is."""

    items: tuple[Data, ...] = ()
    total: int = 0
    pages: int = 0


@dataclass(frozen=True)
class Api:
    """Calls to one shop. `get`, `page` and `send` raise TryLater, NeedsReauth, Rejected or Unreadable."""

    config: WooCommerceConfig
    io: ShopIo

    def get(self, *path: str, **query: str | int) -> Data | None:
        """The one thing at a path, or None where there is none."""
        answer = self._call("GET", path, query)
        code, status = _error(answer.data)
        if status in (404, 410) and code != _NO_ROUTE:
            return None
        return _thing(answer.data)

    def page(self, *path: str, **query: str | int) -> Page:
        """A part of the list at a path."""
        answer = self._call("GET", path, query)
        code, status = _error(answer.data)
        if status in (404, 410) and code != _NO_ROUTE:
            return Page()
        items = answer.data
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            _refuse(answer.data)
            raise Unreadable("The shop answered in no known way.", code="form")
        with understood():
            total = int(answer.headers.get("x-wp-total", len(items)))
            return Page(tuple(items), total, int(answer.headers.get("x-wp-totalpages", 1)))

    def send(self, method: str, *path: str, body: Data, **query: str | int) -> Data:
        """The answer to what may be sent twice."""
        return _thing(self._call(method, path, query, body).data)

    def deciding(self, method: str, *path: str, body: Data) -> Data:
        """Do something, between the checkpoints of an act. Raises Uncertain besides, also for an answer that is
        neither what was made nor a refusal."""
        self.io.checkpoint("before_wire")
        answer = self._call(method, path, {}, body, changes=True)
        self.io.checkpoint("after_wire")
        if _error(answer.data)[1]:
            _refuse(answer.data)
        if not isinstance(answer.data, dict) or "id" not in answer.data:
            raise Uncertain(
                f"{NAME} answered in no known way, so it is not known whether it was done.", code="form"
            )
        return answer.data

    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, str | int],
        body: Data | None = None,
        *,
        changes: bool = False,
    ) -> Answer:
        url = f"{self.config.site_url}{_ROOT}/" + "/".join(quote(step, safe="") for step in path)
        if query:
            url += "?" + urlencode(query)
        config = self.config
        pair = f"{config.consumer_key.get_secret_value()}:{config.consumer_secret.get_secret_value()}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return Web(self.io, NAME).call(method, url, headers=headers, body=body, changes=changes, told=True)


def _error(data: Any) -> tuple[str, int]:
    """The code and status of an error, or "" and 0 for none."""
    if isinstance(data, dict) and isinstance(data.get("code"), str) and isinstance(data.get("data"), dict):
        status = data["data"].get("status")
        return data["code"], status if isinstance(status, int) else 0
    return "", 0


def _refuse(data: Any) -> None:
    """Raises what an error says; returns for none."""
    if data is None:
        raise Unreadable("There is no REST API of WooCommerce at this address.", code="404")
    code, status = _error(data)
    if code == _NO_ROUTE:
        raise Unreadable("There is no REST API of WooCommerce at this address.", code=code)
    if status:
        reason = said(data).removesuffix(".")
        raise Rejected(f"{NAME} refused it: {reason}." if reason else f"{NAME} refused it.", code=code)


def _thing(data: Any) -> Data:
    _refuse(data)
    if not isinstance(data, dict):
        raise Unreadable("The shop answered in no known way.", code="form")
    return data
