"""Fetching updates, and looking after the webhook."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.telegram import ADAPTER
from adapters.telegram import poll as polling
from adapters.telegram.poll import UpdatePoller, WebhookWatch
from inbox.contract import Batch, Inbound, NeedsReauth, TryLater
from tests.adapters.telegram.peer import config_of, net_io
from tests.peers.process import free_port
from tests.peers.telegram import Fault, Telegram

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def poller(telegram: Telegram, clock: Clock) -> UpdatePoller:
    return opened(telegram, clock)


def opened(telegram: Telegram, clock: Callable[[], datetime] = lambda: NOW, **options: Any) -> UpdatePoller:
    found = ADAPTER.poller(config_of(telegram), net_io({"mode": "poll"}, clock=clock, **options))
    assert isinstance(found, UpdatePoller)
    return found


def texts(batch: Batch) -> list[str]:
    read = [ADAPTER.parse(config_of_nobody(), item.raw)[0] for item in batch.items]
    return [item.text for item in read if isinstance(item, Inbound)]


def config_of_nobody() -> Any:
    return ADAPTER.manifest.config.model_validate({"token": "7000000001:" + "x" * 30})


def write(telegram: Telegram, *words: str) -> None:
    for text in words:
        telegram.write(telegram.person(5), text)


# The cursor


def test_what_was_not_committed_comes_again_and_what_was_does_not(
    telegram: Telegram, poller: UpdatePoller
) -> None:
    write(telegram, "one", "two")
    first = poller.fetch(None)
    assert texts(first) == ["one", "two"]
    assert texts(opened(telegram).fetch(None)) == ["one", "two"], "a crash before the commit"
    write(telegram, "three")
    assert texts(poller.fetch(first.cursor)) == ["three"]
    assert len(telegram.pending) == 1, "Telegram has forgotten the first two, and keeps the third for us"


def test_a_backlog_comes_in_batches(telegram: Telegram, poller: UpdatePoller) -> None:
    write(telegram, *(str(n) for n in range(250)))
    cursor, sizes, more = None, [], True
    while more:
        batch = poller.fetch(cursor)
        cursor, more = batch.cursor, batch.more
        sizes.append(len(batch.items))
    assert sizes == [100, 100, 50]


def test_each_update_is_kept_as_it_came_under_a_name_of_its_own(
    telegram: Telegram, poller: UpdatePoller
) -> None:
    telegram.push(
        "message", {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "new_field": [1]}
    )
    telegram.push("message", "not even an object")  # type: ignore[arg-type]  # a bad payload
    one, two = poller.fetch(None).items
    assert json.loads(one.raw.body)["message"]["new_field"] == [1]
    assert (one.dedupe_key, two.dedupe_key) == ("1000:message:5:1", "1001:message")


def test_what_is_no_update_at_all_is_kept_and_blocks_nothing(
    telegram: Telegram, poller: UpdatePoller
) -> None:
    odd = [7, {"update_id": "x"}, {"update_id": 900, "message": {"message_id": 3, "date": 1}}]
    telegram.fail("getUpdates", Fault("say", answer=json.dumps({"ok": True, "result": odd}).encode()))
    batch = poller.fetch(None)
    assert len({item.dedupe_key for item in batch.items}) == 3
    assert batch.cursor["offset"] == 901


def test_numbers_may_begin_anew_below_the_old_ones(
    telegram: Telegram, poller: UpdatePoller, clock: Clock
) -> None:
    write(telegram, "before")
    batch = poller.fetch(None)
    poller.fetch(batch.cursor)
    clock.now += timedelta(days=7)
    for number in (17, 18):
        telegram.push("message", {"message_id": number, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "new"},
                      number=number)  # fmt: skip
    after = poller.fetch(batch.cursor)
    assert texts(after) == ["new", "new"]
    assert after.cursor["offset"] == 19
    assert "offset" not in telegram.made("getUpdates")[-1].params, "after a silence no number is named"


def test_lower_numbers_within_the_week_are_taken_too(telegram: Telegram, poller: UpdatePoller) -> None:
    write(telegram, "before")
    batch = poller.fetch(None)
    poller.fetch(batch.cursor)
    telegram.push("message", {"message_id": 9, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "new"},
                  number=3)  # fmt: skip
    assert texts(poller.fetch(batch.cursor)) == ["new"]


def test_an_empty_poll_leaves_the_cursor_alone(
    telegram: Telegram, poller: UpdatePoller, clock: Clock
) -> None:
    assert poller.fetch(None).cursor == {}
    write(telegram, "x")
    cursor = poller.fetch(None).cursor
    clock.now += timedelta(days=3)
    assert poller.fetch(cursor).cursor == cursor


def test_reactions_are_asked_for_by_name(telegram: Telegram, poller: UpdatePoller) -> None:
    poller.fetch(None)
    asked = telegram.made("getUpdates")[0].json("allowed_updates")
    assert "message_reaction" in asked
    assert {"message", "edited_message", "business_message", "my_chat_member"} <= set(asked)


# Waiting


def test_waiting_ends_with_the_first_update_which_is_not_confirmed_yet(
    telegram: Telegram, poller: UpdatePoller
) -> None:
    cursor = poller.fetch(None).cursor
    threading.Timer(0.3, write, (telegram, "late")).start()
    started = time.monotonic()
    poller.wait(20)
    assert 0.2 < time.monotonic() - started < 5
    assert len(telegram.pending) == 1
    calls = len(telegram.made("getUpdates"))
    assert texts(poller.fetch(cursor)) == ["late"]
    assert len(telegram.made("getUpdates")) == calls, "the long poll has brought it already"


def test_a_wait_without_news_ends_in_time(telegram: Telegram, poller: UpdatePoller) -> None:
    poller.fetch(None)
    started = time.monotonic()
    poller.wait(1)
    assert time.monotonic() - started < 4
    assert poller.fetch({}).items == ()


def test_a_server_that_does_not_wait_is_not_asked_without_a_pause(
    telegram: Telegram, poller: UpdatePoller
) -> None:
    poller.fetch(None)
    telegram.fail("getUpdates", *(Fault("say", answer=b'{"ok": true, "result": []}') for _ in range(100)))
    poller.wait(2)
    assert len(telegram.made("getUpdates")) < 6


def test_the_order_to_stop_is_heard_within_a_second(telegram: Telegram) -> None:
    stop = threading.Event()
    poller = opened(telegram, stopping=stop.is_set)
    poller.fetch(None)
    threading.Timer(0.2, stop.set).start()
    started = time.monotonic()
    poller.wait(600)
    assert time.monotonic() - started < 1.2


def test_what_broke_while_waiting_is_told_by_the_next_fetch(telegram: Telegram, poller: UpdatePoller) -> None:
    poller.fetch(None)
    telegram.fail("getUpdates", Fault("cut"))
    poller.wait(20)
    with pytest.raises(TryLater, match="broke off"):
        poller.fetch({})
    assert poller.fetch({}).items == (), "and the one after it works"


# What goes wrong


def test_a_second_program_is_told_as_such(telegram: Telegram, poller: UpdatePoller) -> None:
    poller.fetch(None)
    waiting = threading.Thread(target=poller.wait, args=(20,))
    waiting.start()
    time.sleep(0.3)
    opened(telegram).fetch(None)
    waiting.join(5)
    with pytest.raises(TryLater, match="Another program") as caught:
        poller.fetch({})
    assert caught.value.after


def test_a_webhook_of_somebody_elses_is_told_as_such_and_left_alone(
    telegram: Telegram, poller: UpdatePoller
) -> None:
    telegram.webhook = {"url": "https://elsewhere.example/", "secret_token": ""}
    with pytest.raises(TryLater, match="to a webhook"):
        poller.fetch(None)
    assert telegram.webhook["url"]


def test_an_account_that_was_never_arranged_takes_its_webhook_away_first(telegram: Telegram) -> None:
    telegram.webhook = {"url": "https://old.example/", "secret_token": ""}
    write(telegram, "Hello")
    poller = ADAPTER.poller(config_of(telegram), net_io())
    assert texts(poller.fetch(None)) == ["Hello"]
    assert telegram.webhook["url"] == ""


def test_a_token_that_was_revoked_needs_a_new_one(telegram: Telegram, poller: UpdatePoller) -> None:
    telegram.token = "7000000001:" + "n" * 30
    with pytest.raises(NeedsReauth, match="BotFather"):
        poller.fetch(None)


@pytest.mark.parametrize(
    "answer", [b"<html>Bad Gateway</html>", b'{"ok": true, "result": {}}', b'{"ok": true}']
)
def test_trouble_at_telegrams_is_worth_another_try(
    telegram: Telegram, poller: UpdatePoller, answer: bytes
) -> None:
    telegram.fail("getUpdates", Fault("say", status=502 if answer[:1] == b"<" else 200, answer=answer))
    with pytest.raises(TryLater, match="trouble of its own"):
        poller.fetch(None)


def test_nobody_there_is_worth_another_try(telegram: Telegram) -> None:
    config = config_of(telegram, api_base=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TryLater, match="refused"):
        ADAPTER.poller(config, net_io({"mode": "poll"})).fetch(None)


# The webhook's guardian

HOOK = "https://desk.example/hooks/telegram/1"


def watch(telegram: Telegram, **more: Any) -> WebhookWatch:
    facts = {"mode": "webhook", "hook_url": HOOK}
    found = ADAPTER.poller(config_of(telegram, **more), net_io(facts))
    assert isinstance(found, WebhookWatch)
    return found


def test_a_webhook_that_works_is_left_alone(telegram: Telegram) -> None:
    telegram.webhook = {"url": HOOK, "secret_token": "s"}
    assert watch(telegram).fetch({"offset": 5}) == Batch(cursor={"offset": 5})
    assert [call.method for call in telegram.calls] == ["getWebhookInfo"]


@pytest.mark.parametrize("url", ["", "https://elsewhere.example/"])
def test_one_that_somebody_took_away_is_set_again(telegram: Telegram, url: str) -> None:
    telegram.webhook = {"url": url, "secret_token": ""}
    watch(telegram).fetch(None)
    assert telegram.webhook["url"] == HOOK


def test_calls_that_do_not_reach_us_are_told(telegram: Telegram) -> None:
    telegram.webhook = {
        "url": HOOK,
        "last_error_date": int(time.time()) - 5,
        "last_error_message": "SSL error",
    }
    watch(telegram).fetch(None)
    telegram.updates.append({"update_id": 1})
    telegram.webhook["url"] = HOOK
    with pytest.raises(TryLater, match=r"SSL error\. 1 messages wait there\."):
        watch(telegram).fetch(None)
    telegram.webhook["last_error_date"] = int(time.time()) - 3600
    watch(telegram).fetch(None)


def test_it_looks_now_and_then_and_stops_when_told(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    facts = {"mode": "webhook", "hook_url": HOOK}
    guardian = ADAPTER.poller(config_of(telegram), net_io(facts, stopping=stop.is_set))
    threading.Timer(0.2, stop.set).start()
    started = time.monotonic()
    guardian.wait(600)
    assert time.monotonic() - started < 1.2
    monkeypatch.setattr(polling, "WATCH", 0.1)
    stop.clear()
    guardian.wait(600)
    guardian.close()
