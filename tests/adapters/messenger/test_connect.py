"""The live test of a Page, and what it tells our app from then on."""

import time
from typing import Any

import pytest

from adapters.meta.messenger import ADAPTER
from adapters.meta.messenger.connect import FIELDS
from inbox.contract import Health, NeedsReauth, TryLater
from tests.adapters.messenger.peer import config_of, net_io
from tests.peers.graph import APP_ID
from tests.peers.graph_call import Fault
from tests.peers.graph_page import PAGE_ID, Account

HOOK = "https://desk.example/hooks/messenger/1"


def check(page: Account, facts: dict[str, Any] | None = None, **config: Any) -> Health:
    return ADAPTER.health(config_of(page, **config), net_io(facts))


def test_it_finds_out_whose_the_token_is_and_changes_nothing(page: Account) -> None:
    health = check(page)
    assert health.ok, health.problems
    assert health.facts["account_name"] == "Shoe Shop"
    assert health.facts["username"] == "shoe.shop"
    assert health.facts["app_id"] == APP_ID
    assert {call.method for call in page.graph.calls} == {"GET"}


def test_a_token_of_another_page_is_told(page: Account) -> None:
    health = check(page, page_id="101000000000099")
    assert not health.ok
    assert "belongs to Shoe Shop" in health.problems[0]
    assert PAGE_ID in health.problems[0]


def test_a_token_without_the_rights_is_told(page: Account) -> None:
    page.scopes = ["pages_messaging"]
    assert "lacks pages_manage_metadata" in check(page).problems[0]


def test_a_token_of_another_app_is_told(page: Account) -> None:
    assert "the settings say 1" in check(page, app_id="1").problems[0]


def test_a_token_that_soon_runs_out_is_told(page: Account) -> None:
    page.expires_at = int(time.time()) + 3600
    assert "runs out on" in check(page).problems[0]
    page.expires_at = int(time.time()) + 60 * 86_400
    assert check(page).ok


def test_a_token_that_may_not_be_asked_about_is_good_as_far_as_one_knows(page: Account) -> None:
    page.tells_rights = False
    health = check(page)
    assert health.ok
    assert health.facts["rights"] == "not told"


def test_a_wrong_token_is_told_in_words_without_showing_it(page: Account) -> None:
    health = check(page, access_token="EAAwrongwrongwrong")
    assert "does not accept the access token" in health.problems[0]
    assert "wrongwrong" not in health.model_dump_json()


@pytest.mark.parametrize("fault", [Fault("cut"), Fault("say", status=503, answer=b"<html>")])
def test_trouble_is_told_and_never_raised(page: Account, fault: Fault) -> None:
    page.graph.fail("me", fault)
    assert not check(page).ok


def test_the_page_is_told_to_tell_us_everything(page: Account) -> None:
    setup = ADAPTER.connected(
        config_of(page), HOOK, net_io({"account_name": "Shoe Shop", "username": "shoe.shop"})
    )
    assert page.subscribed == list(FIELDS)
    assert HOOK in setup.next_step
    assert "write to Shoe Shop in Messenger" in setup.next_step
    assert setup.next_url == "https://m.me/shoe.shop"


def test_without_a_public_address_it_says_what_is_missing(page: Account) -> None:
    setup = ADAPTER.connected(config_of(page), "", net_io())
    assert "ONETHREAD_PUBLIC_URL" in setup.next_step
    assert setup.next_url == f"https://m.me/{PAGE_ID}"


def test_a_page_that_tells_us_less_than_before_is_noticed(page: Account) -> None:
    facts = dict(ADAPTER.connected(config_of(page), HOOK, net_io()).facts)
    assert check(page, facts).ok
    page.subscribed.remove("messages")
    assert "no longer tells the app about messages" in check(page, facts).problems[0]
    page.subscribed = []
    assert not check(page, facts).ok


def test_connecting_can_be_repeated_after_it_broke_off(page: Account) -> None:
    page.graph.fail("subscribed_apps", Fault("cut_after"))
    with pytest.raises(TryLater):
        ADAPTER.connected(config_of(page), HOOK, net_io())
    ADAPTER.connected(config_of(page), HOOK, net_io())
    assert page.subscribed == list(FIELDS)


def test_disconnecting_takes_it_back(page: Account) -> None:
    ADAPTER.connected(config_of(page), HOOK, net_io())
    ADAPTER.disconnected(config_of(page), net_io())
    assert page.subscribed == []


def test_a_dead_token_cannot_be_arranged(page: Account) -> None:
    with pytest.raises(NeedsReauth):
        ADAPTER.connected(config_of(page, access_token="EAAwrong"), HOOK, net_io())
