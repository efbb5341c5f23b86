"""Texts: every one of them can be translated, and is chosen for its reader."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from inbox.web import i18n
from tests.factories import Make
from tests.web.conftest import Browser

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Sign in"
msgstr "Anmelden"

msgid "Too many attempts. Try again in %(time)s."
msgstr "Zu viele Versuche. Weiter geht es in %(time)s."

msgid "%(num)s queued reply was not sent. It is in the list of failed ones."
msgid_plural "%(num)s queued replies were not sent. They are in the list of failed ones."
msgstr[0] "%(num)s Antwort wurde nicht gesendet."
msgstr[1] "%(num)s Antworten wurden nicht gesendet."
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """German is available, with some texts."""
    (tmp_path / "texts" / "de").mkdir(parents=True)
    (tmp_path / "texts" / "de" / "messages.po").write_text(GERMAN)
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path / "texts")
    i18n._messages.cache_clear()
    i18n._compiled.cache_clear()
    yield
    i18n._messages.cache_clear()
    i18n._compiled.cache_clear()


@sqlite
def test_a_stranger_reads_the_language_that_the_browser_asks_for(
    browser: Browser, make: Make, german: None
) -> None:
    make.agent()
    page = browser.get("/login", headers={"Accept-Language": "fr, de;q=0.8, en;q=0.1"}).text
    assert 'lang="de" dir="ltr"' in page
    assert "Anmelden" in page
    assert 'lang="en"' in browser.get("/login", headers={"Accept-Language": "fr"}).text


@sqlite
def test_an_agent_reads_his_own_language(signed_in: Callable[..., Browser], make: Make, german: None) -> None:
    browser = signed_in(make.agent("Ben"))
    form = {"name": "Ben", "locale": "de", "time_zone": "Europe/Berlin", "theme": "system", "signature": ""}
    assert browser.submit("/settings/profile", **form).status_code == 303
    assert 'lang="de"' in browser.get("/settings/profile", headers={"Accept-Language": "en"}).text


@sqlite
def test_only_languages_with_a_catalogue_are_offered(admin: Browser, german: None) -> None:
    page = admin.text("/settings/profile")
    assert '<option value="de">Deutsch</option>' in page
    assert 'value="ru"' not in page


@sqlite
def test_numbers_choose_their_plural_and_the_browser_gets_all_forms(app: Flask, german: None) -> None:
    one = "%(num)s queued reply was not sent. It is in the list of failed ones."
    many = "%(num)s queued replies were not sent. They are in the list of failed ones."
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert i18n.ngettext(one, many, 1) == "1 Antwort wurde nicht gesendet."
        assert i18n.ngettext(one, many, 5) == "5 Antworten wurden nicht gesendet."
        assert i18n.catalog()[one] == [
            "%(num)s Antwort wurde nicht gesendet.",
            "%(num)s Antworten wurden nicht gesendet.",
        ]
        assert i18n.gettext("Not translated") == "Not translated"
    assert i18n.gettext("Sign in") == "Sign in", "outside of a request"


@sqlite
def test_moments_are_told_in_the_readers_way(app: Flask) -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with app.test_request_context():
        assert i18n.ago(None, now) == "never"
        assert i18n.ago(now - timedelta(seconds=20), now) == "just now"
        assert i18n.ago(now - timedelta(minutes=5), now) == "5 minutes ago"
        assert i18n.duration(5) == "5 seconds"
        assert i18n.duration(600) == "10 minutes"


@pytest.mark.parametrize(
    "text", ["Reply", "Try again in %(time)s.", "{n} change", "100%%", 'Go <a href="/x">there</a>']
)
def test_the_pseudo_locale_keeps_placeholders_and_grows(text: str) -> None:
    marked = i18n.pseudo(text)
    assert re.findall(r"%\(\w+\)s|\{\w+\}|%%|<[^>]+>", marked) == re.findall(
        r"%\(\w+\)s|\{\w+\}|%%|<[^>]+>", text
    )
    assert marked[0] == "["
    assert marked[-1] == "]"
    assert len(marked) >= len(text) * 1.4


# Not for translation: names, addresses, values, punctuation.
_DATA = re.compile(r"^(Onethread|[\w.+-]+@[\w.-]+|[\d\W]*|https?://\S+|\w+ on \w+)$")


@sqlite
@pytest.mark.parametrize(
    "path",
    ["/login", "/settings/profile", "/settings/agents", "/settings/agents/new", "/settings/teams", "/settings/channels",
     "/settings/channels/new", "/settings/channels/new/pigeon", "/nothing"],
)  # fmt: skip
def test_no_text_of_a_page_is_outside_of_the_catalogue(
    app: Flask, admin: Browser, make: Make, path: str
) -> None:
    make.channel()
    app.config["PSEUDO_LOCALE"] = True
    browser = Browser(app.test_client()) if path == "/login" else admin
    page = browser.get(path, headers={"Accept": "text/html"}).text
    page = re.sub(r"<(script|style|select|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    known = {
        "A",  # his initial, in place of a picture
        "Admin",
        "Pigeons",
        "Pigeon post",
        "Pigeon post · Loft One",
        "Loft One",
        "Loft",
        "Secret",
        "sqlite",
    }
    bare = []
    for text in re.split(r"<[^>]+>", page):
        words = " ".join(unescape(text).split())
        if words and not (
            words.startswith("[") or words.endswith("]") or _DATA.match(words) or words in known
        ):
            bare.append(words)
    assert bare == []
