"""What can be entered for an app, and what follows from it."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.slack.config import OFFICIAL, SlackConfig
from tests.peers.slack import APP_TOKEN, BOT_TOKEN


def config(**values: Any) -> SlackConfig:
    return SlackConfig.model_validate({"bot_token": BOT_TOKEN, "signing_secret": "s", **values})


def test_the_account_is_workspace_and_bot_as_every_token_of_it_tells() -> None:
    assert config().account == "1000200030-4000500060"
    assert config(bot_token="xoxb-1000200030-4000500060-renewed").account == config().account
    assert config(bot_token="xoxb-1000200030-7-other").account != ""


def test_a_token_that_tells_no_account_gets_one_that_stays() -> None:
    first = config(bot_token="xoxb-a-token-of-a-gateway")
    assert first.account.startswith("bot-")
    assert "gateway" not in first.account
    again = config(bot_token="xoxb-another", account_id=first.account_id)
    assert again.account == first.account


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bot_token": "xoxp-1-2-3"}, "token of a person"),
        ({"bot_token": "secret"}, "no bot token"),
        ({"bot_token": ""}, "no bot token"),
        ({"app_token": BOT_TOKEN}, "no app-level token"),
        ({"signing_secret": ""}, "enter the signing secret"),
        ({"mode": "socket"}, "needs the app-level token"),
        ({"mode": "events", "signing_secret": "", "app_token": APP_TOKEN}, "needs the signing secret"),
        ({"team_channel": "#help"}, "the channel's id"),
        ({"team_channel": "U0ANNA001"}, "the channel's id"),
        ({"api_base": "https://slack.com/api"}, "scheme, name and port only"),
        ({"api_base": "slack.com"}, "scheme, name and port only"),
        ({"api_base": "ftp://slack.com"}, "scheme, name and port only"),
        ({"api_base": "https://u:p@slack.com"}, "scheme, name and port only"),
        ({"public_channels": "some"}, "mentions"),
    ],
)
def test_what_cannot_work_is_said_in_words(values: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        config(**values)
    assert BOT_TOKEN not in str(caught.value.errors(include_input=False))


def test_messages_come_the_way_that_the_settings_say() -> None:
    assert not config().uses_socket
    assert config(app_token=APP_TOKEN).uses_socket
    assert not config(app_token=APP_TOKEN, mode="events").uses_socket
    assert config(app_token=APP_TOKEN, signing_secret="").uses_socket


def test_addresses_are_tidied() -> None:
    assert config().api_base == OFFICIAL
    assert config(api_base=" http://[::1]:8080/ ").api_base == "http://[::1]:8080"
    assert config(team_channel=" C0TEAM ").team_place == "C0TEAM"
    assert config(bot_token=f" {BOT_TOKEN}\n").bot_token.get_secret_value() == BOT_TOKEN
