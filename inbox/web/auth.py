"""Who is asking, whether he may, and whether he meant it.

Every route is closed unless it says otherwise: without a mark it needs a signed-in agent, and every request
that changes something by cookie needs a CSRF token. Marks: `public`, `require_role`, `machine`.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, g, has_app_context, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from inbox.agents import queries, sessions
from inbox.agents.identity import AgentIdentity
from inbox.agents.limits import Digest
from inbox.agents.queries import SignedIn
from inbox.agents.sessions import Visitor
from inbox.agents.words import Role
from inbox.flows.context import Context
from inbox.web import security
from inbox.web.context import context

log = structlog.get_logger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FLASH_COOKIE = "onethread_page"
_KEPT_BY_BROWSER = timedelta(days=400)
"""How long a browser keeps the cookie; when the session ends is the server's decision."""

View = TypeVar("View", bound=Callable[..., Any])


def register(app: Flask, ctx: Context) -> None:
    """Guard all routes of `app`, present and future."""
    app.secret_key = ctx.vault.derive("web:page-cookie")
    app.config.update(
        SESSION_COOKIE_NAME=_cookie_name(_FLASH_COOKIE, ctx),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=ctx.settings.https,
        SESSION_COOKIE_PATH="/",
    )
    app.before_request(_guard)
    app.add_template_global(csrf_token)
    app.context_processor(lambda: {"me": resolved()})


def public(view: View) -> View:
    """Mark a view that needs no signed-in agent. Changing requests still need a CSRF token."""
    view.onethread_access = None  # type: ignore[attr-defined]
    return view


def machine(view: View) -> View:
    """Mark a view that proves the sender by itself (a webhook's signature): no agent, no CSRF token."""
    view.onethread_access = None  # type: ignore[attr-defined]
    view.onethread_machine = True  # type: ignore[attr-defined]
    return view


def require_role(role: Role) -> Callable[[View], View]:
    """Mark a view that needs an agent of at least that role."""

    def mark(view: View) -> View:
        view.onethread_access = role  # type: ignore[attr-defined]
        return view

    return mark


def require_login(view: View) -> View:
    """Mark a view that any signed-in agent may use. It is the default; the mark says that it is meant."""
    return require_role(Role.AGENT)(view)


def access_of(view: Callable[..., Any]) -> Role | None:
    """The least role that a view needs; None when it needs nobody."""
    return getattr(view, "onethread_access", Role.AGENT)


def identity() -> AgentIdentity | None:
    """The agent who asks, by bearer token or by cookie; looked up once per request."""
    if "onethread_identity" not in g:
        g.onethread_identity = g.onethread_session = None  # also the answer when the look-up fails
        bearer = bearer_token()
        g.onethread_identity = _by_cookie() if bearer is None else _by_bearer(bearer)
    agent: AgentIdentity | None = g.onethread_identity
    return agent


def me() -> AgentIdentity:
    """The agent who asks, in views that need one."""
    agent = identity()
    if agent is None:
        raise Unauthorized
    return agent


def resolved() -> AgentIdentity | None:
    """The agent who asks, if that is known already; never touches the database."""
    return g.get("onethread_identity") if has_app_context() else None


def session_id() -> int | None:
    """The id of the browser's session, unless a token was used."""
    identity()
    found: SignedIn | None = g.onethread_session
    return found.session_id if found else None


def session_token() -> str:
    """The cookie that the browser sent, or ""."""
    return request.cookies.get(cookie_name(), "")


def bearer_token() -> str | None:
    """The token of an Authorization header, or None. Other schemes belong to a proxy in front of us."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie_name() -> str:
    """The session cookie's name. With HTTPS its prefix binds it to this host and to secure connections."""
    return _cookie_name("onethread_session", context())


def visitor() -> Visitor:
    """Where the request comes from."""
    return Visitor(security.client_address(), request.headers.get("User-Agent", "")[:500])


def lifetime() -> timedelta:
    """How long a session lives without a sign of life."""
    return timedelta(days=context().settings.session_days)


def digest() -> Digest:
    """The keyed hash under which login attempts are counted."""
    vault = context().vault
    return lambda text: vault.digest("login-attempt", text)


def csrf_token() -> str:
    """The token for forms and X-CSRF-Token, bound to the session or, before signing in, to this browser."""
    return security.make_csrf_token(_csrf_key(), _csrf_subject(make=True))


def sign_in(response: Response, token: str, *, remember: bool) -> None:
    """Hand the session's cookie to the browser: for good, or until it is closed."""
    session.clear()  # what was bound to the visitor before is worthless now
    response.set_cookie(
        cookie_name(),
        token,
        max_age=_KEPT_BY_BROWSER if remember else None,
        path="/",
        secure=context().settings.https,
        httponly=True,
        samesite="Lax",
    )


def sign_out(response: Response) -> None:
    """Take the cookie back."""
    session.clear()
    response.delete_cookie(
        cookie_name(), path="/", secure=context().settings.https, httponly=True, samesite="Lax"
    )


def _guard() -> Response | None:
    if request.endpoint is None or request.endpoint == "static":
        return None  # nobody is there to be protected: 404, 405, or a built file
    view = _view(request.endpoint)
    if request.method not in SAFE and not getattr(view, "onethread_machine", False):
        _check_intent()
    needed = access_of(view)
    if needed is None:
        return None
    agent = identity()
    if agent is None:
        return _ask_to_sign_in()
    if _rank(agent.role) < _rank(needed):
        raise Forbidden
    return None


def _view(endpoint: str) -> Callable[..., Any]:
    view = current_app.view_functions[endpoint]
    return getattr(view, "view_class", view)


def _check_intent() -> None:
    """Refuse what another site made this browser send, logins included. Bearer tokens are never ambient."""
    if bearer_token() is not None:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not security.is_same_origin() or not security.csrf_token_fits(_csrf_key(), _csrf_subject(), given):
        log.warning("csrf.refused", path=request.path, origin=request.headers.get("Origin"))
        raise ForgedRequest


class ForgedRequest(Forbidden):
    """A changing request without the proof that one of our own pages sent it."""

    description = "The page was open for too long, or the request came from elsewhere. Reload and try again."


def _ask_to_sign_in() -> Response:
    if request.method == "GET" and not request.path.startswith(("/api/", "/hooks/")):
        target = request.full_path if request.query_string else request.path
        return redirect(url_for("login.form", next=security.safe_next(target)))
    raise Unauthorized


def _by_bearer(token: str) -> AgentIdentity | None:
    ctx = context()
    now = ctx.clock()
    with ctx.db.read() as reading:
        agent = queries.identify_bearer(reading, token)
        stale = agent is not None and sessions.token_is_stale(reading, token, now)
    if stale:
        ctx.db.run(sessions.token_used, token, now)
    return agent


def _by_cookie() -> AgentIdentity | None:
    token = session_token()
    if not token:
        return None
    ctx = context()
    now = ctx.clock()
    with ctx.db.read() as reading:
        found = queries.signed_in(reading, token, now)
    if found is None:
        return None
    if now - found.seen_at > sessions.TOUCH_EVERY:
        ctx.db.run(sessions.touch, found.session_id, visitor(), now, lifetime())
    g.onethread_session = found
    return found.agent


def _csrf_key() -> bytes:
    return context().vault.derive("web:csrf")


def _csrf_subject(*, make: bool = False) -> str:
    """What a token is bound to: the session's cookie, or before signing in a random number in a cookie."""
    token = session_token()
    if token:
        return f"session:{queries.token_hash(token).hex()}"
    if make and "visitor" not in session:
        session["visitor"] = secrets.token_urlsafe(16)
    return f"visitor:{session.get('visitor', '')}"


def _cookie_name(name: str, ctx: Context) -> str:
    return f"__Host-{name}" if ctx.settings.https else name


def _rank(role: Role) -> int:
    return list(Role).index(role)
