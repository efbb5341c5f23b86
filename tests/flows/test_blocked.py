"""Who blocked one of several accounts is still reached by the others: it is kept per address and channel."""

from typing import Any

import pytest

from inbox.agents.words import Role
from inbox.contract import Outgoing, Receipt, Rejected
from inbox.customers import export, reach
from inbox.customers import queries as customers
from inbox.flows import deliver, people, privacy, receive
from inbox.flows.context import Context
from tests.factories import Make
from tests.flows.birds import Robin
from tests.flows.test_answering import Desk
from tests.pigeon import news, payload
from tests.reading import Customer, Identity, Message, blocks, rows, the

BLOCKED = "She blocked the window."


class TwoWindows(Desk):
    """Anna has one number, and has written at two windows that reach only who came there."""

    def __init__(self, ctx: Context, make: Make) -> None:
        super().__init__(ctx, make)
        self.second = make.channel("robin", "Second window", loft="Second")
        self.comes_to_the_window()
        make.inbound(self.second, sender="anna-1")
        self.anna = the(ctx, Identity, Identity.namespace == "robin").id

    def hears(self, channel_id: int, **fields: Any) -> None:
        """One of the windows is told something about Anna."""
        self.make.keep(channel_id, payload(news("reachable", party=robin_party(), **fields)))
        receive.drain(self.ctx)

    def usable(self) -> dict[int, bool]:
        """Which of the windows reach Anna."""
        return {channel_id: self.way(channel_id)["usable"] for channel_id in (self.robins, self.second)}


def robin_party() -> dict[str, Any]:
    return {"namespace": "robin", "address": "anna-1", "display": "anna-1"}


@pytest.fixture
def windows(aviary: Context, make: Make) -> TwoWindows:
    return TwoWindows(aviary, make)


def test_one_window_that_is_blocked_leaves_the_other_open(windows: TwoWindows) -> None:
    windows.hears(windows.robins, reachable=False, reason=BLOCKED)
    assert windows.usable() == {windows.robins: False, windows.second: True}
    assert windows.way(windows.robins)["reason"] == BLOCKED
    assert windows.way(windows.second)["reason"] is None
    line = rows(windows.ctx, Message)[-1]
    assert line.body_text == "Cannot be written to any more by Window: anna-1"
    (view,) = (
        each
        for found in read(windows.ctx, customers.identities, [the_customer(windows)]).values()
        for each in found
        if each["id"] == windows.anna
    )
    assert view["unreachable"] == f"Window: {BLOCKED}"


def test_a_message_at_the_other_window_opens_none_that_was_blocked(windows: TwoWindows) -> None:
    windows.hears(windows.robins, reachable=False, reason=BLOCKED)
    windows.make.inbound(windows.second, "Hello here", "anna-1")
    assert windows.usable() == {windows.robins: False, windows.second: True}
    windows.make.inbound(windows.robins, "Hello there", "anna-1")
    assert windows.usable() == {windows.robins: True, windows.second: True}


def test_a_window_opens_again_by_itself_alone(windows: TwoWindows) -> None:
    for channel_id in (windows.robins, windows.second):
        windows.hears(channel_id, reachable=False, reason=BLOCKED)
    windows.hears(windows.robins, reachable=True)
    assert windows.usable() == {windows.robins: True, windows.second: False}
    windows.hears(windows.robins, reachable=True)
    assert len(rows(windows.ctx, Message, Message.body_text.startswith("Can be written"))) == 1


def test_a_refused_reply_shuts_the_window_it_was_sent_by(windows: TwoWindows, robin: Robin) -> None:
    def refuse(_message: Outgoing) -> Receipt:
        raise Rejected(BLOCKED, code="blocked")

    robin.answer = refuse
    windows.reply(windows.second)
    deliver.drain(windows.ctx)
    assert windows.usable() == {windows.robins: True, windows.second: False}
    assert read(windows.ctx, reach.why_not, windows.anna, windows.second, "") == BLOCKED


def test_merging_splitting_and_undoing_leave_it_at_the_address(windows: TwoWindows) -> None:
    windows.hears(windows.robins, reachable=False, reason=BLOCKED)
    windows.make.inbound(windows.pigeons, "I am Bob", "bob")
    bob = the(windows.ctx, Customer, Customer.name == "bob").id
    merged = people.merge(windows.ctx, windows.ben, the_customer(windows), bob)
    assert windows.usable() == {windows.robins: False, windows.second: True}
    people.undo(windows.ctx, windows.ben, merged.merge_id)
    parted = people.split(windows.ctx, windows.ben, windows.anna)
    assert parted.thread_id is not None
    windows.thread_id = parted.thread_id
    assert windows.usable() == {windows.robins: False, windows.second: True}


def test_it_is_exported_and_erased_with_the_person(windows: TwoWindows) -> None:
    windows.hears(windows.robins, reachable=False, reason=BLOCKED)
    told = read(windows.ctx, export.person, the_customer(windows))["identities"]
    (anna,) = (each for each in told if each["id"] == windows.anna)
    assert anna["unreachable_on"] == [{"channel_id": windows.robins, "reason": BLOCKED}]
    privacy.erase(windows.ctx, windows.make.agent("Ada", Role.ADMIN), the_customer(windows))
    assert blocks(windows.ctx) == []


def the_customer(windows: TwoWindows) -> int:
    number: int = the(windows.ctx, Identity, Identity.id == windows.anna).customer_id
    return number


def read(ctx: Context, look: Any, *arguments: Any) -> Any:
    with ctx.db.read() as session:
        return look(session, *arguments)
