"""Who wrote: a number in the payload, a name from who is asked."""

import json
from collections.abc import MutableMapping

import pytest
from pydantic import JsonValue

from adapters.meta.messenger import ADAPTER
from inbox.contract import Inbound, Item, Raw, StatusChange, TryLater
from tests.adapters.messenger.peer import config_of, net_io
from tests.peers.graph_page import PAGE_ID, PERSON, Account


def read(page: Account, kind: str, about: object, *, outgoing: bool = False) -> Item:
    body = page.batch(page.event(kind, about, outgoing=outgoing))
    [item] = ADAPTER.parse(config_of(page), Raw(body=json.dumps(body).encode()))
    return item


def complete(page: Account, item: Item, memory: MutableMapping[str, JsonValue]) -> Item:
    return ADAPTER.complete(config_of(page), item, net_io(), memory)


def test_a_customer_has_his_name_and_is_asked_about_once(page: Account) -> None:
    memory: dict[str, JsonValue] = {}
    for mid in ("m_1", "m_2"):
        item = complete(page, read(page, "message", {"mid": mid, "text": "Hi"}), memory)
        assert isinstance(item, Inbound)
        assert item.sender.name == "Anna Moretti"
    assert len(page.graph.calls) == 1
    assert json.loads(json.dumps(memory)) == memory


def test_who_is_written_to_from_elsewhere_has_his_name_too(page: Account) -> None:
    echo = read(page, "message", {"mid": "m_3", "text": "Hi", "is_echo": True}, outgoing=True)
    item = complete(page, echo, {})
    assert isinstance(item, Inbound)
    assert item.recipients[0].party.name == "Anna Moretti"
    assert item.sender.name == ""


def test_other_news_are_left_as_they_are(page: Account) -> None:
    item = read(page, "read", {"watermark": 1_793_438_700_000})
    assert isinstance(item, StatusChange)
    assert complete(page, item, {}) is item
    assert page.graph.calls == []


def test_of_whom_meta_does_not_tell_it_is_not_asked_with_every_message(page: Account) -> None:
    memory: dict[str, JsonValue] = {}
    del page.people[PERSON]
    for mid in ("m_4", "m_5"):
        item = read(page, "message", {"mid": mid, "text": "Hi"})
        assert complete(page, item, memory) == item
    assert len(page.graph.calls) == 1


def test_trouble_is_told_to_the_caller_and_asked_again(page: Account) -> None:
    memory: dict[str, JsonValue] = {}
    page.graph.refuse(PERSON, 613)
    item = read(page, "message", {"mid": "m_6", "text": "Hi"})
    with pytest.raises(TryLater):
        complete(page, item, memory)
    completed = complete(page, item, memory)
    assert isinstance(completed, Inbound)
    assert completed.sender.name == "Anna Moretti"


def test_ids_are_good_for_one_page_only(page: Account) -> None:
    item = read(page, "message", {"mid": "m_5", "text": "Hi"})
    assert isinstance(item, Inbound)
    assert (item.sender.account, item.sender.address) == (PAGE_ID, PERSON)
