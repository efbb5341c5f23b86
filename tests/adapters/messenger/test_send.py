"""A reply as the Page's messages, by the right that there is at that time."""

from typing import Any

import pytest

from adapters.meta.messenger import ADAPTER
from inbox.contract import NeedsReauth, Outgoing, Receipt, Rejected, TryLater, Uncertain
from tests.adapters.messenger.peer import config_of, net_io
from tests.adapters.meta.outgoing import KEY, file, large, reply
from tests.peers.graph_call import Fault, throttled
from tests.peers.graph_page import PERSON, Account
from tests.peers.process import free_port


def message(text: str = "", **more: Any) -> Outgoing:
    return reply("messenger", text, **more)


def send(page: Account, what: Outgoing, **config: Any) -> Receipt:
    return ADAPTER.send(config_of(page, **config), what, net_io())


def test_a_text_goes_out_as_an_answer_with_our_key(page: Account) -> None:
    receipt = send(page, message("It **leaves** today."))
    [sent] = page.sent
    assert sent["message"] == {"text": "It leaves today.", "metadata": KEY}
    assert (sent["messaging_type"], "tag" in sent) == ("RESPONSE", False)
    assert (receipt.external_id, receipt.aliases) == (sent["mid"], ())


def test_the_token_goes_in_a_header_with_the_proof_that_the_app_is_ours(page: Account) -> None:
    send(page, message("Hello"))
    [call] = page.graph.calls
    assert call.headers["authorization"] == f"Bearer {page.graph.token}"
    assert page.graph.token not in str(call.params)


def test_a_long_text_is_sent_in_parts_that_each_fit(page: Account) -> None:
    text = "A sentence about shoes. " * 200
    receipt = send(page, message(text))
    texts = [sent["message"]["text"] for sent in page.sent]
    assert len(texts) > 1
    assert all(len(part) <= 2000 for part in texts)
    assert " ".join(texts).split() == text.split()
    assert tuple(texts) == ADAPTER.parts(config_of(page), text), "what the preview has shown"
    assert [receipt.external_id, *receipt.aliases] == [sent["mid"] for sent in page.sent]
    total = len(texts)
    keys = [sent["message"]["metadata"] for sent in page.sent]
    assert keys == [f"{KEY}.{number}.{total}" for number in range(1, total + 1)]


def test_only_the_first_message_answers(page: Account) -> None:
    asked = page.write(text="When?")
    send(page, message("Today. " * 400, in_reply_to=asked))
    assert [sent.get("reply_to") for sent in page.sent] == [{"mid": asked}, *[None] * (len(page.sent) - 1)]


def test_an_answered_message_that_is_gone_is_no_obstacle(page: Account) -> None:
    send(page, message("Today", in_reply_to="m_gone"))
    assert [sent.get("reply_to") for sent in page.sent] == [None]
    assert len(page.graph.made("messages")) == 2


def test_what_has_no_id_at_meta_is_not_answered(page: Account) -> None:
    send(page, message("Welcome", in_reply_to="event:referral:1:2"))
    assert len(page.graph.made("messages")) == 1


# Files


@pytest.mark.parametrize(
    ("name", "media_type", "kind"),
    [
        ("shoes.jpg", "image/jpeg", "image"),
        ("clip.mp4", "video/mp4", "video"),
        ("voice.m4a", "audio/mp4", "audio"),
        ("invoice.pdf", "application/pdf", "file"),
        ("photo.heic", "image/heic", "file"),
    ],
)
def test_a_file_is_uploaded_and_sent_as_what_it_is(
    page: Account, name: str, media_type: str, kind: str
) -> None:
    send(page, message("Here it is", files=(file(b"bytes", name, media_type),)))
    assert list(page.attachments.values()) == [(kind, b"bytes")]
    assert [sorted(sent["message"]) for sent in page.sent] == [
        ["metadata", "text"],
        ["attachment", "metadata"],
    ]
    [upload] = page.graph.made("message_attachments")
    assert (upload.names["filedata"], upload.types["filedata"]) == (name, media_type)


def test_a_large_picture_goes_as_a_file(page: Account) -> None:
    send(page, message(files=(file(b"x" * 8_000_001, "wall.png", "image/png"),)))
    assert [kind for kind, _content in page.attachments.values()] == ["file"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (large(25_000_001, "film.mp4", "video/mp4"), "25 MB"),
        (large(0, "nothing.txt", "text/plain"), "empty"),
    ],
)
def test_what_messenger_would_not_take_is_refused_before_anything_is_sent(
    page: Account, what: Any, said: str
) -> None:
    with pytest.raises(Rejected, match=said):
        send(page, message("Look", files=(what,)))
    assert page.graph.calls == []


def test_nothing_to_send_is_refused(page: Account) -> None:
    with pytest.raises(Rejected, match="nothing to send"):
        send(page, message("  "))
    assert page.graph.calls == []


def test_an_upload_that_broke_off_can_be_tried_again_as_nobody_has_seen_it(page: Account) -> None:
    page.graph.fail("message_attachments", Fault("cut_after"))
    with pytest.raises(TryLater):
        send(page, message(files=(file(),)))
    send(page, message(files=(file(),)))
    assert len(page.sent) == 1


# The time in which may be answered


@pytest.mark.parametrize("days", [0.0, 0.99])
def test_within_a_day_everybody_may_answer(page: Account, days: float) -> None:
    page.silent(days)
    send(page, message("Hello", days=days, automatic=True))
    assert page.sent[0]["messaging_type"] == "RESPONSE"


def test_later_a_person_may_with_the_right_to(page: Account) -> None:
    page.human_agent = True
    page.silent(6.9)
    send(page, message("Hello", days=6.9), human_agent=True)
    assert (page.sent[0]["messaging_type"], page.sent[0]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


@pytest.mark.parametrize(
    ("days", "automatic", "human_agent", "said"),
    [
        (1.1, False, False, "has not the right to answer later"),
        (1.1, True, True, "only a person"),
        (7.1, False, True, "More than 7 days"),
        (7.1, False, False, "More than 7 days"),
        (7.1, True, False, "More than 7 days"),
    ],
)
def test_too_late_is_told_without_asking_meta(
    page: Account, days: float, automatic: bool, human_agent: bool, said: str
) -> None:
    with pytest.raises(Rejected, match=said) as caught:
        send(page, message("Hello", days=days, automatic=automatic), human_agent=human_agent)
    assert (caught.value.code, caught.value.unreachable) == ("window", False)
    assert page.graph.calls == []


def test_where_we_do_not_know_meta_decides(page: Account) -> None:
    page.silent(2)
    with pytest.raises(Rejected, match="time in which Meta lets us answer is over"):
        send(page, message("Hello", days=None))
    page.human_agent = True
    send(page, message("Hello", days=None), human_agent=True)
    assert [sent["messaging_type"] for sent in page.sent] == ["MESSAGE_TAG"]


def test_at_the_border_metas_clock_decides(page: Account) -> None:
    page.human_agent = True
    page.silent(1.001)
    send(page, message("One. " * 500, days=0.999), human_agent=True)
    assert {sent["messaging_type"] for sent in page.sent} == {"MESSAGE_TAG"}
    assert len(page.graph.made("messages")) == len(page.sent) + 1, "refused once"


def test_a_machine_never_uses_a_persons_right(page: Account) -> None:
    page.human_agent = True
    page.silent(1.001)
    with pytest.raises(Rejected, match="is over"):
        send(page, message("Hello", days=0.999, automatic=True), human_agent=True)
    assert page.sent == []


def test_what_an_account_can_do_depends_on_its_rights(page: Account) -> None:
    assert ADAPTER.can(config_of(page)).late_window is None
    can = ADAPTER.can(config_of(page, human_agent=True))
    assert (can.reply_window, can.late_window) == (86_400, 7 * 86_400)


# What goes wrong


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_without_an_answer_it_is_not_known_whether_it_was_sent(page: Account, kind: str) -> None:
    page.graph.fail("messages", Fault(kind))
    with pytest.raises(Uncertain):
        send(page, message("Hello"))
    assert len(page.sent) == (kind == "cut_after")


def test_an_error_without_a_reason_leaves_it_open(page: Account) -> None:
    page.graph.fail("messages", Fault("say", status=502, answer=b"<html>Bad Gateway</html>"))
    with pytest.raises(Uncertain, match="HTTP 502"):
        send(page, message("Hello"))


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"recipient_id": "1"}', b'{"message_id": 7}', b"\xff"])
def test_an_answer_that_nobody_understands_leaves_it_open(page: Account, answer: bytes) -> None:
    page.graph.fail("messages", Fault("say", answer=answer))
    with pytest.raises(Uncertain):
        send(page, message("Hello"))


def test_nobody_there_means_not_sent(page: Account) -> None:
    with pytest.raises(TryLater):
        send(page, message("Hello"), api_base=f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("code", [4, 613, 1200, 2])
def test_trouble_that_passes_is_tried_later(page: Account, code: int) -> None:
    page.graph.refuse("messages", code)
    with pytest.raises(TryLater) as caught:
        send(page, message("Hello"))
    assert caught.value.code == str(code)


def test_the_pause_that_meta_asks_for_is_kept(page: Account) -> None:
    page.graph.fail("messages", throttled(minutes=3))
    with pytest.raises(TryLater) as caught:
        send(page, message("Hello"))
    assert caught.value.after == 180.0


def test_a_dead_token_holds_everything(page: Account) -> None:
    with pytest.raises(NeedsReauth, match="does not accept the access token"):
        send(page, message("Hello"), access_token="EAAwrong")


def test_a_wrong_app_secret_holds_everything_too(page: Account) -> None:
    with pytest.raises(NeedsReauth, match="does not accept the app secret"):
        send(page, message("Hello"), app_secret="wrong")


def test_somebody_who_is_gone_cannot_be_reached(page: Account) -> None:
    page.gone.add(PERSON)
    with pytest.raises(Rejected, match="blocked the account") as caught:
        send(page, message("Hello"))
    assert caught.value.unreachable


def test_an_unknown_person_cannot_be_reached(page: Account) -> None:
    with pytest.raises(Rejected, match="knows no such person") as caught:
        send(page, message("Hello", to="7100000000000099"))
    assert caught.value.unreachable


# In the middle of a reply

LONG = "One. " * 500


def test_a_part_that_failed_for_sure_is_told_with_what_has_arrived(page: Account) -> None:
    page.graph.fail("messages", Fault("pass"))
    page.graph.refuse("messages", 551, subcode=1545041)
    with pytest.raises(Rejected, match="1 of 2 messages of this reply arrived, the rest did not") as caught:
        send(page, message(LONG))
    assert caught.value.unreachable
    assert len(page.sent) == 1


def test_a_part_of_which_nothing_is_known_leaves_the_whole_open(page: Account) -> None:
    page.graph.fail("messages", Fault("pass"), Fault("cut_after"))
    with pytest.raises(Uncertain, match="1 of 2 messages"):
        send(page, message(LONG))
    assert len(page.sent) == 2


def test_a_short_pause_in_the_middle_is_waited_for(page: Account) -> None:
    page.graph.fail("messages", Fault("pass"))
    page.graph.fail("messages", Fault("say", status=429, answer=b"{}", headers={"Retry-After": "0"}))
    send(page, message(LONG))
    assert len(page.sent) == 2


def test_a_long_pause_in_the_middle_is_not(page: Account) -> None:
    page.graph.fail("messages", Fault("pass"), throttled(minutes=5))
    with pytest.raises(Rejected, match="1 of 2 messages"):
        send(page, message(LONG))
    assert len(page.sent) == 1


def test_points_at_which_a_process_may_die(page: Account) -> None:
    seen: list[tuple[str, int]] = []
    io = net_io(checkpoint=lambda name: seen.append((name, len(page.sent))))
    ADAPTER.send(config_of(page), message(LONG), io)
    assert seen == [("before_wire", 0), ("mid_body", 1), ("mid_body", 2), ("after_wire", 2)]


# Beside messages


def test_typing_is_shown(page: Account) -> None:
    ADAPTER.typing(config_of(page), message().to, net_io())
    [call] = page.graph.calls
    assert call.fields == {"recipient": {"id": PERSON}, "sender_action": "typing_on"}
