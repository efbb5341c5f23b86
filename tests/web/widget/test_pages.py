"""The loader and the panel's document: what is in them, and how strict their headers are."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inbox.flows.context import Context
from tests.web.widget.conftest import KEY, SECRET, Shop

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def script(client: FlaskClient, key: str = KEY, **headers: str) -> str:
    answer = client.get(f"/widget/{key}.js", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_loader_has_its_configuration_baked_in(client: FlaskClient, shop: Shop) -> None:
    text = script(client)
    assert "__ONETHREAD__" not in text
    for part in (KEY, '"Example shop"', '["shop.example","*.shop.example"]', "#2c57cf", "Open chat"):
        assert part in text
    assert SECRET not in text


def test_the_loader_may_be_kept_for_minutes_and_loaded_by_any_page(client: FlaskClient, shop: Shop) -> None:
    answer = client.get(f"/widget/{KEY}.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Vary"] == "Accept-Language"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    again = client.get(f"/widget/{KEY}.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_nothing_of_the_settings_can_break_out_of_the_script(
    client: FlaskClient, shop: Shop, connect: Callable[..., int]
) -> None:
    connect("evil-shop", "</script><script>alert(1)//", title='"};alert(1);//</script>\u2028')
    text = script(client, "evil-shop")
    assert "</script>" not in text
    assert '"};alert' not in text.replace('\\"};alert', "")
    assert "\u2028" not in text


def test_the_shop_speaks_the_visitors_language(
    client: FlaskClient, shop: Shop, connect: Callable[..., int]
) -> None:
    connect(
        "two-tongues",
        "Shop",
        languages="en, de",
        title="en: Example shop\nde: Beispielladen",
        launcher_label="de: Fragen?",
        greeting="Hello!\nde: Hallo!\nWie geht’s?",
    )
    german = script(client, "two-tongues", **{"Accept-Language": "fr;q=0.9, de-AT;q=0.8, en;q=0.5"})
    assert "Beispielladen" in german
    assert "Fragen?" in german
    english = script(client, "two-tongues", **{"Accept-Language": "ja"})
    assert "Example shop" in english
    config = panel_config(client, "two-tongues", lang="de-CH")
    assert config["texts"]["greeting"] == "Hallo!\nWie geht’s?"
    assert panel_config(client, "two-tongues", lang="xx")["texts"]["greeting"] == "Hello!"


def panel_config(client: FlaskClient, key: str, **query: str) -> dict[str, dict[str, str]]:
    page = client.get(f"/widget/{key}/panel", query_string=query).text
    found = re.search(r'<script type="application/json" id="config">(.*?)</script>', page, re.DOTALL)
    assert found, page
    config: dict[str, dict[str, str]] = json.loads(found[1])
    return config


def test_the_panel_is_framed_by_the_shop_alone(client: FlaskClient, shop: Shop) -> None:
    answer = client.get(f"/widget/{KEY}/panel")
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["font-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://localhost"
    assert policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"].split() == [
        "https://shop.example:*",
        "http://shop.example:*",
        "https://*.shop.example:*",
        "http://*.shop.example:*",
    ]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_panels_document_has_no_script_of_its_own_and_no_secret(client: FlaskClient, shop: Shop) -> None:
    page = client.get(f"/widget/{KEY}/panel").text
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert "<style" not in page
    assert " style=" not in page
    assert SECRET not in page
    config = panel_config(client, KEY)
    assert config["expects"] == {
        "open": True,
        "text": "We answer as soon as we can.",
        "back_at": None,
        "minutes": None,
    }
    assert config["agents"] == [{"name": "Ben", "photo": None}]


def test_a_page_without_a_site_is_a_problem_and_no_page(client: FlaskClient, shop: Shop) -> None:
    for path in ("/widget/nobody-knows.js", "/widget/nobody-knows/panel", f"/widget/{KEY}", "/widget/x"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json"), path


def test_every_other_page_is_still_framed_by_nobody(app: Flask, ctx: Context, shop: Shop) -> None:
    answer = app.test_client().get("/login")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
