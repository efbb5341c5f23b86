"""Changing and taking back what the bot has sent: one message or several, with files, and in business chats."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.telegram import ADAPTER
from inbox.contract import (
    NeedsReauth,
    OutFile,
    Outgoing,
    Party,
    Posted,
    Receipt,
    Rejected,
    TryLater,
    Uncertain,
)
from tests.adapters.telegram.peer import config_of, net_io
from tests.peers.process import free_port
from tests.peers.telegram import Fault, Telegram

ANNA = 5_000_000_001
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LONG = " ".join(f"word{n}" for n in range(800))


@pytest.fixture(autouse=True)
def _anna(telegram: Telegram) -> None:
    telegram.write(telegram.person(ANNA), "Hello")


def photo(name: str) -> OutFile:
    return OutFile(name=name, media_type="image/png", size=len(PNG), open=lambda: io.BytesIO(PNG))


def sent(telegram: Telegram, text: str, *files: OutFile, place: str = "") -> Posted:
    """A reply that has gone out."""
    to = Party(namespace="telegram", address=str(ANNA), place=place)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    message = Outgoing(idem_key="k" * 26, to=to, text=text, files=files, created_at=at)
    receipt: Receipt = ADAPTER.send(config_of(telegram), message, net_io())
    telegram.calls.clear()
    # Aliases are stored in no order.
    ids = (receipt.external_id, *sorted(receipt.aliases, reverse=True))
    return Posted(to=to, external_ids=ids, text=text, files=len(files))


def edit(telegram: Telegram, posted: Posted, text: str, **options: Any) -> None:
    ADAPTER.edit(config_of(telegram), posted, text, net_io(**options))


def delete(telegram: Telegram, posted: Posted) -> None:
    ADAPTER.delete(config_of(telegram), posted, net_io())


def shown(telegram: Telegram) -> list[str]:
    """What the customer sees of the bot's messages, in order."""
    return [
        message.get("text") or message.get("caption") or ""
        for _key, message in sorted(telegram.messages.items())
    ]


def test_a_text_is_changed_with_its_styles(telegram: Telegram) -> None:
    posted = sent(telegram, "It leaves today")
    edit(telegram, posted, "It leaves **tomorrow** 📦")
    assert shown(telegram) == ["It leaves tomorrow 📦"]
    assert telegram.calls[-1].json("entities") == [{"type": "bold", "offset": 10, "length": 8}]


def test_what_says_so_already_is_done(telegram: Telegram) -> None:
    posted = sent(telegram, "One")
    for _ in range(2):
        edit(telegram, posted, "Two")
    assert (shown(telegram), len(telegram.calls)) == (["Two"], 2)


def test_the_text_below_an_album_is_at_its_first_picture(telegram: Telegram) -> None:
    posted = sent(telegram, "Two of them", photo("a.png"), photo("b.png"))
    edit(telegram, posted, "Both")
    assert (shown(telegram), telegram.calls[-1].method) == (["Both", ""], "editMessageCaption")
    with pytest.raises(Rejected, match="1024"):
        edit(telegram, posted, "x" * 1025)


def test_pictures_without_a_text_can_get_one(telegram: Telegram) -> None:
    posted = sent(telegram, "", photo("a.png"))
    edit(telegram, posted, "The blue one")
    assert shown(telegram) == ["The blue one"]


def test_a_text_before_files_stays_there_however_short_it_becomes(telegram: Telegram) -> None:
    posted = sent(telegram, "x" * 2000, photo("a.png"))
    for text in ("Short.", "Shorter"):
        edit(telegram, posted, text)
        assert shown(telegram) == [text, ""]
        posted = posted.model_copy(update={"text": text})


def test_a_reply_of_several_messages_keeps_their_number(telegram: Telegram) -> None:
    posted = sent(telegram, LONG)
    edit(telegram, posted, LONG.replace("word", "term"))
    assert " ".join(shown(telegram)) == LONG.replace("word", "term")
    telegram.calls.clear()
    with pytest.raises(Rejected, match="is 2 messages, and the new text would be 1 message"):
        edit(telegram, posted, "Short.")
    assert telegram.calls == [], "and nothing was changed"


def test_after_a_part_was_changed_it_is_uncertain_and_can_be_asked_again(telegram: Telegram) -> None:
    posted = sent(telegram, LONG)
    telegram.fail("editMessageText", Fault("pass"))
    telegram.refuse("editMessageText", 429, "Too Many Requests: retry after 7", retry_after=7)
    with pytest.raises(Uncertain, match="1 of 2 messages of this reply were changed"):
        edit(telegram, posted, LONG.upper())
    edit(telegram, posted, LONG.upper())
    assert " ".join(shown(telegram)) == LONG.upper()


@pytest.mark.parametrize(
    ("code", "description", "raised", "said"),
    [
        (400, "Bad Request: message to edit not found", Rejected, "not there any more"),
        (400, "Bad Request: message can't be edited", Rejected, "does not let the bot change"),
        (403, "Forbidden: bot was blocked by the user", Rejected, "blocked"),
        (401, "Unauthorized", NeedsReauth, "BotFather"),
        (429, "Too Many Requests: retry after 7", TryLater, "pause"),
        (502, "Bad Gateway", Uncertain, "502"),
    ],
)
def test_each_refusal_of_a_change_is_a_sentence_of_the_right_kind(
    telegram: Telegram, code: int, description: str, raised: type[Exception], said: str
) -> None:
    posted = sent(telegram, "One")
    telegram.refuse("editMessageText", code, description, **({"retry_after": 7} if code == 429 else {}))
    with pytest.raises(raised, match=said):
        edit(telegram, posted, "Two")
    assert shown(telegram) == ["One"]


def test_a_reply_is_taken_back_whole_as_often_as_asked(telegram: Telegram) -> None:
    posted = sent(telegram, LONG, photo("a.png"), photo("b.png"))
    assert len(shown(telegram)) == 4
    for _ in range(2):
        delete(telegram, posted)
    assert shown(telegram) == []
    assert [call.method for call in telegram.calls] == ["deleteMessages"] * 2


def test_after_48_hours_telegram_lets_nothing_be_taken_back(telegram: Telegram) -> None:
    posted = sent(telegram, "One")
    for message in telegram.messages.values():
        message["date"] -= 48 * 3600 + 60
    with pytest.raises(Rejected, match="48 hours"):
        delete(telegram, posted)
    assert shown(telegram) == ["One"]


def test_in_a_business_chat_its_owner_decides(telegram: Telegram) -> None:
    posted = sent(telegram, "One", place="B1")
    edit(telegram, posted, "Two")
    assert shown(telegram) == ["Two"]
    with pytest.raises(Rejected, match="does not let the bot delete"):
        delete(telegram, posted)
    telegram.deletes_in.add("B1")
    delete(telegram, posted)
    assert shown(telegram) == []


def test_an_answer_that_does_not_come_is_uncertain(telegram: Telegram) -> None:
    posted = sent(telegram, "One")
    telegram.fail("editMessageText", Fault("cut_after"))
    with pytest.raises(Uncertain):
        edit(telegram, posted, "Two")
    telegram.fail("deleteMessages", Fault("cut_after"))
    with pytest.raises(Uncertain):
        delete(telegram, posted)
    delete(telegram, posted)


def test_a_reply_whose_numbers_are_not_known_is_left_alone(telegram: Telegram) -> None:
    posted = sent(telegram, "One")
    for ids in ((), (f":{ANNA}:0@k-0",)):
        unknown = posted.model_copy(update={"external_ids": ids})
        with pytest.raises(Rejected, match="not known"):
            edit(telegram, unknown, "Two")
        with pytest.raises(Rejected, match="not known"):
            delete(telegram, unknown)
    with pytest.raises(Rejected, match="known by their numbers"):
        edit(telegram, posted.model_copy(update={"files": 2}), "Two")
    with pytest.raises(TryLater):
        ADAPTER.edit(config_of(telegram, api_base=f"http://127.0.0.1:{free_port()}"), posted, "Two", net_io())
