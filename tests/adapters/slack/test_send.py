"""Replies to Slack: texts, threads, files, what is left when only a part arrived, and what Slack says no with."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.slack import ADAPTER
from adapters.slack import send as sending
from adapters.slack.api import SECONDS, Api
from adapters.slack.errors import MEANINGS
from inbox.contract import (
    AdapterError,
    NeedsReauth,
    OutFile,
    Outgoing,
    Party,
    Receipt,
    Rejected,
    TryLater,
    Uncertain,
)
from inbox.contract.conformance import check_error
from tests.adapters.slack.peer import config_of, net_io
from tests.peers.process import free_port
from tests.peers.slack import Fault, Slack
from tests.peers.slack_world import BOT_USER

KEY = "k" * 26
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def anna(slack: Slack) -> str:
    return slack.person("Anna Moretti")


def reply(to: str, text: str = "Hello", *files: OutFile, **more: Any) -> Outgoing:
    party = Party(namespace="slack", address=to)
    made = {"created_at": datetime.now(UTC), "idem_key": KEY}
    return Outgoing(to=party, text=text, files=files, **{**made, **more})


def file(name: str = "label.pdf", content: bytes = PNG) -> OutFile:
    return OutFile(
        name=name, media_type="application/pdf", size=len(content), open=lambda: io.BytesIO(content)
    )


def sent(slack: Slack, message: Outgoing, **options: Any) -> Receipt:
    return ADAPTER.send(config_of(slack), message, net_io(**options))


def posted(slack: Slack) -> list[dict[str, Any]]:
    return [call.args for call in slack.made("chat.postMessage")]


# Texts


def test_a_text_goes_to_the_chat_with_a_person_and_bears_our_key(slack: Slack, anna: str) -> None:
    receipt = sent(slack, reply(anna, "It leaves **today** <!channel> & @here"))
    [args] = posted(slack)
    assert args["channel"] == slack.chat(anna)
    assert args["text"] == "It leaves *today* &lt;!channel&gt; &amp; @here"
    assert (args["parse"], args["link_names"], args["unfurl_links"], args["unfurl_media"]) == (
        "none",
        0,
        0,
        0,
    )
    assert "thread_ts" not in args
    metadata = args["metadata"]
    assert (metadata["event_type"], metadata["event_payload"]["idem_key"]) == ("onethread_message", KEY)
    [message] = slack.conversations[slack.chat(anna)].messages
    assert receipt.external_id == f"{slack.chat(anna)}/{message['ts']}"


def test_the_chat_is_known_from_what_was_written_there(slack: Slack, anna: str) -> None:
    first = slack.say(anna, slack.chat(anna), "Hi")
    sent(slack, reply(anna, in_reply_to=f"{slack.chat(anna)}/{first['ts']}"))
    assert slack.made("conversations.open") == []
    assert "thread_ts" not in posted(slack)[0], "a chat with one person needs no threads"


def test_an_answer_stays_in_the_thread_of_what_it_answers(slack: Slack, anna: str) -> None:
    place = slack.channel()
    root = slack.say(anna, place, "Question")
    receipt = sent(slack, reply(place, in_reply_to=f"{place}/{root['ts']}"))
    assert posted(slack)[-1]["thread_ts"] == root["ts"]
    ts = slack.conversations[place].messages[-1]["ts"]
    assert (receipt.external_id, receipt.aliases) == (f"{place}/{ts}", (f"{place}/{root['ts']}/{ts}",))
    sent(slack, reply(place, in_reply_to=f"{place}/{root['ts']}/1760000000.000100"))
    assert posted(slack)[-1]["thread_ts"] == root["ts"], "the root, never a reply's own time"
    chat = slack.chat(anna)
    sent(slack, reply(anna, in_reply_to=f"{chat}/1759990000.000100/1760000000.000100"))
    assert posted(slack)[-1]["thread_ts"] == "1759990000.000100"


def test_in_a_chat_with_one_person_a_chosen_message_is_answered_below_it(slack: Slack, anna: str) -> None:
    first = slack.say(anna, slack.chat(anna), "One")
    slack.say(anna, slack.chat(anna), "Two")
    sent(slack, reply(anna, in_reply_to=f"{slack.chat(anna)}/{first['ts']}", chosen=True))
    assert posted(slack)[-1]["thread_ts"] == first["ts"]


@pytest.mark.parametrize("elsewhere", ["", "C0OTHER/1760000000.000100", "file/F0123", "nonsense", "a/b/c"])
def test_what_answers_nothing_here_begins_at_the_top(slack: Slack, elsewhere: str) -> None:
    sent(slack, reply(slack.channel(), in_reply_to=elsewhere))
    assert "thread_ts" not in posted(slack)[0]


def test_a_long_text_is_several_messages_and_one_reply(slack: Slack, anna: str) -> None:
    text = " ".join(f"word{number}" for number in range(1200))
    receipt = sent(slack, reply(anna, text))
    parts = posted(slack)
    assert len(parts) == 3
    assert " ".join(args["text"] for args in parts) == text
    told = [args["metadata"]["event_payload"] for args in parts]
    assert [(each["part"], each["parts"]) for each in told] == [(1, 3), (2, 3), (3, 3)]
    assert len({receipt.external_id, *receipt.aliases}) == 3


def test_an_empty_reply_is_nothing_to_send(slack: Slack, anna: str) -> None:
    with pytest.raises(Rejected, match="empty"):
        sent(slack, reply(anna, " \n "))
    assert slack.calls == []


@pytest.mark.parametrize("address", ["anna@example.org", "U0/../1", " "])
def test_an_address_of_another_network_is_none_here(slack: Slack, address: str) -> None:
    with pytest.raises(Rejected, match="no address in Slack"):
        sent(slack, reply(address))


# Files


def test_files_go_in_three_steps_after_the_text(slack: Slack, anna: str) -> None:
    place = slack.channel()
    root = slack.say(anna, place, "Please")
    receipt = sent(
        slack, reply(place, "Here", file(), file("photo.png", b"x"), in_reply_to=f"{place}/{root['ts']}")
    )
    assert [call.method for call in slack.calls][:3] == ["files.getUploadURLExternal"] * 2 + [
        "chat.postMessage"
    ]
    [shared] = slack.made("files.completeUploadExternal")
    assert (shared.args["channel_id"], shared.args["thread_ts"]) == (place, root["ts"])
    listed = json.loads(shared.args["files"])
    assert [each["title"] for each in listed] == ["label.pdf", "photo.png"]
    assert [slack.contents[each["id"]] for each in listed] == [PNG, b"x"]
    message = slack.conversations[place].messages[-1]
    names = {receipt.external_id, *receipt.aliases}
    assert {f"{place}/{message['ts']}", *(f"file/{each['id']}" for each in listed)} <= names


def test_files_alone_are_a_reply(slack: Slack) -> None:
    place = slack.channel()
    receipt = sent(slack, reply(place, "", file()))
    assert receipt.external_id == f"{place}/{slack.conversations[place].messages[-1]['ts']}"


def test_a_file_whose_message_slack_does_not_tell_is_known_by_its_own_id(slack: Slack) -> None:
    slack.refuse("files.info", "internal_error")
    assert sent(slack, reply(slack.channel(), "", file())).external_id.startswith("file/")


def test_an_empty_file_is_refused_before_anything_arrives(slack: Slack, anna: str) -> None:
    with pytest.raises(Rejected, match="empty file: label"):
        sent(slack, reply(anna, "Here", file(content=b"")))
    assert posted(slack) == []


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_an_upload_that_breaks_off_may_be_repeated_as_nobody_has_seen_it(
    slack: Slack, anna: str, kind: str
) -> None:
    slack.fail("upload", Fault(kind))
    with pytest.raises(TryLater):
        sent(slack, reply(anna, "Here", file()))
    assert posted(slack) == []
    sent(slack, reply(anna, "Here", file()))
    assert len(posted(slack)) == 1


# What Slack says no with


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_known_refusal_has_its_sentence(slack: Slack, code: str) -> None:
    slack.refuse("chat.postMessage", code)
    kind = {"reauth": NeedsReauth, "rejected": Rejected, "later": TryLater, "unclear": Uncertain}
    with pytest.raises(kind[MEANINGS[code].kind]) as caught:
        sent(slack, reply(slack.channel()))
    check_error(caught.value)
    assert isinstance(caught.value, AdapterError)
    assert code not in caught.value.reason or MEANINGS[code].kind == "unclear"


@pytest.mark.parametrize(
    ("code", "kind", "gone"),
    [
        ("invalid_auth", NeedsReauth, False),
        ("token_revoked", NeedsReauth, False),
        ("account_inactive", NeedsReauth, False),
        ("not_in_channel", Rejected, True),
        ("channel_not_found", Rejected, True),
        ("is_archived", Rejected, True),
        ("msg_too_long", Rejected, False),
        ("restricted_action", Rejected, False),
        ("ratelimited", TryLater, False),
        ("fatal_error", Uncertain, False),
        ("internal_error", Uncertain, False),
        ("something_new", Rejected, False),
    ],
)
def test_what_the_refusals_mean(slack: Slack, code: str, kind: type[AdapterError], gone: bool) -> None:
    slack.refuse("chat.postMessage", code)
    with pytest.raises(kind) as caught:
        sent(slack, reply(slack.channel()))
    assert getattr(caught.value, "unreachable", False) is gone


def test_a_channel_that_cannot_be_written_to_says_why(slack: Slack) -> None:
    place = slack.channel()
    slack.conversations[place].is_member = False
    with pytest.raises(Rejected, match="Invite it"):
        sent(slack, reply(place))
    slack.conversations[place].archived = True
    with pytest.raises(Rejected, match="archived"):
        sent(slack, reply(place))


def test_without_the_right_to_write_replies_are_held(slack: Slack) -> None:
    slack.scopes = slack.scopes.replace("chat:write,", "")
    with pytest.raises(NeedsReauth, match="chat:write"):
        sent(slack, reply(slack.channel()))


def test_a_missing_right_to_anything_else_holds_nothing(slack: Slack, anna: str) -> None:
    slack.scopes = slack.scopes.replace("files:write,", "")
    with pytest.raises(Rejected, match="files:write"):
        sent(slack, reply(anna, "Here", file()))


def test_a_limit_tells_how_long_to_wait(slack: Slack) -> None:
    slack.limit("chat.postMessage", 37)
    with pytest.raises(TryLater) as caught:
        sent(slack, reply(slack.channel()))
    assert caught.value.after == 37


@pytest.mark.parametrize(
    "fault",
    [
        Fault("say", 503, b"<html>Service Unavailable</html>"),
        Fault("say", 500, b""),
        Fault("say", 200, b"<html>not the API</html>"),
        Fault("say", 200, b"[1]"),
        Fault("say", 200, b"null"),
        Fault("say", 200, b'{"ok": true}'),
        Fault("say", 200, b'{"ok": true, "ts": 5}'),
        Fault("say", 200, b'{"ok": "'),
        Fault("cut"),
        Fault("cut_after"),
    ],
    ids=["503", "500", "html", "list", "null", "no ts", "ts no text", "half", "cut", "cut_after"],
)
def test_an_answer_that_says_neither_is_uncertain(slack: Slack, fault: Fault) -> None:
    slack.fail("chat.postMessage", fault)
    with pytest.raises(Uncertain):
        sent(slack, reply(slack.channel()))
    assert len(posted(slack)) == 1, "never sent again by itself"


def test_an_answer_that_does_not_come_is_uncertain_in_time(slack: Slack) -> None:
    assert SECONDS < 15, "a person sees within that time that nobody knows"
    api = Api(config_of(slack), net_io(), 0.3)
    slack.fail("chat.postMessage", Fault("hang", seconds=5))
    with pytest.raises(Uncertain, match="in time"):
        api.change(api.client.chat_postMessage, channel=slack.channel(), text="Hi")
    slack.fail("auth.test", Fault("hang", seconds=5))
    with pytest.raises(TryLater, match="in time"):
        api.ask(api.client.auth_test)


def test_a_server_that_is_away_has_certainly_taken_nothing(slack: Slack) -> None:
    config = config_of(slack, api_base=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TryLater):
        ADAPTER.send(config, reply("C0VIP0001"), net_io())


def test_what_only_asks_is_never_uncertain(slack: Slack, anna: str) -> None:
    slack.fail("conversations.open", Fault("cut_after"))
    with pytest.raises(TryLater):
        sent(slack, reply(anna))


def test_a_short_pause_between_parts_is_waited_for(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(sending.time, "sleep", slept.append)
    monkeypatch.setattr(sending.time, "monotonic", lambda: sum(slept))
    slack.fail("chat.postMessage", Fault("pass"))
    slack.limit("chat.postMessage", 2)
    sent(slack, reply(slack.channel(), "word " * 1000))
    assert sum(slept) == 2
    assert len(slack.made("chat.postMessage")) == 3


def test_what_arrived_of_a_reply_is_never_sent_again(slack: Slack) -> None:
    slack.fail("chat.postMessage", Fault("pass"))
    slack.limit("chat.postMessage", 3600)
    with pytest.raises(Rejected, match="1 of 2 messages"):
        sent(slack, reply(slack.channel(), "word " * 1000))
    slack.fail("chat.postMessage", Fault("pass"), Fault("cut_after"))
    with pytest.raises(Uncertain, match="1 of 2 messages"):
        sent(slack, reply(slack.channel(), "word " * 1000))


def test_the_wire_begins_after_the_upload_and_before_the_first_message(slack: Slack) -> None:
    seen: list[tuple[str, int]] = []
    io = {"checkpoint": lambda name: seen.append((name, len(slack.calls)))}
    sent(slack, reply(slack.channel(), "Here", file()), **io)
    assert [name for name, _calls in seen] == ["before_wire", "mid_body", "mid_body", "after_wire"]
    assert seen[0][1] == 1, "only the address for the file was asked for"


# Asking whether it arrived


def lookup(slack: Slack, message: Outgoing) -> Receipt | None:
    return ADAPTER.lookup(config_of(slack), message, net_io())


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_reply_that_arrived_in_spite_of_all_is_found_by_its_key(
    slack: Slack, anna: str, in_thread: bool
) -> None:
    place = slack.channel()
    root = slack.say(anna, place, "Question")
    more = {"in_reply_to": f"{place}/{root['ts']}"} if in_thread else {}
    message = reply(place, "word " * 1000, file(), **more)
    slack.fail("files.completeUploadExternal", Fault("cut_after"))
    with pytest.raises(Uncertain):
        sent(slack, message)
    for number in range(3):
        slack.say(anna, place, f"Chatter {number}")
    found = lookup(slack, message)
    assert found is not None
    ours = [each["ts"] for each in slack.conversations[place].messages if each["user"] == BOT_USER]
    assert {name.rpartition("/")[2] for name in (found.external_id, *found.aliases)} >= set(ours)


def test_a_reply_of_which_a_part_is_missing_is_not_called_sent(slack: Slack) -> None:
    place = slack.channel()
    message = reply(place, "word " * 1000)
    slack.fail("chat.postMessage", Fault("pass"), Fault("cut"))
    with pytest.raises(Uncertain):
        sent(slack, message)
    assert lookup(slack, message) is None
    with_file = reply(place, "Here", file(), idem_key="m" * 26)
    slack.fail("files.completeUploadExternal", Fault("cut"))
    with pytest.raises(Uncertain):
        sent(slack, with_file)
    assert lookup(slack, with_file) is None


def test_another_reply_with_the_same_words_is_not_it(slack: Slack) -> None:
    place = slack.channel()
    sent(slack, reply(place, "Hello", idem_key="o" * 26))
    assert lookup(slack, reply(place, "Hello")) is None
    assert lookup(slack, reply(place, "", file())) is None, "files alone bear no key"


def test_it_is_looked_for_on_all_pages_and_no_further_back_than_needed(slack: Slack, anna: str) -> None:
    place = slack.channel()
    message = reply(place)
    sent(slack, message)
    for number in range(150):
        slack.say(anna, place, f"Chatter {number}")
    assert lookup(slack, message) is not None
    assert len(slack.made("conversations.history")) == 2
    later = message.model_copy(update={"created_at": datetime.now(UTC) + timedelta(hours=1)})
    assert lookup(slack, later) is None


def test_asking_fails_like_any_other_question(slack: Slack) -> None:
    slack.limit("conversations.history", 60)
    with pytest.raises(TryLater):
        lookup(slack, reply(slack.channel()))


# Reactions


def react(slack: Slack, external_id: str, *emoji: str) -> None:
    party = Party(namespace="slack", address="C0VIP")
    ADAPTER.react(config_of(slack), party, external_id, emoji, net_io())


def test_reactions_become_those_that_are_wanted(slack: Slack, anna: str) -> None:
    place = slack.channel()
    message = slack.say(anna, place, "Thanks")
    slack.react(anna, place, message["ts"], "tada")
    react(slack, f"{place}/{message['ts']}", "👍", "❤")
    own = lambda: [each["name"] for each in message["reactions"] if BOT_USER in each["users"]]  # noqa: E731
    assert own() == ["thumbsup", "heart"]
    react(slack, f"{place}/{message['ts']}", "❤️")
    assert own() == ["heart"]
    react(slack, f"{place}/1760000000.000100/{message['ts']}")
    assert own() == []
    assert [each["name"] for each in message["reactions"]] == ["tada"]


@pytest.mark.parametrize("emoji", ["👍", "❤", "🙏", "👏", "🎉", "😁", "🔥", "🤔", "😢", "👎"])
def test_every_reaction_that_agents_are_offered_has_a_name_at_slack(
    slack: Slack, anna: str, emoji: str
) -> None:
    place = slack.channel()
    message = slack.say(anna, place, "Thanks")
    react(slack, f"{place}/{message['ts']}", emoji)
    assert len(message["reactions"]) == 1


def test_a_reaction_that_cannot_be_is_refused(slack: Slack) -> None:
    place = slack.channel()
    with pytest.raises(Rejected, match="not there any more"):
        react(slack, f"{place}/1760000000.000100", "👍")
    with pytest.raises(Rejected, match="does not offer"):
        react(slack, f"{place}/1760000000.000100", "x")
    with pytest.raises(Rejected, match="does not have"):
        react(slack, "nonsense", "👍")
