"""Signing in and out."""

import structlog
from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from inbox.agents import limits, queries, sessions
from inbox.web import auth
from inbox.web.context import context
from inbox.web.forms import Errors, Form, read
from inbox.web.i18n import duration
from inbox.web.i18n import gettext as _
from inbox.web.security import safe_next

log = structlog.get_logger(__name__)

pages = Blueprint("login", __name__)


class LoginForm(Form):
    """What the login page sends."""

    email: str = ""
    password: str = ""
    remember: str = ""
    next: str = ""


@pages.get("/login")
@auth.public
def form() -> Response:
    """The login page. Whoever is signed in goes straight on; a fresh installation is set up first."""
    target = safe_next(request.args.get("next"))
    if auth.identity() is not None:
        return redirect(target)
    with context().db.read() as reading:
        if not queries.any_agent(reading):
            return redirect(url_for("setup.form"))
    return _page({}, email="", target=target, status=200)


@pages.post("/login")
@auth.public
def sign_in() -> Response:
    """Sign in, or say neutrally why not."""
    sent = read(LoginForm)
    ctx = context()
    target = safe_next(sent.next)
    try:
        token = sessions.log_in(
            ctx.db,
            auth.digest(),
            email=sent.email[:320],
            password=sent.password[:1000],
            visitor=auth.visitor(),
            now=ctx.clock(),
            lifetime=auth.lifetime(),
        )
    except limits.TooMany as error:
        text = _("Too many attempts. Try again in %(time)s.", time=duration(error.seconds))
        answer = _page({"": text}, email=sent.email, target=target, status=429)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if token is None:
        log.info("login.refused", address=auth.visitor().address)
        text = _("E-mail address and password do not match.")
        return _page({"password": text}, email=sent.email, target=target, status=422)
    answer = redirect(target, code=303)
    auth.sign_in(answer, token, remember=bool(sent.remember))
    with ctx.db.read() as reading:
        agent = queries.signed_in(reading, token, ctx.clock())
        detail = queries.agent(reading, agent.agent.id) if agent else None
    if detail is not None and detail.theme != "system":
        answer.set_cookie(
            "theme", detail.theme, max_age=365 * 86400, samesite="Lax", secure=ctx.settings.https, path="/"
        )
    return answer


@pages.post("/logout")
@auth.public
def sign_out() -> Response:
    """End this browser's session."""
    ctx = context()
    token = auth.session_token()
    if token:
        ctx.db.run(sessions.end, token, ctx.clock())
    answer = redirect(url_for("login.form"), code=303)
    auth.sign_out(answer)
    answer.headers["Clear-Site-Data"] = '"cache"'
    session.clear()
    flash(_("You are signed out."), "ok")
    return answer


def _page(errors: Errors, *, email: str, target: str, status: int) -> Response:
    page = render_template("login.html", errors=errors, email=email, next=target)
    return make_response(page, status)
