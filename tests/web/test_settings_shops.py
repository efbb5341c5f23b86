"""Connecting and looking after shops in the browser, without JavaScript."""

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from inbox.agents.words import Role
from inbox.commerce import actions, ledger, queries
from inbox.commerce.models import ShopEventRow
from inbox.contract import Raw, TryLater
from inbox.flows import shop_events
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.reading import rows
from tests.shops import TOKEN, Kiosk, connect
from tests.web.conftest import Browser

NEW = "/settings/shops/new/kiosk"
CANARY = "canary-77-do-not-show"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"public_url": "https://desk.example"})


def all_shops(ctx: Context) -> list[queries.ShopDetail]:
    with ctx.db.read() as session:
        return queries.shops(session)


def press(admin: Browser, shop_id: int, what: str) -> TestResponse:
    """Press a button of a shop's page."""
    return admin.submit(f"/settings/shops/{shop_id}", f"/settings/shops/{shop_id}/{what}")


def test_an_admin_connects_a_shop_after_a_live_test(admin: Browser, ctx: Context, kiosk: Kiosk) -> None:
    assert "No shop yet" in admin.text("/settings/shops")
    assert "Kiosk" in admin.text("/settings/shops/new")
    answer = admin.submit(NEW, c_site="alpe.example", c_token=TOKEN, c_secret=CANARY, name="")
    assert answer.status_code == 303, answer.text
    [shop] = all_shops(ctx)
    assert (shop.name, shop.account, shop.state) == ("The kiosk", "alpe.example", "active")
    assert kiosk.subscribed == [f"https://desk.example/hooks/shop/{shop.id}"]
    page = admin.text(answer.location)
    assert f"https://desk.example/hooks/shop/{shop.id}" in page
    assert "Put something into a cart." in page
    assert "Waiting for the first event" in page
    assert "kept encrypted, never shown" in page
    assert CANARY not in page + admin.text(f"/settings/shops/{shop.id}/edit")
    assert "alpe.example" in admin.text("/settings/shops")


def test_a_failed_test_saves_nothing_and_keeps_what_was_typed_sealed(
    admin: Browser, ctx: Context, kiosk: Kiosk
) -> None:
    kiosk.trouble = TryLater(f"The kiosk is away ({CANARY}).")
    answer = admin.submit(NEW, c_site="alpe.example", c_secret=CANARY)
    assert answer.status_code == 422
    assert "The kiosk is away (…)." in answer.text
    assert CANARY not in answer.text
    assert all_shops(ctx) == []
    kept = re.search(r'name="kept" value="([^"]+)"', answer.text)
    assert kept
    assert admin.submit(NEW, c_site="alpe.example", kept=kept[1], anyway="1").status_code == 303
    [shop] = all_shops(ctx)
    with ctx.db.read() as session:
        config = actions.open_config(ctx.shops, ctx.vault, queries.row(session, shop.id))
    assert config.secret.get_secret_value() == CANARY  # type: ignore[attr-defined]
    assert shop.last_error == "The kiosk is away (…)."


def test_lost_credentials_are_told_and_new_ones_connect_it_again(
    admin: Browser, ctx: Context, kiosk: Kiosk
) -> None:
    shop_id = connect(ctx, token="taken back")
    assert press(admin, shop_id, "test").status_code == 303
    page = admin.text(f"/settings/shops/{shop_id}")
    assert "The token is not taken." in page
    assert "Connect again" in page
    edit = f"/settings/shops/{shop_id}/edit"
    assert admin.submit(edit, c_site="kiosk.example", c_token=TOKEN, name="Kiosk").status_code == 303
    [shop] = all_shops(ctx)
    assert (shop.state, shop.last_error) == ("active", None)
    other = admin.submit(edit, c_site="other.example", name="Kiosk")
    assert "belong to another shop" in other.text


def test_pausing_resuming_and_removing(admin: Browser, ctx: Context, kiosk: Kiosk) -> None:
    shop_id = connect(ctx)
    page = f"/settings/shops/{shop_id}"
    press(admin, shop_id, "pause")
    assert "Paused" in admin.text(page)
    press(admin, shop_id, "resume")
    assert "Working" in admin.text(page)
    assert press(admin, shop_id, "remove").status_code == 303
    assert admin.get(page).status_code == 404
    assert kiosk.count("disconnected") == 1


def test_events_that_failed_are_listed_tried_again_and_forgotten(
    admin: Browser, ctx: Context, kiosk: Kiosk
) -> None:
    shop_id = connect(ctx)
    told = ledger.Told(Raw(body=b"smudged"), "hook")
    ctx.db.run(ledger.keep, shop_id, [told], ctx.clock())
    shop_events.drain(ctx, shop_id)
    page = f"/settings/shops/{shop_id}"
    assert "The slip cannot be read." in admin.text(page)
    assert "1 failed" in admin.text("/settings/shops")
    press(admin, shop_id, "events/retry")
    assert [row.state for row in rows(ctx, ShopEventRow)] == ["new"]
    shop_events.drain(ctx, shop_id)
    press(admin, shop_id, "events/drop")
    assert rows(ctx, ShopEventRow) == []


def test_only_admins_come_here(signed_in: Callable[..., Browser], ctx: Context) -> None:
    agent, shop_id = signed_in(Role.SUPERVISOR), connect(ctx)
    for path in ("", "/new", "/new/kiosk", f"/{shop_id}", f"/{shop_id}/edit"):
        assert agent.get(f"/settings/shops{path}").status_code == 403
