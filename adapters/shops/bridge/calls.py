"""The bridge's calls: its answers are the contract's own data, and are checked as such."""

from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from adapters.shops.bridge.config import BridgeConfig
from adapters.shops.web import Answer, Web
from inbox.contract import Unreadable
from inbox.contract.commerce import ShopIo

M = TypeVar("M", bound=BaseModel)
ROOT = "/onethread/v1"


@dataclass(frozen=True)
class Calls:
    """Calls to one shop."""

    config: BridgeConfig
    io: ShopIo

    def get(self, *path: str, **query: str | int) -> Any:
        """What is there, or None for nothing (404)."""
        return self._call(
            "GET", path, {name: str(value) for name, value in query.items() if value != ""}
        ).data

    def post(self, *path: str, body: Any, changes: bool = False, told: bool = False) -> Answer:
        """The answer to something asked or done; see `Web.call`."""
        return self._call("POST", path, {}, body, changes=changes, told=told)

    def _call(
        self,
        method: str,
        path: tuple[str, ...],
        query: dict[str, str],
        body: Any = None,
        *,
        changes: bool = False,
        told: bool = False,
    ) -> Answer:
        steps = "/".join(quote(step, safe="") for step in path)
        url = f"{self.config.base_url}{ROOT}/{steps}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.config.token.get_secret_value()}"}
        web = Web(self.io, "The shop")
        return web.call(method, url, headers=headers, body=body, changes=changes, told=told)


def one(model: type[M], data: Any) -> M:
    """The contract's data in an answer. Raises Unreadable."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # Only where it is wrong: the values are people's.
        place = "/".join(str(step) for step in error.errors()[0]["loc"])
        raise Unreadable(
            f"The shop's answer does not follow the bridge at “{place[:100]}”.", code="form"
        ) from None


def many(model: type[M], data: Any, name: str) -> tuple[M, ...]:
    """The list called `name` in an answer; none for no answer. Raises Unreadable."""
    if data is None:
        return ()
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise Unreadable(f"The shop's answer has no list “{name}”.", code="form")
    return tuple(one(model, each) for each in found)
