"""Texts in the reader's language. English is the source; a catalogue makes a language available.

Python and Jinja say `_('…')`. Sentences of errors (`Invalid("…")`) are extracted too, and translated where
they are shown. With PSEUDO_LOCALE set, every text that went through here is marked and longer, so that one
that did not, or does not fit, is seen at once.
"""

import functools
import io
import re
from datetime import datetime, timedelta
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

import flask_babel  # type: ignore[import-untyped]  # it ships no types
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, has_request_context, request

from inbox.web import auth

SOURCE = "en"
TRANSLATIONS = Path(__file__).resolve().parent / "translations"
"""Has a `<language>/messages.po` for each language. They are read as they are: there is nothing to compile."""

_PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\}|<[^>]+>)")
_ACCENTS = str.maketrans("aeiounclAEIOUNCL", "áéíóúñçłÁÉÍÓÚÑÇŁ")


def register(app: Flask) -> None:
    """Choose the language and time zone of each request, and give them to templates."""
    app.config.setdefault("PSEUDO_LOCALE", False)
    # Texts are looked up here, in catalogues that need no compiling; flask-babel formats dates and numbers.
    flask_babel.Babel(app, locale_selector=_language, timezone_selector=_time_zone)
    app.jinja_env.install_gettext_callables(_find, _find_plural, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["ago"] = ago
    app.context_processor(lambda: {"locale": str(locale()).replace("_", "-"), "direction": direction()})


def gettext(text: str, **values: Any) -> str:
    """`text` in the reader's language, with %(name)s filled in. English outside of a request."""
    found = _find(text)
    return found % values if values else found


_ = gettext


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The plural form for `num`, which is %(num)s in the text."""
    return _find_plural(one, many, num) % {"num": num, **values}


def in_language(tag: str, text: str) -> str:
    """`text` in the language of a BCP 47 tag, or in the plain one of a variant ("de-AT" is served by "de")."""
    wanted, known = tag.replace("-", "_").casefold(), {name.casefold(): name for name in languages()}
    name = known.get(wanted) or known.get(wanted.partition("_")[0], SOURCE)
    return str(_compiled(name).gettext(text))


def languages() -> list[str]:
    """Languages to choose from: the source, and all with a catalogue."""
    return [SOURCE, *sorted(path.parent.name for path in TRANSLATIONS.glob("*/messages.po"))]


def locale() -> Locale:
    """The reader's locale."""
    return (flask_babel.get_locale() if has_request_context() else None) or Locale.parse("en")


def direction() -> str:
    """ "rtl" or "ltr"."""
    return str(locale().text_direction)


def moment(at: datetime | None) -> str:
    """A point in time, in the reader's time zone and language."""
    return flask_babel.format_datetime(at, "medium") if at else gettext("never")


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago something was: "5 minutes ago"."""
    if at is None:
        return gettext("never")
    passed = now - at
    if passed < timedelta(minutes=1):
        return gettext("just now")
    return str(flask_babel.format_timedelta(-passed, add_direction=True, granularity="minute"))


def duration(seconds: int) -> str:
    """A time to wait: "40 seconds", "5 minutes"."""
    return str(flask_babel.format_timedelta(timedelta(seconds=seconds), granularity="second", threshold=1.5))


def language_names() -> list[tuple[str, str]]:
    """Languages to choose from, each in its own words."""
    return [(key, (Locale.parse(key).get_display_name(key) or key).capitalize()) for key in languages()]


def catalog() -> dict[str, str | list[str]]:
    """Texts of the browser's part in the reader's language: English text → text, or its plural forms."""
    texts: dict[str, str | list[str]] = {}
    for message in _messages(_catalogue_name()) or ():
        if message.fuzzy or not message.id:
            continue
        if isinstance(message.id, str):
            if message.string:
                texts[message.id] = str(message.string)
        else:
            texts[message.id[0]] = [str(form) for form in message.string or ()]
    return texts


def pseudo(text: str) -> str:
    """A stand-in for a translation: readable, accented, 40 % longer, in brackets; placeholders stay."""
    parts = _PLACEHOLDER.split(text)
    changed = "".join(part if index % 2 else part.translate(_ACCENTS) for index, part in enumerate(parts))
    return f"[{changed}{'·' * (len(text) * 2 // 5)}]"


def _find(text: str) -> str:
    return _marked(_translations().gettext(text))


def _find_plural(one: str, many: str, num: int) -> str:
    return _marked(_translations().ngettext(one, many, num))


def _marked(text: str) -> str:
    return pseudo(text) if has_request_context() and current_app.config["PSEUDO_LOCALE"] else text


def _catalogue_name() -> str:
    return str(locale()) if has_request_context() else SOURCE


def _translations() -> NullTranslations:
    return _compiled(_catalogue_name())


@functools.cache
def _compiled(name: str) -> NullTranslations:
    messages = _messages(name)
    if messages is None:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


@functools.cache
def _messages(name: str) -> Catalog | None:
    """The catalogue of a language, if it has one."""
    path = TRANSLATIONS / name / "messages.po"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=name, abort_invalid=True)


def _language() -> str:
    known, agent = languages(), auth.resolved()
    if agent is not None:
        return agent.locale if agent.locale in known else SOURCE
    return request.accept_languages.best_match(known) or SOURCE


def _time_zone() -> str:
    agent = auth.resolved()
    return agent.time_zone if agent is not None else "UTC"
