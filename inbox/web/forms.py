"""Reading sent forms: only the fields that a form has, each with its own complaint."""

from typing import Annotated, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inbox.errors import Invalid
from inbox.web.i18n import gettext as _

Errors = dict[str, str]
"""A sentence by field name; "" is the form as a whole."""


Number = Annotated[int, Field(ge=1, le=(1 << 63) - 1)]
"""A number of a row; what is larger fits into no database."""


class Form(BaseModel):
    """Base of all forms: unknown fields are refused, so nothing can be set that the form does not show."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


F = TypeVar("F", bound=Form)


def read(form: type[F]) -> F:
    """The sent form. Raises Invalid, with a pointer, when a field is missing, strange or unknown.

    Browsers send what our pages show; whoever sends something else gets a plain answer, not a page.
    """
    values: dict[str, str | list[str]] = {}
    for name, sent in request.form.lists():
        if name != "csrf_token":
            values[name] = sent if _takes_many(form, name) else sent[-1]
    try:
        return form.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Invalid(
            _("The form has a field that is missing or not expected."), f"/{'/'.join(map(str, first['loc']))}"
        ) from error


def complaint(error: Invalid) -> Errors:
    """An error of an action as a complaint at the field that it points to."""
    return {error.pointer.strip("/").partition("/")[0]: _(error.detail)}


def _takes_many(form: type[Form], name: str) -> bool:
    field = form.model_fields.get(name)
    return field is not None and "tuple" in str(field.annotation)
