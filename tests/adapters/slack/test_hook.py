"""Calls of the Events API: what proves them, and what makes two of them one."""

import json
import time

import pytest

from adapters.slack import ADAPTER
from inbox.contract import Accept, Challenge, NotAuthentic
from tests.adapters.slack.peer import config_of, hook_request
from tests.adapters.slack.reading import message
from tests.peers.slack import Slack

OLD = "an-older-secret-0001"


@pytest.fixture
def workspace() -> Slack:
    """One that is not served: only its payloads are needed."""
    return Slack()


def accepted(workspace: Slack, data: object, **options: object) -> Accept:
    verdict = ADAPTER.verify(config_of(workspace), hook_request(data, **options))  # type: ignore[arg-type]
    assert isinstance(verdict, Accept)
    return verdict


def test_a_signed_call_is_taken(workspace: Slack) -> None:
    assert accepted(workspace, workspace.payload(message())).dedupe_key.startswith("message/")


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_call_from_another_time_is_not_whichever_way_clocks_differ(workspace: Slack, seconds: int) -> None:
    accepted(workspace, workspace.payload(message()), at=time.time() + seconds / 2)
    with pytest.raises(NotAuthentic):
        accepted(workspace, workspace.payload(message()), at=time.time() + seconds)


@pytest.mark.parametrize("stamp", ["", "soon", "1e9", "१७६", "9" * 5000, "-1", "\udcff", "0x1"])
def test_a_time_that_is_no_number_proves_nothing(workspace: Slack, stamp: str) -> None:
    request = hook_request(workspace.payload(message()))
    headers = {**request.headers, "x-slack-request-timestamp": stamp}
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(config_of(workspace), request.model_copy(update={"headers": headers}))


def test_a_body_in_no_known_coding_proves_nothing_even_when_signed(workspace: Slack) -> None:
    with pytest.raises(NotAuthentic):
        accepted(workspace, b'{"type": "\xff\xfe"}')


def test_the_former_secret_is_good_while_it_is_set(workspace: Slack) -> None:
    request = hook_request(workspace.payload(message()), secret=OLD)
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(config_of(workspace), request)
    assert isinstance(ADAPTER.verify(config_of(workspace, signing_secret_old=OLD), request), Accept)


def test_an_account_without_a_signing_secret_takes_no_calls(workspace: Slack) -> None:
    config = config_of(workspace, signing_secret="", app_token="xapp-1-a")
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(config, hook_request(workspace.payload(message())))


def test_the_test_of_the_address_is_answered_when_it_is_signed(workspace: Slack) -> None:
    data = {"token": "t", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY", "type": "url_verification"}
    assert ADAPTER.verify(config_of(workspace), hook_request(data)) == Challenge(body=data["challenge"])
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(config_of(workspace), hook_request(data, secret="of somebody else's"))


def test_a_repeated_call_says_so_and_is_the_same_news(workspace: Slack) -> None:
    request = hook_request(workspace.payload(message()))
    again = {**request.headers, "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    keys = {
        ADAPTER.verify(config_of(workspace), each).dedupe_key  # type: ignore[union-attr]
        for each in (request, request.model_copy(update={"headers": again}))
    }
    assert len(keys) == 1


def test_the_same_news_under_other_event_ids_are_one(workspace: Slack) -> None:
    workspace.held = []
    workspace.copies = 11
    anna = workspace.person()
    chat = workspace.chat(anna)
    said = workspace.say(anna, chat, "Once")
    workspace.edit(chat, said["ts"], "Twice")
    workspace.react(anna, chat, said["ts"], "heart")
    workspace.delete(chat, said["ts"])
    assert len({told["event_id"] for told in workspace.held}) == 44
    keys = [accepted(workspace, told).dedupe_key for told in workspace.held]
    assert len(set(keys)) == 4


def test_different_news_are_different(workspace: Slack) -> None:
    edited = {"user": "U1", "ts": "1760000009.000000"}
    inner = {"type": "message", "user": "U1", "ts": "1760000000.000100", "text": "x"}
    change = {**message(), "subtype": "message_changed", "message": inner}
    news = [
        message(),
        message(channel="D0OTHER"),
        message(ts="1760000000.000200"),
        message(type="app_mention"),
        change,
        {**change, "event_ts": "1760000000.000900"},
        {**change, "message": {**inner, "edited": edited}},
        message(subtype="message_deleted", deleted_ts="1760000000.000100"),
        {"type": "reaction_added", "user": "U1", "reaction": "heart", "event_ts": "1"},
        {"type": "reaction_added", "user": "U2", "reaction": "heart", "event_ts": "1"},
    ]
    assert len({accepted(workspace, workspace.payload(event)).dedupe_key for event in news}) == len(news)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null", json.dumps("text").encode()])
def test_what_is_signed_and_cannot_be_read_is_kept_for_a_person(workspace: Slack, body: bytes) -> None:
    assert accepted(workspace, body).dedupe_key == ""
