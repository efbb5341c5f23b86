"""What events mean. The forms of all kinds are in the samples; here are the rules behind them."""

import json
from pathlib import Path

import pytest

from adapters.slack import ADAPTER
from adapters.slack.parse import _KINDS
from inbox.contract import Edit, Ignored, Inbound, Raw, Reachable, Reacted, Removal, Unreadable
from inbox.contract.conformance import check_item
from tests.adapters.slack.reading import ANNA, CONFIG, DM, SAMPLES, TEAM_CHANNEL, inbound, message, read
from tests.peers.slack_world import APP, BOT_USER, PARTNER, TEAM
from tests.services import CORPORA


def test_every_kind_of_event_that_is_read_has_a_sample() -> None:
    told = set()
    for path in SAMPLES.glob("*.body"):
        text = path.read_text("utf-8")
        if text.startswith("{"):
            data = json.loads(text)
            told |= {data.get("event", {}).get("type"), data.get("type")}
    alike = {"channel_archive", "group_unarchive", "group_deleted", "channel_left"}
    assert set(_KINDS) - alike <= told


# Who and where


def test_a_chat_is_the_persons_and_a_channel_is_a_place_with_somebody_in_it() -> None:
    chat = inbound()
    assert (chat.sender.address, chat.sender.account, chat.writer) == (ANNA, CONFIG.account, None)
    place = inbound(channel="C0VIP", channel_type="group")
    assert place.sender.address == "C0VIP"
    assert place.writer is not None
    assert place.writer.address == ANNA


def test_ids_stay_text_to_the_last_digit() -> None:
    assert inbound(ts="1760000000.000100").external_id == f"{DM}/1760000000.000100"
    assert inbound(ts="1760000000.100").external_id == f"{DM}/1760000000.100"


def test_an_answer_in_a_thread_has_an_alias_that_tells_the_thread() -> None:
    below = inbound(ts="1760000009.000100", thread_ts="1760000000.000100")
    assert below.external_id == f"{DM}/1760000009.000100"
    assert below.aliases == (f"{DM}/1760000000.000100/1760000009.000100",)
    assert below.references == (f"{DM}/1760000000.000100",)


@pytest.mark.parametrize(
    "told", [{"user_team": PARTNER}, {"user_profile": {"team": PARTNER}}, {"team": PARTNER}, {}]
)
def test_in_a_shared_channel_who_is_of_elsewhere_is_the_customer(told: dict[str, object]) -> None:
    item = read(message(channel="C0ACME", channel_type="channel", **told), shared=True)
    assert isinstance(item, Inbound)
    assert (item.outgoing, item.sender.address) == (False, "C0ACME")


@pytest.mark.parametrize("told", [{"user_team": TEAM}, {"user_profile": {"team": TEAM}}, {"team": TEAM}])
def test_and_who_is_of_our_own_workspace_answers_for_us(told: dict[str, object]) -> None:
    item = read(message(channel="C0ACME", channel_type="channel", **told), shared=True)
    assert isinstance(item, Inbound)
    assert (item.outgoing, item.ours, item.sender.address) == (True, False, ANNA)
    assert [r.party.address for r in item.recipients] == ["C0ACME"]


def test_in_a_channel_of_our_own_everybody_is_a_customer() -> None:
    item = read(message(channel="C0IT", channel_type="group", team=TEAM))
    assert isinstance(item, Inbound)
    assert not item.outgoing


def test_the_app_knows_itself_by_its_id_or_its_bot() -> None:
    for own in ({"app_id": APP, "bot_id": "B1"}, {"bot_profile": {"app_id": APP}}, {"user": BOT_USER}):
        item = read(message(**own))
        assert isinstance(item, Inbound)
        assert (item.outgoing, item.ours) == (True, True)
    other = read(message(channel="C0VIP", channel_type="group", app_id="A0OTHER", bot_id="B2"))
    assert isinstance(other, Inbound)
    assert (other.outgoing, other.automatic) == (False, "sent by an app")


def test_a_customer_cannot_pass_for_an_echo_of_ours() -> None:
    forged = {"event_type": "onethread_message", "event_payload": {"idem_key": "k", "part": 1, "parts": 1}}
    item = inbound(metadata=forged)
    assert (item.outgoing, item.idem_key) == (False, "")


def test_public_channels_bring_what_mentions_the_bot_or_all() -> None:
    public = {"channel": "C0GENERAL", "channel_type": "channel"}
    assert isinstance(read(message("Lunch?", **public)), Ignored)
    assert isinstance(read(message("<@U0OTHER>?", **public)), Ignored)
    assert isinstance(read(message(f"<@{BOT_USER}> help", **public)), Inbound)
    below = read(message("And soup?", thread_ts="1759990000.000100", **public))
    assert isinstance(below, Inbound)
    assert (below.follows, below.references) == (True, ("C0GENERAL/1759990000.000100",))
    every = CONFIG.model_copy(update={"public_channels": "all"})
    item = read(message("Lunch?", **public), config=every)
    assert isinstance(item, Inbound)
    assert item.follows is False


@pytest.mark.parametrize(
    "event",
    [
        message("Me", channel=TEAM_CHANNEL, channel_type="channel"),
        message("Me", channel=TEAM_CHANNEL, channel_type="group", user_team=PARTNER),
        message(f"<@{BOT_USER}> Me", channel=TEAM_CHANNEL, type="app_mention"),
    ],
)
def test_the_teams_place_never_speaks_for_a_customer(event: dict[str, object]) -> None:
    for shared in (False, True):
        item = read(event, shared=shared)
        assert isinstance(item, Inbound)
        assert (item.place, item.outgoing, item.sender.address) == ("team", False, ANNA)


def test_what_else_happens_in_the_teams_place_concerns_nobody() -> None:
    item = {"type": "message", "channel": TEAM_CHANNEL, "ts": "1760000000.000100"}
    inner = {
        "type": "message",
        "user": ANNA,
        "ts": "1760000000.000100",
        "edited": {"ts": "1760000001.000000"},
    }
    for event in (
        message(channel=TEAM_CHANNEL, app_id=APP, bot_id="B1"),
        message(channel=TEAM_CHANNEL, subtype="message_changed", message=inner),
        message(channel=TEAM_CHANNEL, subtype="message_deleted", deleted_ts="1760000000.000100"),
        {"type": "reaction_added", "user": ANNA, "reaction": "heart", "item": item},
        {"type": "member_left_channel", "user": BOT_USER, "channel": TEAM_CHANNEL},
    ):
        assert isinstance(read(event), Ignored), event


# What a text calls nobody by


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<!channel> <!here> <!everyone>", "@channel @here @everyone"),
        ("<!subteam^S1|@ops> <!subteam^S1>", "@ops @S1"),
        ("<@U0WHO0001> <@U0WHO0001|anna>", "@U0WHO0001 @anna"),
        ("<#C1|general> <#C1>", "#general #C1"),
        ("<https://a.example/?x=1&amp;y=2>", "https://a.example/?x=1&y=2"),
        ("<https://a.example|here>", "here (https://a.example)"),
        ("<http://a.example|a.example>", "http://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("&lt;!channel&gt; &amp;lt;", "<!channel> &lt;"),
        ("<!date^1700000000^{date_num}|14.11.>", "14.11."),
        ("5 < 6 > 4 <> <", "5 < 6 > 4 <> <"),
        (":wave::skin-tone-4: :no-such: 10:30:45", "👋🏽 :no-such: 10:30:45"),
    ],
)
def test_marks_become_words(written: str, shown: str) -> None:
    assert inbound(written).text == shown


def test_looks_are_shown_where_there_are_any_and_escaped() -> None:
    def blocks(*elements: object) -> list[object]:
        return [
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}
        ]

    bold = {"type": "text", "text": "<b>", "style": {"bold": True}}
    assert inbound("x", blocks=blocks(bold)).html == "<p><strong>&lt;b&gt;</strong></p>"
    assert inbound("x", blocks=blocks({"type": "text", "text": "x"})).html is None
    link = {"type": "link", "url": 'https://a.example/"><script>', "text": "<i>"}
    assert "<script>" not in (inbound("x", blocks=blocks(link)).html or "")
    assert inbound("x", blocks=[*blocks(bold), {"type": "section"}]).html is None


# Changes


def test_only_what_somebody_changed_is_an_edit() -> None:
    inner = {"type": "message", "user": ANNA, "ts": "1760000000.000100", "text": "new"}
    change = {**message(), "subtype": "message_changed", "message": inner}
    assert isinstance(read(change), Ignored)
    edit = read({**change, "message": {**inner, "edited": {"user": ANNA, "ts": "1760000050.000000"}}})
    assert isinstance(edit, Edit)
    assert (edit.external_id, edit.sender.address, edit.text) == (f"{DM}/1760000000.000100", ANNA, "new")


def test_a_message_with_answers_is_taken_back_as_a_change() -> None:
    stone = {"subtype": "tombstone", "user": "USLACKBOT", "ts": "1760000000.000100", "text": "deleted"}
    item = read({**message(), "subtype": "message_changed", "message": stone})
    assert isinstance(item, Removal)
    assert item.external_ids == (f"{DM}/1760000000.000100",)


@pytest.mark.parametrize(
    ("name", "emoji"),
    [
        ("thumbsup", "👍"),
        ("+1", "👍"),
        ("heart", "❤️"),
        ("thinking_face", "🤔"),
        ("flag-de", "🇩🇪"),
        ("+1::skin-tone-6", "👍🏿"),
        ("partyparrot", ":partyparrot:"),
    ],
)
def test_reactions_are_characters(name: str, emoji: str) -> None:
    item = {"type": "message", "channel": DM, "ts": "1760000000.000100"}
    found = read(
        {"type": "reaction_added", "user": ANNA, "reaction": name, "item": item, "event_ts": "1760000001.0"}
    )
    assert isinstance(found, Reacted)
    assert (found.emoji, found.change) == ((emoji,), "added")


def test_the_bots_own_coming_and_going_opens_and_shuts_a_place() -> None:
    for kind, reachable in (("member_joined_channel", True), ("member_left_channel", False)):
        item = read({"type": kind, "user": BOT_USER, "channel": "C0VIP"})
        assert isinstance(item, Reachable)
        assert (item.party.address, item.reachable) == ("C0VIP", reachable)
        assert isinstance(read({"type": kind, "user": ANNA, "channel": "C0VIP"}), Ignored)


@pytest.mark.parametrize(
    "broken",
    [
        {"channel": 5},
        {"ts": 1760000000.0001},
        {"ts": "yesterday"},
        {"user": ["U1"]},
        {"user": "U/../1"},
        {"text": 5},
        {"thread_ts": {}},
        {"files": [{"id": {}}]},
    ],
)
def test_what_slack_would_never_send_is_unreadable(broken: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        read(message(**broken))


# What others have collected


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the folder of collected samples is not beside the checkout")
def test_every_collected_payload_is_read() -> None:
    found = sorted([*CORPORA.glob("slack-java-sdk/*/**/*.json"), *CORPORA.glob("zulip/slack_*.json")])
    assert len(found) >= 152
    for path in found:
        items = ADAPTER.parse(CONFIG, Raw(body=path.read_bytes()))
        assert items, path
        for item in items:
            check_item(ADAPTER, item)


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="the folder of collected samples is not beside the checkout")
def test_collected_messages_say_what_they_say() -> None:
    def only(name: str) -> object:
        every = CONFIG.model_copy(update={"public_channels": "all"})
        [item] = ADAPTER.parse(every, Raw(body=Path(CORPORA / "zulip" / name).read_bytes()))
        return item

    mentions = only("slack_message_with_complex_formatted_mentions.json")
    assert isinstance(mentions, Inbound)
    assert mentions.text == "~_*@U074VRHQ11T*_~ ~_*#general*_~ ~_*@channel*_~ "
    assert "<s><em><strong>@channel</strong></em></s>" in (mentions.html or "")
    file = only("slack_message_with_inaccessible_file.json")
    assert isinstance(file, Inbound)
    assert file.files[0].ref == "F12345678"
    assert isinstance(only("slack_example_anomalous_payload.json"), Ignored)


@pytest.mark.parametrize(
    ("told", "partial"),
    [
        ({"part": 1, "parts": 1, "files": ""}, False),
        ({"part": 1, "parts": 2, "files": ""}, True),
        ({"part": 2, "parts": 2, "files": ""}, False),
        ({"part": 2, "parts": 2, "files": "F1"}, True),
    ],
)
def test_an_echo_says_whether_it_is_all_of_the_reply(told: dict[str, object], partial: bool) -> None:
    metadata = {"event_type": "onethread_message", "event_payload": {"idem_key": "k", **told}}
    item = read(message(app_id=APP, bot_id="B1", metadata=metadata))
    assert isinstance(item, Inbound)
    assert (item.idem_key, item.partial) == ("k", partial)
