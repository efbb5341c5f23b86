"""Vendure's Admin API: GraphQL over HTTP, by API key or as an administrator who logs in anew when that ended."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adapters.shops.vendure import documents
from adapters.shops.vendure.config import VendureConfig
from adapters.shops.web import Answer, Web, sentence
from inbox.contract import NeedsReauth, Rejected, TryLater, Uncertain, Unreadable
from inbox.contract.commerce import Money, ShopIo

_NAME = "The Vendure shop"
_TOKEN, _PLACES = "token", "money_places"
_FORBIDDEN = {"FORBIDDEN", "UNAUTHORIZED", "UNAUTHENTICATED"}
_NOT_TAKEN = {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT", "BAD_REQUEST"}


class _Denied(Exception):
    """The shop refused a call for want of a right or of a session; nothing was done."""


@dataclass(frozen=True)
class Api:
    """The Admin API of one connection."""

    config: VendureConfig
    io: ShopIo

    @cached_property
    def places(self) -> int:
        """Decimal places of the shop's integer amounts: a setting of the server, whatever the currency."""
        known = self.io.memory.get(_PLACES)
        if isinstance(known, int):
            return known
        places = self.ask(documents.SETTINGS)["globalSettings"]["serverConfig"]["moneyStrategyPrecision"]
        if not isinstance(places, int) or not 0 <= places <= 9:
            raise Unreadable("The Vendure shop does not say how it counts money.")
        self.io.memory[_PLACES] = places
        return places

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a query. Raises TryLater, NeedsReauth, Rejected or Unreadable."""
        return self._run(query, variables, changes=False)

    def change(self, mutation: str, **variables: Any) -> Any:
        """The only field of a mutation's data. Raises Rejected with the shop's own words where that is an error
        result, and Uncertain besides what `ask` raises."""
        [field] = self._run(mutation, variables, changes=True).values()
        refusal = field.get("message") if isinstance(field, dict) and "errorCode" in field else None
        if refusal is not None:
            why = sentence(str(field.get("transitionError") or refusal))
            raise Rejected(f"{_NAME} refused it: {why}", code=sentence(str(field["errorCode"]))[:60])
        return field

    def deciding(self, mutation: str, **variables: Any) -> Any:
        """`change`, between the checkpoints of an act."""
        self.io.checkpoint("before_wire")
        done = self.change(mutation, **variables)
        self.io.checkpoint("after_wire")
        return done

    def _run(self, document: str, variables: dict[str, Any], *, changes: bool) -> Any:
        key = self.config.api_key.get_secret_value()
        token = "" if key else self._token("")
        try:
            return self._once(document, variables, token, changes=changes)
        except _Denied:
            if not key:
                try:
                    return self._once(document, variables, self._token(token), changes=changes)
                except _Denied:
                    pass
        if changes:
            raise Rejected(f"{_NAME} does not give our account the right to do this.", code="FORBIDDEN")
        raise NeedsReauth(
            f"{_NAME} does not accept our API key, or took rights from it."
            if key
            else f"{_NAME} does not give our account the rights it needs.",
            code="FORBIDDEN",
        )

    def _token(self, stale: str) -> str:
        """A session's token that is not `stale`. One thread logs in, the others take what it got."""
        with self.io.single(_TOKEN):
            known = self.io.memory.get(_TOKEN)
            if isinstance(known, str) and known and known != stale:
                return known
            token = self._log_in()
            self.io.memory[_TOKEN] = token
            return token

    def _log_in(self) -> str:
        variables = {"u": self.config.username, "p": self.config.password.get_secret_value()}
        answer = self._post(documents.LOGIN, variables, "", changes=False)
        token = answer.headers.get("vendure-auth-token", "")
        result = _data(answer.data).get("login")
        if not isinstance(result, dict):
            raise Unreadable(f"{_NAME} answered a login in no known way.")
        if result.get("errorCode") is not None:
            raise NeedsReauth(f"{_NAME} does not accept our name and password.", code="INVALID_CREDENTIALS")
        if not token:
            raise Rejected(
                f"{_NAME} gives out no tokens. Add “bearer” to “tokenMethod” in its configuration.",
                code="bearer",
            )
        return token

    def _once(self, document: str, variables: dict[str, Any], token: str, *, changes: bool) -> Any:
        answer = self._post(document, variables, token, changes=changes)
        errors = answer.data.get("errors") if isinstance(answer.data, dict) else None
        if errors:
            raise _meaning(errors, changes=changes)
        try:
            return _data(answer.data)
        except Unreadable:
            if changes:
                raise Uncertain(
                    f"{_NAME} answered in no known way, so it is not known whether it was done.",
                    code="answer",
                ) from None
            raise

    def _post(self, document: str, variables: dict[str, Any], token: str, *, changes: bool) -> Answer:
        headers = {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key := self.config.api_key.get_secret_value():
            headers["vendure-api-key"] = key
        if channel := self.config.channel_token.get_secret_value():
            headers["vendure-token"] = channel
        body = {"query": document, "variables": variables}
        return Web(self.io, _NAME).call(
            "POST", self.config.endpoint, headers=headers, body=body, changes=changes, told=True
        )

    def money(self, units: Any, currency: str) -> Money:
        """An amount of the shop's. Raises Unreadable for what is none."""
        if not isinstance(units, int) or isinstance(units, bool):
            raise Unreadable(f"{_NAME} gave an amount that is none.")
        return from_units(units, currency, self.places)

    def units(self, money: Money) -> int:
        """The shop's integer for an amount. Raises Rejected where the shop cannot count so finely."""
        scaled = money.amount.scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise Rejected(f"{money.amount} {money.currency} is finer than the shop counts.")
        return int(scaled)


def from_units(units: int, currency: str, places: int) -> Money:
    """An amount of `units`, of which 10 to the power of `places` make one; with the currency's own places, unless
    that would lose something."""
    from decimal import Decimal

    exact = Money(amount=Decimal(units).scaleb(-places), currency=currency)
    rounded = exact.rounded()
    return rounded if rounded.amount == exact.amount else exact


def _data(answer: Any) -> dict[str, Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise Unreadable(f"{_NAME} answered in no known way.", code="answer")
    return data


def _meaning(errors: Any, *, changes: bool) -> Exception:
    """What GraphQL errors mean. Without a code something broke inside, perhaps after the deed."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    extensions = first.get("extensions")
    code = str(extensions.get("code", "")) if isinstance(extensions, dict) else ""
    if code in _FORBIDDEN:
        return _Denied()
    if code in _NOT_TAKEN:
        return Rejected(
            f"{_NAME} does not understand the question: {sentence(str(first.get('message', '')))}", code=code
        )
    if changes:
        return Uncertain(
            f"{_NAME} has trouble of its own, so it is not known whether it was done.", code="graphql"
        )
    return TryLater(f"{_NAME} has trouble of its own.", code="graphql")
