"""The live test, what follows it, and what is to be pasted at Slack."""

import json
from datetime import UTC, datetime

import pytest

from adapters.slack import ADAPTER
from adapters.slack.guide import EVENTS, SCOPES, app_manifest
from adapters.slack.parse import _KINDS
from inbox.contract.conformance import DeadIo
from tests.adapters.slack.peer import config_of, net_io
from tests.peers.process import free_port
from tests.peers.slack import APP_TOKEN, Fault, Slack
from tests.peers.slack_methods import SCOPES as GRANTED
from tests.peers.slack_world import APP, BOT_USER, TEAM

HOOK = "https://shop.example/hooks/slack/1"


def test_a_good_account_tells_who_it_is(slack: Slack) -> None:
    health = ADAPTER.health(config_of(slack, app_token=APP_TOKEN), net_io())
    assert (health.ok, health.problems) == (True, ())
    facts = health.facts
    assert (facts["account_name"], facts["team_id"], facts["user_id"], facts["app_id"]) == (
        "@shop · Shop",
        TEAM,
        BOT_USER,
        APP,
    )
    assert facts["missing_scopes"] == []


def test_missing_rights_are_named(slack: Slack) -> None:
    slack.scopes = "chat:write,im:history"
    health = ADAPTER.health(config_of(slack), net_io())
    assert not health.ok
    assert "users:read" in health.problems[0]
    slack.scopes = GRANTED.replace("reactions:write,", "")
    health = ADAPTER.health(config_of(slack), net_io())
    assert health.ok, "what only reacting needs stops nothing"
    assert health.facts["missing_scopes"] == ["reactions:write"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bot_token": "xoxb-1-2-wrong"}, "does not accept the bot token"),
        ({"app_token": "xapp-wrong"}, "Socket Mode: Slack does not accept the app-level token"),
        ({"team_channel": "C0NOWHERE"}, "Channel of your team: Slack knows no such conversation"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(slack: Slack, values: dict[str, str], said: str) -> None:
    health = ADAPTER.health(config_of(slack, **values), net_io())
    assert not health.ok
    assert health.problems[0].startswith(said) or said in health.problems[0]


def test_the_teams_channel_needs_the_bot(slack: Slack) -> None:
    place = slack.channel("helpers")
    assert ADAPTER.health(config_of(slack, team_channel=place), net_io()).ok
    slack.conversations[place].is_member = False
    assert "invite the bot" in ADAPTER.health(config_of(slack, team_channel=place), net_io()).problems[0]


def test_a_server_that_is_away_is_said_to_be(slack: Slack) -> None:
    config = config_of(slack, api_base=f"http://127.0.0.1:{free_port()}")
    assert not ADAPTER.health(config, net_io()).ok
    slack.fail("auth.test", Fault("say", 200, b"<html>"))
    assert not ADAPTER.health(config_of(slack), net_io()).ok


def test_messages_that_slack_held_back_are_told_for_an_hour(slack: Slack) -> None:
    now = int(datetime.now(UTC).timestamp())
    assert "held back" in ADAPTER.health(config_of(slack), net_io({"rate_limited_at": now - 60})).problems[0]
    assert ADAPTER.health(config_of(slack), net_io({"rate_limited_at": now - 4000})).ok


def test_what_to_do_next_depends_on_the_way_messages_come(slack: Slack) -> None:
    facts = {"user": "shop", "team_id": TEAM, "app_id": APP}
    events = ADAPTER.connected(config_of(slack), HOOK, net_io(facts))
    assert HOOK in events.next_step
    assert events.facts == {"mode": "events", "hook_url": HOOK}
    assert events.next_url == f"https://slack.com/app_redirect?app={APP}&team={TEAM}"
    socket = ADAPTER.connected(config_of(slack, app_token=APP_TOKEN), HOOK, net_io(facts))
    assert socket.next_step == "Write to @shop in Slack."
    assert socket.facts["mode"] == "socket"
    assert ADAPTER.connected(config_of(slack), "", DeadIo()).next_url == ""


def test_the_manifest_asks_for_what_is_needed_and_heard() -> None:
    manifest = json.loads(app_manifest(HOOK, name="Shop help"))
    settings = manifest["settings"]
    assert settings["event_subscriptions"]["request_url"] == HOOK
    assert (settings["socket_mode_enabled"], settings["token_rotation_enabled"]) == (False, False)
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert manifest["display_information"]["name"] == "Shop help"
    socket = json.loads(app_manifest())["settings"]
    assert socket["socket_mode_enabled"] is True
    assert "request_url" not in socket["event_subscriptions"]
    heard = {event.partition(".")[0] for event in EVENTS}
    assert heard == set(_KINDS) - {"app_rate_limited"}
    assert set(SCOPES) == set(GRANTED.split(","))
