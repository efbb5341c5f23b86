"""Customers are found, write, claim, are merged, split and parted in any order: the rules about them always hold.

A model knows whose each address is, and how far it is proved. Whatever was written from or to an address is in the
thread of whose it is; no message is lost or doubled, different verified ids never join by themselves, what a person
decided holds, and in the end everything can be taken back.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, update

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.commerce.models import CartRow, ShopLink
from inbox.contract import Party
from inbox.customers import claims, codes
from inbox.customers.models import Customer, Merge, Suggestion
from inbox.customers.words import SuggestionState
from inbox.db.tables import metadata
from inbox.errors import Conflict, Invalid
from inbox.flows import people, receive, triage
from inbox.flows.context import Context
from inbox.flows.reply import NoteRequest, ReplyRequest, note, reply
from inbox.threads.words import DraftMode, Kind, Status
from tests import plant
from tests.factories import Make, ManualClock
from tests.invariants import faults
from tests.pictures import LINES
from tests.pigeon import news, payload
from tests.reading import Identity, Message, Thread, rows, the

EXAMPLES = 12
STEPS = 25
KEPT = {"agent", "channel", "team", "team_member", "fact", "alembic_version"}
NAMES = ["anna", "ben", "cleo", "dora", "emil"]
SORTED = metadata().sorted_tables
_numbers = itertools.count(1)

LEVELS = ["claimed", "channel", "mail_auth", "verified", "verified"]

names = st.sampled_from(NAMES)
levels = st.sampled_from(LEVELS)
picks = st.integers(0, 10**6)


@dataclass
class Entry:
    """A merge or a split that was not undone: the survivor, the other, and the addresses that went over."""

    merge_id: int
    survivor: int
    other: int
    moved: frozenset[str]
    is_split: bool = False


class World(RuleBasedStateMachine):
    """People who write to us."""

    ctx: Context
    make: Make
    clock: ManualClock
    channel: int
    agents: list[AgentIdentity]

    @initialize()
    def begin(self) -> None:
        wipe(self.ctx)
        plant.shop(self.ctx)
        self.owner: dict[str, int] = {}
        self.first: dict[str, int] = {}
        self.entries: list[Entry] = []
        self.apart: set[frozenset[int]] = set()
        self.rejected: set[frozenset[int]] = set()
        self.verified: set[str] = set()
        self.written = 0

    @rule(name=names, minutes=st.integers(0, 3), level=levels)
    def writes(self, name: str, minutes: int, level: str) -> None:
        self.clock.forward(minutes=minutes)
        self.make.inbound(self.channel, f"from {name} {next(_numbers)}", name, level=level)
        self.written += 1
        if level == "verified":
            self.verified.add(name)
        if name not in self.owner:
            self.owner[name] = self.first[name] = the(
                self.ctx, Identity, Identity.address == name
            ).customer_id

    @precondition(lambda self: self._threaded())
    @rule(pick=picks, who=st.integers(0, 1))
    def is_answered(self, pick: int, who: int) -> None:
        name = self._threaded(pick)[0]
        identity = the(self.ctx, Identity, Identity.address == name)
        asked = ReplyRequest(self.channel, f"to {name}", f"r{next(_numbers)}", to_identity_id=identity.id)
        reply(self.ctx, self.agents[who], self._thread(name).id, asked)
        self.written += 1

    @precondition(lambda self: self._threaded())
    @rule(pick=picks, who=st.integers(0, 1))
    def is_noted(self, pick: int, who: int) -> None:
        note(
            self.ctx,
            self.agents[who],
            self._thread(self._threaded(pick)[0]).id,
            NoteRequest("hm", f"n{next(_numbers)}"),
        )
        self.written += 1

    @precondition(lambda self: self._threaded())
    @rule(pick=picks, resolve=st.booleans(), who=st.integers(0, 1))
    def is_looked_after(self, pick: int, resolve: bool, who: int) -> None:
        thread, agent = self._thread(self._threaded(pick)[0]), self.agents[who]
        if not thread.last_seq:
            return  # nobody has written in it: there is nothing to look after
        status = Status.RESOLVED if resolve else Status.OPEN
        before = len(self._lines(thread.id))
        triage.change(self.ctx, agent, thread.id, triage.Changes(status=status, assignee_id=agent.id))
        self.written += len(self._lines(thread.id)) - before
        triage.mark_read(self.ctx, agent, thread.id, pick % (thread.last_seq + 1))
        triage.save_draft(self.ctx, agent, thread.id, DraftMode.REPLY, triage.DraftFields(f"draft {pick}"))

    @precondition(lambda self: self.owner)
    @rule(pick=picks, linked=st.booleans())
    def buys(self, pick: int, linked: bool) -> None:
        """A shop knows an address: a link or a cart by it, and something done about it in the newest request."""
        name = self._name(pick)
        owner, number = self.owner[name], next(_numbers)
        if linked and not rows(self.ctx, ShopLink, ShopLink.value == name):
            plant.link(self.ctx, owner, f"b{number}", value=name)
        plant.cart(self.ctx, owner, f"c{number}", email=name)
        thread = next(iter(rows(self.ctx, Thread, Thread.customer_id == owner)), None)
        if thread is not None and thread.last_seq:
            plant.act(self.ctx, self.agents[0].id, thread.id, f"a{number}")

    @precondition(lambda self: self.owner)
    @rule(pick=picks, name=names)
    def claims(self, pick: int, name: str) -> None:
        claimer = self._name(pick)
        identity = the(self.ctx, Identity, Identity.address == claimer)

        def story(session: Any) -> None:
            party = Party(namespace="pigeon", address=name, display=name)
            claims.claim(session, identity.customer_id, identity.id, party, "typed", self.clock())
            people.suggest_from(session, identity.customer_id, self.clock())

        self.ctx.db.run(story)
        if name in self.owner and self.owner[name] != self.owner[claimer]:
            assert self._suggested(self.owner[name], self.owner[claimer])

    @precondition(lambda self: self._open())
    @rule(pick=picks)
    def are_told_apart(self, pick: int) -> None:
        """An agent decides for good that two are not one."""
        suggestions = self._open()
        row = suggestions[pick % len(suggestions)]
        people.reject(self.ctx, self.agents[0], row.id)
        self.rejected.add(frozenset((row.low_id, row.high_id)))

    @precondition(lambda self: self.owner)
    @rule(pick=picks, name=names)
    def brings_a_code(self, pick: int, name: str) -> None:
        """Somebody opens the link that one of them was given: he who has no past joins, another is suggested."""
        giver = self._name(pick)
        identity, keep = the(self.ctx, Identity, Identity.address == giver), self.owner[giver]
        brought = self.owner.get(name)
        has_no_past = brought is None or self._is_blank(brought)
        joins = brought is None or (has_no_past and self._may_join(keep, brought))
        code = self.ctx.db.run(codes.make, codes.LINK, identity.id, self.clock(), seconds=900)
        self.make.keep(self.channel, payload(news("link", code=code, party=name)))
        receive.drain(self.ctx)
        if brought == keep:
            return
        if joins:
            entry = rows(self.ctx, Merge)[-1]
            assert (entry.survivor_id, entry.reason) == (keep, "linked")
            self.first.setdefault(name, entry.other_id)
            self.entries.append(Entry(entry.id, keep, entry.other_id, frozenset((name,))))
            self.owner[name] = keep
            return
        self.written += 1  # the line that says so in the chat
        if not has_no_past:
            signs = {sign["code"] for row in self._suggested(keep, brought) for sign in row.evidence}
            assert "linked" in signs or self._is_rejected(keep, brought)

    @precondition(lambda self: len(set(self.owner.values())) > 1)
    @rule(pick=picks, other=picks, automatic=st.booleans())
    def turn_out_to_be_one(self, pick: int, other: int, automatic: bool) -> None:
        living = sorted(set(self.owner.values()))
        survivor = living[pick % len(living)]
        gone = [number for number in living if number != survivor][other % (len(living) - 1)]
        moved = frozenset(name for name, owner in self.owner.items() if owner == gone)
        if automatic:
            expected = self._may_join(survivor, gone)
            joined = self.ctx.db.run(people.join, self.ctx, survivor, gone, "signed_in", self.clock())
            assert joined == expected
            if not joined:
                return
            entry = rows(self.ctx, Merge)[-1]
            self.entries.append(Entry(entry.id, survivor, gone, moved))
        else:
            conflict = self._conflict(survivor, gone)
            if conflict:
                with pytest.raises(Conflict):
                    people.merge(self.ctx, self.agents[0], survivor, gone)
            merged = people.merge(self.ctx, self.agents[0], survivor, gone, confirmed=conflict)
            self.entries.append(Entry(merged.merge_id, survivor, gone, moved))
        self.owner |= dict.fromkeys(moved, survivor)

    @precondition(lambda self: self.owner)
    @rule(pick=picks)
    def is_split_off(self, pick: int) -> None:
        name = self._name(pick)
        owner = self.owner[name]
        identity = the(self.ctx, Identity, Identity.address == name)
        if list(self.owner.values()).count(owner) == 1:
            with pytest.raises(Invalid):
                people.split(self.ctx, self.agents[0], identity.id)
            return
        made = people.split(self.ctx, self.agents[0], identity.id)
        self.entries.append(Entry(made.merge_id, owner, made.customer_id, frozenset((name,)), is_split=True))
        self.owner[name] = made.customer_id
        self.apart.add(frozenset((owner, made.customer_id)))

    @precondition(lambda self: self.entries)
    @rule(pick=picks)
    def is_taken_back(self, pick: int) -> None:
        self._undo(self.entries[pick % len(self.entries)])

    @invariant()
    def rules_hold(self) -> None:
        if not hasattr(self, "owner"):
            return
        assert faults(self.ctx) == []
        assert {row.address: row.customer_id for row in rows(self.ctx, Identity)} == self.owner
        assert [
            row.value for row in rows(self.ctx, ShopLink) if row.customer_id != self.owner[row.value]
        ] == []
        assert [
            row.email for row in rows(self.ctx, CartRow) if row.customer_id != self.owner[row.email]
        ] == []
        found = rows(self.ctx, Thread)
        assert not [row.id for row in found if row.waiting_since and row.status is Status.RESOLVED]
        threads = {row.customer_id: row.id for row in found}
        identities = {row.id: row.address for row in rows(self.ctx, Identity)}
        found = rows(self.ctx, Message)
        for message in found:
            if message.kind in (Kind.INBOUND, Kind.REPLY):
                assert message.thread_id == threads[self.owner[identities[message.identity_id]]]
        for pair in self.rejected:
            (row,) = self._suggested(*pair)
            assert row.state in (SuggestionState.REJECTED, SuggestionState.MERGED), "a rejection is for good"
        told = [m for m in found if m.system and m.system["code"] in {*LINES, "reopened"}]
        assert len(found) - len(told) == self.written

    def teardown(self) -> None:
        if not hasattr(self, "owner"):
            return
        while self.entries:
            self._undo(self.entries[-1])
            assert faults(self.ctx) == []
        assert self.owner == self.first
        self.rules_hold()

    def _undo(self, entry: Entry) -> None:
        if not self._can_undo(entry):
            with pytest.raises(Conflict):
                people.undo(self.ctx, self.agents[1], entry.merge_id)
            return
        people.undo(self.ctx, self.agents[1], entry.merge_id)
        self.entries.remove(entry)
        if entry.is_split:
            back = {name for name, owner in self.owner.items() if owner == entry.other}
            self.owner |= dict.fromkeys(back, entry.survivor)
        else:
            self.owner |= dict.fromkeys(entry.moved, entry.other)
        pair = frozenset((entry.survivor, entry.other))
        (self.apart.discard if entry.is_split else self.apart.add)(pair)

    def _can_undo(self, entry: Entry) -> bool:
        away = {e.other for e in self.entries if not e.is_split}
        holder = entry.other if entry.is_split else entry.survivor
        if entry.survivor in away or any(self.owner[name] != holder for name in entry.moved):
            return False
        later = [e for e in self.entries if e.merge_id > entry.merge_id and not e.is_split]
        return not entry.is_split or not (
            entry.other in away or any(e.survivor == entry.other for e in later)
        )

    def _conflict(self, one: int, other: int) -> bool:
        """Whether both have verified ids, which are of one kind here, and never the same."""
        return all(any(self.owner[name] == each for name in self.verified) for each in (one, other))

    def _may_join(self, one: int, other: int) -> bool:
        """Whether two may become one without a person."""
        decided = frozenset((one, other)) in self.apart or self._is_rejected(one, other)
        return not decided and not self._conflict(one, other)

    def _suggested(self, one: int, other: int) -> list[Any]:
        low, high = sorted((one, other))
        return rows(self.ctx, Suggestion, Suggestion.low_id == low, Suggestion.high_id == high)

    def _is_rejected(self, one: int, other: int) -> bool:
        """Whether a pair was rejected, or one of those whom they are now was."""
        return any(row.state is SuggestionState.REJECTED for row in self._suggested(one, other))

    def _open(self) -> list[Any]:
        found = rows(self.ctx, Suggestion, Suggestion.state == SuggestionState.OPEN)
        living = set(self.owner.values())
        return [row for row in found if {row.low_id, row.high_id} <= living]

    def _is_blank(self, customer_id: int) -> bool:
        """Whether a customer is one address that nobody ever wrote from or to."""
        silent = all(
            thread.last_seq == 0 for thread in rows(self.ctx, Thread, Thread.customer_id == customer_id)
        )
        return silent and list(self.owner.values()).count(customer_id) == 1

    def _threaded(self, pick: int = 0) -> list[str]:
        """The names of those who have a thread, one of them first."""
        with_thread = {thread.customer_id for thread in rows(self.ctx, Thread)}
        known = sorted(name for name, owner in self.owner.items() if owner in with_thread)
        start = pick % len(known) if known else 0
        return [*known[start:], *known[:start]]

    def _name(self, pick: int) -> str:
        known = sorted(self.owner)
        return known[pick % len(known)]

    def _thread(self, name: str) -> Any:
        return the(self.ctx, Thread, Thread.customer_id == self.owner[name])

    def _lines(self, thread_id: int) -> list[Any]:
        found = rows(self.ctx, Message, Message.thread_id == thread_id, Message.kind == Kind.SYSTEM)
        return [m for m in found if m.system["code"] not in {*LINES, "reopened"}]


def wipe(ctx: Context) -> None:
    """Empty all tables but those of agents and channels."""
    with ctx.db.write() as session:
        for table in (Customer, Thread):
            session.execute(update(table).values(merged_into_id=None))
        for table in reversed(SORTED):
            if table.name not in KEPT:
                session.execute(delete(table))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_rules_hold_whatever_happens_in_whatever_order(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    World.ctx, World.make, World.clock = ctx, make, clock
    World.channel = make.channel()
    World.agents = [make.agent("Ben", Role.ADMIN), make.agent("Eva", Role.ADMIN)]
    run_state_machine_as_test(
        World,
        settings=settings(
            max_examples=EXAMPLES,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
