"""Telegram's calls are proved by our secret."""

import json

import pytest

from adapters.telegram import ADAPTER
from adapters.telegram.config import TelegramConfig
from adapters.telegram.hook import HEADER, secret_of
from adapters.telegram.update import dedupe_key
from inbox.contract import Accept, HookRequest, NotAuthentic
from tests.adapters.telegram.peer import signed_request
from tests.adapters.telegram.reading import message
from tests.peers.telegram import TOKEN


def request(secret: str, body: bytes = b'{"update_id": 1}', method: str = "POST") -> HookRequest:
    return HookRequest(method=method, body=body, headers={HEADER: secret}, args={})


def config(token: str = TOKEN, last: str = "") -> TelegramConfig:
    return TelegramConfig.model_validate({"token": token, "webhook_secret": last})


def test_the_secret_is_one_that_telegram_takes_and_does_not_show_the_token() -> None:
    secret = secret_of(config())
    assert 1 <= len(secret) <= 256
    assert all(c.isalnum() for c in secret)
    assert secret not in TOKEN
    assert TOKEN not in secret
    assert secret == secret_of(config()), "whoever restarts makes the same one"


def test_a_new_token_has_a_new_secret_and_the_last_one_holds_until_telegram_knows() -> None:
    old, new = config(), config(TOKEN[:-1] + "x", last=secret_of(config()))
    assert secret_of(old) != secret_of(new)
    assert isinstance(ADAPTER.verify(new, request(secret_of(old))), Accept)
    assert isinstance(ADAPTER.verify(new, request(secret_of(new))), Accept)
    later = config(TOKEN[:-1] + "x", last=secret_of(new))
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(later, request(secret_of(old)))


def test_no_secret_is_never_a_fitting_one() -> None:
    for given in ("", " ", "None"):
        with pytest.raises(NotAuthentic):
            ADAPTER.verify(config(), request(given))


def test_only_post_brings_updates() -> None:
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(config(), request(secret_of(config()), method="GET"))


def test_what_telegram_sends_is_kept_even_if_it_is_no_update() -> None:
    accepted = ADAPTER.verify(config(), request(secret_of(config()), b"\xff not JSON"))
    assert accepted == Accept()


def test_an_update_has_the_same_name_each_time_it_comes() -> None:
    _, genuine = signed_request()
    assert ADAPTER.verify(config(), genuine) == ADAPTER.verify(config(), genuine)


def test_a_number_that_comes_again_after_years_is_another_update() -> None:
    first = {"update_id": 5, "message": message(message_id=1)}
    again = {"update_id": 5, "message": message(message_id=900)}
    edit = {"update_id": 5, "edited_message": message(message_id=1)}
    assert len({dedupe_key(first), dedupe_key(again), dedupe_key(edit)}) == 3
    assert dedupe_key(first) == dedupe_key(json.loads(json.dumps(first)))
    assert dedupe_key({"update_id": 5}) == "5:"
    assert dedupe_key({"update_id": 5, "x": "y"}) == "5:x"
