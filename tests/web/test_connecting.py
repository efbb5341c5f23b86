"""Connecting a bot in the browser: the live test, the next step, and the light that turns green."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from inbox.channels import actions, envelopes, queries
from inbox.channels.registry import Registry
from inbox.channels.words import ChannelState
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.adapters.telegram.peer import net_io
from tests.factories import ManualClock
from tests.fixtures_app import make_context
from tests.peers.telegram import TOKEN, Telegram
from tests.pigeon import Pigeon
from tests.reading import Envelope, the
from tests.web.conftest import Browser

NEW = "/settings/channels/new/telegram"
SECRET = TOKEN.partition(":")[2]


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as server:
        yield server


@pytest.fixture
def ctx(settings: Settings, clock: ManualClock) -> Iterator[Context]:
    settings = settings.model_copy(update={"public_url": "https://desk.example"})
    context = make_context(settings, Registry({"pigeon": Pigeon()}), clock)
    yield context
    context.db.dispose()


def channels(ctx: Context) -> list[queries.ChannelDetail]:
    with ctx.db.read() as session:
        return queries.channels(session)


def connect(admin: Browser, telegram: Telegram, **more: str) -> Any:
    fields = {"c_token": TOKEN, "c_api_base": telegram.url, "c_mode": "poll", **more}
    return admin.submit(NEW, **fields)


def test_the_form_asks_for_the_token_and_not_for_what_we_keep_ourselves(admin: Browser) -> None:
    page = admin.text(NEW)
    assert re.search(r'<input(?=[^>]*id="f-c_token")[^>]*type="password"', page)
    assert "c_webhook_secret" not in page
    assert "c_bot_id" not in page
    assert "Telegram" in admin.text("/settings/channels/new")


def test_a_token_that_is_none_is_marked_at_its_field(admin: Browser, ctx: Context) -> None:
    answer = admin.submit(NEW, c_token="hello", c_mode="poll")
    assert answer.status_code == 422
    assert "This is no bot token." in answer.text
    assert channels(ctx) == []


def test_a_wrong_token_says_so_and_nothing_is_stored(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    wrong = "7000000001:" + "w" * 35
    answer = connect(admin, telegram, c_token=wrong)
    assert answer.status_code == 422
    assert "Telegram does not accept the bot&#39;s token" in answer.text
    assert wrong not in answer.text
    assert channels(ctx) == []
    assert [call.method for call in telegram.calls] == ["getMe"], "nothing was arranged"


def test_a_bot_is_connected_under_its_name_and_the_page_says_what_to_do(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    answer = connect(admin, telegram)
    assert answer.status_code == 303, answer.text
    [channel] = channels(ctx)
    assert (channel.name, channel.account, channel.known_as) == ("@shop_bot", "7000000001", "@shop_bot")
    assert channel.state is ChannelState.ACTIVE
    page = admin.text(answer.location)
    assert re.search(r'href="https://t\.me/shop_bot"[^>]*>Write to @shop_bot in Telegram\.<', page)
    assert re.search(r'id="first-message"[^>]*data-refresh="2"', page), "it looks again by itself"
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page, "without scripts too"
    assert "Waiting for the first message" in page
    assert SECRET not in page
    assert "@shop_bot" in admin.text("/settings/channels")


def test_it_turns_green_with_the_first_update(admin: Browser, ctx: Context, telegram: Telegram) -> None:
    place = connect(admin, telegram).location
    telegram.write(telegram.person(5), "/start")
    [channel] = channels(ctx)
    fetch(ctx, channel.id)
    receive.drain(ctx)
    page = admin.text(place)
    assert "The first message has arrived" in page
    assert "data-refresh" not in page
    assert "http-equiv" not in page


def test_with_the_webhook_telegram_learns_our_address_and_secret(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    connect(admin, telegram, c_mode="webhook")
    [channel] = channels(ctx)
    assert telegram.webhook["url"] == f"https://desk.example/hooks/telegram/{channel.id}"
    body = json.dumps({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 5}}})
    headers = {"X-Telegram-Bot-Api-Secret-Token": telegram.webhook["secret_token"]}
    path = f"/hooks/telegram/{channel.id}"
    assert admin.client.post(path, data=body, headers=headers).status_code == 200
    assert admin.client.post(path, data=body, headers={}).status_code == 401
    envelope = the(ctx, Envelope)
    assert telegram.webhook["secret_token"] not in json.dumps(envelope.headers), "kept nowhere in clear"
    assert telegram.webhook["secret_token"] not in admin.text(f"/settings/channels/{channel.id}")


def test_what_telegram_refuses_about_the_webhook_is_told_with_the_saved_channel(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    telegram.refuse("setWebhook", 400, "Bad Request: bad webhook: Failed to resolve host: Name not known")
    place = connect(admin, telegram, c_mode="webhook").location
    page = admin.text(place)
    assert "not everything could be arranged" in page
    assert "Telegram does not find the name in ONETHREAD_PUBLIC_URL" in page
    admin.submit(place, f"{place}/test")
    assert telegram.webhook["url"], "the next test arranges it"
    assert channels(ctx)[0].last_error is None


def test_another_bots_token_does_not_change_the_account(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    place = connect(admin, telegram).location
    with Telegram(token="7000000002:" + "b" * 35, username="other_bot") as other:
        fields = {"c_token": other.token, "c_api_base": other.url, "c_mode": "poll"}
        answer = admin.submit(f"{place}/edit", name="@shop_bot", **fields)
        assert answer.status_code == 422
        assert "another account (@other_bot)" in answer.text
    assert channels(ctx)[0].account == "7000000001"


def test_removing_the_channel_takes_the_webhook_away(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    place = connect(admin, telegram, c_mode="webhook").location
    admin.submit(place, f"{place}/remove")
    assert channels(ctx) == []
    assert telegram.webhook["url"] == ""


def test_removing_a_channel_whose_bot_is_gone_works_and_says_what_was_not_done(
    admin: Browser, ctx: Context, telegram: Telegram
) -> None:
    place = connect(admin, telegram).location
    telegram.token = "7000000001:" + "n" * 35
    admin.submit(place, f"{place}/remove")
    assert channels(ctx) == []
    assert "The provider could not be told" in admin.text("/settings/channels")


def fetch(ctx: Context, channel_id: int) -> None:
    """One look at Telegram, kept as the poller keeps it."""
    with ctx.db.read() as session:
        channel = queries.row(session, channel_id)
    adapter = ctx.registry.get(channel.kind)
    batch = adapter.poll(actions.open_config(ctx.registry, ctx.vault, channel), None, net_io(channel.facts))
    ctx.db.run(lambda session: envelopes.keep(session, ctx.files, channel_id, batch.items, ctx.clock()))
