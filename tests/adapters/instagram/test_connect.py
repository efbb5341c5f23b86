"""The live test of an Instagram account, and what it tells our app from then on."""

from typing import Any

from adapters.meta.instagram import ADAPTER
from adapters.meta.instagram.config import INSTAGRAM, InstagramConfig
from adapters.meta.instagram.connect import FIELDS
from inbox.contract import Health
from tests.adapters.instagram.peer import SETTINGS, config_of, net_io
from tests.peers.graph_call import Fault
from tests.peers.graph_page import IG_ID, Account

HOOK = "https://desk.example/hooks/instagram/1"


def check(account: Account, facts: dict[str, Any] | None = None, **config: Any) -> Health:
    return ADAPTER.health(config_of(account, **config), net_io(facts))


def test_it_finds_out_whose_the_token_is_and_changes_nothing(either: Account) -> None:
    health = check(either)
    assert health.ok, health.problems
    assert health.facts["account_name"] == "@shoe.shop"
    assert {call.method for call in either.graph.calls} == {"GET"}


def test_a_token_of_another_account_is_told(either: Account) -> None:
    health = check(either, ig_id="17841400000000099")
    assert "good for shoe.shop" in health.problems[0]
    assert IG_ID in health.problems[0]


def test_a_page_without_an_instagram_account_is_told(account: Account) -> None:
    account.graph.fail("me", Fault("say", answer=b'{"id": "1"}'))
    assert "no professional Instagram account is linked" in check(account).problems[0]


def test_a_pages_token_without_the_rights_is_told(account: Account) -> None:
    account.scopes = ["instagram_basic"]
    assert "lacks instagram_manage_messages and pages_manage_metadata" in check(account).problems[0]


def test_a_wrong_token_is_told_in_words(either: Account) -> None:
    health = check(either, access_token="EAAwrongwrong")
    assert "does not accept the access token" in health.problems[0]


def test_by_its_own_login_the_account_is_told_to_tell_us_everything(own: Account) -> None:
    setup = ADAPTER.connected(config_of(own), HOOK, net_io({"username": "shoe.shop"}))
    assert own.subscribed == list(FIELDS)
    assert HOOK in setup.next_step
    assert "write to @shoe.shop in Instagram" in setup.next_step
    assert setup.next_url == "https://ig.me/m/shoe.shop"


def test_of_a_linked_account_the_page_is_told(account: Account) -> None:
    setup = ADAPTER.connected(config_of(account), HOOK, net_io())
    assert account.subscribed == ["messages"]
    assert setup.next_url == ""


def test_an_account_that_tells_us_less_than_before_is_noticed(either: Account) -> None:
    facts = dict(ADAPTER.connected(config_of(either), HOOK, net_io()).facts)
    assert check(either, facts).ok
    either.subscribed = ["messaging_postbacks"]
    assert "no longer tells the app about messages" in check(either, facts).problems[0]


def test_disconnecting_takes_it_back(either: Account) -> None:
    ADAPTER.connected(config_of(either), HOOK, net_io())
    ADAPTER.disconnected(config_of(either), net_io())
    assert either.subscribed == []


def test_instagrams_own_tokens_have_no_proof_and_a_server_of_their_own(own: Account) -> None:
    check(own)
    assert all("appsecret_proof" not in call.params for call in own.graph.calls)
    config = InstagramConfig.model_validate({**SETTINGS, "access_token": "IGAAx"})
    assert config.api_base == INSTAGRAM
    named = InstagramConfig.model_validate({**SETTINGS, "access_token": "IGAAx", "api_base": "http://x"})
    assert named.api_base == "http://x"
    assert InstagramConfig.model_validate(SETTINGS).api_base != INSTAGRAM
