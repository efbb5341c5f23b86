"""What a person does at Slack: a manifest that Slack takes, and no address where none is called."""

import json

from adapters.slack import ADAPTER
from adapters.slack.config import SlackConfig
from adapters.slack.guide import EVENTS, SCOPES

HOOK = "https://inbox.example/hooks/slack/7"


def config(mode: str) -> SlackConfig:
    """An account without its secrets, as the guide gets it."""
    return SlackConfig.model_construct(mode=mode, account_id="T1/B1")


def test_the_first_step_is_a_manifest_with_every_right_and_event() -> None:
    manifest = json.loads(ADAPTER.guide(None, "")[0].copy_text)
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": list(EVENTS)}
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_our_address_is_told_only_where_slack_may_call_it() -> None:
    told = [step for step in ADAPTER.guide(config("auto"), HOOK) if HOOK in step.copy_text]
    assert [step.when for step in told] == ["after"]
    assert json.loads(told[0].copy_text)["settings"]["event_subscriptions"]["request_url"] == HOOK
    for steps in (ADAPTER.guide(config("socket"), HOOK), ADAPTER.guide(config("auto"), "")):
        assert not [step for step in steps if "request_url" in step.copy_text]
