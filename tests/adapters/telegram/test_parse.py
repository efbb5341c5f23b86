"""What updates mean. The samples of the adapter's folder show one of each kind; here are the rules behind them."""

import json
from typing import Any

import pytest

from adapters.telegram import ADAPTER
from inbox.contract import (
    Account,
    Edit,
    Ignored,
    Inbound,
    Link,
    Moved,
    Raw,
    Reachable,
    Reacted,
    Removal,
    Unreadable,
)
from inbox.contract.conformance import check_item
from tests.adapters.telegram.reading import ANNA, CHAT, CONFIG, GROUP, inbound, message, read
from tests.peers import telegram_schema

BUSINESS = {"business_connection_id": "BConn_1"}
OWNER = {"id": 99, "is_bot": False, "first_name": "Owner"}


@pytest.fixture(scope="module")
def schema() -> telegram_schema.Schema:
    found = telegram_schema.load()
    if found is None:
        pytest.skip("corpora: the description of the Bot API is not beside the checkout")
    return found


# Every field that exists


def test_a_message_with_any_field_of_the_description_is_understood(schema: telegram_schema.Schema) -> None:
    fixed: dict[str, Any] = {"chat": CHAT, "message_id": 7, "from": ANNA, "date": 1_760_000_000}
    unknown = []
    for name in schema.fields("Message"):
        made = schema.example("Message", name, **fixed)
        for item in read("message", made):
            check_item(ADAPTER, item)
            if isinstance(item, Inbound) and any(notice.code == "unknown" for notice in item.notices):
                unknown.append(name)
    plain = {"message_id", "from", "date", "chat"}
    about_it = {
        *("message_thread_id", "direct_messages_topic", "sender_boost_count", "sender_business_bot"),
        *("sender_tag", "guest_query_id", "business_connection_id", "is_topic_message", "forward_origin"),
        *("reply_to_message", "external_reply", "quote", "reply_to_story", "reply_to_checklist_task_id"),
        *(
            "reply_to_poll_option_id",
            "via_bot",
            "guest_bot_caller_user",
            "guest_bot_caller_chat",
            "edit_date",
        ),
        *("has_protected_content", "is_from_offline", "is_paid_post", "media_group_id", "author_signature"),
        *("paid_star_count", "entities", "link_preview_options", "suggested_post_info", "effect_id"),
        *("caption", "caption_entities", "show_caption_above_media", "has_media_spoiler", "reply_markup"),
        *("sender_chat", "sender_boost_count"),
    }
    assert set(unknown) <= plain | about_it, "these say what the message is, and we do not know it"


def test_an_update_of_any_kind_is_understood(schema: telegram_schema.Schema) -> None:
    for name in schema.fields("Update"):
        if name == "update_id":
            continue
        field = next(f for f in schema.types["Update"]["fields"] if f["name"] == name)
        items = read(name, schema.value(field["types"][0], field, 0))
        for item in items:
            check_item(ADAPTER, item)
        assert "means nothing here" not in getattr(items[0], "reason", ""), name


def test_every_kind_of_origin_reaction_and_member_is_understood(schema: telegram_schema.Schema) -> None:
    for origin in schema.types["MessageOrigin"]["subtypes"]:
        item = inbound(text="x", forward_origin=schema.example(origin))
        assert item.notices[0].text.startswith("Forwarded from ")
    for reaction in schema.types["ReactionType"]["subtypes"]:
        change = schema.example("MessageReactionUpdated", chat=CHAT, new_reaction=[schema.example(reaction)])
        [reacted] = read("message_reaction", change)
        assert isinstance(reacted, Reacted)
        assert len(reacted.emoji) == 1
    for member in schema.types["ChatMember"]["subtypes"]:
        change = schema.example("ChatMemberUpdated", chat=CHAT, new_chat_member=schema.example(member))
        assert isinstance(read("my_chat_member", change)[0], Reachable)


def test_the_words_of_every_kind_of_block_are_kept(schema: telegram_schema.Schema) -> None:
    for kind in schema.types["RichBlock"]["subtypes"]:
        item = inbound(rich_message={"blocks": [schema.example(kind, "caption", "text")]})
        assert item.notices[0].code == "rich"


# Who and where


def test_a_person_is_his_number_whatever_bot_he_writes_to() -> None:
    party = inbound(text="Hello").sender
    assert (party.namespace, party.account, party.address) == ("telegram", "", "5000000001")
    assert (party.name, party.display, party.level) == ("Anna Moretti", "@anna", "channel")


def test_ids_beyond_32_and_up_to_52_bits_stay_whole() -> None:
    big = (1 << 52) - 1
    item = inbound({**CHAT, "id": big}, text="x", message_id=(1 << 40))
    assert (item.sender.address, item.external_id) == (str(big), f":{big}:{1 << 40}")


@pytest.mark.parametrize("chat_id", [1 << 63, -(1 << 70), "5", None, True, 1.5])
def test_what_is_no_id_is_not_read(chat_id: Any) -> None:
    with pytest.raises(Unreadable):
        read("message", message({**CHAT, "id": chat_id}, text="x"))


def test_the_same_person_in_a_business_account_is_met_in_another_place() -> None:
    alone, business = inbound(text="x"), read("business_message", message(text="x", **BUSINESS))[0]
    assert isinstance(business, Inbound)
    assert (alone.sender.address, alone.sender.place) == ("5000000001", "")
    assert (business.sender.address, business.sender.place) == ("5000000001", "BConn_1")
    assert business.external_id != alone.external_id


def test_names_are_one_line_without_control_characters() -> None:
    item = inbound({**CHAT, "first_name": "An\nna\u202e\x07", "last_name": " "}, text="x")
    assert item.sender.name == "An na\u202e"


def test_messages_without_a_number_do_not_look_like_one() -> None:
    ids = {read("message", message(text="x", message_id=0), update_id=n)[0].external_id for n in (1, 2)}  # type: ignore[union-attr]
    assert len(ids) == 2


# Links and starts


@pytest.mark.parametrize(
    "text", ["/start abc_DEF-123", "/start@shop_bot abc_DEF-123", "/start  abc_DEF-123 "]
)
def test_a_code_brought_by_start_is_a_link_and_nothing_else(text: str) -> None:
    [item] = read("message", message(text=text))
    assert isinstance(item, Link)
    assert (item.code, item.party.address) == ("abc_DEF-123", "5000000001")


@pytest.mark.parametrize("text", ["/start", "/start ", "/start a b", "/start " + "x" * 65])
def test_a_start_without_a_code_asks_for_nothing(text: str) -> None:
    assert isinstance(read("message", message(text=text))[0], Ignored)


@pytest.mark.parametrize("text", ["/starts", "start abc", "please /start abc", "/help"])
def test_other_words_are_a_message(text: str) -> None:
    assert inbound(text=text).text == text


def test_a_code_in_a_business_chat_links_nobody() -> None:
    assert isinstance(read("business_message", message(text="/start abc", **BUSINESS))[0], Inbound)


# Changes


def test_an_edit_says_which_message_and_its_new_words() -> None:
    marks = [{"type": "bold", "offset": 0, "length": 3}]
    [item] = read("edited_message", message(text="New words", entities=marks, edit_date=1_760_000_100))
    assert isinstance(item, Edit)
    assert (item.external_id, item.text, item.html) == (
        ":5000000001:7",
        "New words",
        "<strong>New</strong> words",
    )
    assert item.at is not None


def test_a_venue_that_is_edited_is_no_live_location() -> None:
    place = {"latitude": 1.0, "longitude": 2.0}
    venue = {"location": place, "title": "Café", "address": "Street"}
    [item] = read("edited_message", message(location=place, venue=venue, edit_date=1))
    assert isinstance(item, Edit)


def test_deleted_messages_of_a_business_account_are_taken_back() -> None:
    [item] = read("deleted_business_messages", {"chat": CHAT, "message_ids": [7, 8], **BUSINESS})
    assert isinstance(item, Removal)
    assert item.external_ids == ("BConn_1:5000000001:7", "BConn_1:5000000001:8")


def test_a_supergroup_is_told_by_both_chats() -> None:
    old = {"id": -5, "type": "group", "title": "Berlin"}
    [one] = read("message", message(old, migrate_to_chat_id=GROUP["id"]))
    [two] = read("message", message(GROUP, migrate_from_chat_id=-5))
    for item in (one, two):
        assert isinstance(item, Moved)
        assert (item.old.address, item.new.address) == ("-5", str(GROUP["id"]))


def test_a_business_connection_is_news_of_the_account() -> None:
    rights = {"can_reply": True}
    about = {"id": "B1", "user": OWNER, "user_chat_id": 99, "date": 1, "is_enabled": False, "rights": rights}
    [item] = read("business_connection", about)
    assert isinstance(item, Account)
    assert item.facts["business:B1"]["enabled"] is False


# Groups


def test_a_group_is_the_customer_and_the_author_is_told() -> None:
    item = inbound(GROUP, text="Is it back?")
    assert (item.sender.name, item.sender.address) == ("Berlin branch", str(GROUP["id"]))
    assert item.author == "Anna Moretti"
    assert item.locale == "", "one person's language is not the group's"


def test_a_topic_of_a_group_is_a_place_of_its_own_and_one_of_a_private_chat_is_not() -> None:
    topic = {"is_topic_message": True, "message_thread_id": 44}
    assert inbound(GROUP, text="x", **topic).sender.address == f"{GROUP['id']}/44"
    assert inbound(CHAT, text="x", **topic).sender.address == "5000000001"


def test_the_line_that_opened_a_topic_is_not_what_a_message_answers() -> None:
    opened = message(GROUP, message_id=44, forum_topic_created={"name": "Prices", "icon_color": 1})
    topic = {"is_topic_message": True, "message_thread_id": 44}
    item = inbound(GROUP, text="x", reply_to_message=opened, **topic)
    assert item.references == ()
    assert item.sender.name == "Berlin branch › Prices"


# Bad payloads


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": 1, "message": 5}',
        b'{"update_id": 1, "message": {}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": "x", "chat": {"id": 1, "type": "private"}}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": 5}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1e99, "chat": {"id": 1, "type": "private"}}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_follows_no_schema_is_kept_for_a_person(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        ADAPTER.parse(CONFIG, Raw(body=body))
    assert caught.value.reason.endswith(".")


def test_a_message_nested_without_end_is_not_read() -> None:
    found: dict[str, Any] = {"type": "bold", "text": "x"}
    for _ in range(60):
        found = {"type": "bold", "text": found}
    with pytest.raises(Unreadable):
        inbound(rich_message={"blocks": [{"type": "paragraph", "text": found}]})


def test_characters_that_no_database_takes_are_replaced_and_offsets_still_hold() -> None:
    body = json.dumps({"update_id": 1, "message": message(text="\x00\ud83d bold",
                       entities=[{"type": "bold", "offset": 3, "length": 4}])})  # fmt: skip
    [item] = ADAPTER.parse(CONFIG, Raw(body=body.encode()))
    assert isinstance(item, Inbound)
    assert item.html == "\ufffd\ufffd <strong>bold</strong>"


# Files


def test_of_a_photo_the_largest_size_is_taken() -> None:
    sizes = [{"file_id": f"f{w}", "file_unique_id": "u", "width": w, "height": w} for w in (90, 1280, 320)]
    [file] = inbound(photo=sizes).files
    assert file.ref == "f1280"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c.txt", "a_b_c.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("x" * 300, "x" * 150),
        ("\n", "document-7.pdf"),
        ("", "document-7.pdf"),
    ],
)
def test_a_files_name_is_no_path(told: str, kept: str) -> None:
    document = {"file_id": "f", "file_unique_id": "u", "file_name": told, "mime_type": "application/pdf"}
    [file] = inbound(document=document).files
    assert file.name == kept


def test_a_file_beyond_20_mb_says_why_it_is_not_here() -> None:
    document = {"file_id": "f", "file_unique_id": "u", "file_name": "a.zip", "file_size": 20_000_001}
    [file] = inbound(document=document).files
    assert file.ref is None
    assert "20 MB" in file.problem


def test_parts_of_an_album_name_it() -> None:
    one, two = (inbound(text="x", media_group_id="77", message_id=n) for n in (1, 2))
    assert one.group == two.group == ":5000000001:77"
    assert inbound({**CHAT, "id": 6}, text="x", media_group_id="77").group != one.group


def test_a_shared_own_number_is_a_claim_and_somebody_elses_is_none() -> None:
    own = {"phone_number": "4930123456", "first_name": "Anna", "user_id": ANNA["id"]}
    [claim] = inbound(contact=own).claims
    assert (claim.namespace, claim.address) == ("phone", "+4930123456")
    assert inbound(contact={**own, "user_id": 1}).claims == ()
    assert inbound(contact={**own, "phone_number": "call me"}).claims == ()
