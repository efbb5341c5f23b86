"""What holds for everything an adapter gives: items, parties, errors."""

import re
from typing import Any

from inbox.contract.adapter import Adapter
from inbox.contract.conformance.case import CANARY
from inbox.contract.errors import AdapterError
from inbox.contract.messages import (
    Account,
    Broken,
    Edit,
    Ignored,
    Inbound,
    Item,
    Link,
    Moved,
    Party,
    Reachable,
    Reacted,
    Removal,
    StatusChange,
)

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def check_item(adapter: Adapter[Any], item: Item) -> None:
    """What holds for every item of every adapter."""
    check_text(item.model_dump(mode="json", exclude={"files": {"__all__": {"content"}}}))
    match item:
        case Ignored():
            assert item.reason, "what is ignored is ignored for a reason"
        case Broken():
            assert item.reason, "what is broken is broken for a reason"
        case StatusChange():
            _check_status(adapter, item)
        case Inbound():
            _check_inbound(adapter, item)
        case Edit() | Reacted():
            assert item.external_id, "a change says of which message"
            assert item.at is None or item.at.utcoffset() is not None, "times have a zone"
            check_party(adapter, item.sender)
            if isinstance(item, Reacted):
                _check_reacted(adapter, item)
        case Removal():
            assert item.external_ids, "a removal says of which messages"
            assert all(item.external_ids), "ids are not empty"
            assert item.at is None or item.at.utcoffset() is not None, "times have a zone"
        case Reachable():
            check_party(adapter, item.party)
            assert item.reachable or item.reason, "who cannot be reached cannot for a reason"
        case Moved():
            check_party(adapter, item.old)
            check_party(adapter, item.new)
        case Link():
            assert item.code, "a link has its code"
            check_party(adapter, item.party)
        case Account():
            assert item.facts, "news of the account say something"


def _check_reacted(adapter: Adapter[Any], item: Reacted) -> None:
    assert len(set(item.emoji)) == len(item.emoji), "a reaction is there or not"
    assert all(item.emoji), "a reaction can be seen"
    assert item.emoji or item.change == "all", "a change of reactions says which"
    if item.writer is not None:
        check_party(adapter, item.writer)


def _check_status(adapter: Adapter[Any], item: StatusChange) -> None:
    watermark = item.to is not None and item.up_to is not None
    assert item.tokens or item.external_ids or watermark, "a status change says of which message"
    for moment in (item.at, item.up_to):
        assert moment is None or moment.utcoffset() is not None, "times have a zone"
    if item.to is not None:
        check_party(adapter, item.to)


def _check_inbound(adapter: Adapter[Any], item: Inbound) -> None:
    assert item.external_id, "a message has an id"
    assert all(item.aliases), "aliases are not empty"
    assert all(item.references), "references are not empty"
    assert item.sent_at is None or item.sent_at.utcoffset() is not None, "times have a zone"
    for party in (item.sender, *(recipient.party for recipient in item.recipients)):
        check_party(adapter, party)
    for claim in item.claims:
        assert claim.namespace, "a claim is of a kind of address"
        assert claim.address, "a claim claims something"
    assert not item.locale or _LANGUAGE.fullmatch(item.locale), "a language is a BCP 47 tag"
    assert item.references or not item.follows, "what follows says what"
    assert item.outgoing or not item.ours, "what our app sent went out"
    assert item.idem_key or not item.partial, "a part is a part of something"
    assert item.place == "customer" or not item.outgoing, (
        "what colleagues write among themselves goes to nobody"
    )
    if item.writer is not None:
        check_party(adapter, item.writer)
    assert "\n" not in item.author + item.group, "one line each"
    for file in item.files:
        sources = [
            file.content is not None,
            bool(file.spool),
            file.ref is not None,
            file.upload is not None,
            bool(file.problem),
        ]
        assert sum(sources) == 1, "a file has its content, a way to get it, or a problem"
        assert not {"/", "\\"} & set(file.name), "a file's name is no path"
        assert file.content is None or file.size == len(file.content), "a file's size is its content's"


def check_party(adapter: Adapter[Any], party: Party) -> None:
    """Addresses are in the adapter's look-up form, which typing them gives again."""
    assert party.namespace == adapter.manifest.namespace, "parties are of the adapter's own namespace"
    assert party.address, "a party has an address"
    assert "\n" not in f"{party.name}{party.address}{party.display}", "one line each"
    if type(adapter).normalise is not Adapter.normalise:
        assert adapter.normalise(party.address).address == party.address, (
            f"{party.address!r} changes when normalised"
        )


def check_error(error: AdapterError) -> None:
    """An error's text is a sentence without a secret."""
    assert error.reason.strip(), "an error says what is wrong"
    assert CANARY not in f"{error!r} {error.reason} {error.code} {error.__cause__!r}", (
        "an error shows a secret"
    )
    assert not _UNFIT.search(error.reason), "an error's text can be stored"


def check_text(value: object) -> None:
    """Every text in `value` can be stored: no NUL, no half character."""
    if isinstance(value, str):
        assert not _UNFIT.search(value), f"text that cannot be stored: {value[:80]!r}"
    elif isinstance(value, dict):
        for inner in value.values():
            check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            check_text(inner)
