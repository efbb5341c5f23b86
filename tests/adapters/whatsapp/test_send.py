"""Replies to WhatsApp: texts, files, reactions, and what is left when only a part arrived."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.meta import steps
from adapters.meta.whatsapp import ADAPTER
from inbox.contract import NeedsReauth, OutFile, Outgoing, Party, Receipt, Rejected, TryLater, Uncertain
from tests.adapters.whatsapp.peer import config_of, net_io
from tests.peers.graph_call import Fault
from tests.peers.graph_whatsapp import WhatsApp

ANNA = "DE.87654321151194"
NUMBER = "+4915112345678"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(autouse=True)
def _anna(whatsapp: WhatsApp) -> None:
    """Anna has written, so she can be answered."""
    whatsapp.write(whatsapp.person(NUMBER[1:]), "Hello")


def reply(text: str = "Hello", *files: OutFile, to: str = ANNA, **more: Any) -> Outgoing:
    party = Party(namespace="whatsapp", address=to)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return Outgoing(
        idem_key="k" * 26, to=party, text=text, files=files, created_at=at, bounce_token="b-1", **more
    )


def file(name: str, media_type: str, content: bytes = PNG) -> OutFile:
    return OutFile(name=name, media_type=media_type, size=len(content), open=lambda: io.BytesIO(content))


def huge(name: str, media_type: str, size: int) -> OutFile:
    return OutFile(name=name, media_type=media_type, size=size, open=lambda: io.BytesIO(b"x"))


def sent(whatsapp: WhatsApp, message: Outgoing, **options: Any) -> Receipt:
    return ADAPTER.send(config_of(whatsapp), message, net_io(**options))


# Texts


def test_a_text_goes_to_an_id_with_whatsapps_own_marks(whatsapp: WhatsApp) -> None:
    receipt = sent(whatsapp, reply("It *leaves* **today** 📦"))
    [call] = whatsapp.graph.made("messages")
    assert call.fields == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": ANNA,
        "biz_opaque_callback_data": "b-1",
        "type": "text",
        "text": {"body": "It _leaves_ *today* 📦", "preview_url": False},
    }
    assert receipt.external_id == whatsapp.sent[0]["wamid"]


def test_a_text_goes_to_a_number_where_there_is_no_id(whatsapp: WhatsApp) -> None:
    sent(whatsapp, reply(to=NUMBER))
    assert (whatsapp.sent[0]["to"], "recipient" in whatsapp.sent[0]) == (NUMBER, False)


def test_what_is_no_address_of_whatsapps_is_refused_before_anything_goes_out(whatsapp: WhatsApp) -> None:
    for address in ("anna@example.org", "49151", "de.1", ""):
        with pytest.raises(Rejected, match="no address in WhatsApp"):
            sent(whatsapp, reply(to=address))
    assert whatsapp.graph.calls == []


def test_it_answers_the_customers_message(whatsapp: WhatsApp) -> None:
    sent(whatsapp, reply(in_reply_to="wamid.A"))
    assert whatsapp.sent[0]["context"] == {"message_id": "wamid.A"}
    for elsewhere in ("", ":5:7", "<a@example.org>"):
        sent(whatsapp, reply(in_reply_to=elsewhere))
        assert "context" not in whatsapp.sent[-1]


def test_an_address_in_the_text_gets_a_preview(whatsapp: WhatsApp) -> None:
    sent(whatsapp, reply("[Track it](https://shop.example/7)"))
    assert whatsapp.sent[0]["text"] == {"body": "Track it (https://shop.example/7)", "preview_url": True}


def test_a_long_text_is_several_messages_and_one_reply(whatsapp: WhatsApp) -> None:
    text = " ".join(f"word{n}" for n in range(1200))
    receipt = sent(whatsapp, reply(text, in_reply_to="wamid.A"))
    bodies = [each["text"]["body"] for each in whatsapp.sent]
    assert " ".join(bodies) == text
    assert len(bodies) > 1
    assert all(len(body) <= 4096 for body in bodies)
    assert ["context" in each for each in whatsapp.sent] == [True, *[False] * (len(bodies) - 1)]
    assert (receipt.external_id, *receipt.aliases) == tuple(each["wamid"] for each in whatsapp.sent)


def test_only_the_last_message_of_a_reply_tells_that_all_of_it_went_out(whatsapp: WhatsApp) -> None:
    sent(whatsapp, reply("x" * 5000))
    assert [each["biz_opaque_callback_data"] for each in whatsapp.sent] == ["b-1~part", "b-1"]


def test_an_empty_text_is_nothing_to_send(whatsapp: WhatsApp) -> None:
    with pytest.raises(Rejected, match="nothing to send"):
        sent(whatsapp, reply("  \n "))
    assert whatsapp.graph.calls == []


# Files


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/jpeg", "image"),
        ("image/png", "image"),
        ("IMAGE/PNG; q=1", "image"),
        ("image/gif", "document"),
        ("image/webp", "document"),
        ("video/mp4", "video"),
        ("video/webm", "document"),
        ("audio/mpeg", "audio"),
        ("audio/ogg; codecs=opus", "audio"),
        ("application/pdf", "document"),
        ("", "document"),
    ],
)
def test_each_type_goes_as_what_whatsapp_shows_best(whatsapp: WhatsApp, media_type: str, kind: str) -> None:
    sent(whatsapp, reply("", file("ä ö.x", media_type)))
    [upload] = whatsapp.graph.made("media")
    [message] = whatsapp.sent
    assert message["type"] == kind
    assert upload.files["file"] == PNG
    assert upload.fields["type"] == upload.types["file"]
    assert message[kind]["id"] in whatsapp.media
    assert message[kind].get("filename") == ("ä ö.x" if kind == "document" else None)


@pytest.mark.parametrize(
    ("media_type", "largest", "kind"),
    [
        ("image/png", 5_000_000, "image"),
        ("video/mp4", 16_000_000, "video"),
        ("audio/mpeg", 16_000_000, "audio"),
    ],
)
def test_what_is_too_large_to_be_shown_goes_as_a_document(
    whatsapp: WhatsApp, media_type: str, largest: int, kind: str
) -> None:
    sent(whatsapp, reply("", huge("a", media_type, largest), huge("b", media_type, largest + 1)))
    assert [each["type"] for each in whatsapp.sent] == [kind, "document"]


def test_a_text_stands_below_the_first_file_that_can_have_one(whatsapp: WhatsApp) -> None:
    sent(whatsapp, reply("**See**", file("a.png", "image/png"), file("b.pdf", "application/pdf")))
    assert [each["type"] for each in whatsapp.sent] == ["image", "document"]
    assert whatsapp.sent[0]["image"]["caption"] == "*See*"
    assert "caption" not in whatsapp.sent[1]["document"]


def test_a_text_that_cannot_stand_below_goes_before(whatsapp: WhatsApp) -> None:
    sent(whatsapp, reply("Listen", file("a.mp3", "audio/mpeg")))
    sent(whatsapp, reply("x" * 1025, file("a.png", "image/png")))
    assert [each["type"] for each in whatsapp.sent] == ["text", "audio", "text", "image"]


def test_what_whatsapp_would_not_take_is_refused_before_anything_goes_out(whatsapp: WhatsApp) -> None:
    with pytest.raises(Rejected, match=r"film\.mkv is larger than the 100 MB"):
        sent(whatsapp, reply("Look", file("a.png", "image/png"), huge("film.mkv", "video/x", 100_000_001)))
    with pytest.raises(Rejected, match="is empty"):
        sent(whatsapp, reply("Look", file("a.png", "image/png", b"")))
    assert whatsapp.graph.calls == []


def test_a_kind_of_file_that_whatsapp_does_not_take_is_named(whatsapp: WhatsApp) -> None:
    with pytest.raises(Rejected, match=r"does not take a\.zip: files of the kind application/zip"):
        sent(whatsapp, reply("Look", file("a.zip", "application/zip")))
    assert whatsapp.sent == []


# Reactions


def test_a_reaction_is_put_on_a_message_and_taken_away(whatsapp: WhatsApp) -> None:
    to = Party(namespace="whatsapp", address=ANNA)
    for emoji in (("👍",), ()):
        ADAPTER.react(config_of(whatsapp), to, "wamid.A", emoji, net_io())
    assert [each["reaction"] for each in whatsapp.sent] == [
        {"message_id": "wamid.A", "emoji": "👍"},
        {"message_id": "wamid.A", "emoji": ""},
    ]
    with pytest.raises(Rejected, match="one reaction"):
        ADAPTER.react(config_of(whatsapp), to, "wamid.A", ("👍", "❤"), net_io())
    with pytest.raises(Rejected, match="does not have this message"):
        ADAPTER.react(config_of(whatsapp), to, "elsewhere", ("👍",), net_io())


# Writing


def test_who_waits_sees_that_his_message_is_read_and_answered(whatsapp: WhatsApp) -> None:
    to = Party(namespace="whatsapp", address=ANNA)
    for answering in ("", "elsewhere", "wamid.A"):
        ADAPTER.typing(config_of(whatsapp), to, net_io(), answering)
    [call] = whatsapp.graph.made("messages")
    assert call.fields["typing_indicator"] == {"type": "text"}
    assert whatsapp.read == ["wamid.A"]


# What happens on the way


def test_the_first_byte_is_announced_and_nothing_goes_out_before(whatsapp: WhatsApp) -> None:
    seen: list[tuple[str, int]] = []
    sent(whatsapp, reply(), checkpoint=lambda name: seen.append((name, len(whatsapp.graph.calls))))
    assert seen == [("before_wire", 0), ("mid_body", 1), ("after_wire", 1)]


@pytest.mark.parametrize(
    ("code", "raised", "reason"),
    [
        (131047, Rejected, "Send a template"),
        (131026, Rejected, "no WhatsApp"),
        (131062, Rejected, "telephone number"),
        (131051, Rejected, "messages of this kind"),
        (131056, TryLater, "within a short time"),
        (130429, TryLater, "for now"),
        (80007, TryLater, "for now"),
        (131000, TryLater, "went wrong"),
        (131031, NeedsReauth, "locked"),
        (190, NeedsReauth, "access token"),
        (139999, Rejected, "Meta refused it"),
    ],
)
def test_each_refusal_is_a_sentence_of_the_right_kind(
    whatsapp: WhatsApp, code: int, raised: type[Exception], reason: str
) -> None:
    whatsapp.graph.refuse("messages", code, "Words that nobody shows")
    with pytest.raises(raised, match=reason):
        sent(whatsapp, reply())


@pytest.mark.parametrize("kind", ["cut", "cut_after"])
def test_an_end_of_the_connection_is_uncertain_and_nothing_is_sent_again(
    whatsapp: WhatsApp, kind: str
) -> None:
    whatsapp.graph.fail("messages", Fault(kind))
    with pytest.raises(Uncertain):
        sent(whatsapp, reply())
    assert len(whatsapp.graph.made("messages")) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"null", b"{}", b'{"messages": []}', b'{"messages": [{"id": 7}]}']
)
def test_an_answer_nobody_understands_is_uncertain(whatsapp: WhatsApp, answer: bytes) -> None:
    whatsapp.graph.fail("messages", Fault("say", answer=answer))
    with pytest.raises(Uncertain):
        sent(whatsapp, reply())


def test_an_upload_that_was_cut_off_can_be_made_again(whatsapp: WhatsApp) -> None:
    whatsapp.graph.fail("media", Fault("cut_after"))
    with pytest.raises(TryLater):
        sent(whatsapp, reply("See", file("a.png", "image/png")))
    assert whatsapp.sent == []


def test_after_a_part_has_arrived_nobody_but_a_person_sends_the_rest(
    whatsapp: WhatsApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PATIENCE", 0.0)
    whatsapp.graph.fail("messages", Fault("pass"))
    whatsapp.graph.refuse("messages", 131056)
    with pytest.raises(Rejected, match="1 of 2 messages of this reply arrived, the rest did not"):
        sent(whatsapp, reply("x" * 5000))
    whatsapp.graph.fail("messages", Fault("pass"), Fault("cut"))
    with pytest.raises(Uncertain, match="1 of 2 messages"):
        sent(whatsapp, reply("x" * 5000))
