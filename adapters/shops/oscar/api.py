"""The bridge in an Oscar shop: JSON over HTTP with a bearer token."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from adapters.shops.oscar.config import OscarConfig
from adapters.shops.web import Answer, Web, said
from inbox.contract import Rejected
from inbox.contract.commerce import ShopIo

_NAME = "The Oscar shop"


@dataclass(frozen=True)
class Api:
    """The bridge of one connection."""

    config: OscarConfig
    io: ShopIo

    def ask(self, *path: str, **query: str | tuple[str, ...]) -> Any:
        """The data at a path, or None where there is none. Raises TryLater, NeedsReauth, Rejected or Unreadable."""
        return self._call("GET", path, query=query).data

    def deciding(self, *path: str, body: dict[str, Any]) -> Any:
        """Do something, between the checkpoints of an act. Returns None where the order is not what was agreed to.

        Raises Rejected with the bridge's own sentence, and Uncertain besides what `ask` raises.
        """
        self.io.checkpoint("before_wire")
        answer = self._call("POST", path, body=body, changes=True)
        self.io.checkpoint("after_wire")
        if isinstance(answer.data, dict) and answer.data.get("done") is True:
            return answer.data
        reason = said(answer.data)
        if reason == CHANGED:
            return None
        raise Rejected(reason or f"{_NAME} refused it.", code="bridge")

    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Any = None,
        body: Any = None,
        changes: bool = False,
    ) -> Answer:
        url = f"{self.config.bridge_url}/" + "/".join(quote(part, safe="") or "-" for part in path)
        if query:
            url += "?" + urlencode(query, doseq=True)
        headers = {"Authorization": f"Bearer {self.config.token.get_secret_value()}"}
        return Web(self.io, _NAME).call(
            method, url, headers=headers, body=body, changes=changes, told=changes
        )


CHANGED = "The order was changed in the shop."
"""What the bridge says of an order that has another version."""
