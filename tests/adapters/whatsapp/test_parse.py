"""What calls mean. The samples of the adapter's folder show one of each kind; here are the rules behind them."""

import json
from typing import Any

import pytest

from inbox.contract import (
    Account,
    Broken,
    Edit,
    Ignored,
    Inbound,
    Moved,
    Reacted,
    Removal,
    StatusChange,
    Unreadable,
)
from tests.adapters.whatsapp.reading import (
    ANNA,
    METADATA,
    NUMBER,
    USER_ID,
    call,
    change,
    inbound,
    message,
    read,
    said,
)

BEN = {"profile": {"name": "Ben", "username": "ben.okafor"}, "user_id": "NG.40211877654310098"}


# Who


def test_a_person_is_his_id_and_his_number_is_an_address_apart() -> None:
    moved, item = read(call(change(contacts=[ANNA], messages=[message()])))
    assert isinstance(item, Inbound)
    assert (item.sender.namespace, item.sender.account, item.sender.address) == ("whatsapp", "", USER_ID)
    assert (item.sender.name, item.sender.display, item.sender.level) == (
        "Anna Moretti",
        f"+{NUMBER}",
        "channel",
    )
    assert [(claim.namespace, claim.address) for claim in item.claims] == [("phone", f"+{NUMBER}")]
    assert isinstance(moved, Moved)
    assert (moved.old.address, moved.new.address) == (f"+{NUMBER}", USER_ID)


def test_who_shows_no_number_is_a_customer_all_the_same() -> None:
    found = message()
    del found["from"]
    [item] = read(call(change(contacts=[BEN], messages=[{**found, "from_user_id": BEN["user_id"]}])))
    assert isinstance(item, Inbound)
    assert (item.sender.address, item.sender.display, item.claims) == (BEN["user_id"], "@ben.okafor", ())


def test_who_has_no_id_is_his_number() -> None:
    [item] = read(call(change(contacts=[{"wa_id": NUMBER}], messages=[message()])))
    assert isinstance(item, Inbound)
    assert (item.sender.address, item.sender.name) == (f"+{NUMBER}", "")


def test_a_contact_of_somebody_else_says_nothing_about_the_author() -> None:
    [item] = read(
        call(change(contacts=[BEN, {"wa_id": "4915100000000", "user_id": "DE.1"}], messages=[message()]))
    )
    assert isinstance(item, Inbound)
    assert (item.sender.address, item.sender.name) == (f"+{NUMBER}", "")


def test_that_an_address_lasts_is_said_once_for_a_whole_call() -> None:
    body = call(
        change(contacts=[ANNA], messages=[message(), message(id="wamid.M2")]),
        change(contacts=[ANNA], statuses=[{"id": "wamid.S", "status": "read", "recipient_id": NUMBER}]),
    )
    kinds = [type(item).__name__ for item in read(body)]
    assert kinds == ["Moved", "Inbound", "Inbound", "StatusChange"]


@pytest.mark.parametrize(
    "system",
    [
        {"type": "user_changed_number", "wa_id": "393339876543"},
        {"type": "customer_changed_number", "customer": NUMBER, "new_wa_id": "393339876543"},
        {
            "type": "user_changed_number",
            "wa_id": "393339876543",
            "user_id": "IT.2",
            "previous_user_id": USER_ID,
        },
        {"type": "user_changed_user_id", "user_id": "IT.2", "previous_user_id": USER_ID},
    ],
)
def test_a_changed_number_or_id_moves_the_conversation(system: dict[str, Any]) -> None:
    items = read(call(change(messages=[message("system", system)])))
    moves = [item for item in items if isinstance(item, Moved)]
    assert len(moves) == len(items)
    assert {item.new.address for item in moves} == {system.get("user_id") or "+393339876543"}
    assert {item.old.address for item in moves} <= {f"+{NUMBER}", USER_ID}
    assert system.get("previous_user_id", f"+{NUMBER}") in {item.old.address for item in moves}


def test_what_does_not_say_from_whom_it_is_is_broken() -> None:
    found = message()
    del found["from"]
    [item] = read(call(change(contacts=[ANNA, BEN], messages=[found])))
    assert isinstance(item, Broken)
    assert "whose it is" in item.reason


# Batches


def test_a_broken_part_leaves_its_neighbours() -> None:
    messages: list[Any] = [
        message(),
        "what",
        message("text", {"body": 7}),
        message("image", {}),
        message(id="wamid.M2"),
    ]
    items = said(messages=messages, statuses=[{"status": "read"}, {"id": "wamid.S", "status": "sent"}])
    assert [type(item).__name__ for item in items] == [
        "Inbound", "Broken", "Broken", "Broken", "Inbound", "Broken", "StatusChange",
    ]  # fmt: skip


def test_all_entries_and_changes_are_read() -> None:
    one, two = change(messages=[message()]), change(messages=[message(id="wamid.M2")])
    body = json.loads(call(one, two))
    body["entry"].append(json.loads(call(change(messages=[message(id="wamid.M3")])))["entry"][0])
    ids = [item.external_id for item in read(json.dumps(body).encode()) if isinstance(item, Inbound)]
    assert ids == ["wamid.M1", "wamid.M2", "wamid.M3"]


def test_what_is_about_another_number_is_left_to_its_own_channel() -> None:
    other = {
        "field": "messages",
        "value": {"metadata": {**METADATA, "phone_number_id": "1"}, "messages": [message()]},
    }
    ours = change(messages=[message()])
    first, second = read(call(other, ours))
    assert isinstance(first, Ignored)
    assert isinstance(second, Inbound)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account"}',
        b"[" * 99_999,
    ],
)
def test_what_is_no_call_of_whatsapps_is_kept_for_a_person(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read(body)
    assert caught.value.reason.endswith(".")


def test_a_call_without_anything_is_ignored() -> None:
    assert [type(item) for item in read(call())] == [Ignored]
    assert [type(item) for item in read(b'{"object":"whatsapp_business_account","entry":[]}')] == [Ignored]


# Messages


def test_an_answer_refers_to_what_it_answers_and_to_nothing_else() -> None:
    assert inbound(message(context={"id": "wamid.OURS", "from": "1"})).references == ("wamid.OURS",)
    assert inbound(message(context={"id": "wamid.M1"})).references == ()
    assert inbound(message(context={"forwarded": True})).references == ()


@pytest.mark.parametrize(
    ("fields", "code", "said_of_it"),
    [
        ({"context": {"forwarded": True}}, "forwarded", "Forwarded."),
        ({"context": {"frequently_forwarded": True}}, "forwarded", "Forwarded many times."),
        (
            {"context": {"referred_product": {"product_retailer_id": "P-7"}}},
            "product",
            "Asked from the page of the product P-7.",
        ),
        ({"referral": {"source_type": "post", "headline": "Sale"}}, "ad", "Came from a post: Sale"),
        ({"referral": {"source_url": "https://fb.me/1"}}, "ad", "Came from an ad. https://fb.me/1"),
        ({"group_id": "G"}, "group", "Written in a group. An answer goes to this person alone."),
    ],
)
def test_what_stands_beside_the_words_is_told(fields: dict[str, Any], code: str, said_of_it: str) -> None:
    [notice] = inbound(message(**fields)).notices
    assert (notice.code, notice.text) == (code, said_of_it)


@pytest.mark.parametrize("kind", ["unsupported", "hologram", "", "errors", "text", "contacts"])
def test_what_cannot_be_shown_is_shown_as_such(kind: str) -> None:
    found = message(kind, None)
    found.pop("text", None)
    item = inbound(found)
    assert item.text == ""
    assert item.notices[0].code == "unsupported"
    assert "WhatsApp" in item.notices[0].text


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c.txt", "a_b_c.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("", "document-1780000000.pdf"),
        (None, "document-1780000000.pdf"),
    ],
)
def test_a_files_name_is_no_path(told: str | None, kept: str) -> None:
    document = {"id": "9", "filename": told, "mime_type": "application/pdf"}
    [file] = inbound(message("document", document)).files
    assert (file.name, file.ref, file.content) == (kept, "9", None)


def test_a_files_type_is_told_without_parameters() -> None:
    [file] = inbound(message("audio", {"id": 9, "mime_type": "audio/ogg; codecs=opus", "voice": True})).files
    assert (file.media_type, file.name, file.ref) == ("audio/ogg", "voice-1780000000.ogg", "9")
    [file] = inbound(message("image", {"id": "9", "mime_type": "no type"})).files
    assert file.media_type == "application/octet-stream"


@pytest.mark.parametrize(
    "about",
    [
        {"latitude": 91, "longitude": 0},
        {"latitude": "45", "longitude": 9},
        {"latitude": float("nan"), "longitude": 9},
        {"longitude": 9},
    ],
)
def test_a_place_that_is_none_is_broken(about: dict[str, Any]) -> None:
    assert isinstance(said(messages=[message("location", about)])[0], Broken)


def test_a_forms_answers_are_lines_and_its_token_is_no_answer() -> None:
    answers = json.dumps({"flow_token": "t", "a": "b\nc", "n": 4, "more": ["x", {"y": 1}]})
    reply = {"type": "nfm_reply", "nfm_reply": {"response_json": answers}}
    assert inbound(message("interactive", reply)).text == 'a: b c\nn: 4\nmore: x, {"y": 1}'
    reply = {"type": "nfm_reply", "nfm_reply": {"response_json": "{"}}
    assert isinstance(said(messages=[message("interactive", reply)])[0], Broken)


def test_reactions_edits_and_deletions_name_their_message() -> None:
    [reacted] = said(messages=[message("reaction", {"message_id": "wamid.A", "emoji": "👍"})])
    [taken] = said(messages=[message("reaction", {"message_id": "wamid.A", "emoji": ""})])
    edit = {
        "original_message_id": "wamid.A",
        "message": {"type": "image", "image": {"id": "1", "caption": "New"}},
    }
    [edited] = said(messages=[message("edit", edit)])
    [removed] = said(messages=[message("revoke", {"original_message_id": "wamid.A"})])
    assert isinstance(reacted, Reacted)
    assert isinstance(taken, Reacted)
    assert isinstance(edited, Edit)
    assert isinstance(removed, Removal)
    assert (reacted.external_id, reacted.emoji, taken.emoji) == ("wamid.A", ("👍",), ())
    assert (edited.external_id, edited.text, edited.sender.address) == ("wamid.A", "New", USER_ID)
    assert removed.external_ids == ("wamid.A",)


def test_characters_that_no_database_takes_are_replaced() -> None:
    assert inbound(message("text", {"body": "a\x00b\ud800"})).text == "a\ufffdb\ufffd"


# What was written elsewhere


def test_what_was_written_in_the_app_is_a_reply_of_the_business() -> None:
    echo = message(to=NUMBER, to_user_id=USER_ID, **{"from": "15550783881"})
    [item] = said(field="smb_message_echoes", message_echoes=[echo])
    assert isinstance(item, Inbound)
    assert (item.outgoing, item.ours, item.sender.address) == (True, False, "+15550783881")
    assert [recipient.party.address for recipient in item.recipients] == [USER_ID]


def test_the_businesss_own_reaction_in_the_app_is_no_message() -> None:
    echo = message("reaction", {"message_id": "wamid.A", "emoji": "👍"}, to=NUMBER)
    assert isinstance(said(field="smb_message_echoes", message_echoes=[echo])[0], Ignored)


# What became of ours


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("played", "read"),
        ("failed", "failed"),
    ],
)
def test_a_status_finds_its_reply_by_our_own_word_and_by_its_id(told: str, state: str) -> None:
    status = {"id": "wamid.S", "status": told, "timestamp": "1780000000", "biz_opaque_callback_data": "token"}
    [item] = said(statuses=[status])
    assert isinstance(item, StatusChange)
    assert (item.state, item.external_ids, item.tokens) == (state, ("wamid.S",), ("token",))
    assert item.at is not None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (131047, "Send a template"),
        (131026, "no WhatsApp"),
        (131049, "too many messages"),
        (131056, "Send it again."),
        (132015, "paused the template"),
        (139999, "Meta refused it: The moon is full."),
    ],
)
def test_a_failure_says_why_in_words(code: int, reason: str) -> None:
    error = {"code": code, "title": "T", "error_data": {"details": "The moon is full."}}
    [item] = said(statuses=[{"id": "wamid.S", "status": "failed", "errors": [error]}])
    assert isinstance(item, StatusChange)
    assert item.code == str(code)
    assert reason in item.reason
    assert "by itself" not in item.reason


def test_a_failure_without_a_reason_is_a_failure() -> None:
    [item] = said(statuses=[{"id": "wamid.S", "status": "failed"}])
    assert isinstance(item, StatusChange)
    assert item.reason == "Meta does not say why it could not be delivered."


# The account


def test_restrictions_and_quality_are_kept_with_the_channel() -> None:
    value = {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [{"restriction_type": "R"}],
        "x": 1.5,
        "y": "z" * 999,
    }
    [item] = read(call({"field": "account_update", "value": value}, time=1780000000))
    assert isinstance(item, Account)
    told = item.facts["account_update"]
    assert (told["event"], told["restriction_info"]) == ("ACCOUNT_RESTRICTION", [{"restriction_type": "R"}])
    assert told["at"].startswith("2026-")
    assert len(told["y"]) == 500


@pytest.mark.parametrize(
    "field", ["message_template_status_update", "template_category_update", "partner_solutions", ""]
)
def test_news_that_nobody_needs_are_ignored_for_a_reason(field: str) -> None:
    [item] = read(call({"field": field, "value": {"message_template_name": "hello"}}))
    assert isinstance(item, Ignored)
    assert item.reason
