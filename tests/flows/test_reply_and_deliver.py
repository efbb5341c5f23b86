"""The way out: from an agent's reply to the provider's receipt."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.contract import NeedsReauth, Outgoing, Receipt, Refusal, Rejected, TryLater, Uncertain
from inbox.db.time import utc_in, utcnow
from inbox.errors import Conflict, Invalid, NotFound
from inbox.flows import deliver
from inbox.flows.context import Context
from inbox.flows.reply import KeyReused, NewerMessages, NoteRequest, ReplyRequest, Written, note, reply
from inbox.flows.triage import Changes, DraftFields, cancel, change, edit, mark_read, retry, save_draft
from inbox.outbox import actions as outbox
from inbox.outbox.words import DeliveryState
from inbox.threads.models import Draft, ReadMark
from inbox.threads.words import DraftMode, Kind, Status, Trouble
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon
from tests.reading import Delivery, Episode, Event, Identity, Message, Thread, Wait, rows, the


class Desk:
    """A shop with one channel, one agent and one waiting customer."""

    def __init__(self, ctx: Context, make: Make) -> None:
        self.ctx, self.make = ctx, make
        self.channel = make.channel()
        self.ben = make.agent("Ben")
        make.inbound(self.channel, subject="Order 10412")
        self.thread_id = the(ctx, Thread).id

    def reply(self, body: str = "It leaves tomorrow.", key: str = "c1", **more: Any) -> Written:
        """Ben's reply."""
        return reply(self.ctx, self.ben, self.thread_id, ReplyRequest(self.channel, body, key, **more))


@pytest.fixture
def desk(ctx: Context, make: Make) -> Desk:
    return Desk(ctx, make)


def refuse(error: Exception) -> Callable[[Outgoing], Receipt]:
    def answer(_message: Outgoing) -> Receipt:
        raise error

    return answer


def due_now(ctx: Context) -> None:
    """Let every queued delivery be due."""
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(not_before=utcnow()))


def test_a_reply_is_sent_and_ends_the_wait(
    desk: Desk, ctx: Context, pigeon: Pigeon, clock: ManualClock
) -> None:
    clock.forward(minutes=7)
    written = desk.reply()
    message = the(ctx, Message, Message.id == written.message_id)
    assert (message.seq, message.kind, message.author_id) == (2, Kind.REPLY, desk.ben.id)
    assert message.subject == "Order 10412"
    assert the(ctx, Thread).waiting_since is None
    wait = the(ctx, Wait)
    assert (wait.closed_at - wait.opened_at, wait.answered_by_id) == (timedelta(minutes=7), desk.ben.id)

    deliver.drain(ctx)
    (sent,) = pigeon.sent
    delivery = the(ctx, Delivery)
    assert delivery.state is DeliveryState.SENT
    assert (sent.text, sent.to.address, sent.idem_key) == ("It leaves tomorrow.", "anna", delivery.idem_key)
    assert sent.in_reply_to.startswith("wire:")
    assert sent.references == (sent.in_reply_to,)
    assert ctx.vault.read_token("reply", sent.reply_token) == desk.thread_id
    assert ctx.vault.read_token("bounce", sent.bounce_token) == delivery.id
    assert sent.quoted is not None
    assert sent.quoted.text == "Where is my order?"


def test_who_answers_first_takes_the_thread(desk: Desk, ctx: Context) -> None:
    desk.reply()
    assert the(ctx, Thread).assignee_id == the(ctx, Episode).assignee_id == desk.ben.id


def test_repeating_a_request_writes_once(desk: Desk, ctx: Context) -> None:
    first, second = desk.reply(), desk.reply()
    assert (first.message_id, second.replayed) == (second.message_id, True)
    assert len(rows(ctx, Delivery)) == 1


def test_fifty_parallel_repetitions_write_once(desk: Desk, ctx: Context) -> None:
    barrier = threading.Barrier(8)

    def press(_number: int) -> int:
        barrier.wait()
        return desk.reply().message_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(press, range(8)))) == 1
    assert len(rows(ctx, Delivery)) == 1


def test_a_key_cannot_be_used_for_another_message(desk: Desk) -> None:
    desk.reply("It leaves tomorrow.")
    with pytest.raises(KeyReused):
        desk.reply("It left yesterday.")


def test_a_reply_is_held_back_when_something_newer_came(desk: Desk, ctx: Context, make: Make) -> None:
    make.inbound(desk.channel, "Never mind, it came!")
    with pytest.raises(NewerMessages) as held:
        desk.reply(if_last_seq=1)
    assert held.value.after_seq == 1
    assert rows(ctx, Delivery) == []
    assert not desk.reply(if_last_seq=None).replayed, "send anyway uses the same key"


def test_own_messages_and_grey_lines_hold_nothing_back(desk: Desk, ctx: Context) -> None:
    desk.reply(key="c1", if_last_seq=1)
    change(ctx, desk.ben, desk.thread_id, Changes(status=Status.RESOLVED))
    desk.reply(key="c2", if_last_seq=1)


def test_a_colleagues_reply_holds_back(desk: Desk, ctx: Context, make: Make) -> None:
    mia = make.agent("Mia")
    reply(ctx, mia, desk.thread_id, ReplyRequest(desk.channel, "I have it.", "m1", if_last_seq=1))
    with pytest.raises(NewerMessages):
        desk.reply(if_last_seq=1)


@pytest.mark.parametrize("body", ["", "   \n "])
def test_an_empty_message_is_refused(desk: Desk, body: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.reply(body)
    assert refused.value.pointer == "/body"


def test_a_note_is_no_answer_and_never_leaves(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    note(ctx, desk.ben, desk.thread_id, NoteRequest("Check with the warehouse", "n1"))
    deliver.drain(ctx)
    assert pigeon.sent == []
    assert rows(ctx, Delivery) == []
    assert the(ctx, Thread).waiting_since is not None
    assert the(ctx, Thread).preview_kind is Kind.NOTE


def test_a_thread_of_another_team_does_not_exist_for_an_agent(desk: Desk, ctx: Context, make: Make) -> None:
    from inbox.agents import actions as agents

    team = ctx.db.run(agents.add_team, "Shipping", ctx.clock())
    change(ctx, make.agent("Ada", Role.ADMIN), desk.thread_id, Changes(team_id=team))
    with pytest.raises(NotFound):
        desk.reply()
    with pytest.raises(NotFound):
        note(ctx, desk.ben, desk.thread_id, NoteRequest("psst", "n1"))
    member = make.agent("Sam", teams=(team,))
    reply(ctx, member, desk.thread_id, ReplyRequest(desk.channel, "Shipping here.", "s1"))


def test_undo_is_the_servers_and_the_wait_goes_on(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    ctx.settings.undo_seconds = 10
    began = the(ctx, Thread).waiting_since
    desk.reply()
    deliver.drain(ctx)
    assert pigeon.sent == [], "it waits for its undo window"
    message_id = cancel(ctx, desk.ben, the(ctx, Delivery).id)
    due_now(ctx)
    deliver.drain(ctx)
    assert pigeon.sent == []
    assert the(ctx, Message, Message.id == message_id).body_text == "It leaves tomorrow."
    assert the(ctx, Thread).waiting_since == began
    assert the(ctx, Wait).closed_at is None


def test_edit_puts_the_text_back_into_the_draft(desk: Desk, ctx: Context) -> None:
    ctx.settings.undo_seconds = 10
    desk.reply("Almost rihgt", cc=("luca",))
    edit(ctx, desk.ben, the(ctx, Delivery).id)
    with ctx.db.read() as session:
        draft = session.get_one(Draft, (desk.ben.id, desk.thread_id, DraftMode.REPLY))
    assert (draft.body, draft.fields["cc"]) == ("Almost rihgt", ["luca"])
    assert the(ctx, Delivery).state is DeliveryState.CANCELLED


def test_edit_remembers_that_the_answer_went_to_another_address(desk: Desk, ctx: Context) -> None:
    ctx.settings.undo_seconds = 10
    desk.reply(reply_to="bruno")
    edit(ctx, desk.ben, the(ctx, Delivery).id)
    with ctx.db.read() as session:
        draft = session.get_one(Draft, (desk.ben.id, desk.thread_id, DraftMode.REPLY))
    assert draft.fields["reply_to"] == "bruno"


def test_sending_clears_the_reply_draft_and_leaves_the_note(desk: Desk, ctx: Context) -> None:
    for mode in DraftMode:
        save_draft(ctx, desk.ben, desk.thread_id, mode, DraftFields(body=f"a {mode}"))
    desk.reply()
    with ctx.db.read() as session:
        assert session.get(Draft, (desk.ben.id, desk.thread_id, DraftMode.REPLY)) is None
        assert session.get_one(Draft, (desk.ben.id, desk.thread_id, DraftMode.NOTE)).body == "a note"


def read_up_to(ctx: Context, agent: AgentIdentity, thread_id: int) -> int:
    """The agent's read mark; 0 without one."""
    with ctx.db.read() as session:
        mark = session.get(ReadMark, (agent.id, thread_id))
    return mark.seq if mark else 0


def test_who_writes_has_read_so_far(desk: Desk, ctx: Context, make: Make) -> None:
    desk.reply()
    assert read_up_to(ctx, desk.ben, desk.thread_id) == 2
    note(ctx, desk.ben, desk.thread_id, NoteRequest("VIP", "n1"))
    assert read_up_to(ctx, desk.ben, desk.thread_id) == 3


def test_assigning_and_resolving_keep_read_what_was_read_and_nothing_else(
    desk: Desk, ctx: Context, make: Make
) -> None:
    mia = make.agent("Mia")
    mark_read(ctx, desk.ben, desk.thread_id, 1)
    change(ctx, desk.ben, desk.thread_id, Changes(assignee_id=desk.ben.id, status=Status.RESOLVED))
    assert read_up_to(ctx, desk.ben, desk.thread_id) == the(ctx, Thread).last_seq == 3
    assert read_up_to(ctx, mia, desk.thread_id) == 0
    mark_read(ctx, desk.ben, desk.thread_id, 0)
    change(ctx, desk.ben, desk.thread_id, Changes(status=Status.OPEN))
    assert read_up_to(ctx, desk.ben, desk.thread_id) == 0, "what was left unread stays so"


def test_what_is_sent_cannot_be_taken_back(desk: Desk, ctx: Context) -> None:
    desk.reply()
    deliver.drain(ctx)
    with pytest.raises(Conflict):
        cancel(ctx, desk.ben, the(ctx, Delivery).id)


def test_try_later_queues_again_and_honours_the_providers_wish(
    desk: Desk, ctx: Context, pigeon: Pigeon
) -> None:
    pigeon.answer = refuse(TryLater("Too many pigeons.", after=90, code="429"))
    desk.reply()
    deliver.drain(ctx)
    delivery = the(ctx, Delivery)
    assert (delivery.state, delivery.attempts, delivery.error_code) == (DeliveryState.QUEUED, 1, "429")
    with ctx.db.read() as session:
        left = outbox.seconds_until_due(session)
    assert left is not None
    assert 85 < left < 105
    assert the(ctx, Thread).waiting_since is None, "a reply under way is an answer"


def test_a_day_of_try_later_is_a_failure(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    pigeon.answer = refuse(TryLater("The loft is closed."))
    desk.reply()
    deliver.drain(ctx)
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(first_tried_at=utc_in(-24 * 3600 - 60), not_before=utcnow()))
    deliver.drain(ctx)
    delivery = the(ctx, Delivery)
    assert delivery.state is DeliveryState.FAILED
    assert "Given up after 2 tries" in delivery.error
    assert "The loft is closed." in delivery.error


def test_a_refusal_fails_visibly_and_the_customer_waits_on(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    began = the(ctx, Thread).waiting_since
    pigeon.answer = refuse(Rejected("Nobody lives there.", code="550"))
    desk.reply(resolve=True)
    assert the(ctx, Thread).status is Status.RESOLVED
    deliver.drain(ctx)
    delivery, thread = the(ctx, Delivery), the(ctx, Thread)
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "Nobody lives there.")
    assert (thread.trouble, thread.status) == (Trouble.FAILED, Status.OPEN)
    assert thread.waiting_since == began


def test_a_failed_delivery_is_really_sent_again(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    fine, pigeon.answer = pigeon.answer, refuse(Rejected("Nobody lives there."))
    desk.reply()
    deliver.drain(ctx)
    pigeon.answer = fine
    retry(ctx, desk.ben, the(ctx, Delivery).id)
    deliver.drain(ctx)
    delivery = the(ctx, Delivery)
    assert (delivery.state, len(pigeon.sent)) == (DeliveryState.SENT, 2)
    assert pigeon.sent[0].idem_key == pigeon.sent[1].idem_key
    assert delivery.request["sent_again_by"] == [desk.ben.id]
    assert the(ctx, Thread).trouble is None
    assert the(ctx, Thread).waiting_since is None


def test_an_ambiguous_send_is_never_repeated_by_itself(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    pigeon.answer = refuse(Uncertain("No answer after the last byte."))
    desk.reply()
    deliver.drain(ctx)
    due_now(ctx)
    deliver.sweep(ctx)
    deliver.drain(ctx)
    assert len(pigeon.sent) == 1
    assert (the(ctx, Delivery).state, the(ctx, Thread).trouble) == (
        DeliveryState.UNCERTAIN,
        Trouble.UNCERTAIN,
    )


def test_lost_rights_hold_replies_until_the_account_is_connected_again(
    desk: Desk, ctx: Context, pigeon: Pigeon
) -> None:
    fine, pigeon.answer = pigeon.answer, refuse(NeedsReauth("The password was changed."))
    desk.reply()
    deliver.drain(ctx)
    assert the(ctx, Channel).state is ChannelState.NEEDS_REAUTH
    due_now(ctx)
    assert deliver.drain(ctx) == 0
    pigeon.answer = fine
    with ctx.db.write() as session:
        session.execute(update(Channel).values(state=ChannelState.ACTIVE))
    deliver.drain(ctx)
    assert the(ctx, Delivery).state is DeliveryState.SENT


def test_a_refused_copy_is_said_per_recipient(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    refusal = Refusal(address="luca", code="550", reason="Unknown loft.")
    pigeon.answer = lambda message: Receipt(external_id="out:1", refused=(refusal,))
    desk.reply(cc=("luca",))
    deliver.drain(ctx)
    delivery = the(ctx, Delivery)
    assert delivery.state is DeliveryState.SENT
    assert [(r["address"], r["state"], r["error"]) for r in delivery.recipients] == [
        ("anna", "sent", None),
        ("luca", "failed", "Unknown loft."),
    ]


def test_replies_of_a_thread_keep_their_order(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    fine, pigeon.answer = pigeon.answer, refuse(TryLater("Fog."))
    desk.reply("first", "c1")
    desk.reply("second", "c2")
    assert deliver.drain(ctx) == 1, "the second waits behind the first"
    pigeon.answer = fine
    due_now(ctx)
    deliver.drain(ctx)
    assert [message.text for message in pigeon.sent] == ["first", "first", "second"]


@pytest.mark.parametrize(
    ("stage", "after"), [("claimed", DeliveryState.QUEUED), ("sending", DeliveryState.UNCERTAIN)]
)
def test_a_lost_claim_is_taken_back(desk: Desk, ctx: Context, stage: str, after: DeliveryState) -> None:
    desk.reply()
    delivery_id = ctx.db.run(outbox.claim, "dead process")
    if stage == "sending":
        assert ctx.db.run(outbox.start_sending, delivery_id, "dead process")
    assert deliver.sweep(ctx) == 0, "its lease still runs"
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(lease_until=utc_in(-1)))
    assert deliver.sweep(ctx) == 1
    assert the(ctx, Delivery).state is after
    assert the(ctx, Event, Event.kind == "delivery.changed").data == {"state": str(after)}


def test_a_claim_that_nobody_works_on_any_more_runs_out_though_its_process_lives(
    desk: Desk, ctx: Context, pigeon: Pigeon
) -> None:
    """The database went away after the claim: the thread that held it started anew and forgot it."""

    def lose_the_database(_message: Outgoing) -> Receipt:
        assert ctx.lanes.in_hand == [the(ctx, Delivery).id]
        raise ConnectionError("The database is away.")

    fine, pigeon.answer = pigeon.answer, lose_the_database
    desk.reply()
    with pytest.raises(ConnectionError):
        deliver.drain(ctx)
    pigeon.answer = fine
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(lease_until=utc_in(-1)))
    ctx.db.run(outbox.extend_leases, ctx.owner, ctx.lanes.in_hand)
    assert deliver.sweep(ctx) == 1


def test_the_claim_in_hand_is_renewed(desk: Desk, ctx: Context) -> None:
    desk.reply()
    with ctx.lanes.enter(lambda _busy: (ctx.db.run(outbox.claim, ctx.owner), desk.channel)) as delivery_id:
        with ctx.db.write() as session:
            session.execute(update(Delivery).values(lease_until=utc_in(-1)))
        ctx.db.run(outbox.extend_leases, ctx.owner, ctx.lanes.in_hand)
        assert deliver.sweep(ctx) == 0
        assert [delivery_id] == ctx.lanes.in_hand
    assert ctx.lanes.in_hand == []


def test_a_sleeper_that_wakes_up_sends_nothing(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    desk.reply()
    delivery_id = ctx.db.run(outbox.claim, ctx.owner)
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(lease_until=utc_in(-1)))
    deliver.sweep(ctx)
    assert ctx.db.run(outbox.claim, "another process") == delivery_id
    deliver.deliver(ctx, delivery_id)
    assert pigeon.sent == []


def test_certain_news_beats_doubt(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    """The sender was only slow: its lease ran out while the provider took the message."""
    fine = pigeon.answer

    def slow(message: Outgoing) -> Receipt:
        with ctx.db.write() as session:
            session.execute(update(Delivery).values(lease_until=utc_in(-1)))
        deliver.sweep(ctx)
        assert the(ctx, Delivery).state is DeliveryState.UNCERTAIN
        return fine(message)

    pigeon.answer = slow
    desk.reply()
    deliver.drain(ctx)
    assert the(ctx, Delivery).state is DeliveryState.SENT
    assert the(ctx, Thread).trouble is None


def test_a_channel_is_sent_to_no_faster_than_its_network_takes(
    desk: Desk, ctx: Context, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    pigeon.learns(rate=0.25)
    waits: list[float] = []
    monkeypatch.setattr(ctx.stop, "wait", waits.append)
    for number in range(3):
        desk.reply(key=f"c{number}")
    deliver.drain(ctx)
    assert {delivery.state for delivery in rows(ctx, Delivery)} == {DeliveryState.SENT}
    assert waits == [0.0, pytest.approx(4, abs=0.5), pytest.approx(8, abs=0.5)]


def test_many_senders_send_each_reply_once(desk: Desk, ctx: Context, make: Make, pigeon: Pigeon) -> None:
    for number in range(10):
        make.inbound(desk.channel, sender=f"customer{number}")
    for number, thread in enumerate(rows(ctx, Thread)):
        reply(ctx, desk.ben, thread.id, ReplyRequest(desk.channel, f"to {number}", f"k{number}"))
    ctx.lanes = type(ctx.lanes)(8)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _n: deliver.drain(ctx), range(6)))
    assert sorted(message.text for message in pigeon.sent) == sorted(f"to {n}" for n in range(11))


@pytest.mark.parametrize(
    ("recipient", "state", "shown"),
    [
        ("", DeliveryState.FAILED, None),
        ("anna", DeliveryState.FAILED, None),
        ("luca", DeliveryState.SENT, "failed"),
    ],
)
def test_a_bounce_fails_the_delivery_or_only_a_copy(
    desk: Desk, ctx: Context, make: Make, recipient: str, state: DeliveryState, shown: str | None
) -> None:
    import json

    from inbox.flows import receive

    desk.reply(cc=("luca",))
    deliver.drain(ctx)
    token = ctx.vault.token("bounce", the(ctx, Delivery).id)
    bounce = {
        "state": "failed",
        "tokens": [token],
        "recipient": recipient,
        "reason": "Unknown loft.",
        "code": "5.1.1",
    }
    make.keep(desk.channel, json.dumps([bounce]).encode())
    receive.drain(ctx)
    delivery = the(ctx, Delivery)
    assert delivery.state is state
    if shown:
        assert next(r for r in delivery.recipients if r["address"] == recipient)["state"] == shown
    else:
        assert delivery.error == "Unknown loft."
        assert the(ctx, Identity, Identity.address == "anna").unreachable == "Unknown loft."
        assert the(ctx, Thread).waiting_since is not None


@pytest.mark.parametrize("order", [("sent", "delivered", "read"), ("read", "delivered", "sent")])
def test_reports_move_a_delivery_forward_in_any_order(
    desk: Desk, ctx: Context, make: Make, order: tuple[str, ...]
) -> None:
    import json

    from inbox.flows import receive

    desk.reply()
    deliver.drain(ctx)
    for state in order:
        ids = [the(ctx, Delivery).external_id]
        make.keep(desk.channel, json.dumps([{"state": state, "external_ids": ids}]).encode())
    receive.drain(ctx)
    assert the(ctx, Delivery).state is DeliveryState.READ


def test_a_report_of_another_channel_changes_nothing(desk: Desk, ctx: Context, make: Make) -> None:
    import json

    from inbox.flows import receive

    other = make.channel(name="Other loft", loft="Loft Two")
    desk.reply()
    deliver.drain(ctx)
    token = ctx.vault.token("bounce", the(ctx, Delivery).id)
    make.keep(other, json.dumps([{"state": "failed", "tokens": [token]}]).encode())
    receive.drain(ctx)
    assert the(ctx, Delivery).state is DeliveryState.SENT
