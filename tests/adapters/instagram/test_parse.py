"""What an account's events mean, whichever way they come. All kinds stand in the adapter's samples."""

import json
from typing import Any

import pytest

from adapters.meta.instagram import ADAPTER
from inbox.contract import Broken, Ignored, Inbound, Item, Raw, Removal, StatusChange, Unreadable
from tests.adapters.instagram.peer import SETTINGS, config_of, net_io
from tests.peers.graph import APP_ID
from tests.peers.graph_page import IG_ID, PERSON, Account

CONFIG = ADAPTER.manifest.config.model_validate(SETTINGS)


def event(kind: str, about: Any, **more: Any) -> dict[str, Any]:
    sides = {"sender": {"id": PERSON}, "recipient": {"id": IG_ID}, "timestamp": 1_793_438_700_000}
    return {**sides, kind: about, **more}


def read(where: str, *found: Any, account: str = IG_ID) -> tuple[Item, ...]:
    body = {"object": "instagram", "entry": [{"id": account, "time": 1, where: list(found)}]}
    return ADAPTER.parse(CONFIG, Raw(body=json.dumps(body).encode()))


def message(**fields: Any) -> Inbound:
    [item] = read("messaging", event("message", {"mid": "m_1", **fields}))
    assert isinstance(item, Inbound), item
    return item


@pytest.mark.parametrize(
    ("field", "kind", "about"),
    [
        ("messages", "message", {"mid": "m_1", "text": "Hi"}),
        ("messaging_postbacks", "postback", {"mid": "m_2", "title": "Hours", "payload": "HOURS"}),
        ("messaging_seen", "read", {"mid": "m_3"}),
        ("message_reactions", "reaction", {"mid": "m_4", "action": "react", "emoji": "❤️"}),
        ("message_edit", "message_edit", {"mid": "m_5", "text": "Hello"}),
        ("messaging_referral", "referral", {"ref": "bio"}),
        ("standby", "message", {"mid": "m_6", "text": "Hi"}),
    ],
)
def test_an_event_means_the_same_by_either_login(field: str, kind: str, about: Any) -> None:
    where = "standby" if field == "standby" else "messaging"
    linked = read(where, event(kind, about))
    own = read("changes", {"field": field, "value": event(kind, about, timestamp="1793438700")})
    assert own == linked
    assert not isinstance(own[0], Ignored | Broken)


def test_a_bad_change_costs_its_neighbours_nothing() -> None:
    good = {"field": "messages", "value": event("message", {"mid": "m_1", "text": "Hi"})}
    first, broken, comment, last = read(
        "changes", good, {"field": "messages", "value": event("message", {})}, {"field": "comments"}, good
    )
    assert first == last
    assert isinstance(broken, Broken)
    assert isinstance(comment, Ignored)


def test_a_batch_about_a_page_is_none_of_instagrams() -> None:
    with pytest.raises(Unreadable, match="page"):
        ADAPTER.parse(CONFIG, Raw(body=b'{"object": "page", "entry": []}'))


def test_an_unsent_message_is_taken_back() -> None:
    [item] = read("messaging", event("message", {"mid": "m_1", "is_deleted": True, "text": "secret"}))
    assert isinstance(item, Removal)
    assert "secret" not in item.model_dump_json()


def test_what_instagram_does_not_pass_on_is_shown_as_such() -> None:
    found = message(is_unsupported=True)
    assert [notice.code for notice in found.notices] == ["unsupported"]


def test_a_story_is_kept_with_the_answer_to_it() -> None:
    found = message(text="Nice", reply_to={"story": {"id": "1", "url": "https://lookaside.fbsbx.com/x"}})
    assert [notice.code for notice in found.notices] == ["story_reply"]
    assert [file.ref for file in found.files] == ["https://lookaside.fbsbx.com/x"]
    assert found.references == ()


def test_seeing_one_message_says_which() -> None:
    [item] = read("messaging", event("read", {"mid": "m_1"}))
    assert isinstance(item, StatusChange)
    assert (item.state, item.external_ids, item.to) == ("read", ("m_1",), None)


@pytest.mark.parametrize(
    ("app", "ours", "automatic"),
    [(None, True, ""), (APP_ID, True, ""), ("1517776481860111", False, "sent by another app")],
)
def test_an_echo_that_names_no_app_may_be_ours(app: str | None, ours: bool, automatic: str) -> None:
    about = {"mid": "m_1", "is_echo": True, "text": "Hi", **({"app_id": app} if app else {})}
    [item] = read("messaging", event("message", about, sender={"id": IG_ID}, recipient={"id": PERSON}))
    assert isinstance(item, Inbound)
    assert (item.outgoing, item.ours, item.idem_key, item.automatic) == (True, ours, "", automatic)


def test_who_wrote_has_a_name_and_a_user_name(account: Account) -> None:
    item = ADAPTER.complete(config_of(account), message(text="Hi"), net_io(), {})
    assert isinstance(item, Inbound)
    assert (item.sender.name, item.sender.display, item.sender.address) == ("Anna Moretti", "@anna", PERSON)


def test_who_has_no_name_is_called_by_his_user_name(account: Account) -> None:
    account.people[PERSON]["name"] = ""
    item = ADAPTER.complete(config_of(account), message(text="Hi"), net_io(), {})
    assert isinstance(item, Inbound)
    assert (item.sender.name, item.sender.display) == ("anna", "@anna")
