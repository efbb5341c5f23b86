"""Connecting a number: the live test, and how its messages come to us from then on."""

from typing import Any

import pytest

from adapters.meta.whatsapp import ADAPTER
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import Health, NeedsReauth, Setup, TryLater
from tests.adapters.whatsapp.peer import SETTINGS, config_of, net_io
from tests.peers.graph_call import Fault
from tests.peers.graph_whatsapp import PHONE_NUMBER_ID, WABA_ID, WhatsApp

HOOK = "https://inbox.example/hooks/whatsapp/3"


def checked(whatsapp: WhatsApp, **more: Any) -> Health:
    return ADAPTER.health(config_of(whatsapp, **more), net_io())


def arranged(whatsapp: WhatsApp, hook_url: str = HOOK, **more: Any) -> Setup:
    facts = checked(whatsapp).facts
    return ADAPTER.connected(config_of(whatsapp, **more), hook_url, net_io(facts))


# The live test


def test_a_good_number_is_known_by_what_customers_see(whatsapp: WhatsApp) -> None:
    health = checked(whatsapp)
    assert health.ok
    assert health.facts == {
        "account_name": "+1 555-078-3881",
        "verified_name": "Lucky Shrub",
        "number": "15550783881",
        "quality": "GREEN",
        "waba_id": WABA_ID,
        "token_ends": "",
    }


def test_the_account_is_found_with_the_token(whatsapp: WhatsApp) -> None:
    assert checked(whatsapp, waba_id="").facts["waba_id"] == WABA_ID


def test_a_number_whose_account_is_not_found_can_be_used_and_says_what_is_missing(whatsapp: WhatsApp) -> None:
    whatsapp.tells_rights = False
    health = checked(whatsapp, waba_id="")
    assert (health.ok, health.facts["waba_id"]) == (True, "")
    setup = ADAPTER.connected(config_of(whatsapp, waba_id=""), HOOK, net_io(health.facts))
    assert "Enter its id" in setup.next_step
    assert not whatsapp.subscribed
    known = ADAPTER.health(config_of(whatsapp, waba_id=""), net_io({"waba_id": WABA_ID}))
    assert known.facts["waba_id"] == WABA_ID


def test_a_token_that_may_not_ask_about_itself_is_good_with_the_accounts_id(whatsapp: WhatsApp) -> None:
    whatsapp.tells_rights = False
    assert checked(whatsapp).ok


def test_a_number_of_another_account_is_told(whatsapp: WhatsApp) -> None:
    whatsapp.accounts = {WABA_ID: ["1"], "7": [PHONE_NUMBER_ID]}
    health = checked(whatsapp)
    assert health.problems == (
        "The number does not belong to the WhatsApp Business account whose id was entered.",
    )


def test_when_the_token_ends_is_kept(whatsapp: WhatsApp) -> None:
    whatsapp.expires_at = 1_780_000_000
    assert checked(whatsapp).facts["token_ends"] == "2026-05-28T20:26:40+00:00"


def test_a_missing_permission_is_named(whatsapp: WhatsApp) -> None:
    whatsapp.scopes = ["whatsapp_business_management"]
    [problem] = checked(whatsapp).problems
    assert "whatsapp_business_messaging" in problem


@pytest.mark.parametrize("status", ["BANNED", "PENDING", "DISCONNECTED", "MIGRATED"])
def test_a_number_that_cannot_be_used_says_what_to_do(whatsapp: WhatsApp, status: str) -> None:
    whatsapp.number["status"] = status
    [problem] = checked(whatsapp).problems
    assert "Meta" in problem or "account" in problem


def test_a_number_that_nobody_knows_is_told_apart_from_its_id(whatsapp: WhatsApp) -> None:
    health = checked(whatsapp, phone_number_id="15550783881")
    assert "no phone number with this id" in health.problems[0]


def test_a_dead_token_and_a_dead_server_are_problems_and_no_errors(whatsapp: WhatsApp) -> None:
    assert "access token" in checked(whatsapp, access_token="EAAold-token-0001").problems[0]
    whatsapp.graph.fail(PHONE_NUMBER_ID, Fault("cut"))
    assert not checked(whatsapp).ok
    for answer in (b"[]", b'{"data": 7}', b'{"data": {"granular_scopes": [{"target_ids": 7}], "scopes": 7}}'):
        whatsapp.graph.fail("debug_token", Fault("say", answer=answer))
        checked(whatsapp, waba_id="")


# Arranging


def test_the_account_is_subscribed_and_the_number_calls_our_own_address(whatsapp: WhatsApp) -> None:
    setup = arranged(whatsapp)
    assert whatsapp.subscribed
    assert whatsapp.override == {"override_callback_uri": HOOK, "verify_token": SETTINGS["verify_token"]}
    assert setup.facts == {"hook_url": HOOK}
    assert (setup.next_step, setup.next_url) == (
        "Write to +1 555-078-3881 in WhatsApp.",
        "https://wa.me/15550783881",
    )


def test_an_address_that_meta_does_not_take_is_entered_by_hand(whatsapp: WhatsApp) -> None:
    whatsapp.takes_override = False
    setup = arranged(whatsapp)
    assert whatsapp.subscribed
    assert setup.facts == {"hook_url": ""}
    assert HOOK in setup.next_step
    assert "Callback verification failed" in setup.next_step


@pytest.mark.parametrize("hook_url", ["", "http://localhost:8000/hooks/whatsapp/3"])
def test_without_an_https_address_it_is_said_what_is_missing(whatsapp: WhatsApp, hook_url: str) -> None:
    setup = arranged(whatsapp, hook_url)
    assert "ONETHREAD_PUBLIC_URL" in setup.next_step
    assert whatsapp.override == {}


def test_what_is_arranged_can_be_arranged_again_and_taken_back(whatsapp: WhatsApp) -> None:
    arranged(whatsapp)
    arranged(whatsapp)
    ADAPTER.disconnected(config_of(whatsapp), net_io({"hook_url": HOOK}))
    assert whatsapp.override == {}
    before = len(whatsapp.graph.calls)
    ADAPTER.disconnected(config_of(whatsapp), net_io({"hook_url": ""}))
    assert len(whatsapp.graph.calls) == before


def test_trouble_while_arranging_is_of_the_right_kind(whatsapp: WhatsApp) -> None:
    whatsapp.graph.fail("subscribed_apps", Fault("cut"))
    with pytest.raises(TryLater):
        arranged(whatsapp)
    whatsapp.graph.refuse("subscribed_apps", 200)
    with pytest.raises(NeedsReauth):
        arranged(whatsapp)


# Settings


@pytest.mark.parametrize(("name", "value"), [("phone_number_id", "+15550783881"), ("waba_id", "my account")])
def test_what_is_no_id_is_told_apart(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="is a number"):
        WhatsAppConfig.model_validate({**SETTINGS, name: value})


def test_the_account_of_a_channel_is_the_numbers_id() -> None:
    assert WhatsAppConfig.model_validate(SETTINGS).account == PHONE_NUMBER_ID
