"""The OpenAPI 3.1 document, made from the table of routes."""

import functools
import re
from http import HTTPStatus
from typing import Any, Literal, NotRequired

from flask import Response
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from inbox import __version__
from inbox.agents.words import Role
from inbox.web.api.table import ERRORS, PREFIX, ROUTES, Route, reply, route

_PART = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<words>[^)]*)\))?:)?(?P<name>\w+)>")
_ALWAYS = (401, 403, 405, 429, 503)

_Mode = Literal["validation", "serialization"]


class FieldError(TypedDict):
    """What is wrong with one field: a JSON pointer to it, and a sentence."""

    pointer: str
    detail: str


class Problem(TypedDict):
    """An error (RFC 9457). `type` names its kind and never changes; `error_id` is in the server's log."""

    type: str
    title: str
    status: int
    detail: NotRequired[str]
    errors: NotRequired[list[FieldError]]
    error_id: NotRequired[str]
    messages: NotRequired[list[dict[str, Any]]]


@route("GET", "/openapi.json", tag="About", answers={200: dict[str, Any]}, role=None)
def openapi() -> Response:
    """Show this document."""
    return reply(document())


@functools.cache
def document() -> dict[str, Any]:
    """The document."""
    shapes, components = _shapes()
    paths: dict[str, dict[str, Any]] = {}
    for entry in ROUTES:
        operations = paths.setdefault(PREFIX + _PART.sub(r"{\g<name>}", entry.path), {})
        operations[entry.method.lower()] = _operation(entry, shapes)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Onethread",
            "version": __version__,
            "description": "Threads, messages and customers of a support inbox. Every list is paged by cursors, "
            "every error is a problem document (RFC 9457), every moment is ISO 8601 in UTC.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "onethread_session",
                    "description": "The browser's session; changing requests also need X-CSRF-Token.",
                },
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _shapes() -> tuple[dict[tuple[int, _Mode], dict[str, Any]], dict[str, Any]]:
    """The schema of every shape in the table, by the shape's identity, and the named parts they share."""
    wanted: dict[int, tuple[Any, _Mode]] = {id(Problem): (Problem, "serialization")}
    for entry in ROUTES:
        if entry.body is not None:
            wanted[id(entry.body)] = (entry.body, "validation")
        for shape in entry.answers.values():
            if shape is not None and shape is not bytes:
                wanted[id(shape)] = (shape, "serialization")
    schemas, definitions = TypeAdapter.json_schemas(
        [(key, mode, TypeAdapter(shape)) for key, (shape, mode) in wanted.items()],
        ref_template="#/components/schemas/{model}",
    )
    return {(int(str(key)), mode): schema for (key, mode), schema in schemas.items()}, definitions["$defs"]


def _operation(entry: Route, shapes: dict[tuple[int, _Mode], dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": entry.name,
        "tags": [entry.tag],
        "summary": entry.summary,
        "parameters": [*map(_path_parameter, _PART.finditer(entry.path)), *_query_parameters(entry)],
        "responses": {str(status): _answer(entry, status, shapes) for status in entry.answers},
    }
    if entry.description:
        operation["description"] = entry.description
    if entry.role is None:
        operation["security"] = []
    elif entry.role is not Role.AGENT:
        operation["description"] = f"{entry.description}\n\nFor supervisors and admins.".strip()
    if entry.body is not None:
        content = {"application/json": {"schema": shapes[id(entry.body), "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    elif entry.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {entry.takes: {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
        }
    for status in _errors(entry):
        operation["responses"][str(status)] = {
            "description": ERRORS[status],
            "content": {"application/problem+json": {"schema": shapes[id(Problem), "serialization"]}},
        }
    return operation


def _errors(entry: Route) -> list[int]:
    found = {*_ALWAYS, *entry.errors, 422}
    if entry.query is not None or entry.body is not None or entry.takes is not None:
        found.add(400)
    if entry.body is not None:
        found |= {413, 415}
    return sorted(found)


def _answer(entry: Route, status: int, shapes: dict[tuple[int, _Mode], dict[str, Any]]) -> dict[str, Any]:
    shape = entry.answers[status]
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if shape is bytes:
        answer["content"] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    elif shape is not None:
        answer["content"] = {entry.gives: {"schema": shapes[id(shape), "serialization"]}}
    return answer


def _path_parameter(part: re.Match[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if part["converter"] == "id":
        schema = {"type": "integer", "minimum": 1, "maximum": (1 << 63) - 1}
    elif part["converter"] == "any":
        schema["enum"] = [word.strip() for word in part["words"].split(",")]
    return {"name": part["name"], "in": "path", "required": True, "schema": schema}


def _query_parameters(entry: Route) -> list[dict[str, Any]]:
    if entry.query is None:
        return []
    schema = entry.query.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(field)}
        for name, field in schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is absent, never null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    kept = {
        key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)
    }
    return {**kinds[0], **kept} if len(kinds) == 1 else schema
