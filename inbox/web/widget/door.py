"""Who knocks, and may he: the site, the visitor, the limits; and the one form in which visitors are told no.

What is wrong is told by a stable code and a neutral sentence. Whether a key, a token or a file was ever known is
told to nobody. There are no cookies here, so nothing comes along that the panel did not send on purpose.
"""

import math
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from inbox.agents.limits import TooMany
from inbox.agents.rules import address_key
from inbox.db.work import is_full
from inbox.errors import Conflict, Invalid, NotFound, OnethreadError
from inbox.flows.panel import KeyReused
from inbox.flows.proving import WriteFirst, WrongCode
from inbox.flows.sites import Place, by_key
from inbox.flows.visits import Ended
from inbox.visits import queries
from inbox.visits.queries import Visitor
from inbox.web import auth, security
from inbox.web.context import context
from inbox.web.errors import problem
from inbox.web.i18n import gettext as _
from inbox.web.widget import limits
from inbox.web.widget.limits import Buckets, Rate
from inbox.web.widget.look import Look

log = structlog.get_logger(__name__)

JSON_MAX = 128 * 1024
"""Bytes of a JSON request: a message of the greatest length, every character escaped, fits."""

B = TypeVar("B", bound=BaseModel)


class Refusal(Exception):
    """A visitor is told no. `code` is stable and for programs."""

    def __init__(self, status: int, code: str, detail: str, *, wait: float = 0, pointer: str = "") -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.wait, self.pointer = wait, pointer


def ended() -> Refusal:
    """The token is not known: never was, or not any more, or belongs to another site."""
    return Refusal(401, "session_ended", _("This conversation has ended here. Begin a new one."))


def nothing() -> Refusal:
    """Nothing here, or nothing for this visitor."""
    return Refusal(404, "not_found", _("There is nothing here."))


def guarded(blueprint: Blueprint) -> Blueprint:
    """The blueprint, with all its errors answered and its requests counted."""
    blueprint.before_request(_count)
    blueprint.register_error_handler(Refusal, _refused)
    blueprint.register_error_handler(OnethreadError, _ours)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(InternalServerError, _unexpected)
    for error in (OperationalError, InterfaceError, PoolTimeout):
        blueprint.register_error_handler(error, _database)
    return blueprint


def register(app: Flask) -> None:
    """Give `app` buckets of its own."""
    app.extensions["onethread.widget.limits"] = Buckets()


def slow(rate: Rate, kind: str, who: str | int) -> None:
    """Take a token of somebody's for one kind of request. Raises Refusal when there is none."""
    wait = buckets().take(f"{kind}:{who}", rate)
    if wait:
        raise Refusal(429, "slow_down", _("That was a lot at once. Wait a moment."), wait=wait)


def goods() -> Callable[[int], bool]:
    """Whether a shop may be asked of so many goods for whoever asks now; to be called later, in another thread."""
    key, left = f"goods:{address()}", buckets()

    def may_ask(count: int) -> bool:
        return not any(left.take(key, limits.GOODS) for _each in range(count))

    return may_ask


def address() -> str:
    """The network address under which a client is counted."""
    return address_key(security.client_address())


def buckets() -> Buckets:
    """The buckets of this process."""
    found: Buckets = current_app.extensions["onethread.widget.limits"]
    return found


def place_of(key: str) -> Place:
    """The site with that key. Raises Refusal."""
    ctx = context()
    with ctx.db.read() as session:
        found = by_key(session, ctx, key)
    if found is None:
        raise nothing()
    return found


def site(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view of one site: called with its `place`. Whatever changes something must come from our own panel."""

    @wraps(view)
    def opened(key: str, **parts: Any) -> Any:
        place = place_of(key)
        if request.method not in auth.SAFE:
            _check_origin()
        return view(place=place, **parts)

    return auth.machine(opened)


def blocked() -> Refusal:
    """An agent blocked this visitor. Neither by whom nor why is his to know."""
    return Refusal(403, "blocked", _("This chat is closed."))


def visitors(
    rate: Rate, kind: str, *, even_blocked: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a view for visitors with a token: called with its `look`, at most so often.

    Those who are blocked are let in only where it is `even_blocked`: to read what was said, and to leave.
    """

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def known(place: Place, **parts: Any) -> Any:
            visitor = visitor_of(place)
            slow(rate, kind, visitor.session_id)
            if visitor.is_blocked and not even_blocked:
                raise blocked()
            return view(look=Look(place, visitor, context().clock()), **parts)

        return site(known)

    return mark


def visitor_of(place: Place) -> Visitor:
    """The visitor who asks, by his bearer token. Raises Refusal."""
    token = auth.bearer_token()
    ctx = context()
    if token:
        with ctx.db.read() as session:
            found = queries.by_token(session, place.id, token, ctx.clock())
        if found is not None:
            return found
    raise ended()


def body(model: type[B]) -> B:
    """The request's JSON as `model`. Raises Refusal."""
    if request.mimetype != "application/json":
        raise Refusal(415, "bad_request", _("JSON is expected."))
    request.max_content_length = JSON_MAX
    try:
        return model.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        raise _misunderstood(error) from error


def query(model: type[B]) -> B:
    """The request's query string as `model`. Raises Refusal."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _misunderstood(error) from error


def _count() -> None:
    wait = buckets().take(f"address:{address()}", limits.ADDRESS)
    if wait:
        raise Refusal(429, "slow_down", _("That was a lot at once. Wait a moment."), wait=wait)


def _check_origin() -> None:
    """Refuse what a page other than our own panel made a browser send. Browsers name themselves in every POST."""
    origin = request.headers.get("Origin")
    fetched = request.headers.get("Sec-Fetch-Site", "same-origin")
    if origin is None or not security.origin_allowed(origin) or fetched != "same-origin":
        log.info("widget.foreign_origin", origin=origin, path=request.path)
        raise Refusal(403, "foreign_origin", _("This can only be done from the chat itself."))


def _misunderstood(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return Refusal(400, "bad_request", _("The request could not be understood."))
    pointer = "".join(f"/{part}" for part in first["loc"])[:200]
    return Refusal(422, "invalid", first["msg"], pointer=pointer)


def _refused(refusal: Refusal) -> Response:
    headers = {"Retry-After": str(max(1, math.ceil(refusal.wait)))} if refusal.wait else {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="widget"'
    errors = [{"pointer": refusal.pointer, "detail": refusal.detail}] if refusal.pointer else []
    title = HTTPStatus(refusal.status).phrase
    return problem(
        refusal.status,
        title,
        refusal.detail,
        slug=refusal.code,
        errors=errors,
        headers=headers,
        code=refusal.code,
    )


def _ours(error: OnethreadError) -> Response:
    match error:
        case Ended():
            return _refused(ended())
        case NotFound():
            return _refused(nothing())
        case WriteFirst():
            return _refused(Refusal(409, "write_first", _(str(error))))
        case KeyReused():
            return _refused(Refusal(409, "key_reused", _(str(error))))
        case WrongCode():
            return _refused(Refusal(422, "wrong_code", _(error.detail), pointer=error.pointer))
        case TooMany():
            text = _("That was tried too often. Wait a while.")
            return _refused(Refusal(429, "slow_down", text, wait=error.seconds))
        case Invalid():
            return _refused(Refusal(422, "invalid", _(error.detail), pointer=error.pointer))
        case Conflict():
            return _refused(Refusal(409, "conflict", _(str(error))))
    log.error("widget.failed", path=request.path, cause=type(error).__name__, reason=str(error))
    return _refused(Refusal(503, "unavailable", _("The chat is not available just now."), wait=10))


def _http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    codes = {404: "not_found", 405: "not_found", 413: "too_large", 429: "slow_down", 503: "unavailable"}
    code = codes.get(error.code, "bad_request")
    texts = {
        "not_found": _("There is nothing here."),
        "too_large": _("This is too large."),
        "slow_down": _("That was a lot at once. Wait a moment."),
        "unavailable": _("The chat is not available just now."),
        "bad_request": _("The request could not be understood."),
    }
    return _refused(Refusal(error.code, code, texts[code]))


def _database(error: Exception) -> Response:
    if is_full(error):
        log.error("database.full", path=request.path)
    else:
        cause = type(getattr(error, "orig", None) or error).__name__
        log.error("widget.database", path=request.path, cause=cause)
    return _refused(Refusal(503, "unavailable", _("The chat is not available just now."), wait=5))


def _unexpected(error: InternalServerError) -> Response:
    log.error(
        "widget.broken",
        method=request.method,
        path=request.path,
        exc_info=error.original_exception or error,
    )
    return _refused(Refusal(500, "internal", _("This did not work. The mistake is ours.")))
