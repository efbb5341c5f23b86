"""Two customers turn out to be one: what was theirs is one person's, and can be parted again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox.agents.words import Role
from inbox.contract import Party
from inbox.customers import actions as customers
from inbox.customers import claims
from inbox.customers.models import Claim, Consent, CustomerNote, CustomerTag, Suggestion
from inbox.errors import Conflict, Invalid, NotFound
from inbox.flows import deliver, people, receive, triage
from inbox.flows.context import Context
from inbox.flows.reply import NoteRequest, ReplyRequest, note, reply
from inbox.sla.words import WaitOutcome
from inbox.threads.models import Draft, ReadMark
from inbox.threads.words import DraftMode, Priority, Status
from tests.factories import Make, ManualClock
from tests.invariants import faults
from tests.pictures import differences, picture, without_lines
from tests.pigeon import payload
from tests.reading import Customer, Delivery, Episode, Event, Identity, Message, Thread, Wait, rows, the


def of(ctx: Context, address: str) -> Customer:
    identity = the(ctx, Identity, Identity.address == address)
    return the(ctx, Customer, Customer.id == identity.customer_id)


def thread_of(ctx: Context, address: str) -> Thread:
    return the(ctx, Thread, Thread.customer_id == of(ctx, address).id)


def texts(ctx: Context, thread_id: int) -> list[str]:
    found = rows(ctx, Message, Message.thread_id == thread_id)
    return [message.body_text for message in sorted(found, key=lambda message: message.seq)]


@pytest.fixture
def two(ctx: Context, make: Make, clock: ManualClock) -> tuple[int, int, int]:
    """The channel, and two customers who write by turns."""
    channel = make.channel()
    for number in range(1, 4):
        for name in ("anna", "a.moretti"):
            make.inbound(channel, f"{name} {number}", name, name="Anna Moretti" if name == "anna" else "")
            clock.forward(minutes=1)
    return channel, of(ctx, "anna").id, of(ctx, "a.moretti").id


def test_two_threads_become_one_in_the_order_of_time(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    _, anna, other = two
    gone = thread_of(ctx, "a.moretti").id
    merged = people.merge(ctx, make.agent(), anna, other)

    thread = the(ctx, Thread, Thread.id == merged.thread_id)
    assert texts(ctx, thread.id) == [
        "anna 1", "a.moretti 1", "anna 2", "a.moretti 2", "anna 3", "a.moretti 3",
        "Merged with a.moretti (2 threads, 6 messages) by Ben",
    ]  # fmt: skip
    assert the(ctx, Thread, Thread.id == gone).merged_into_id == thread.id
    assert the(ctx, Customer, Customer.id == other).merged_into_id == anna
    assert {identity.customer_id for identity in rows(ctx, Identity)} == {anna}
    assert len(rows(ctx, Episode, Episode.status == Status.OPEN)) == 1
    assert faults(ctx) == []


def test_undoing_restores_everything(ctx: Context, make: Make, two: tuple[int, int, int]) -> None:
    channel, anna, other = two
    ben, eva = make.agent(), make.agent("Eva")
    ours, theirs = thread_of(ctx, "anna").id, thread_of(ctx, "a.moretti").id
    reply(ctx, ben, ours, ReplyRequest(channel, "Which order?", "c1", cc=("luca",)))
    reply(ctx, ben, theirs, ReplyRequest(channel, "Hello", "c2", cc=("luca", "mara")))
    note(ctx, ben, theirs, NoteRequest("Looks like Anna.", "c3"))
    make.inbound(channel, "still there?", "a.moretti")
    triage.mark_read(ctx, ben, ours, 2)
    triage.mark_read(ctx, eva, theirs, 1)
    for agent, thread_id, mode, text in (
        (eva, ours, DraftMode.REPLY, "One"),
        (eva, theirs, DraftMode.REPLY, "Two"),
        (ben, theirs, DraftMode.NOTE, "Three"),
    ):
        triage.save_draft(ctx, agent, thread_id, mode, triage.DraftFields(text))
    known(ctx, anna, other)
    before = without_lines(picture(ctx))
    merged = people.merge(ctx, ben, anna, other, take={"name": "other", "fields.size": "other"})
    assert faults(ctx) == []
    assert the(ctx, Customer, Customer.id == anna).fields == {
        "size": "L",
        "vip": True,
        "birthday": "1990-01-01",
    }
    people.undo(ctx, ben, merged.merge_id)
    assert differences(before, without_lines(picture(ctx))) == []
    assert faults(ctx) == []


def known(ctx: Context, anna: int, other: int) -> None:
    """What is known of the two besides their messages."""
    at = ctx.clock()
    with ctx.db.write() as session:
        session.get_one(Customer, anna).fields = {"size": "M", "vip": True}
        session.get_one(Customer, other).fields = {"size": "L", "birthday": "1990-01-01"}
        for customer_id, tags in ((anna, ("vip", "it")), (other, ("it", "wholesale"))):
            session.add_all(CustomerTag(customer_id=customer_id, tag=tag) for tag in tags)
            session.add(CustomerNote(customer_id=customer_id, body="Knows Luca.", created_at=at))
            session.add(
                Consent(
                    customer_id=customer_id,
                    namespace="email",
                    purpose="marketing",
                    granted=customer_id == anna,
                    source="form",
                    at=at,
                )
            )
            party = Party(namespace="email", address="anna@a.example", display="anna@a.example")
            claims.claim(session, customer_id, None, party, "typed", at)
        only = Party(namespace="email", address="am@a.example", display="am@a.example")
        claims.claim(session, other, None, only, "typed", at)
        people.suggest_from(session, other, at)


def test_everything_that_is_known_of_both_is_the_survivors(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    _, anna, other = two
    known(ctx, anna, other)
    people.merge(ctx, make.agent(), anna, other)
    customer = the(ctx, Customer, Customer.id == anna)
    assert customer.name == "Anna Moretti"
    assert customer.fields == {"size": "M", "vip": True, "birthday": "1990-01-01"}
    with ctx.db.read() as session:
        tags = session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == anna)).all()
    assert sorted(tags) == ["it", "vip", "wholesale"]
    for table in (CustomerNote, Consent):
        assert {row.customer_id for row in rows(ctx, table)} == {anna}
    assert sorted(c.address for c in rows(ctx, Claim, Claim.customer_id == anna)) == [
        "am@a.example",
        "anna@a.example",
    ]
    assert the(ctx, Suggestion).state == "merged"


def test_a_name_that_was_told_wins_over_one_made_of_an_address(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    _, anna, other = two
    found = people.preview(ctx, make.agent(), other, anna)
    assert found["fields"][0] == {
        "key": "name",
        "survivor": "a.moretti",
        "other": "Anna Moretti",
        "take": "other",
    }
    people.merge(ctx, make.agent(), other, anna)
    assert the(ctx, Customer, Customer.id == other).name == "Anna Moretti"


def test_the_preview_says_what_will_be(ctx: Context, make: Make, two: tuple[int, int, int]) -> None:
    _, anna, other = two
    found = people.preview(ctx, make.agent(), anna, other)
    assert (found["threads"], found["messages"], found["conflicts"], found["allowed"]) == (2, 6, [], True)
    assert found["suggested_id"] == anna
    assert [side["name"] for side in (found["survivor"], found["other"])] == ["Anna Moretti", "a.moretti"]
    assert [i["address"] for i in found["other"]["identities"]] == ["a.moretti"]
    with pytest.raises(Invalid):
        people.merge(ctx, make.agent(), anna, other, take={"shoe": "other"})
    with pytest.raises(Invalid):
        people.preview(ctx, make.agent(), anna, anna)


def test_of_two_drafts_neither_is_lost(ctx: Context, make: Make, two: tuple[int, int, int]) -> None:
    _, anna, other = two
    eva, ours, theirs = make.agent("Eva"), thread_of(ctx, "anna").id, thread_of(ctx, "a.moretti").id
    triage.save_draft(ctx, eva, ours, DraftMode.REPLY, triage.DraftFields("One", attachment_ids=(7,)))
    triage.save_draft(ctx, eva, theirs, DraftMode.REPLY, triage.DraftFields("Two", attachment_ids=(8,)))
    people.merge(ctx, make.agent(), anna, other)
    with ctx.db.read() as session:
        draft = session.scalars(select(Draft)).one()
    assert (draft.thread_id, draft.body, draft.fields["attachment_ids"]) == (ours, "One\n\nTwo", [7, 8])
    changed = Event.kind == "draft.changed", Event.thread_id == ours, Event.actor_id.is_(None)
    told = the(ctx, Event, *changed)
    assert told.agent_id == eva.id


def test_a_draft_that_was_changed_since_stays_whole(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    _, anna, other = two
    eva, ours, theirs = make.agent("Eva"), thread_of(ctx, "anna").id, thread_of(ctx, "a.moretti").id
    triage.save_draft(ctx, eva, ours, DraftMode.REPLY, triage.DraftFields("One"))
    triage.save_draft(ctx, eva, theirs, DraftMode.REPLY, triage.DraftFields("Two"))
    merged = people.merge(ctx, make.agent(), anna, other)
    triage.save_draft(ctx, eva, ours, DraftMode.REPLY, triage.DraftFields("One and two"))
    people.undo(ctx, make.agent(), merged.merge_id)
    with ctx.db.read() as session:
        draft = session.scalars(select(Draft)).one()
    assert (draft.thread_id, draft.body) == (ours, "One and two")


@pytest.mark.parametrize(
    ("read_ours", "read_theirs", "reached"),
    [(3, 3, 7), (3, 0, 1), (0, 3, 0), (1, 1, 2), (2, 1, 3), (0, 0, 0), (3, 2, 5)],
)
def test_nothing_unread_becomes_read(
    ctx: Context, make: Make, two: tuple[int, int, int], read_ours: int, read_theirs: int, reached: int
) -> None:
    _, anna, other = two
    eva, ours = make.agent("Eva"), thread_of(ctx, "anna").id
    triage.mark_read(ctx, eva, ours, read_ours)
    triage.mark_read(ctx, eva, thread_of(ctx, "a.moretti").id, read_theirs)
    merged = people.merge(ctx, make.agent(), anna, other)
    assert mark(ctx, eva.id, ours) == reached
    people.undo(ctx, make.agent(), merged.merge_id)
    assert (mark(ctx, eva.id, ours), mark(ctx, eva.id, thread_of(ctx, "a.moretti").id)) == (
        read_ours,
        read_theirs,
    )


def mark(ctx: Context, agent_id: int, thread_id: int) -> int:
    with ctx.db.read() as session:
        found = session.scalars(
            select(ReadMark.seq).where(ReadMark.agent_id == agent_id, ReadMark.thread_id == thread_id)
        ).one_or_none()
    return found or 0


def test_reading_on_in_the_joined_thread_holds_for_both_after_undoing(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    _, anna, other = two
    eva, ours = make.agent("Eva"), thread_of(ctx, "anna").id
    triage.mark_read(ctx, eva, ours, 1)
    merged = people.merge(ctx, make.agent(), anna, other)
    triage.mark_read(ctx, eva, ours, 4)
    people.undo(ctx, make.agent(), merged.merge_id)
    assert (mark(ctx, eva.id, ours), mark(ctx, eva.id, thread_of(ctx, "a.moretti").id)) == (2, 2)


def test_the_joined_customer_waits_since_the_first_of_both_did(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    channel, ben = make.channel(), make.agent()
    make.inbound(channel, sender="anna")
    clock.forward(minutes=5)
    make.inbound(channel, sender="other")
    later, anna = clock(), of(ctx, "anna").id
    people.merge(ctx, ben, of(ctx, "other").id, anna)
    thread = thread_of(ctx, "anna")
    assert thread.waiting_since == later - timedelta(minutes=5)
    ended = the(ctx, Wait, Wait.closed_at.is_not(None))
    assert (ended.outcome, ended.opened_at) == (WaitOutcome.MERGED, later)
    reply(ctx, ben, thread.id, ReplyRequest(channel, "Here I am", "c1"))
    assert thread_of(ctx, "anna").waiting_since is None
    assert faults(ctx) == []


def test_the_older_request_goes_on_with_what_the_other_had(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    channel, ben = make.channel(), make.agent()
    make.inbound(channel, sender="anna")
    clock.forward(minutes=5)
    make.inbound(channel, sender="other")
    theirs = thread_of(ctx, "other").id
    triage.change(ctx, ben, theirs, triage.Changes(assignee_id=ben.id, priority=Priority.HIGH))
    older = the(ctx, Episode, Episode.thread_id != theirs)
    people.merge(ctx, ben, of(ctx, "anna").id, of(ctx, "other").id)
    kept = the(ctx, Episode, Episode.status == Status.OPEN)
    assert (kept.id, kept.assignee_id, kept.priority, kept.number) == (older.id, ben.id, Priority.HIGH, 2)
    thread = thread_of(ctx, "anna")
    assert (thread.assignee_id, thread.priority) == (ben.id, Priority.HIGH)


def test_what_comes_after_a_merge_goes_to_whose_it_is_when_it_is_undone(
    ctx: Context, make: Make, clock: ManualClock, two: tuple[int, int, int]
) -> None:
    channel, anna, other = two
    ben = make.agent()
    merged = people.merge(ctx, ben, anna, other)
    clock.forward(minutes=1)
    make.inbound(channel, "for anna", "anna")
    make.inbound(channel, "for the other", "a.moretti")
    theirs = the(ctx, Identity, Identity.address == "a.moretti").id
    thread = thread_of(ctx, "anna").id
    reply(ctx, ben, thread, ReplyRequest(channel, "to the other", "c1", to_identity_id=theirs))
    note(ctx, ben, thread, NoteRequest("Are they one?", "c2"))
    people.undo(ctx, ben, merged.merge_id)

    assert faults(ctx) == []
    assert texts(ctx, thread_of(ctx, "a.moretti").id) == [
        "a.moretti 1", "a.moretti 2", "a.moretti 3", "for the other", "to the other", "Merge undone by Ben",
    ]  # fmt: skip
    assert texts(ctx, thread)[-4:] == [
        "Merged with a.moretti (2 threads, 6 messages) by Ben", "for anna", "Are they one?", "Merge undone by Ben",
    ]  # fmt: skip
    assert thread_of(ctx, "anna").waiting_since is not None, "she was not answered"
    assert thread_of(ctx, "a.moretti").waiting_since is None
    delivery = the(ctx, Delivery)
    assert delivery.thread_id == thread_of(ctx, "a.moretti").id


def test_a_merge_into_somebody_merged_further_is_undone_last(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    channel, anna, other = two
    ben = make.agent()
    make.inbound(channel, "third", "third")
    before = without_lines(picture(ctx))
    first = people.merge(ctx, ben, anna, other)
    second = people.merge(ctx, ben, of(ctx, "third").id, anna)
    with pytest.raises(Conflict, match="later merge first"):
        people.undo(ctx, ben, first.merge_id)
    people.undo(ctx, ben, second.merge_id)
    people.undo(ctx, ben, first.merge_id)
    assert differences(before, without_lines(picture(ctx))) == []
    with pytest.raises(Conflict, match="already"):
        people.undo(ctx, ben, first.merge_id)


def test_merges_are_undone_for_thirty_days(
    ctx: Context, make: Make, clock: ManualClock, two: tuple[int, int, int]
) -> None:
    _, anna, other = two
    merged = people.merge(ctx, make.agent(), anna, other)
    clock.forward(days=30, seconds=1)
    with pytest.raises(Conflict, match="too long ago"):
        people.undo(ctx, make.agent(), merged.merge_id)
    with pytest.raises(NotFound):
        people.undo(ctx, make.agent(), 10**6)


def test_a_repeated_request_finds_what_it_did(ctx: Context, make: Make, two: tuple[int, int, int]) -> None:
    _, anna, other = two
    ben = make.agent()
    merged = people.merge(ctx, ben, anna, other)
    assert people.merge(ctx, ben, anna, other) == merged
    for agent, survivor, gone in ((ben, other, anna), (make.agent("Eva"), anna, other)):
        with pytest.raises(Conflict):
            people.merge(ctx, agent, survivor, gone)


def test_links_tokens_and_reports_of_the_thread_that_is_gone_lead_on(
    ctx: Context, make: Make, two: tuple[int, int, int]
) -> None:
    channel, anna, other = two
    ben, gone = make.agent(), thread_of(ctx, "a.moretti").id
    reply(ctx, ben, gone, ReplyRequest(channel, "On its way", "c1", cc=("luca",)))
    deliver.drain(ctx)
    token, delivery = ctx.vault.token("reply", gone), the(ctx, Delivery)
    merged = people.merge(ctx, ben, anna, other)
    make.inbound(channel, "It came", "luca", reply_tokens=[token])
    make.keep(
        channel,
        payload(
            {"state": "failed", "tokens": [ctx.vault.token("bounce", delivery.id)], "reason": "No such loft."}
        ),
    )
    receive.drain(ctx)
    ours = the(ctx, Thread, Thread.id == merged.thread_id)
    assert "It came" in texts(ctx, ours.id)
    assert (ours.trouble, the(ctx, Delivery).state) == ("failed", "failed")
    note(ctx, ben, gone, NoteRequest("to the old link", "c2"))
    assert texts(ctx, ours.id)[-1] == "to the old link"
    assert faults(ctx) == []


def test_customers_without_messages_are_merged_too(ctx: Context, make: Make, clock: ManualClock) -> None:
    channel, admin = make.channel(), make.agent(role=Role.ADMIN)
    for name in ("one", "two"):
        ctx.db.run(customers.identify, Party(namespace="pigeon", address=name, display=name), clock())
    one, other = of(ctx, "one").id, of(ctx, "two").id
    before = without_lines(picture(ctx))
    merged = people.merge(ctx, admin, one, other)
    assert merged.thread_id is None
    people.undo(ctx, admin, merged.merge_id)
    assert differences(before, without_lines(picture(ctx))) == []

    make.inbound(channel, "hello", "two")
    mine = thread_of(ctx, "two").id
    merged = people.merge(ctx, admin, one, other)
    assert (merged.thread_id, thread_of(ctx, "one").id) == (mine, mine), "the thread only changes hands"
    make.inbound(channel, "from one", "one")
    make.inbound(channel, "from two", "two")
    assert faults(ctx) == []
    people.undo(ctx, admin, merged.merge_id)
    assert thread_of(ctx, "two").id == mine
    assert texts(ctx, thread_of(ctx, "one").id)[0] == "from one"
    assert texts(ctx, mine)[-2:] == ["from two", "Merge undone by Ben"]
    assert faults(ctx) == []
