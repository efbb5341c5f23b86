"""Replies to Telegram: texts, files, albums, and what is left when only a part arrived."""

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.telegram import ADAPTER
from adapters.telegram import send as sending
from inbox.contract import NeedsReauth, OutFile, Outgoing, Party, Receipt, Rejected, TryLater, Uncertain
from tests.adapters.telegram.peer import config_of, net_io
from tests.peers.process import free_port
from tests.peers.telegram import Fault, Telegram

ANNA = 5_000_000_001
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(autouse=True)
def _anna(telegram: Telegram) -> None:
    """Anna has written, so she can be written to."""
    telegram.write(telegram.person(ANNA), "Hello")
    telegram.write(telegram.person(ANNA), "Hi", chat={"id": -5, "type": "group", "title": "Berlin"})


def reply(
    text: str = "Hello", *files: OutFile, to: str = str(ANNA), place: str = "", **more: Any
) -> Outgoing:
    party = Party(namespace="telegram", address=to, place=place)
    return Outgoing(
        idem_key="k" * 26,
        to=party,
        text=text,
        files=files,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        **more,
    )


def file(name: str, media_type: str, content: bytes = PNG) -> OutFile:
    return OutFile(name=name, media_type=media_type, size=len(content), open=lambda: io.BytesIO(content))


def photo(name: str = "a.png", content: bytes = PNG) -> OutFile:
    return file(name, "image/png", content)


def sent(telegram: Telegram, message: Outgoing, **options: Any) -> Receipt:
    return ADAPTER.send(config_of(telegram), message, net_io(**options))


def methods(telegram: Telegram) -> list[str]:
    return [call.method for call in telegram.calls]


# Texts


def test_a_text_goes_out_with_its_styles_as_entities(telegram: Telegram) -> None:
    receipt = sent(telegram, reply("It *leaves* **today** 📦"))
    [call] = telegram.calls
    assert call.params["text"] == "It leaves today 📦"
    assert "parse_mode" not in call.params
    assert call.json("entities") == [
        {"type": "italic", "offset": 3, "length": 6},
        {"type": "bold", "offset": 10, "length": 5},
    ]
    assert receipt.external_id.startswith(f":{ANNA}:")


def test_it_answers_the_customers_message_even_if_that_was_deleted(telegram: Telegram) -> None:
    sent(telegram, reply(in_reply_to=f":{ANNA}:1"))
    assert telegram.calls[0].json("reply_parameters") == {
        "message_id": 1,
        "allow_sending_without_reply": True,
    }
    for elsewhere in (":77:1", f"B:{ANNA}:1", f":{ANNA}:0@5", "", "nonsense"):
        sent(telegram, reply(in_reply_to=elsewhere))
        assert "reply_parameters" not in telegram.calls[-1].params


def test_a_long_text_is_several_messages_and_one_reply(telegram: Telegram) -> None:
    text = " ".join(f"word{n}" for n in range(800))
    receipt = sent(telegram, reply(text, in_reply_to=f":{ANNA}:1"))
    assert len(telegram.calls) == 2
    assert " ".join(call.params["text"] for call in telegram.calls) == text
    assert ["reply_parameters" in call.params for call in telegram.calls] == [True, False]
    assert len({receipt.external_id, *receipt.aliases}) == 2


def test_an_empty_text_is_nothing_to_send(telegram: Telegram) -> None:
    with pytest.raises(Rejected, match="nothing to send"):
        sent(telegram, reply("  \n "))
    assert telegram.calls == []


def test_places_are_named_as_telegram_wants_them(telegram: Telegram) -> None:
    sent(telegram, reply(to="-5/44"))
    assert (telegram.calls[-1].params["chat_id"], telegram.calls[-1].params["message_thread_id"]) == (
        "-5",
        "44",
    )
    sent(telegram, reply(to=str(ANNA), place="BConn_1"))
    assert telegram.calls[-1].params["business_connection_id"] == "BConn_1"
    sent(telegram, reply(to=f"BConn_0:{ANNA}"))
    assert telegram.calls[-1].params["business_connection_id"] == "BConn_0", "as former versions kept it"
    sent(telegram, reply(to="-5/d9"))
    assert telegram.calls[-1].params["direct_messages_topic_id"] == "9"
    with pytest.raises(Rejected, match="no address in Telegram"):
        sent(telegram, reply(to="anna@example.org"))


# Files


def test_a_picture_goes_as_photo_with_the_text_below_it(telegram: Telegram) -> None:
    sent(telegram, reply("**See**", photo()))
    [call] = telegram.calls
    assert (call.method, call.params["caption"], call.files["photo"]) == ("sendPhoto", "See", PNG)
    assert call.json("caption_entities") == [{"type": "bold", "offset": 0, "length": 3}]


@pytest.mark.parametrize(
    ("media_type", "method"),
    [
        ("image/jpeg", "sendPhoto"),
        ("image/webp", "sendPhoto"),
        ("image/gif", "sendAnimation"),
        ("image/tiff", "sendDocument"),
        ("video/mp4", "sendVideo"),
        ("video/webm", "sendDocument"),
        ("audio/mpeg", "sendAudio"),
        ("audio/ogg; codecs=opus", "sendVoice"),
        ("text/plain; charset=utf-8", "sendDocument"),
        ("", "sendDocument"),
    ],
)
def test_each_type_goes_as_what_telegram_shows_best(telegram: Telegram, media_type: str, method: str) -> None:
    sent(telegram, reply("", file("ä ö.x", media_type)))
    [call] = telegram.calls
    assert call.method == method
    assert list(call.names.values()) == ["ä ö.x"]


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Repair Shop\\, Berlin\r\nitem1.TEL;TYPE=work:+49 30 901820\r\nEND:VCARD\r\n"


def place(*lines: str) -> bytes:
    """The card of a shop, with further lines."""
    return "\r\n".join(("BEGIN:VCARD", "VERSION:4.0", "FN:Alpe\\, Brixen", *lines, "END:VCARD")).encode()


@pytest.mark.parametrize(
    ("name", "media_type", "content", "method"),
    [
        ("sticker-12.webp", "image/webp", b"RIFF1234WEBP", "sendSticker"),
        ("sticker-12.webm", "video/webm", b"\x1a\x45\xdf\xa3webm", "sendSticker"),
        ("duck.tgs", "application/gzip", b"\x1f\x8bduck", "sendSticker"),
        ("sticker-12.webp", "image/webp", b"RIFF" + bytes(512_000), "sendPhoto"),
        ("boot.webp", "image/webp", b"RIFF1234WEBP", "sendPhoto"),
        ("stickers.webp", "image/webp", b"RIFF1234WEBP", "sendPhoto"),
        ("video-note-7.mp4", "video/mp4", b"film", "sendVideoNote"),
        ("film.mp4", "video/mp4", b"film", "sendVideo"),
        ("shop.vcf", "text/vcard", CARD.encode(), "sendContact"),
        ("shop.vcf", "application/octet-stream", CARD.encode(), "sendContact"),
        ("two.vcf", "text/vcard", (CARD * 2).encode(), "sendDocument"),
        ("mail.vcf", "text/vcard", b"BEGIN:VCARD\nFN:Anna\nEMAIL:a@example.org\nEND:VCARD", "sendDocument"),
        ("odd.vcf", "text/vcard", b"\xff\xfe", "sendDocument"),
        (
            "here.loc.vcf",
            "text/vcard",
            place("item1.URL;type=pref:http://maps.apple.com/?q=1&ll=46.7153\\,11.6571"),
            "sendLocation",
        ),
        (
            "shop.vcf",
            "text/vcard",
            place("GEO:geo:46.7153,11.6571;u=10", "ADR:;;Via Roma 3;Bressanone;;39042;IT"),
            "sendVenue",
        ),
        ("pole.vcf", "text/vcard", place("GEO:97.1;11.6"), "sendDocument"),
        ("two.vcf", "text/vcard", place("GEO:1.1;2.2", "GEO:3.3;4.4"), "sendDocument"),
    ],
)
def test_stickers_round_videos_contacts_and_places_go_as_such(
    telegram: Telegram, name: str, media_type: str, content: bytes, method: str
) -> None:
    sent(telegram, reply("", file(name, media_type, content)))
    [call] = telegram.calls
    assert call.method == method


def test_a_contact_goes_with_its_card(telegram: Telegram) -> None:
    sent(telegram, reply("Call them:", file("shop.vcf", "text/vcard", CARD.encode())))
    assert methods(telegram) == ["sendMessage", "sendContact"], "what has no caption follows its text"
    params = telegram.calls[1].params
    assert (params["phone_number"], params["first_name"]) == ("+49 30 901820", "Repair Shop, Berlin")
    assert params["vcard"] == CARD.strip()
    picture = CARD.replace("END:", f"NOTE:{'x' * 3000}\r\nEND:")
    sent(telegram, reply("", file("shop.vcf", "text/vcard", picture.encode())))
    assert "vcard" not in telegram.calls[-1].params, "a long card goes without itself"


def test_a_place_goes_with_its_name_and_address(telegram: Telegram) -> None:
    card = place("GEO:46.7153;11.6571", "ADR:;;Via Roma 3;Bressanone;;39042;IT")
    sent(telegram, reply("We are here:", file("shop.vcf", "text/vcard", card)))
    assert methods(telegram) == ["sendMessage", "sendVenue"]
    params = telegram.calls[1].params
    assert (float(params["latitude"]), float(params["longitude"])) == (46.7153, 11.6571)
    assert (params["title"], params["address"]) == ("Alpe, Brixen", "Via Roma 3, Bressanone, 39042, IT")


def test_a_text_stands_below_the_first_file_unless_that_has_none(telegram: Telegram) -> None:
    duck = file("duck.tgs", "application/gzip", b"\x1f\x8bduck")
    sent(telegram, reply("Look", photo(), duck))
    assert methods(telegram) == ["sendPhoto", "sendSticker"]
    assert telegram.calls[0].params["caption"] == "Look"
    sent(telegram, reply("Look", duck, photo()))
    assert methods(telegram)[2:] == ["sendMessage", "sendSticker", "sendPhoto"]


def test_what_is_no_sticker_for_telegram_goes_as_a_document(telegram: Telegram) -> None:
    sent(telegram, reply("", file("sticker-1.webp", "image/webp", b"no picture")))
    assert methods(telegram) == ["sendSticker", "sendDocument"]


def test_pictures_become_albums_of_ten_and_other_files_follow(telegram: Telegram) -> None:
    pictures = [photo(f"{n}.png") for n in range(12)]
    receipt = sent(telegram, reply("All", file("a.pdf", "application/pdf"), *pictures,
                                   file("b.pdf", "application/pdf"), file("g.gif", "image/gif")))  # fmt: skip
    assert methods(telegram) == ["sendMediaGroup", "sendMediaGroup", "sendMediaGroup", "sendAnimation"]
    sizes = [len(call.json("media")) for call in telegram.made("sendMediaGroup")]
    assert sizes == [2, 10, 2]
    assert [part.get("caption") for part in telegram.calls[0].json("media")] == ["All", None]
    assert len(receipt.aliases) == 14


def test_eleven_pictures_are_an_album_and_one_more(telegram: Telegram) -> None:
    sent(telegram, reply("", *(photo(f"{n}.png") for n in range(11))))
    assert methods(telegram) == ["sendMediaGroup", "sendPhoto"]


def test_a_text_too_long_for_a_caption_is_a_message_of_its_own(telegram: Telegram) -> None:
    sent(telegram, reply("x" * 1024, photo()))
    assert methods(telegram) == ["sendPhoto"]
    sent(telegram, reply("x" * 1025, photo(), photo()))
    assert methods(telegram)[1:] == ["sendMessage", "sendMediaGroup"]


def test_a_picture_beyond_10_mb_goes_as_a_document(telegram: Telegram) -> None:
    sent(telegram, reply("", photo(content=bytes(10_000_001))))
    assert methods(telegram) == ["sendDocument"]


def test_an_album_is_no_larger_than_one_call_may_be(telegram: Telegram) -> None:
    large = [file(f"{n}.mp4", "video/mp4", bytes(20_000_000)) for n in range(3)]
    sent(telegram, reply("", *large))
    assert methods(telegram) == ["sendMediaGroup", "sendVideo"]


def test_what_telegram_would_not_take_is_refused_before_anything_goes_out(telegram: Telegram) -> None:
    huge = OutFile(name="film.mkv", media_type="video/x", size=50_000_001, open=lambda: io.BytesIO(b""))
    with pytest.raises(Rejected, match=r"film\.mkv is larger than the 50 MB"):
        sent(telegram, reply("Look", photo(), huge))
    with pytest.raises(Rejected, match="is empty"):
        sent(telegram, reply("Look", photo(content=b"")))
    assert telegram.calls == []


def test_a_file_that_is_gone_is_found_before_anything_goes_out(telegram: Telegram) -> None:
    def gone() -> Any:
        raise FileNotFoundError("a.png")

    missing = OutFile(name="a.png", media_type="image/png", size=5, open=gone)
    with pytest.raises(FileNotFoundError):
        sent(telegram, reply("x" * 2000, missing))
    assert telegram.calls == []


def test_a_picture_that_is_no_photo_for_telegram_goes_as_a_document(telegram: Telegram) -> None:
    telegram.refuse("sendPhoto", 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
    sent(telegram, reply("See", photo()))
    assert methods(telegram) == ["sendPhoto", "sendDocument"]
    assert telegram.calls[1].params["caption"] == "See"


# What happens on the way


def test_the_first_byte_is_announced_and_nothing_goes_out_before(telegram: Telegram) -> None:
    seen: list[tuple[str, int]] = []
    sent(telegram, reply(), checkpoint=lambda name: seen.append((name, len(telegram.calls))))
    assert seen == [("before_wire", 0), ("mid_body", 1), ("after_wire", 1)]


def test_a_group_that_moved_gets_it_at_its_new_address(telegram: Telegram) -> None:
    telegram.write(telegram.person(ANNA), "x", chat={"id": -100, "type": "supergroup", "title": "Berlin"})
    telegram.migrated[-5] = -100
    receipt = sent(telegram, reply(to="-5"))
    assert [call.params["chat_id"] for call in telegram.calls] == ["-5", "-100"]
    assert receipt.external_id.startswith(":-100:")


def test_a_group_that_moves_in_circles_is_refused(telegram: Telegram) -> None:
    telegram.migrated[-5] = -5
    with pytest.raises(Rejected, match="supergroup"):
        sent(telegram, reply(to="-5"))


@pytest.mark.parametrize(
    ("code", "description", "raised", "said"),
    [
        (403, "Forbidden: bot was blocked by the user", Rejected, "has blocked the bot"),
        (403, "Forbidden: user is deactivated", Rejected, "was deleted"),
        (403, "Forbidden: bot was kicked from the supergroup chat", Rejected, "removed from the group"),
        (403, "Forbidden: bot can't initiate conversation with a user", Rejected, "cannot write first"),
        (403, "Forbidden: something new", Rejected, "Telegram refused it: Forbidden: something new"),
        (400, "Bad Request: chat not found", Rejected, "no such chat"),
        (400, "Bad Request: not enough rights to send text messages to the chat", Rejected, "may not write"),
        (400, "Bad Request: BUSINESS_PEER_USAGE_MISSING", Rejected, "24 hours"),
        (400, "Bad Request: BUSINESS_CONNECTION_INVALID", Rejected, "not connected"),
        (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", Rejected, "voice"),
        (400, "Bad Request: brand new", Rejected, "Telegram refused it: Brand new"),
        (413, "Request Entity Too Large", Rejected, "50 MB"),
        (401, "Unauthorized", NeedsReauth, "BotFather"),
        (404, "Not Found", NeedsReauth, "BotFather"),
        (500, "Internal Server Error", Uncertain, "HTTP 500"),
        (502, "Bad Gateway", Uncertain, "HTTP 502"),
    ],
)
def test_each_refusal_is_a_sentence_of_the_right_kind(
    telegram: Telegram, code: int, description: str, raised: type[Exception], said: str
) -> None:
    telegram.refuse("sendMessage", code, description)
    with pytest.raises(raised, match=said):
        sent(telegram, reply())


def test_who_cannot_be_reached_at_all_is_told_apart_from_a_bad_message(telegram: Telegram) -> None:
    telegram.blocked.add(ANNA)
    with pytest.raises(Rejected) as caught:
        sent(telegram, reply())
    assert caught.value.unreachable
    telegram.refuse("sendMessage", 400, "Bad Request: message is too long")
    with pytest.raises(Rejected) as caught:
        sent(telegram, reply())
    assert not caught.value.unreachable


def test_a_pause_that_telegram_asks_for_is_kept_to(telegram: Telegram) -> None:
    telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    with pytest.raises(TryLater) as caught:
        sent(telegram, reply())
    assert caught.value.after == 7


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502 Bad Gateway</html>",
        b"",
        b"null",
        b"[1]",
        b'{"ok": true}',
        b"{}",
        b'{"ok": true, "result": true}',
        b'{"ok": true, "result": {}}',
    ],
)
@pytest.mark.parametrize("status", [200, 502, 503])
def test_an_answer_nobody_understands_is_uncertain(telegram: Telegram, body: bytes, status: int) -> None:
    telegram.fail("sendMessage", Fault("say", status=status, answer=body))
    with pytest.raises(Uncertain):
        sent(telegram, reply())


def test_what_telegram_took_is_sent_even_if_its_answer_has_a_form_of_tomorrow(telegram: Telegram) -> None:
    answer = b'{"ok": true, "result": {"message_id": 77, "chat": {"uid": "new"}}}'
    telegram.fail("sendMessage", Fault("say", answer=answer))
    assert sent(telegram, reply()).external_id == f":{ANNA}:77"


@pytest.mark.parametrize("fault", ["cut", "cut_after"])
def test_a_connection_that_breaks_off_is_uncertain_and_not_tried_again(
    telegram: Telegram, fault: str
) -> None:
    telegram.fail("sendMessage", Fault(fault))
    with pytest.raises(Uncertain):
        sent(telegram, reply())
    assert methods(telegram) == ["sendMessage"]


def test_where_nobody_listens_nothing_was_sent(telegram: Telegram) -> None:
    config = config_of(telegram, api_base=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TryLater, match="refused the connection"):
        ADAPTER.send(config, reply(), net_io())


def test_the_token_is_in_no_error(telegram: Telegram) -> None:
    secret = telegram.token.partition(":")[2]
    for description in (f"Bad Request: bot{telegram.token} is odd", "Forbidden: no", "x"):
        telegram.refuse("sendMessage", 400, description)
        with pytest.raises(Rejected) as caught:
            sent(telegram, reply())
        assert secret not in f"{caught.value!r} {caught.value.reason}"


# Half of it


def test_after_a_part_arrived_a_refusal_says_how_much_and_is_no_second_try(telegram: Telegram) -> None:
    telegram.fail("sendMessage", Fault("pass"))
    telegram.refuse("sendMessage", 403, "Forbidden: bot was blocked by the user")
    with pytest.raises(
        Rejected, match=r"^1 of 3 messages of this reply arrived, the rest did not\. .*blocked"
    ) as caught:
        sent(telegram, reply("word " * 2000))
    assert caught.value.unreachable


@pytest.mark.parametrize(("code", "said"), [(401, "Unauthorized"), (400, "Bad Request: chat not found")])
def test_nothing_makes_the_product_send_the_first_part_again(
    telegram: Telegram, code: int, said: str
) -> None:
    telegram.fail("sendMessage", Fault("pass"))
    telegram.refuse("sendMessage", code, said)
    with pytest.raises(Rejected, match=r"^1 of 2"):
        sent(telegram, reply("word " * 1000))


def test_an_unclear_second_part_is_uncertain(telegram: Telegram) -> None:
    telegram.fail("sendMessage", Fault("pass"), Fault("cut"))
    with pytest.raises(Uncertain, match=r"^1 of 2 messages of this reply arrived; whether the next one did"):
        sent(telegram, reply("word " * 1000))


def test_a_short_pause_between_parts_is_waited_for(telegram: Telegram) -> None:
    telegram.fail("sendMessage", Fault("pass"))
    telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    sent(telegram, reply("word " * 1000))
    assert len(telegram.calls) == 3


def test_a_long_pause_between_parts_is_not(telegram: Telegram) -> None:
    telegram.fail("sendMessage", Fault("pass"))
    telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 400", retry_after=400)
    with pytest.raises(Rejected, match=r"^1 of 2 .*pause of 400 s"):
        sent(telegram, reply("word " * 1000))


def test_a_process_that_ends_does_not_wait_for_a_pause(
    telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 1000.0)
    stop = threading.Event()
    telegram.fail("sendMessage", Fault("pass"))
    telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 60", retry_after=60)
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(Rejected, match=r"^1 of 2"):
        sent(telegram, reply("word " * 1000), stopping=stop.is_set)


# Typing and reactions


def test_typing_shows_for_a_moment(telegram: Telegram) -> None:
    ADAPTER.typing(config_of(telegram), reply(place="BConn_1").to, net_io())
    [call] = telegram.calls
    assert (call.method, call.params["action"]) == ("sendChatAction", "typing")
    assert call.params["business_connection_id"] == "BConn_1"


@pytest.fixture
def react(telegram: Telegram) -> Iterator[Any]:
    def to(emoji: tuple[str, ...], message: str = f":{ANNA}:1", address: str = str(ANNA)) -> None:
        ADAPTER.react(config_of(telegram), reply(to=address).to, message, emoji, net_io())

    return to


def test_a_reaction_is_put_on_and_taken_off(telegram: Telegram, react: Any) -> None:
    react(("👍",))
    react(())
    first, second = telegram.calls
    assert first.json("reaction") == [{"type": "emoji", "emoji": "👍"}]
    assert second.json("reaction") == []


def test_reactions_that_a_bot_cannot_give_are_refused_in_words(telegram: Telegram, react: Any) -> None:
    with pytest.raises(Rejected, match="does not offer this emoji"):
        react(("🧦",))
    with pytest.raises(Rejected, match="one reaction"):
        react(("👍", "👎"))
    with pytest.raises(Rejected, match="in this chat"):
        react(("👍",), ":77:1")
    with pytest.raises(Rejected, match="business account"):
        react(("👍",), f"B:{ANNA}:1", f"B:{ANNA}")
