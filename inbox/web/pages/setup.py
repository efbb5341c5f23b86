"""The first run: whoever started the server makes the first account."""

import hmac

import structlog
from flask import Blueprint, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from inbox.agents import actions, limits, queries, rules, sessions
from inbox.channels.secrets import Vault
from inbox.errors import Conflict, Invalid
from inbox.web import auth, security
from inbox.web.context import context
from inbox.web.forms import Errors, Form, complaint, read
from inbox.web.i18n import duration
from inbox.web.i18n import gettext as _

log = structlog.get_logger(__name__)

pages = Blueprint("setup", __name__)


class SetupForm(Form):
    """What the first-run page sends."""

    name: str = ""
    email: str = ""
    password: str = ""
    code: str = ""


@pages.get("/setup")
@auth.public
def form() -> Response:
    """The page, as long as there is no account."""
    _only_when_empty()
    return _page({}, SetupForm(), 200)


@pages.post("/setup")
@auth.public
def create() -> Response:
    """Make the first account and sign it in. Of two who try at once, one succeeds."""
    _only_when_empty()
    sent = read(SetupForm)
    ctx, now = context(), context().clock()
    if not security.is_local():
        try:
            refused = _wrong_code(sent.code)
        except limits.TooMany as error:
            text = _("Too many attempts. Try again in %(time)s.", time=duration(error.seconds))
            return _page({"": text}, sent, 429)
        if refused:
            text = _("This is not the code that the server wrote into its log when it started.")
            return _page({"code": text}, sent, 422)

    def story(session: Session) -> str:
        agent_id = actions.add_first_admin(
            session, email=sent.email, name=sent.name, password=sent.password, now=now
        )
        return sessions.start(session, agent_id, auth.visitor(), now, auth.lifetime())

    try:
        token = ctx.db.run(story)
    except Invalid as error:
        return _page(complaint(error), sent, 422)
    except Conflict as error:
        raise NotFound from error
    log.info("setup.done", address=security.client_address())
    answer = redirect(url_for("channels.overview"), code=303)
    auth.sign_in(answer, token, remember=True)
    return answer


def code_for(vault: Vault) -> str:
    """The code of this installation, the same in all its processes. `onethread serve` tells it at the start."""
    return rules.setup_code(vault.derive("setup-code"))


def _only_when_empty() -> None:
    with context().db.read() as reading:
        if queries.any_agent(reading):
            raise NotFound


def _wrong_code(given: str) -> bool:
    ctx, now = context(), context().clock()

    def count(session: Session) -> list[str]:
        return limits.reserve(
            session, auth.digest(), account="(setup)", address=security.client_address(), known=False, now=now
        )

    keys = ctx.db.run(count)
    fits = hmac.compare_digest(_letters(given).encode(), _letters(code_for(ctx.vault)).encode())
    if fits:
        ctx.db.run(limits.forgive, keys, now)
    return not fits


def _letters(text: str) -> str:
    return "".join(c for c in text.upper() if c.isalnum())


def _page(errors: Errors, sent: SetupForm, status: int) -> Response:
    page = render_template("setup.html", errors=errors, sent=sent, needs_code=not security.is_local())
    return make_response(page, status)
