"""A made-up Shopify shop behind its API: tokens, points, rights, search, mutations and webhooks, as strict as Shopify.

GraphQL is checked and run by graphql-core on `schema.graphql`; a field that is not in it is refused.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from graphql import GraphQLError, build_schema, graphql_sync, parse, validate

from inbox.contract import HttpResponse
from tests.shops.shopify.acting import Acting
from tests.shops.shopify.cost import cost
from tests.shops.shopify.state import CLIENT, SECRET
from tests.shops.shopify.store import number

SCHEMA = build_schema((Path(__file__).parent / "schema.graphql").read_text())
BASE = "https://alpe.myshopify.com"
_WRITES = {
    "refundCreate": "write_orders",
    "orderCancel": "write_orders",
    "orderUpdate": "write_orders",
    "returnRequest": "write_returns",
    "draftOrderCreate": "write_draft_orders",
    "discountCodeBasicCreate": "write_discounts",
}
MOST = 1000


def denied(what: str) -> GraphQLError:
    """As Shopify refuses for want of a right."""
    return GraphQLError(f"Access denied for {what} field.", extensions={"code": "ACCESS_DENIED"})


class Shopify(Acting):
    """The shop with its API."""

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """What the shop answers to a request."""
        assert method == "POST"
        path = url.removeprefix(BASE)
        if path == "/admin/oauth/access_token":
            return self._grant(parse_qs(body.decode()))
        assert path == "/admin/api/2026-10/graphql.json", path
        until = self.tokens.get(headers.get("X-Shopify-Access-Token", ""))
        if until is None or until < datetime.now(UTC):
            return _json({"errors": "[API] Invalid API key or access token"}, 401)
        asked = json.loads(body)
        return _json(self._run(asked["query"], asked["variables"]))

    def _grant(self, form: Mapping[str, list[str]]) -> HttpResponse:
        wanted = {"grant_type": ["client_credentials"], "client_id": [CLIENT], "client_secret": [SECRET]}
        if form != wanted:
            return _json({"error": "invalid_client"}, 400)
        token = f"shpat_{number()}"
        self.tokens[token] = datetime.now(UTC) + timedelta(hours=24)
        return _json({"access_token": token, "scope": ",".join(self.scopes), "expires_in": 86399})

    def _run(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(query)
        errors = validate(SCHEMA, parse(query))
        if errors:
            return {
                "errors": [
                    {"message": one.message, "extensions": {"code": "undefinedField"}} for one in errors
                ]
            }
        points = cost(SCHEMA, parse(query), variables)
        status = {"maximumAvailable": 2000.0, "currentlyAvailable": self.points, "restoreRate": 100.0}
        extensions = {"cost": {"requestedQueryCost": points, "throttleStatus": status}}
        code = "MAX_COST_EXCEEDED" if points > MOST else "THROTTLED" if points > self.points else ""
        if code:
            return {
                "errors": [{"message": code.title(), "extensions": {"code": code}}],
                "extensions": extensions,
            }
        result = graphql_sync(SCHEMA, query, self, variable_values=variables, field_resolver=self._field)
        for error in result.errors or ():
            original = error.original_error
            if original is not None and not isinstance(original, GraphQLError):
                raise AssertionError("a mistake in the made-up shop") from original
        for job in [] if self.slow_jobs else self.jobs:
            job()
        self.jobs = self.jobs if self.slow_jobs else []
        return {**result.formatted, "extensions": extensions}

    def _field(self, source: Any, info: Any, **words: Any) -> Any:
        name = info.field_name
        if source is self:
            if name in _WRITES and _WRITES[name] not in self.scopes:
                raise denied(name)
            return getattr(self, f"do_{name}")(info, **words)
        if (
            self.hides
            and info.parent_type.name == "Customer"
            and name in ("defaultEmailAddress", "defaultPhoneNumber")
        ):
            raise denied(name)
        value = source.get(name)
        return value(info, **words) if callable(value) else value


def _json(data: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers={}, body=json.dumps(data).encode())
