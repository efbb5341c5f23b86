"""Shopify's Admin API: GraphQL over HTTP, by the shop's own token or by one that is asked for every day."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from adapters.shops.shopify import documents
from adapters.shops.shopify.config import ShopifyConfig
from adapters.shops.web import Web, sentence
from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Uncertain, Unreadable
from inbox.contract.commerce import ShopIo

_NAME = "The Shopify shop"
_TOKEN = "token"  # noqa: S105 - a name in the memory
_EARLY = 600
"""Seconds before its end at which a token is replaced."""
_DENIED = "ACCESS_DENIED"
_BROKEN = {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE", ""}
_PAUSE_MAX = 60.0


@dataclass(frozen=True)
class Api:
    """The Admin API of one connection."""

    config: ShopifyConfig
    io: ShopIo

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a query. Raises TryLater, NeedsReauth, Rejected or Unreadable.

        Fields inside it that the app may not see are None.
        """
        return self._run(query, variables, changes=False)[0]

    def looks(self, query: str, **variables: Any) -> tuple[Any, bool]:
        """`ask`, and whether something in the data is missing because the app may not see it."""
        return self._run(query, variables, changes=False)

    def deciding(self, mutation: str, gives: str, **variables: Any) -> Any:
        """What a mutation `gives`, between the checkpoints of an act. Raises Rejected with the shop's own words where
        it refused, and Uncertain besides what `ask` raises."""
        self.io.checkpoint("before_wire")
        data, _denied = self._run(mutation, variables, changes=True)
        self.io.checkpoint("after_wire")
        payload = next(iter(data.values()), None)
        if isinstance(payload, dict) and (errors := refusals(payload)):
            raise Rejected(f"{_NAME} refused it: {errors[0]}", code="userErrors")
        made = payload.get(gives) if isinstance(payload, dict) else None
        if not isinstance(made, dict) or "id" not in made:
            raise _open("answered in no known way", "answer")
        return made

    def may(self, scope: str) -> bool:
        """Whether our app has a scope of access, as far as the last test found out."""
        scopes = self.io.facts.get("scopes")
        return not isinstance(scopes, list) or granted(scopes, scope)

    def _run(self, document: str, variables: dict[str, Any], *, changes: bool) -> tuple[Any, bool]:
        fixed = self.config.access_token.get_secret_value()
        token = fixed or self._token("")
        try:
            answer = self._post(document, variables, token, changes=changes)
        except NeedsReauth:
            if fixed:
                raise
            answer = self._post(document, variables, self._token(token), changes=changes)
        return _data(answer, changes=changes)

    def _post(self, document: str, variables: dict[str, Any], token: str, *, changes: bool) -> Any:
        url = f"{self.config.base}/admin/api/{documents.VERSION}/graphql.json"
        body = {"query": document, "variables": variables}
        headers = {"X-Shopify-Access-Token": token}
        return Web(self.io, _NAME).call("POST", url, headers=headers, body=body, changes=changes).data

    def _token(self, stale: str) -> str:
        """A token that is not `stale`. One thread asks for it, the others take what it got."""
        with self.io.single(_TOKEN):
            known = self.io.memory.get(_TOKEN)
            now = self.io.now().timestamp()
            if isinstance(known, dict):
                token, until = known.get("token"), known.get("until")
                if (
                    isinstance(token, str)
                    and token != stale
                    and isinstance(until, int | float)
                    and now < until
                ):
                    return token
            token, lasts = self._grant()
            self.io.memory[_TOKEN] = {"token": token, "until": now + max(60, lasts - _EARLY)}
            return token

    def _grant(self) -> tuple[str, int]:
        """A new token and for how many seconds it is good (client credentials, RFC 6749 §4.4)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.config.client_id,
            "client_secret": self.config.client_secret.get_secret_value(),
        }
        url = f"{self.config.base}/admin/oauth/access_token"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            data = Web(self.io, _NAME).call("POST", url, headers=headers, body=urlencode(form).encode()).data
        except Rejected as error:
            raise NeedsReauth(
                f"{_NAME} does not accept the app's client ID and secret, or the app is not installed.",
                code=error.code,
            ) from error
        token = data.get("access_token") if isinstance(data, dict) else None
        lasts = data.get("expires_in") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token or not isinstance(lasts, int):
            raise Unreadable(f"{_NAME} gave no access token.", code="token")
        return token, lasts


def granted(scopes: Any, scope: str) -> bool:
    """Whether `scope` is among `scopes`: the right to write something is also that to read it."""
    return scope in scopes or scope.replace("read_", "write_") in scopes


def refusals(payload: Mapping[str, Any]) -> list[str]:
    """The sentences in which a mutation's payload says why it was refused."""
    errors = [*(payload.get("userErrors") or ()), *(payload.get("orderCancelUserErrors") or ())]
    said = [sentence(str(error.get("message", ""))) for error in errors if isinstance(error, dict)]
    return [text if text.endswith((".", "!", "?")) else f"{text}." for text in said]


def _data(answer: Any, *, changes: bool) -> tuple[Any, bool]:
    """The data, and whether parts of it were denied."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    data = answer.get("data") if isinstance(answer, dict) else None
    if errors:
        found = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        inside = [error for error in found if _code(error) == _DENIED and len(error.get("path") or ()) > 1]
        if found and inside == found and isinstance(data, dict):
            return data, True
        raise _meaning(answer, found, changes=changes)
    if not isinstance(data, dict):
        raise (
            _open("answered in no known way", "answer")
            if changes
            else Unreadable(f"{_NAME} answered in no known way.", code="answer")
        )
    return data, False


def _meaning(answer: Mapping[str, Any], errors: list[Any], *, changes: bool) -> AdapterError:
    """What GraphQL errors mean. What has no code of a known kind may have happened after the deed."""
    first = next((error for error in errors if _code(error)), errors[0] if errors else {})
    code, text = _code(first), sentence(str(first.get("message", "")))
    if code == "THROTTLED" or text == "Throttled":
        return TryLater(f"{_NAME} asks for a pause.", after=_pause(answer), code="THROTTLED")
    if code == _DENIED and changes:
        return Rejected(f"{_NAME} does not give our app the right to do this.", code=code)
    if code == _DENIED:
        return NeedsReauth(f"{_NAME} does not give our app the rights it needs: {text}", code=code)
    if code in _BROKEN:
        if changes and (code or "data" in answer):
            return _open("has trouble of its own", "graphql")
        if code or "data" in answer:
            return TryLater(f"{_NAME} has trouble of its own.", code="graphql")
    return Rejected(f"{_NAME} does not take the question: {text or 'it does not say why'}.", code=code[:60])


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, dict) else ""


def _pause(answer: Mapping[str, Any]) -> float | None:
    """Seconds until the shop's bucket holds what the question costs."""
    try:
        cost = answer["extensions"]["cost"]
        status = cost["throttleStatus"]
        lacks = cost["requestedQueryCost"] - status["currentlyAvailable"]
        return max(0.0, min(_PAUSE_MAX, float(lacks / status["restoreRate"])))
    except (KeyError, TypeError, ArithmeticError):
        return None


def _open(text: str, code: str) -> Uncertain:
    return Uncertain(f"{_NAME} {text}, so it is not known whether it was done.", code=code)
