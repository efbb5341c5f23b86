"""An agent's own settings."""

import io
import re
from collections.abc import Callable

from flask import Flask
from werkzeug.test import TestResponse

from inbox.agents import queries
from inbox.agents.words import Role
from inbox.flows.context import Context
from tests.factories import Make
from tests.rules.test_photo import SECRET, chunk, png
from tests.web.conftest import PASSWORD, Browser

PROFILE = {
    "name": "Ben",
    "locale": "en",
    "time_zone": "Europe/Berlin",
    "theme": "dark",
    "signature": "Best,\r\nBen",
}


def test_a_profile_is_saved_and_takes_effect(
    signed_in: Callable[..., Browser], make: Make, ctx: Context
) -> None:
    agent = make.agent("Ben")
    browser = signed_in(agent)
    assert browser.submit("/settings/profile", **PROFILE).status_code == 303
    with ctx.db.read() as session:
        found = queries.agent(session, agent.id)
    assert (found.locale, found.time_zone, found.theme) == ("en", "Europe/Berlin", "dark")
    assert found.signature == "Best,\nBen"
    page = browser.text("/settings/profile")
    assert 'data-theme="dark"' in page


def test_values_that_no_list_offers_are_refused(admin: Browser) -> None:
    for wrong in (
        {"locale": "xx"},
        {"time_zone": "Mars/Olympus"},
        {"theme": "neon"},
        {"name": ""},
        {"signature": "x" * 2001},
    ):
        answer = admin.submit("/settings/profile", **{**PROFILE, **wrong})
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text


def test_nobody_promotes_himself_by_a_field_that_the_form_has_not(
    signed_in: Callable[..., Browser], make: Make, ctx: Context
) -> None:
    """Mass assignment: every column of the table, and some that sound right."""
    agent = make.agent("Ben")
    browser = signed_in(agent)
    for field in (
        "id",
        "email",
        "role",
        "password_hash",
        "is_active",
        "is_demo",
        "created_at",
        "is_admin",
        "team_ids",
    ):
        answer = browser.submit("/settings/profile", **PROFILE, **{field: "admin"})
        assert answer.status_code == 422, field
    with ctx.db.read() as session:
        found = queries.agent(session, agent.id)
    assert (found.role, found.email, found.locale) == (Role.AGENT, agent.email, "en")


def test_the_password_is_changed_with_the_current_one_only(
    app: Flask, signed_in: Callable[..., Browser], make: Make
) -> None:
    agent = make.agent("Ben")
    here, there = signed_in(agent), signed_in(agent)
    wrong = here.submit(
        "/settings/profile", "/settings/profile/password", current="guess", password="another long one"
    )
    assert wrong.status_code == 422
    assert "not your current password" in wrong.text
    weak = here.submit("/settings/profile", "/settings/profile/password", current=PASSWORD, password="short")
    assert weak.status_code == 422
    done = here.submit(
        "/settings/profile", "/settings/profile/password", current=PASSWORD, password="another long one"
    )
    assert done.status_code == 303
    assert here.get("/settings/profile").status_code == 200
    assert there.get("/settings/profile").status_code == 302
    assert Browser(app.test_client()).sign_in(agent.email).status_code == 422


def test_guessing_the_current_password_is_slowed_down(admin: Browser) -> None:
    statuses = [
        admin.submit(
            "/settings/profile", "/settings/profile/password", current=f"guess {n}", password=PASSWORD
        ).status_code
        for n in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2


def test_other_browsers_are_listed_and_signed_out(signed_in: Callable[..., Browser], make: Make) -> None:
    agent = make.agent("Ben")
    here, there = signed_in(agent), signed_in(agent)
    page = here.text("/settings/profile")
    assert page.count("this one") == 1
    others = re.findall(r'action="(/settings/profile/sessions/\d+/end)"', page)
    assert len(others) == 1
    assert here.submit("/settings/profile", others[0]).status_code == 303
    assert there.get("/settings/profile").status_code == 302
    assert here.get("/settings/profile").status_code == 200


def test_nobody_ends_the_sessions_of_another(signed_in: Callable[..., Browser]) -> None:
    ben, eve = signed_in(Role.AGENT), signed_in(Role.AGENT)
    assert eve.submit("/settings/profile", "/settings/profile/sessions/1/end").status_code == 404
    assert ben.get("/settings/profile").status_code == 200


def test_a_token_is_shown_once_and_works_until_it_is_revoked(admin: Browser, app: Flask) -> None:
    page = admin.submit("/settings/profile", "/settings/profile/tokens", name="Import")
    found = re.search(r"ot_[\w-]{43}", page.text)
    assert page.status_code == 201
    assert found
    bearer = {"Authorization": f"Bearer {found[0]}"}
    program = app.test_client()
    assert program.get("/api/v1/me", headers=bearer).status_code == 200
    again = admin.text("/settings/profile")
    assert found[0] not in again
    assert "Import" in again
    assert "just now" in again, "when it was last used"
    revoke = re.search(r'action="(/settings/profile/tokens/\d+/revoke)"', again)
    assert revoke
    assert admin.submit("/settings/profile", revoke[1]).status_code == 303
    assert program.get("/api/v1/me", headers=bearer).status_code == 401


def test_a_token_without_a_name_is_not_made(admin: Browser) -> None:
    answer = admin.submit("/settings/profile", "/settings/profile/tokens", name=" ")
    assert answer.status_code == 422
    assert not re.search(r"ot_[\w-]{43}", answer.text)


def send_photo(browser: Browser, data: bytes, name: str = "me.png") -> TestResponse:
    return browser.submit("/settings/profile", "/settings/profile/photo", photo=(io.BytesIO(data), name))


def photo_of(browser: Browser) -> str | None:
    """Where the agent's picture is, as colleagues are told."""
    items = browser.get("/api/v1/agents").get_json()["items"]
    (found,) = [each["photo"] for each in items if each["id"] == browser.get("/api/v1/me").get_json()["id"]]
    return str(found) if found else None


def test_a_picture_is_shown_to_everybody_until_it_is_replaced_or_removed(
    signed_in: Callable[..., Browser], app: Flask, ctx: Context
) -> None:
    browser, stranger = signed_in(Role.AGENT), app.test_client()
    assert photo_of(browser) is None
    assert send_photo(browser, png(64, 64, chunk(b"tEXt", SECRET))).status_code == 303
    first = photo_of(browser)
    assert first
    assert f'src="{first}"' in browser.text("/settings/profile")
    answer = stranger.get(first)
    assert (answer.status_code, answer.data, answer.content_type) == (200, png(), "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert re.fullmatch(r"/photos/[0-9a-f]{32}", first), "nobody guesses it"

    assert send_photo(browser, png(48, 48)).status_code == 303
    second = photo_of(browser)
    assert second != first
    assert stranger.get(first).status_code == 404
    assert browser.submit("/settings/profile", "/settings/profile/photo/remove").status_code == 303
    assert photo_of(browser) is None
    assert stranger.get(second or "").status_code == 404
    assert list(ctx.files.keys(older_than=-10)) == []


def test_what_is_no_picture_is_refused_with_the_reason_and_not_kept(
    signed_in: Callable[..., Browser], ctx: Context
) -> None:
    browser = signed_in(Role.AGENT)
    for data, reason in (
        (b"", "Choose a picture"),
        (b"<html><script>alert(1)</script>", "Choose a picture"),
        (png(5000, 5000), "4096 pixels"),
    ):
        answer = send_photo(browser, data)
        assert (answer.status_code, reason in answer.text) == (422, True)
    assert photo_of(browser) is None
    assert list(ctx.files.keys(older_than=-10)) == []


def test_no_other_file_of_the_store_is_shown_as_a_picture(app: Flask, ctx: Context) -> None:
    key = ctx.files.put_bytes(png()).key
    for path in (key, "0" * 32, "..%2f..", "x"):
        assert app.test_client().get(f"/photos/{path}").status_code == 404
