"""What Slack tells who asks: names, addresses, and who of a shared channel is a colleague."""

import json
from typing import Any

import pytest

from adapters.slack import ADAPTER
from inbox.contract import Edit, Ignored, Inbound, Item, NeedsReauth, Party, Raw, Reacted, TryLater
from inbox.contract.conformance import check_item
from tests.adapters.slack.peer import config_of, net_io
from tests.peers.slack import BOT_TOKEN, Fault, Slack
from tests.peers.slack_world import BOT_USER, PARTNER, TEAM

FACTS = {"team_id": TEAM, "user_id": BOT_USER}


@pytest.fixture
def heard(slack: Slack) -> Any:
    """The only event that was told, with what Slack tells besides."""
    memory: dict[str, Any] = {}
    slack.held = []

    def last(*, facts: Any = FACTS) -> Any:
        config = config_of(slack)
        told = json.dumps((slack.held or [])[-1]).encode()
        [item] = ADAPTER.parse(config, Raw(body=told))
        found: Item = ADAPTER.complete(config, item, net_io(facts), memory)
        check_item(ADAPTER, found)
        return found

    return last


def test_a_person_has_a_name_a_language_and_the_address_he_shows(slack: Slack, heard: Any) -> None:
    anna = slack.person("Anna Moretti", mail="Anna@Example.org")
    slack.say(anna, slack.chat(anna), "Hello")
    item = heard()
    assert (item.sender.name, item.sender.address, item.locale) == ("Anna Moretti", anna, "it-IT")
    [claim] = item.claims
    assert (claim.namespace, claim.address, claim.level.value) == ("email", "anna@example.org", "claimed")
    slack.say(anna, slack.chat(anna), "Again")
    assert heard().sender.name == "Anna Moretti"
    assert len(slack.made("users.info")) == 1, "who is known is not asked for again"


def test_a_person_without_a_shown_address_claims_none(slack: Slack, heard: Any) -> None:
    anna = slack.person("Anna Moretti")
    slack.say(anna, slack.chat(anna), "Hello")
    assert heard().claims == ()


def test_a_place_has_its_name_and_who_wrote_there(slack: Slack, heard: Any) -> None:
    anna = slack.person("Anna Moretti", mail="anna@example.org")
    slack.say(anna, slack.channel("acme-support"), "Hello")
    item = heard()
    assert (item.sender.name, item.author, item.outgoing) == ("#acme-support", "Anna Moretti", False)
    assert item.claims == (), "the address of one of them is not the place's"


@pytest.mark.parametrize(
    ("who", "outgoing"),
    [
        ({}, True),
        ({"is_restricted": True}, False),
        ({"is_ultra_restricted": True}, False),
        ({"team": PARTNER}, False),
    ],
    ids=["colleague", "guest", "guest of one channel", "of elsewhere"],
)
def test_in_a_shared_channel_only_colleagues_answer_for_us(
    slack: Slack, heard: Any, who: dict[str, Any], outgoing: bool
) -> None:
    place = slack.channel(shared=True)
    ben = slack.person("Ben Baker", **who)
    for fields in ({}, {"team": None, "user_team": None}):
        slack.say(ben, place, "I look into it", **fields)
        item = heard()
        assert item.outgoing is outgoing
        assert item.author == "Ben Baker"
        if outgoing:
            assert (item.sender.address, item.recipients[0].party.name) == (ben, "#acme-support")
        else:
            assert (item.sender.address, item.recipients) == (place, ())


@pytest.mark.parametrize(
    ("who", "is_customer"), [({}, False), ({"is_restricted": True}, True)], ids=["colleague", "guest"]
)
def test_a_change_comes_from_the_side_that_wrote_the_message(
    slack: Slack, heard: Any, who: dict[str, Any], is_customer: bool
) -> None:
    place = slack.channel(shared=True)
    ben = slack.person("Ben Baker", **who)
    said = slack.say(ben, place, "I look into it")
    slack.edit(place, said["ts"], "I looked into it")
    assert heard().sender.address == (place if is_customer else ben)


def test_in_a_channel_of_our_own_colleagues_are_customers(slack: Slack, heard: Any) -> None:
    slack.say(slack.person("Ben Baker"), slack.channel("it-help"), "My screen is dark")
    assert heard().outgoing is False


def test_people_are_named_where_a_text_mentions_them(slack: Slack, heard: Any) -> None:
    anna, ben = slack.person("Anna Moretti"), slack.person("Ben <b>")
    bold = {"type": "text", "text": "!", "style": {"bold": True}}
    section = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": ben}, bold]}
    blocks = [{"type": "rich_text", "elements": [section]}]
    first = slack.say(anna, slack.chat(anna), f"<@{ben}> <@U0NOBODY01>!", blocks=blocks)
    item = heard()
    assert item.text == "@Ben <b> @U0NOBODY01!"
    assert item.html == "<p>@Ben &lt;b&gt;<strong>!</strong></p>"
    slack.edit(slack.chat(anna), first["ts"], f"Only <@{ben}>")
    edit = heard()
    assert isinstance(edit, Edit)
    assert edit.text == "Only @Ben <b>"


def test_our_own_message_in_a_chat_is_filed_under_the_person(slack: Slack, heard: Any) -> None:
    anna = slack.person("Anna Moretti")
    place = slack.conversations[slack.chat(anna)]
    slack.keep(place, slack._ours(place, None, text="By another program"))
    item = heard()
    assert (item.ours, item.recipients[0].party.address, item.recipients[0].party.name) == (
        True,
        anna,
        "Anna Moretti",
    )


def test_a_colleagues_reaction_in_a_shared_channel_is_not_the_customers(slack: Slack, heard: Any) -> None:
    place = slack.channel(shared=True)
    carla, ben = slack.person("Carla", team=PARTNER), slack.person("Ben")
    message = slack.say(carla, place, "Thanks")
    slack.react(ben, place, message["ts"], "tada")
    assert isinstance(heard(), Ignored)
    slack.react(carla, place, message["ts"], "heart")
    assert isinstance(heard(), Reacted)


def test_who_is_of_us_is_known_even_before_the_account_was_tested(slack: Slack, heard: Any) -> None:
    slack.say(slack.person("Ben"), slack.channel(shared=True), "I look into it")
    assert heard(facts={}).outgoing is True


def test_what_slack_does_not_show_stays_as_it_is(slack: Slack, heard: Any) -> None:
    anna = slack.person("Anna Moretti")
    slack.scopes = (
        slack.scopes.replace("users:read,", "").replace(",users:read.email", "").replace("groups:read,", "")
    )
    slack.say(anna, slack.channel(shared=True), "Hello", user_team=TEAM)
    item = heard()
    assert (item.outgoing, item.sender.address, item.text) == (True, anna, "Hello")


@pytest.mark.parametrize("kind", ["limit", "cut", "reauth"])
def test_a_network_that_cannot_be_asked_says_so(slack: Slack, heard: Any, kind: str) -> None:
    anna = slack.person("Anna")
    slack.say(anna, slack.chat(anna), "Hello")
    match kind:
        case "limit":
            slack.limit("users.info", 10)
        case "cut":
            slack.fail("users.info", Fault("cut"))
        case _:
            slack.refuse("users.info", "token_revoked")
    with pytest.raises(NeedsReauth if kind == "reauth" else TryLater):
        heard()
    assert heard().sender.name == "Anna", "and is asked again"


# Colleagues in the team's place


def colleague(slack: Slack, user: str) -> str:
    party = Party(namespace="slack", address=user)
    return ADAPTER.colleague(config_of(slack), party, net_io(FACTS))


def test_a_full_member_is_known_by_his_address(slack: Slack) -> None:
    assert colleague(slack, slack.person("Ben", mail="Ben@Shop.example")) == "ben@shop.example"


@pytest.mark.parametrize(
    "who",
    [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"is_bot": True},
        {"deleted": True},
        {"team": PARTNER},
        {"mail": ""},
        {"mail": "no address"},
    ],
)
def test_nobody_else_is_a_colleague(slack: Slack, who: dict[str, Any]) -> None:
    assert colleague(slack, slack.person("Ben", **{"mail": "ben@shop.example", **who})) == ""
    assert colleague(slack, "U0NOBODY") == ""
    assert colleague(slack, "no id at all") == ""


def test_whether_he_is_one_is_asked_again_when_slack_does_not_answer(slack: Slack) -> None:
    slack.limit("users.info", 10)
    with pytest.raises(TryLater):
        colleague(slack, slack.person("Ben"))


def test_no_call_shows_the_token_but_to_slack(slack: Slack) -> None:
    colleague(slack, slack.person("Ben"))
    assert all(BOT_TOKEN not in str(call.args) for call in slack.calls)


def test_an_item_that_names_nobody_is_as_it_was(slack: Slack, heard: Any) -> None:
    slack.push({"type": "channel_archive", "channel": "C0VIP"})
    assert not isinstance(heard(), Inbound)
    assert slack.calls == []
