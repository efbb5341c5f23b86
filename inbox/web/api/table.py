"""The table of API routes. Each entry says what goes in and what comes out; routing, checking and the OpenAPI
document are all made from it, so that none can tell another story than the others."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from flask import Blueprint, Response, request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from inbox.agents.words import Role
from inbox.errors import Invalid
from inbox.web.auth import public, require_login, require_role
from inbox.web.errors import problem
from inbox.web.i18n import gettext as _
from inbox.web.numbers import know_ids

PREFIX = "/api/v1"
BODY_MAX = 4 * 1024 * 1024
"""Largest JSON request, in bytes: a message of the greatest length fits, with every character escaped."""

ERRORS = {
    400: "The request is malformed, or a cursor is not one of ours.",
    401: "No signed-in agent and no valid token.",
    403: "The agent's role does not allow this, or the CSRF token is missing.",
    404: "Not there, or not visible to the agent.",
    405: "The address does not take this method.",
    409: "In conflict with what happened meanwhile.",
    413: "Larger than this server takes.",
    415: "The body is not JSON.",
    422: "Fields are wrong; `errors` names them.",
    429: "Too many requests.",
    503: "The database cannot be reached just now.",
    507: "The server has no space left.",
}

T = TypeVar("T")


def _clean(text: str) -> str:
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise PydanticCustomError("text", "Text must not contain NUL or half a character.")
    return text


def _storable(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 2100:
        raise PydanticCustomError("moment", "The moment must be in this century.")
    return moment.astimezone(UTC)


Id = Annotated[int, Field(ge=1, le=(1 << 63) - 1)]
Text = Annotated[str, AfterValidator(_clean)]
When = Annotated[AwareDatetime, AfterValidator(_storable)]
Limit = Annotated[int, Field(ge=1, le=100)]


class Query(BaseModel):
    """Base of query strings: unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """Base of JSON bodies: unknown fields are refused, and nothing is guessed ("5" is no number)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A shape with a status other than 200."""

    body: T
    status: int = 200


@dataclass(frozen=True)
class Route:
    """One route: `answers` maps status codes to shapes (None: no content), `errors` lists the problems it has."""

    method: str
    path: str
    name: str
    view: Callable[..., Any]
    tag: str
    summary: str
    description: str
    query: type[Query] | None = None
    body: type[Body] | None = None
    answers: dict[int, Any] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    role: Role | None = Role.AGENT
    takes: str | None = None
    """Media type of a request body that is no JSON."""
    gives: str = "application/json"


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    *,
    tag: str,
    query: type[Query] | None = None,
    body: type[Body] | None = None,
    answers: dict[int, Any],
    errors: tuple[int, ...] = (),
    role: Role | None = Role.AGENT,
    takes: str | None = None,
    gives: str = "application/json",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a view in the table. It is called with the path's parts, `query` and `body`; its docstring is the text."""

    def enter(view: Callable[..., Any]) -> Callable[..., Any]:
        summary, _sep, description = inspect.cleandoc(view.__doc__ or "").partition("\n\n")
        entry = Route(
            method,
            path,
            view.__name__,
            view,
            tag,
            " ".join(summary.split()).rstrip("."),
            description,
            query,
            body,
            answers,
            errors,
            role,
            takes,
            gives,
        )
        ROUTES.append(entry)
        return view

    return enter


def blueprint() -> Blueprint:
    """A blueprint with every route of the table."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    api.record(know_ids)
    for entry in ROUTES:
        guard = public if entry.role is None else require_role(entry.role)
        view = guard(_checked(entry)) if entry.role is not Role.AGENT else require_login(_checked(entry))
        api.add_url_rule(entry.path, entry.name, view, methods=[entry.method])
    return api


def reply(body: Any, status: int = 200) -> Response:
    """A shape as JSON."""
    # Half a surrogate pair cannot be encoded; as a JSON escape it comes through.
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), status, content_type="application/json")


def _checked(entry: Route) -> Callable[..., Response]:
    """The view with its input checked and its output made a response."""

    def view(**parts: Any) -> Response:
        try:
            if entry.query is not None:
                parts["query"] = entry.query.model_validate(request.args.to_dict())
            elif request.args:
                return _refuse_query()
            if entry.body is not None:
                parts["body"] = entry.body.model_validate_json(_json())
            result = entry.view(**parts)
        except ValidationError as error:
            return _refuse(error)
        except Invalid as error:
            if error.pointer not in ("/cursor", "/since"):
                raise
            return problem(400, _("This did not work"), _(error.detail))
        if isinstance(result, Response):
            return result
        if isinstance(result, Answer):
            return reply(result.body, result.status)
        return Response(status=204) if result is None else reply(result)

    view.__name__ = entry.name
    return view


def _json() -> bytes:
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType
    request.max_content_length = BODY_MAX
    data = request.get_data()
    if not data:
        raise BadRequest
    return data


def _refuse_query() -> Response:
    errors = [{"pointer": f"/{name}", "detail": _("There is no such parameter.")} for name in request.args]
    return problem(422, _("Something has to be mended first"), errors=errors)


def _refuse(error: ValidationError) -> Response:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if any(entry["type"] == "json_invalid" for entry in found):
        return problem(400, _("This did not work"), _("The body is not valid JSON."))
    errors = [{"pointer": _pointer(entry["loc"]), "detail": entry["msg"]} for entry in found[:20]]
    return problem(422, _("Something has to be mended first"), errors[0]["detail"], errors=errors)


def _pointer(path: tuple[int | str, ...]) -> str:
    """The JSON pointer (RFC 6901) of a field."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:200] for part in path)
