"""Answers when something is wrong: pages for people, RFC 9457 problems for programs.

No answer carries an exception's text. Programs are those who ask below /api, /hooks or /widget, or accept no HTML.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from flask import Flask, Response, json, render_template, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import (
    Forbidden,
    HTTPException,
    InternalServerError,
    NotFound,
    ServiceUnavailable,
)

from inbox.agents.limits import TooMany
from inbox.db.work import is_full
from inbox.errors import Conflict, Invalid, NotAllowed, OnethreadError, SetupError, Unavailable
from inbox.errors import NotFound as Missing
from inbox.files import StoreFull
from inbox.web.auth import ForgedRequest
from inbox.web.i18n import gettext as _

log = structlog.get_logger(__name__)

RETRY_SECONDS = 5
_SLUGS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
    507: "store-full",
}


def register(app: Flask) -> None:
    """Answer all errors of `app`."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _unexpected)
    app.register_error_handler(OnethreadError, _ours)
    for error in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(error, _database)


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    slug: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem document. `errors` has a JSON pointer and a sentence for each field that is wrong."""
    body: dict[str, Any] = {
        "type": f"/problems/{slug or _SLUGS.get(status, 'error')}",
        "title": title,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = [dict(error) for error in errors]
    body.update(more)
    return Response(
        json.dumps(body) + "\n",
        status=status,
        headers=dict(headers or {}),
        content_type="application/problem+json",
    )


def wants_problem() -> bool:
    """Whether a program asks."""
    if request.path.startswith(("/api/", "/hooks/", "/widget/", "/healthz", "/readyz")):
        return True
    return not request.accept_mimetypes.accept_html


def answer(
    status: int,
    title: str,
    detail: str,
    *,
    error_id: str = "",
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    slug: str = "",
) -> Response:
    """The error as a page or as a problem document."""
    if wants_problem():
        more = {"error_id": error_id} if error_id else {}
        return problem(status, title, detail, slug=slug, errors=errors, headers=headers, **more)
    page = render_template("error.html", status=status, title=title, detail=detail, error_id=error_id)
    return Response(page, status=status, headers=dict(headers or {}), content_type="text/html; charset=utf-8")


def _http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or error.code is None or error.code < 400:
        return error  # a redirect, or an answer that was made on purpose
    texts = {
        401: (_("Sign in first"), _("This needs a signed-in agent or a valid token.")),
        403: (_("Not allowed"), _("Your role does not allow this.")),
        404: (_("Not found"), _("There is nothing here, or you may not see it.")),
        405: (_("Not possible here"), _("This address does not take such requests.")),
        413: (_("Too large"), _("What was sent is larger than this server takes.")),
        429: (_("Too many requests"), _("Wait a moment and try again.")),
        503: (_("Not available just now"), _("Try again in a moment.")),
    }
    title, detail = texts.get(error.code, (_("This did not work"), _("The request could not be understood.")))
    if isinstance(error, ForgedRequest):
        return answer(
            403,
            title,
            _("The page was open for too long, or the request came from elsewhere. Reload it and try again."),
            slug="csrf",
        )
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if error.code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="onethread"'
    if error.code == 503:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return answer(error.code, title, detail, headers=headers)


def _ours(error: OnethreadError) -> Response | HTTPException:
    if isinstance(error, Missing):
        return _http(NotFound())
    if isinstance(error, NotAllowed):
        return _http(Forbidden())
    if isinstance(error, TooMany):
        headers = {"Retry-After": str(math.ceil(error.seconds))}
        return answer(429, _("Too many requests"), _("Wait a moment and try again."), headers=headers)
    if isinstance(error, Invalid):
        errors = [{"pointer": error.pointer, "detail": _(error.detail)}] if error.pointer else []
        return answer(
            422, _("Something has to be mended first"), _(error.detail), errors=errors, slug=error.slug
        )
    if isinstance(error, Conflict):
        return answer(409, _("Something else happened meanwhile"), _(str(error)))
    if isinstance(error, Unavailable):
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return answer(503, _("Not available just now"), _(str(error)), headers=headers)
    if isinstance(error, StoreFull):
        log.error("files.refused", reason=str(error))
        return answer(
            507, _("No space for files"), _("The server cannot store files just now. Tell whoever runs it.")
        )
    if isinstance(error, SetupError):
        error_id = _new_id()
        log.error("setup.wrong", error_id=error_id, reason=str(error))
        return _failed(error_id)
    raise error


def _database(error: DBAPIError | PoolTimeout) -> Response | HTTPException:
    if is_full(error):
        log.error("database.full", path=request.path)
        return answer(
            507,
            _("No space in the database"),
            _(
                "The server cannot store anything just now, and nothing of this was kept. Tell whoever runs it."
            ),
            headers={"Retry-After": str(RETRY_SECONDS)},
            slug="database-full",
        )
    cause = getattr(error, "orig", None)
    log.error("database.unavailable", path=request.path, cause=type(cause or error).__name__)
    return _http(ServiceUnavailable())


def _unexpected(error: InternalServerError) -> Response:
    error_id = _new_id()
    log.error(
        "request.failed",
        error_id=error_id,
        method=request.method,
        path=request.path,
        exc_info=error.original_exception or error,
    )
    return _failed(error_id)


def _failed(error_id: str) -> Response:
    return answer(
        500,
        _("This did not work"),
        _("The mistake is ours and was written down. Its number helps whoever runs this server to find it."),
        error_id=error_id,
    )


def _new_id() -> str:
    return secrets.token_hex(5)
