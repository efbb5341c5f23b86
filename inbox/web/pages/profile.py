"""An agent's own settings: name and language, password, signed-in browsers, API tokens."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.agents import actions, limits, photo, queries, sessions
from inbox.errors import Invalid
from inbox.web import auth, choices
from inbox.web.api import directory
from inbox.web.context import context
from inbox.web.forms import Errors, Form, complaint, read
from inbox.web.i18n import duration, language_names, languages
from inbox.web.i18n import gettext as _
from inbox.web.pages import photos

pages = Blueprint("profile", __name__, url_prefix="/settings/profile")


class ProfileForm(Form):
    """What everybody may change about himself."""

    name: str = ""
    locale: str = ""
    time_zone: str = ""
    theme: str = ""
    signature: str = ""


class PasswordForm(Form):
    """A new password, and the current one as proof."""

    current: str = ""
    password: str = ""


class TokenForm(Form):
    """A new API token."""

    name: str = ""


@pages.get("")
@auth.require_login
def show() -> Response:
    """The page."""
    return _page()


@pages.post("")
@auth.require_login
def save() -> Response:
    """Save name, language, time zone, theme and signature."""
    sent = read(ProfileForm)

    def story(session: Session) -> None:
        if sent.locale not in languages():
            raise Invalid("Choose a language from the list.", "/locale")
        actions.save_profile(session, auth.me().id, **sent.model_dump())

    try:
        context().db.run(story)
    except Invalid as error:
        return _page(errors=complaint(error), profile=sent.model_dump(), status=422)
    flash(_("Saved."), "ok")
    answer = redirect(url_for("profile.show"), code=303)
    answer.set_cookie(
        "theme", sent.theme, max_age=365 * 86400, samesite="Lax", secure=context().settings.https, path="/"
    )
    return answer


@pages.post("/photo")
@auth.require_login
def set_photo() -> Response:
    """Take a picture."""
    sent = request.files.get("photo")
    try:
        data = photo.bare(sent.read(photo.BYTES_MAX + 1) if sent is not None else b"")
    except Invalid as error:
        return _page(errors=complaint(error), status=422)
    _change_photo(context().files.put_bytes(data).key)
    flash(_("Customers and colleagues see your picture now."), "ok")
    return redirect(url_for("profile.show", _anchor="photo"), code=303)


@pages.post("/photo/remove")
@auth.require_login
def remove_photo() -> Response:
    """Show initials again."""
    _change_photo(None)
    flash(_("The picture is gone. Your initials are shown instead."), "ok")
    return redirect(url_for("profile.show", _anchor="photo"), code=303)


@pages.post("/password")
@auth.require_login
def change_password() -> Response:
    """Set a new password and end all other sessions."""
    sent, me, ctx = read(PasswordForm), auth.me(), context()
    now = ctx.clock()
    try:
        fits = _is_current(me.id, sent.current)
    except limits.TooMany as error:
        text = _("Too many attempts. Try again in %(time)s.", time=duration(error.seconds))
        return _page(errors={"current": text}, status=429)
    if not fits:
        return _page(errors={"current": _("This is not your current password.")}, status=422)
    try:
        ctx.db.run(
            actions.set_password,
            me.id,
            sent.password,
            now,
            keep_session=auth.session_id(),
            actor_id=me.id,
        )
    except Invalid as error:
        return _page(errors=complaint(error), status=422)
    flash(_("The password is changed. All other browsers are signed out."), "ok")
    return redirect(url_for("profile.show"), code=303)


@pages.post("/sessions/<id:session_id>/end")
@auth.require_login
def end_session(session_id: int) -> Response:
    """Sign one browser out."""
    context().db.run(sessions.revoke, auth.me().id, session_id, context().clock())
    flash(_("That browser is signed out."), "ok")
    return redirect(url_for("profile.show", _anchor="sessions"), code=303)


@pages.post("/sessions/end-others")
@auth.require_login
def end_others() -> Response:
    """Sign all other browsers out."""
    context().db.run(sessions.revoke_all, auth.me().id, context().clock(), but=auth.session_id())
    flash(_("All other browsers are signed out."), "ok")
    return redirect(url_for("profile.show", _anchor="sessions"), code=303)


@pages.post("/tokens")
@auth.require_login
def create_token() -> Response:
    """Make an API token and show it, this once."""
    sent = read(TokenForm)
    try:
        token = context().db.run(sessions.create_token, auth.me().id, sent.name, context().clock())
    except Invalid as error:
        return _page(errors={"token_name": _(error.detail)}, status=422)
    return _page(token=token, status=201)


@pages.post("/tokens/<id:token_id>/revoke")
@auth.require_login
def revoke_token(token_id: int) -> Response:
    """Make a token worthless."""
    context().db.run(sessions.revoke_token, auth.me().id, token_id, context().clock())
    flash(_("The token works no more."), "ok")
    return redirect(url_for("profile.show", _anchor="tokens"), code=303)


def _change_photo(key: str | None) -> None:
    """Have a stored picture shown, or none, and remove the one before."""
    ctx = context()
    before = ctx.db.run(actions.set_photo, auth.me().id, key)
    if before is not None:
        ctx.files.remove(before)


def _is_current(agent_id: int, password: str) -> bool:
    """Whether it is the agent's password; guesses are counted, for a browser may have been left open."""
    ctx = context()
    now, address = ctx.clock(), auth.visitor().address

    def count(session: Session) -> list[str]:
        return limits.reserve(
            session, auth.digest(), account=f"(own:{agent_id})", address=address, known=False, now=now
        )

    keys = ctx.db.run(count)
    with ctx.db.read() as session:
        fits = actions.password_fits(session, agent_id, password[:1000])
    if fits:
        ctx.db.run(limits.forgive, keys, now)
    return fits


def _page(
    *,
    errors: Errors | None = None,
    profile: dict[str, Any] | None = None,
    token: str = "",
    status: int = 200,
) -> Response:
    ctx, me = context(), auth.me()
    with ctx.db.read() as session:
        agent = queries.agent(session, me.id)
        browsers = queries.sessions_of(session, me.id, ctx.clock())
        tokens = queries.tokens_of(session, me.id)
    page = render_template(
        "settings/profile.html",
        agent=agent,
        photo=photos.address(agent.photo),
        initials=directory.initials,
        profile=profile or {name: getattr(agent, name) for name in ProfileForm.model_fields},
        browsers=browsers,
        this_session=auth.session_id(),
        tokens=tokens,
        token=token,
        errors=errors or {},
        languages=language_names(),
        time_zones=choices.time_zones(),
        now=ctx.clock(),
    )
    return make_response(page, status)
