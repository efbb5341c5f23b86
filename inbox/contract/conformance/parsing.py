"""Checks of `parse` and `normalise`, and payloads to try them on."""

import json
import random
import socket
from collections.abc import Iterator

from inbox.contract.adapter import Adapter
from inbox.contract.conformance.case import Case, describe
from inbox.contract.conformance.items import check_error, check_item, check_party, check_text
from inbox.contract.errors import BadAddress, Unreadable
from inbox.contract.messages import Inbound, Item, Raw


def check_samples(case: Case) -> None:
    """Every sample gives the expected items, twice the same, through JSON unchanged, and without a network."""
    for sample in case.samples:
        config = case.parse_config(sample.config)
        with no_network():
            items = case.adapter.parse(config, sample.raw)
            again = case.adapter.parse(config, sample.raw.model_copy(deep=True))
        assert describe(items) == sample.items, (
            f"{sample.name}: {json.dumps(describe(items), ensure_ascii=False)}"
        )
        assert items == again, f"{sample.name}: parsing twice gives two results"
        for item in items:
            check_item(case.adapter, item)
            bare = _without_content(item)
            assert type(item).model_validate_json(bare.model_dump_json()) == bare, (
                f"{sample.name}: lost in JSON"
            )


def check_parse_survives(case: Case, raw: Raw) -> None:
    """Any payload at all gives sound items or Unreadable, and the same each time."""
    config = case.parse_config()
    try:
        items = case.adapter.parse(config, raw)
    except Unreadable as error:
        check_error(error)
        return
    assert items, "a payload that is readable gives at least one item, if only Ignored"
    for item in items:
        check_item(case.adapter, item)
    assert case.adapter.parse(config, raw) == items


def check_normalise(case: Case, text: str) -> None:
    """Typed text becomes a party or BadAddress, and normalising is idempotent."""
    if type(case.adapter).normalise is Adapter.normalise:
        return
    try:
        party = case.adapter.normalise(text)
    except BadAddress as error:
        check_error(error)
        return
    check_text(party.model_dump(mode="json"))
    check_party(case.adapter, party)


def mutations(sample: bytes, seed: int) -> Iterator[bytes]:
    """Damaged forms of a payload, without end: cut, doubled, spliced, with bytes changed and lines moved."""
    chance = random.Random(seed)  # noqa: S311 - tests that fail must fail again
    interesting = [b"\x00", b"\xff", b"\r", b"\n\n", b'"', b"=?", b"?=", b"(", b"<", b";", b":", b"\\", b"{", b"[",
                   b"\xed\xa0\x80", b"\xe2\x80\xae", b"%F6", b"*0*=", b"--", b"9" * 30]  # fmt: skip
    while True:
        data = bytearray(sample)
        for _ in range(chance.randint(1, 6)):
            at, to = sorted(chance.randint(0, len(data)) for _ in range(2))
            match chance.randint(0, 6):
                case 0:
                    del data[at : min(to, at + 200)]
                case 1:
                    data[at:at] = data[at : min(to, at + 500)]
                case 2:
                    data[at:at] = chance.choice(interesting) * chance.choice((1, 1, 1, 2, 50))
                case 3 if data:
                    data[min(at, len(data) - 1)] = chance.randrange(256)
                case 4:
                    del data[at:]
                case 5:
                    lines = data.split(b"\n")
                    chance.shuffle(lines)
                    data = bytearray(b"\n".join(lines))
                case _:
                    data[at:to] = bytes(data[at:to]).swapcase()
        yield bytes(data)


def _without_content(item: Item) -> Item:
    if not isinstance(item, Inbound):
        return item
    return item.model_copy(
        update={"files": tuple(file.model_copy(update={"content": None}) for file in item.files)}
    )


class no_network:  # noqa: N801 - reads as a statement
    """Within it, making a socket fails: parsing is pure."""

    def __enter__(self) -> None:
        self._socket = socket.socket

        def refuse(*_args: object, **_named: object) -> socket.socket:
            raise AssertionError("parsing touched the network")

        socket.socket = refuse  # type: ignore[misc, assignment]  # put back below

    def __exit__(self, *_error: object) -> None:
        socket.socket = self._socket  # type: ignore[misc]  # the original again
