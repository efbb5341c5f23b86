"""A reply as the account's messages. What Messenger does the same way is tried there."""

from typing import Any

import pytest

from adapters.meta.instagram import ADAPTER
from inbox.contract import Outgoing, Receipt, Rejected
from tests.adapters.instagram.peer import config_of, net_io
from tests.adapters.meta.outgoing import file, large, reply
from tests.peers.graph_page import PERSON, Account


def message(text: str = "", **more: Any) -> Outgoing:
    return reply("instagram", text, **more)


def send(account: Account, what: Outgoing, **config: Any) -> Receipt:
    return ADAPTER.send(config_of(account, **config), what, net_io())


def test_a_text_goes_out_as_an_answer(either: Account) -> None:
    receipt = send(either, message("It **leaves** today."))
    [sent] = either.sent
    assert sent["message"] == {"text": "It leaves today."}, "Instagram has no place for our key"
    assert sent["messaging_type"] == "RESPONSE"
    assert receipt.external_id == sent["mid"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [("x" * 1000, 1), ("x" * 1001, 2), ("ü" * 500, 1), ("ü" * 501, 2), ("\U0001f600" * 251, 2)],
)
def test_bytes_count_and_not_characters(account: Account, text: str, parts: int) -> None:
    send(account, message(text))
    texts = [sent["message"]["text"] for sent in account.sent]
    assert len(texts) == parts
    assert "".join(texts) == text
    assert tuple(texts) == ADAPTER.parts(config_of(account), text), "what the preview has shown"


@pytest.mark.parametrize(
    ("name", "media_type", "kind"),
    [
        ("shoes.png", "image/png", "image"),
        ("clip.mov", "video/quicktime", "video"),
        ("voice.m4a", "audio/mp4", "audio"),
        ("invoice.pdf", "application/pdf", "file"),
    ],
)
def test_a_file_is_uploaded_and_sent_as_what_it_is(
    account: Account, name: str, media_type: str, kind: str
) -> None:
    send(account, message("Here it is", files=(file(b"bytes", name, media_type),)))
    assert list(account.attachments.values()) == [(kind, b"bytes")]
    assert [*account.sent[1]["message"]] == ["attachment"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (large(8_000_001, "wall.png", "image/png"), "8 MB that Instagram takes of pictures"),
        (large(25_000_001, "film.mp4", "video/mp4"), "25 MB"),
        (large(100, "orders.xlsx", "application/vnd.ms-excel"), "does not take files like orders.xlsx"),
        (large(0, "nothing.png", "image/png"), "empty"),
    ],
)
def test_what_instagram_would_not_take_is_refused_before_anything_is_sent(
    account: Account, what: Any, said: str
) -> None:
    with pytest.raises(Rejected, match=said):
        send(account, message("Look", files=(what,)))
    assert account.graph.calls == []


def test_later_a_person_may_with_the_right_to(account: Account) -> None:
    account.human_agent = True
    account.silent(3)
    send(account, message("Hello", days=3), human_agent=True)
    assert account.sent[0]["tag"] == "HUMAN_AGENT"


def test_too_late_is_told(account: Account) -> None:
    account.silent(2)
    with pytest.raises(Rejected, match="time in which Meta lets us answer is over") as caught:
        send(account, message("Hello", days=None))
    assert (caught.value.code, caught.value.unreachable) == ("10/2534022", False)


def test_somebody_unknown_cannot_be_reached(account: Account) -> None:
    with pytest.raises(Rejected) as caught:
        send(account, message("Hello", to="6100000000000099"))
    assert caught.value.unreachable


def test_typing_is_shown(either: Account) -> None:
    ADAPTER.typing(config_of(either), message().to, net_io())
    assert either.graph.calls[0].fields["sender_action"] == "typing_on"


# Reactions


def test_a_heart_is_put_on_a_message_and_taken_away(account: Account) -> None:
    mid = account.write(text="Thank you!")
    config, to = config_of(account), message().to
    ADAPTER.react(config, to, mid, ("❤️",), net_io())
    assert account.reactions == {mid: "love"}
    ADAPTER.react(config, to, mid, (), net_io())
    assert account.reactions == {mid: ""}


@pytest.mark.parametrize("emoji", [("👍",), ("❤️", "👍"), ("❤️", "❤️")])
def test_no_other_reaction_is_possible(account: Account, emoji: tuple[str, ...]) -> None:
    with pytest.raises(Rejected, match="one ❤️ only"):
        ADAPTER.react(config_of(account), message().to, account.write(text="Hi"), emoji, net_io())
    assert account.graph.calls == []


def test_what_has_no_id_at_meta_has_no_reactions(account: Account) -> None:
    with pytest.raises(Rejected, match="to a message only"):
        ADAPTER.react(config_of(account), message(to=PERSON).to, "event:referral:1:2", ("❤️",), net_io())
