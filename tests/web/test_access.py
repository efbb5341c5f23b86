"""Who may use which route. A route without an entry here fails the tests."""

from collections.abc import Callable

import pytest
from flask import Flask

from inbox.agents.words import Role
from inbox.web.auth import SAFE
from tests.factories import Make
from tests.web.conftest import Browser
from tests.web.routes import Route, routes

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

PUBLIC, AGENT, SUPERVISOR, ADMIN = "public", "agent", "supervisor", "admin"
ACCESS = {
    "/": AGENT,
    "/api/v1/acts": AGENT,
    "/api/v1/acts/<id:act_id>/approve": AGENT,
    "/api/v1/acts/<id:act_id>/check": AGENT,
    "/api/v1/acts/<id:act_id>/refuse": AGENT,
    "/api/v1/acts/<id:act_id>/settle": AGENT,
    "/api/v1/shops/<id:shop_id>/acts": AGENT,
    "/api/v1/shops/<id:shop_id>/acts/preview": AGENT,
    "/api/v1/agents": AGENT,
    "/api/v1/attachments": AGENT,
    "/api/v1/attachments/<id:attachment_id>": AGENT,
    "/api/v1/channels": AGENT,
    "/api/v1/channels/<id:channel_id>/templates": AGENT,
    "/api/v1/custom-fields": AGENT,
    "/api/v1/customer-notes/<id:note_id>": AGENT,
    "/api/v1/customer-tags": AGENT,
    "/api/v1/customers": AGENT,
    "/api/v1/customers/<id:customer_id>": AGENT,
    "/api/v1/customers/<id:customer_id>/commerce": AGENT,
    "/api/v1/customers/<id:customer_id>/commerce/links": AGENT,
    "/api/v1/customers/<id:customer_id>/commerce/links/<id:link_id>": AGENT,
    "/api/v1/customers/<id:customer_id>/commerce/orders": AGENT,
    "/api/v1/customers/<id:customer_id>/consents": AGENT,
    "/api/v1/customers/<id:customer_id>/duplicates": AGENT,
    "/api/v1/customers/<id:customer_id>/episodes": AGENT,
    "/api/v1/customers/<id:customer_id>/export": SUPERVISOR,
    "/api/v1/customers/<id:customer_id>/merges": AGENT,
    "/api/v1/customers/<id:customer_id>/notes": AGENT,
    "/api/v1/deliveries/<id:delivery_id>/cancel": AGENT,
    "/api/v1/deliveries/<id:delivery_id>/edit": AGENT,
    "/api/v1/deliveries/<id:delivery_id>/retry": AGENT,
    "/api/v1/channels/<id:channel_id>/envelopes/retry": SUPERVISOR,
    "/api/v1/envelopes": SUPERVISOR,
    "/api/v1/envelopes/<id:envelope_id>/raw": SUPERVISOR,
    "/api/v1/envelopes/<id:envelope_id>/retry": SUPERVISOR,
    "/api/v1/identities/<id:identity_id>/split": AGENT,
    "/api/v1/me": AGENT,
    "/api/v1/merges": AGENT,
    "/api/v1/merges/<id:merge_id>/undo": AGENT,
    "/api/v1/merges/preview": AGENT,
    "/api/v1/messages/<id:message_id>": AGENT,
    "/api/v1/messages/<id:message_id>/reactions": AGENT,
    "/api/v1/messages/<id:message_id>/versions": AGENT,
    "/api/v1/openapi.json": PUBLIC,
    "/api/v1/shops": AGENT,
    "/api/v1/shops/<id:shop_id>/orders": AGENT,
    "/api/v1/shops/<id:shop_id>/picture": AGENT,
    "/api/v1/shops/<id:shop_id>/products": AGENT,
    "/api/v1/shops/<id:shop_id>/stock": AGENT,
    "/api/v1/suggestions": AGENT,
    "/api/v1/suggestions/<id:suggestion_id>/reject": AGENT,
    "/api/v1/sync": AGENT,
    "/api/v1/teams": AGENT,
    "/api/v1/threads": AGENT,
    "/api/v1/threads/<id:thread_id>": AGENT,
    "/api/v1/threads/<id:thread_id>/drafts/<any(reply, note):mode>": AGENT,
    "/api/v1/threads/<id:thread_id>/messages": AGENT,
    "/api/v1/threads/<id:thread_id>/notes": AGENT,
    "/api/v1/threads/<id:thread_id>/orders": AGENT,
    "/api/v1/threads/<id:thread_id>/orders/<id:shop_id>/<path:order_id>": AGENT,
    "/api/v1/threads/<id:thread_id>/parts": AGENT,
    "/api/v1/threads/<id:thread_id>/read": AGENT,
    "/api/v1/threads/<id:thread_id>/replies": AGENT,
    "/api/v1/threads/<id:thread_id>/typing": AGENT,
    "/api/v1/views": AGENT,
    "/approvals": SUPERVISOR,
    "/approvals/<id:act_id>/approve": SUPERVISOR,
    "/approvals/<id:act_id>/refuse": SUPERVISOR,
    "/customers": AGENT,
    "/customers/<id:customer_id>": AGENT,
    "/customers/<id:customer_id>/consents": AGENT,
    "/customers/<id:customer_id>/erase": ADMIN,
    "/customers/<id:customer_id>/export": SUPERVISOR,
    "/customers/<id:customer_id>/identities/<id:identity_id>/block": AGENT,
    "/customers/<id:customer_id>/identities/<id:identity_id>/split": AGENT,
    "/customers/<id:customer_id>/identities/<id:identity_id>/unblock": AGENT,
    "/customers/<id:customer_id>/merge": AGENT,
    "/customers/<id:customer_id>/merge/suggest": AGENT,
    "/customers/<id:customer_id>/merges/<id:merge_id>/undo": AGENT,
    "/customers/<id:customer_id>/notes": AGENT,
    "/customers/<id:customer_id>/notes/<id:note_id>": AGENT,
    "/customers/<id:customer_id>/notes/<id:note_id>/remove": AGENT,
    "/customers/<id:customer_id>/suggestions/<id:suggestion_id>/reject": AGENT,
    "/customers/<id:customer_id>/tags": AGENT,
    "/customers/<id:customer_id>/tags/remove": AGENT,
    "/healthz": PUBLIC,
    "/hooks/<kind>/<id:channel_id>": PUBLIC,
    "/hooks/shop/<id:shop_id>": PUBLIC,
    "/inbox/<view>": AGENT,
    "/inbox/<view>/<id:thread_id>": AGENT,
    "/login": PUBLIC,
    "/logout": PUBLIC,
    "/marks.css": PUBLIC,
    "/messages/<id:message_id>/body": AGENT,
    "/readyz": PUBLIC,
    "/settings/agents": ADMIN,
    "/settings/agents/<id:agent_id>": ADMIN,
    "/settings/agents/<id:agent_id>/password": ADMIN,
    "/settings/agents/new": ADMIN,
    "/settings/channels": ADMIN,
    "/settings/channels/<id:channel_id>": ADMIN,
    "/settings/channels/<id:channel_id>/edit": ADMIN,
    "/settings/channels/<id:channel_id>/pause": ADMIN,
    "/settings/channels/<id:channel_id>/payloads/<id:payload_id>/raw": ADMIN,
    "/settings/channels/<id:channel_id>/payloads/<id:payload_id>/retry": ADMIN,
    "/settings/channels/<id:channel_id>/payloads/retry": ADMIN,
    "/settings/channels/<id:channel_id>/remove": ADMIN,
    "/settings/channels/<id:channel_id>/resume": ADMIN,
    "/settings/channels/<id:channel_id>/site": ADMIN,
    "/settings/channels/<id:channel_id>/test": ADMIN,
    "/settings/channels/new": ADMIN,
    "/settings/channels/new/<kind>": ADMIN,
    "/settings/fields": ADMIN,
    "/settings/fields/<id:field_id>": ADMIN,
    "/settings/fields/<id:field_id>/move": ADMIN,
    "/settings/fields/<id:field_id>/remove": ADMIN,
    "/settings/limits": ADMIN,
    "/settings/profile": AGENT,
    "/photos/<string:key>": PUBLIC,
    "/settings/profile/password": AGENT,
    "/settings/profile/photo": AGENT,
    "/settings/profile/photo/remove": AGENT,
    "/settings/profile/sessions/<id:session_id>/end": AGENT,
    "/settings/profile/sessions/end-others": AGENT,
    "/settings/profile/tokens": AGENT,
    "/settings/profile/tokens/<id:token_id>/revoke": AGENT,
    "/settings/shops": ADMIN,
    "/settings/shops/<id:shop_id>": ADMIN,
    "/settings/shops/<id:shop_id>/edit": ADMIN,
    "/settings/shops/<id:shop_id>/events/drop": ADMIN,
    "/settings/shops/<id:shop_id>/events/retry": ADMIN,
    "/settings/shops/<id:shop_id>/pause": ADMIN,
    "/settings/shops/<id:shop_id>/remove": ADMIN,
    "/settings/shops/<id:shop_id>/resume": ADMIN,
    "/settings/shops/<id:shop_id>/test": ADMIN,
    "/settings/shops/new": ADMIN,
    "/settings/shops/new/<kind>": ADMIN,
    "/settings/teams": ADMIN,
    "/settings/teams/<id:team_id>": ADMIN,
    "/setup": PUBLIC,
    "/static/<path:filename>": PUBLIC,
    "/widget/<string:key>.js": PUBLIC,
    "/widget/<string:key>/panel": PUBLIC,
    # These need a visitor's token, of a site that is there: see tests/web/widget/test_door.py.
    "/widget/v1/<string:key>/attributes": PUBLIC,
    "/widget/v1/<string:key>/cart": PUBLIC,
    "/widget/v1/<string:key>/email": PUBLIC,
    "/widget/v1/<string:key>/email/confirm": PUBLIC,
    "/widget/v1/<string:key>/files": PUBLIC,
    "/widget/v1/<string:key>/files/<id:file_id>": PUBLIC,
    "/widget/v1/<string:key>/link": PUBLIC,
    "/widget/v1/<string:key>/logout": PUBLIC,
    "/widget/v1/<string:key>/messages": PUBLIC,
    "/widget/v1/<string:key>/page": PUBLIC,
    "/widget/v1/<string:key>/rating": PUBLIC,
    "/widget/v1/<string:key>/read": PUBLIC,
    "/widget/v1/<string:key>/session": PUBLIC,
    "/widget/v1/<string:key>/typing": PUBLIC,
}
STRICTER = {("DELETE", "/api/v1/customers/<id:customer_id>"): ADMIN}
"""Methods that need more than the others of their route."""
ORDER = [PUBLIC, AGENT, SUPERVISOR, ADMIN]


def test_every_route_has_an_entry_and_every_entry_a_route(app: Flask) -> None:
    assert {route.rule for route in routes(app)} == set(ACCESS)


def needed(route: Route) -> str:
    return STRICTER.get((route.method, route.rule), ACCESS[route.rule])


def ask(browser: Browser, route: Route, token: str) -> tuple[int, str]:
    headers = {} if route.method in SAFE else {"X-CSRF-Token": token}
    answer = browser.client.open(route.example, method=route.method, headers=headers)
    return answer.status_code, answer.location or ""


def test_nobody_gets_in_without_signing_in(app: Flask, make: Make) -> None:
    make.agent()
    for route in routes(app):
        browser = Browser(app.test_client())
        status, location = ask(browser, route, browser.token("/login") if route.method not in SAFE else "")
        closed = status == 401 or (status == 302 and location.startswith("/login"))
        assert closed is (ACCESS[route.rule] != PUBLIC), (route, status)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_routes_and_no_others(
    app: Flask, signed_in: Callable[..., Browser], role: Role
) -> None:
    for route in routes(app):
        if route.rule in ("/logout", "/login"):
            continue
        browser = _reused(app, signed_in, role)
        status, location = ask(browser, route, browser.token("/settings/profile"))
        allowed = ORDER.index(needed(route)) <= ORDER.index(role.value)
        assert (status == 403) is not allowed, (route, status)
        assert status < 500, (route, status)
        assert status != 401 or route.rule.startswith("/hooks"), route
        assert not location.startswith("/login"), route


_browsers: dict[tuple[int, Role], Browser] = {}


def _reused(app: Flask, signed_in: Callable[..., Browser], role: Role) -> Browser:
    key = (id(app), role)
    if key not in _browsers:
        _browsers.clear()
        _browsers[key] = signed_in(role)
    return _browsers[key]


def test_a_new_route_is_closed_unless_it_says_otherwise(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    app.add_url_rule("/api/v1/forgotten", "forgotten_api", lambda: "secret", methods=["GET", "POST"])
    client = app.test_client()
    assert client.get("/forgotten").status_code == 302
    assert client.get("/api/v1/forgotten").status_code == 401
    assert client.post("/api/v1/forgotten").status_code == 403
