"""What has to be known to use a bot."""

import pytest
from pydantic import ValidationError

from adapters.telegram.config import TelegramConfig
from inbox.channels import rules
from tests.peers.telegram import TOKEN


def made(**fields: object) -> TelegramConfig:
    return TelegramConfig.model_validate({"token": TOKEN, **fields})


def problem(**fields: object) -> str:
    with pytest.raises(ValidationError) as caught:
        made(**fields)
    return " ".join(rules.sentences(caught.value).values())


def test_the_account_is_the_bots_own_id_whatever_its_token() -> None:
    assert made().account == "7000000001"
    assert made(token="7000000001:" + "z" * 40).account == "7000000001"
    assert made(bot_id=5).account == "7000000001", "the token knows best"


@pytest.mark.parametrize(
    "token", ["", "hello", "12:short", "x" * 40, "7000000001:tok en" + "x" * 30, "7000000001"]
)
def test_what_is_no_token_is_refused_without_being_repeated(token: str) -> None:
    said = problem(token=token)
    assert "@BotFather" in said
    assert not token or token not in said


def test_blanks_around_a_pasted_token_do_no_harm() -> None:
    assert made(token=f"  {TOKEN}\n").token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.telegram.org/", "https://api.telegram.org"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("https://Bots.Example", "https://bots.example"),
        ("http://[::1]:81", "http://[::1]:81"),
    ],
)
def test_the_server_is_scheme_name_and_port(given: str, kept: str) -> None:
    assert made(api_base=given).api_base == kept


@pytest.mark.parametrize(
    "given",
    [
        "api.telegram.org",
        "ftp://x",
        "https://",
        "https://x/bot",
        "https://u:p@x",
        "https://x?y",
        "http://x:99999",
    ],
)
def test_another_address_is_refused(given: str) -> None:
    assert "scheme, name and port only" in problem(api_base=given)


def test_only_the_token_is_asked_for_at_first_and_what_is_kept_by_itself_never() -> None:
    fields = {field.name: field for field in rules.fields(TelegramConfig)}
    assert set(fields) == {"token", "mode", "api_base"}
    assert [name for name, field in fields.items() if field.essential] == ["token"]


def test_no_secret_shows() -> None:
    config = made(webhook_secret="hush-hush")
    assert TOKEN not in f"{config!r} {config} {config.model_dump_json()}"
    assert "hush" not in f"{config!r} {config} {config.model_dump_json()}"
