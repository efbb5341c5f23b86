"""Meta's calls are proved by the app's secret over the bytes as they came."""

from typing import Any

import pytest

from adapters.meta import hook
from adapters.meta.config import MetaConfig
from inbox.contract import Accept, Challenge, HookRequest, NotAuthentic
from tests.peers.graph import signed


def config(**more: str) -> MetaConfig:
    given = {"access_token": "EAAx", "app_secret": "new", "verify_token": "word"}
    return MetaConfig.model_validate({**given, **more})


def posted(body: bytes, secret: str = "new", method: str = "POST") -> HookRequest:
    return HookRequest(method=method, body=body, headers={hook.HEADER: signed(secret, body)}, args={})


def asked(**more: str) -> HookRequest:
    args = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "1158201444", **more}
    return HookRequest(method="GET", body=b"", headers={}, args=args)


@pytest.mark.parametrize("body", [b"{}", b'{"a":"\\u00fc"}', '{"a":"ü"}'.encode(), b"\xff\x00 no JSON", b""])
def test_the_bytes_are_signed_not_what_they_say(body: bytes) -> None:
    assert isinstance(hook.verify(config(), posted(body)), Accept)


def test_the_secret_before_is_good_until_it_is_taken_out() -> None:
    request = posted(b"{}", "old")
    assert isinstance(hook.verify(config(app_secret_old="old"), request), Accept)
    assert isinstance(hook.verify(config(app_secret_old="old"), posted(b"{}")), Accept)
    with pytest.raises(NotAuthentic):
        hook.verify(config(), request)


def test_no_secret_is_never_a_fitting_one() -> None:
    with pytest.raises(NotAuthentic):
        hook.verify(config(app_secret=""), posted(b"{}", ""))


def test_only_post_brings_events() -> None:
    for method in ("PUT", "DELETE", "HEAD"):
        with pytest.raises(NotAuthentic):
            hook.verify(config(), posted(b"{}", method=method))


def test_a_call_has_the_same_name_each_time_it_comes_and_no_other_has() -> None:
    keys = {hook.dedupe_key(body) for body in (b"{}", b"{} ", b"{}")}
    assert len(keys) == 2


def test_the_question_is_answered_with_its_own_word() -> None:
    assert hook.verify(config(), asked()) == Challenge(body="1158201444")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.verify_token": "guess"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "wörd"},
        {"hub.verify_token": "\udcff"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.challenge": "x" * 1001},
    ],
)
def test_a_wrong_question_is_not(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic):
        hook.verify(config(), asked(**wrong))


def test_without_a_verify_token_nobody_has_the_right_one() -> None:
    with pytest.raises(NotAuthentic):
        hook.verify(config(verify_token=""), asked(**{"hub.verify_token": ""}))
