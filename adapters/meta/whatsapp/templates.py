"""Templates: texts that WhatsApp has approved, with gaps, for beginning a conversation or going on after a day.

A gap's name tells its place, so that what fills it can be sent without asking for the template again: "1" or
"order_number" stands in the body, "header.1" in the header, "button.2" at the end of the second button's address and
"coupon.1" is the code that the first button copies.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.meta.batch import Fields, line, obj, objects, text
from adapters.meta.graph import Graph
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import Filled, Io, Rejected, Template, TemplateField, TryLater, Unreadable

PAGES_MAX = 30
_PAGE = "200"
_FIELDS = "name,language,status,category,parameter_format,components"
_GAP = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
_NAMED = re.compile(r"\{\{([A-Za-z0-9_.]{1,80})\}\}")
_VALUE_MAX = 1024
_WIDE = re.compile(r"[\n\r\t\u2028\u2029]| {5}")

_STATUS = {
    "PENDING": "WhatsApp has not looked at it yet.",
    "IN_APPEAL": "WhatsApp has refused it, and is asked to look again.",
    "REJECTED": "WhatsApp has refused it.",
    "PAUSED": "WhatsApp has paused it, because customers did not like it.",
    "DISABLED": "WhatsApp has switched it off, because customers did not like it.",
    "LIMIT_EXCEEDED": "The account has more templates than WhatsApp allows.",
    "PENDING_DELETION": "It is being deleted.",
    "DELETED": "It was deleted.",
    "ARCHIVED": "It is archived.",
}
_HEADERS = {
    "IMAGE": "It has a picture at its head, which cannot be chosen here.",
    "VIDEO": "It has a video at its head, which cannot be chosen here.",
    "GIF": "It has a picture at its head, which cannot be chosen here.",
    "DOCUMENT": "It has a document at its head, which cannot be chosen here.",
    "LOCATION": "It has a place at its head, which cannot be chosen here.",
}
_CODE = "It is for one-time codes, which are not sent by hand."
_ELSE = "It has parts that cannot be filled here; send it from WhatsApp Manager."
_PLAIN_BUTTONS = {"QUICK_REPLY", "PHONE_NUMBER", "URL", "COPY_CODE", "VOICE_CALL"}


@dataclass
class _Reading:
    """A template while its parts are read."""

    blocks: list[str] = field(default_factory=list)
    gaps: list[TemplateField] = field(default_factory=list)
    problem: str = ""


def templates(config: WhatsAppConfig, io: Io) -> tuple[Template, ...]:
    """All of the account's templates, by name; those that cannot be sent say why. Raises as `Graph.get`."""
    account = config.waba_id or str(io.facts.get("waba_id") or "")
    if not account:
        raise Rejected(
            "Templates belong to a WhatsApp Business account. Enter its id in this channel's settings.",
            code="waba",
        )
    found = _pages(Graph(config, io), f"{account}/message_templates")
    read = (template for each in found if (template := _template(each)) is not None)
    return tuple(
        sorted(read, key=lambda template: (bool(template.problem), template.name, template.language))
    )


def _pages(graph: Graph, path: str) -> Iterator[Fields]:
    after: dict[str, str] = {}
    for _page in range(PAGES_MAX):
        answer = graph.get(path, fields=_FIELDS, limit=_PAGE, **after)
        data = answer.get("data")
        if not isinstance(data, list):
            raise TryLater(
                "WhatsApp answered in no known way when it was asked for templates.", code="answer"
            )
        yield from (each for each in data if isinstance(each, dict))
        try:
            paging = obj(answer, "paging")
            following = line(obj(paging, "cursors").get("after")) if paging.get("next") else ""
        except Unreadable as error:
            raise TryLater("WhatsApp answered in no known way when it was asked for templates.") from error
        if not following:
            return
        after = {"after": following}


def _template(found: Fields) -> Template | None:
    """A template as it is shown; None for what is none."""
    name, language = line(found.get("name")), line(found.get("language"))
    if not name or not language:
        return None
    reading = _Reading()
    try:
        for component in objects(found, "components"):
            _read(reading, component)
    except Unreadable:
        reading.problem = _ELSE
    status = line(found.get("status"))
    category = line(found.get("category")).upper()
    problem = reading.problem
    if category == "AUTHENTICATION":
        problem = _CODE
    if status != "APPROVED":
        problem = _STATUS.get(status, f"WhatsApp does not let it be sent: {status or 'it is not approved'}.")
    return Template(
        name=name,
        language=language,
        text="\n\n".join(block for block in reading.blocks if block),
        fields=tuple(reading.gaps),
        kind=category.capitalize(),
        problem=problem,
    )


def _read(reading: _Reading, component: Fields) -> None:
    """Add a part of a template. Raises Unreadable."""
    kind = line(component.get("type")).upper()
    if kind == "HEADER":
        _read_header(reading, component)
    elif kind == "BODY":
        _add(reading, text(component.get("text")), "", _examples(component, "body_text"))
    elif kind == "FOOTER":
        _add(reading, text(component.get("text")), "", {})
    elif kind == "BUTTONS":
        for place, button in enumerate(objects(component, "buttons"), 1):
            _read_button(reading, place, button)
    else:
        reading.problem = _ELSE


def _read_header(reading: _Reading, component: Fields) -> None:
    shown = line(component.get("format")).upper()
    if shown in ("TEXT", ""):
        _add(reading, text(component.get("text")), "header.", _examples(component, "header_text"))
    else:
        reading.problem = _HEADERS.get(shown, _ELSE)


def _read_button(reading: _Reading, place: int, button: Fields) -> None:
    kind, label = line(button.get("type")).upper(), line(button.get("text"))
    told = button.get("example")
    example = line(told[0] if isinstance(told, list) and told else told)
    if kind not in _PLAIN_BUTTONS:
        reading.problem = _CODE if kind == "OTP" else _ELSE
    url = line(button.get("url"))
    if kind == "COPY_CODE":
        name = f"coupon.{place}"
        reading.gaps.append(TemplateField(name=name, example=example))
        reading.blocks.append(f"[{label or 'Copy the code'}: {{{{{name}}}}}]")
    elif kind == "URL" and (gap := _GAP.search(url)) is not None:
        name = f"button.{place}"
        # The whole address is given as an example, though only its end is filled.
        reading.gaps.append(TemplateField(name=name, example=example.removeprefix(url[: gap.start()])))
        reading.blocks.append(f"[{label}: {_GAP.sub(lambda _gap: f'{{{{{name}}}}}', url)}]")
    else:
        reading.blocks.append(f"[{label}: {url}]" if url else f"[{label}]")


def _add(reading: _Reading, words: str, place: str, examples: Mapping[str, str]) -> None:
    """Add a text, with its gaps under the names that tell their place."""
    for name in dict.fromkeys(_GAP.findall(words)):
        reading.gaps.append(TemplateField(name=place + name, example=examples.get(name, "")))
    reading.blocks.append(_GAP.sub(lambda gap: "{{" + place + gap[1] + "}}", words).strip())


def _examples(component: Fields, name: str) -> dict[str, str]:
    """What was approved as examples, by the gap's name: numbered ones in a list, named ones with their names."""
    example = obj(component, "example")
    named = {
        line(each.get("param_name")): line(each.get("example"))
        for each in objects(example, f"{name}_named_params")
    }
    numbered = example.get(name)
    # The body's are in a list of lists, of which one is all that can be given.
    if isinstance(numbered, list) and numbered and isinstance(numbered[0], list):
        numbered = numbered[0]
    if isinstance(numbered, list):
        named.update({str(place): line(each) for place, each in enumerate(numbered, 1)})
    return named


def fill(template: Template, values: Mapping[str, str]) -> str:
    """What a customer reads when the gaps are filled. Raises Rejected where a value is missing or unfit."""
    if template.problem:
        raise Rejected(template.problem, code="template")
    for gap in template.fields:
        _checked(gap.name, values.get(gap.name, ""))
    # In one go: what fills a gap may itself look like one.
    return _NAMED.sub(lambda gap: values.get(gap[1], gap[0]).strip(), template.text)


def fields_of(filled: Filled) -> dict[str, Any]:
    """What makes a template a message at Meta. Raises Rejected where a value is unfit."""
    places: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for name, value in sorted(filled.values.items(), key=lambda each: _order(each[0])):
        place, parameter = _parameter(name, _checked(name, value))
        places.setdefault(place, []).append(parameter)
    components = [{**_component(*place), "parameters": parameters} for place, parameters in places.items()]
    template: dict[str, Any] = {"name": filled.name, "language": {"code": filled.language}}
    return {
        "type": "template",
        "template": {**template, "components": components} if components else template,
    }


def _parameter(name: str, value: str) -> tuple[tuple[str, int], dict[str, Any]]:
    """The place of a gap and what fills it, as Meta takes it."""
    place, _dot, rest = name.rpartition(".")
    if place in ("button", "coupon") and rest.isdecimal():
        word = "text" if place == "button" else "coupon_code"
        return (place, int(rest)), {"type": word, word: value}
    own = {} if rest.isdecimal() else {"parameter_name": rest}
    return (place or "body", 0), {"type": "text", **own, "text": value}


def _component(place: str, number: int) -> dict[str, Any]:
    if place in ("button", "coupon"):
        kind = "url" if place == "button" else "copy_code"
        return {"type": "button", "sub_type": kind, "index": str(number - 1)}
    return {"type": place}


def _order(name: str) -> tuple[str, int, str]:
    """Numbered gaps by their numbers: "10" comes after "9"."""
    place, _dot, rest = name.rpartition(".")
    return place, int(rest) if rest.isdecimal() else 0, rest


def _checked(name: str, value: str) -> str:
    """What fills a gap, without blanks around it. Raises Rejected."""
    told = value.strip()
    if not told:
        raise Rejected(f"Nothing fills “{name}”.", code="template")
    if _WIDE.search(told):
        raise Rejected(f"What fills “{name}” has to be one line, without tabs or wide gaps.", code="template")
    if len(told) > _VALUE_MAX:
        raise Rejected(f"What fills “{name}” is too long.", code="template")
    return told
