"""The ways to answer that an agent is offered, and the same rule when he takes one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.contract import Outgoing, Receipt, Rejected
from inbox.customers import claims
from inbox.customers.models import Claim, Suggestion
from inbox.errors import Invalid, NotFound
from inbox.flows import deliver, people, receive, triage
from inbox.flows.context import Context
from inbox.flows.reply import KeyReused, NewerMessages, NoteRequest, ReplyRequest, Written, note, reply
from inbox.live import picture
from inbox.outbox.words import DeliveryState
from inbox.shapes import ReplyChannel, iso
from inbox.threads.answering_rules import (
    NEVER_WROTE,
    NO_ADAPTER,
    NO_ADDRESS,
    NOT_PROVED,
    PAUSED,
    WINDOW_CLOSED,
)
from inbox.threads.attachments import GONE
from inbox.threads.models import Attachment, Draft
from inbox.threads.words import AttachmentState, DraftMode, Kind
from inbox.visits import actions as visits
from tests.factories import Make, ManualClock
from tests.flows.birds import Owl, Robin
from tests.pigeon import Pigeon, payload
from tests.pigeon import note as letter
from tests.reading import Customer, Delivery, Identity, Message, Thread, rows, the


class Desk:
    """Pigeons reach anybody, robins only who came to the window. Anna has written by pigeon."""

    def __init__(self, ctx: Context, make: Make) -> None:
        self.ctx, self.make = ctx, make
        self.pigeons = make.channel()
        self.robins = make.channel("robin", "Window", loft="Window")
        self.ben = make.agent("Ben")
        make.inbound(self.pigeons, name="Anna Moretti", subject="Order 10412")
        self.thread_id = the(ctx, Thread).id

    def ways(self, thread_id: int | None = None) -> list[ReplyChannel]:
        ctx = self.ctx
        with ctx.db.read() as session:
            return picture.thread_detail(
                session,
                self.ben,
                thread_id or self.thread_id,
                registry=ctx.registry,
                undo_seconds=None,
                now=ctx.clock(),
            )["channels"]

    def way(self, channel_id: int) -> ReplyChannel:
        """The only way by a channel."""
        (found,) = [way for way in self.ways() if way["channel_id"] == channel_id]
        return found

    def default(self) -> int | None:
        return next((way["channel_id"] for way in self.ways() if way["default"]), None)

    def reply(
        self, channel_id: int, key: str = "c1", body: str = "It leaves tomorrow.", **more: Any
    ) -> Written:
        return reply(self.ctx, self.ben, self.thread_id, ReplyRequest(channel_id, body, key, **more))

    def comes_to_the_window(self, **more: Any) -> None:
        """Anna writes at the window too, and is known to be the same person."""
        self.make.inbound(self.robins, sender="anna-1", **more)
        keep, other = (row.id for row in rows(self.ctx, Customer)[:2])
        self.ctx.db.run(people.join, self.ctx, keep, other, "linked", self.ctx.clock())


@pytest.fixture
def desk(aviary: Context, make: Make) -> Desk:
    return Desk(aviary, make)


def claim(desk: Desk, address: str = "nest", namespace: str = "pigeon") -> int:
    """An address that Anna says is hers."""
    from tests.pigeon import party

    anna = the(desk.ctx, Identity, Identity.address == "anna")
    return desk.ctx.db.run(
        claims.claim, anna.customer_id, anna.id, party(address, namespace), "test", desk.ctx.clock()
    )


# --- what is offered


def test_every_channel_says_from_whom_to_whom_and_what_it_can(desk: Desk) -> None:
    way = desk.way(desk.pigeons)
    assert (way["name"], way["account"], way["title"], way["kind"]) == (
        "Pigeons",
        "Loft One",
        "Pigeon post",
        "pigeon",
    )
    assert way["to"] == {
        "identity_id": the(desk.ctx, Identity).id,
        "claim_id": None,
        "address": "anna",
        "name": "Anna Moretti",
        "level": "claimed",
        "unreachable": None,
    }
    assert (way["usable"], way["reason"], way["default"]) == (True, None, True)
    assert (way["can"]["splits"], way["can"]["reactions"], way["can"]["typing"]) == (False, False, False)


def test_a_channel_that_cannot_begin_says_so_to_who_never_wrote_there(desk: Desk) -> None:
    way = desk.way(desk.robins)
    assert (way["usable"], way["reason"], way["to"]) == (False, NEVER_WROTE, None)
    with pytest.raises(Invalid, match="only customers who wrote there first"):
        desk.reply(desk.robins)


def test_the_last_inbound_decides_the_default_and_nothing_else_does(desk: Desk, make: Make) -> None:
    desk.comes_to_the_window()
    assert desk.default() == desk.robins
    desk.reply(desk.pigeons)
    assert desk.default() == desk.robins
    make.inbound(desk.pigeons)
    assert desk.default() == desk.pigeons


def test_a_default_that_cannot_be_used_falls_to_the_channel_used_before(
    desk: Desk, robin: Robin, clock: ManualClock
) -> None:
    make_other = desk.make.channel(name="Second loft", loft="Loft Two")
    desk.comes_to_the_window()
    robin.learns(reply_window=3600)
    clock.forward(hours=2)
    assert desk.way(desk.robins)["reason"] == WINDOW_CLOSED
    assert desk.default() == desk.pigeons != make_other
    with pytest.raises(Invalid, match="that has passed"):
        desk.reply(desk.robins)


def test_a_window_is_that_of_the_channel_and_says_when_it_closes(
    desk: Desk, robin: Robin, make: Make, clock: ManualClock
) -> None:
    robin.learns(reply_window=3600)
    desk.comes_to_the_window()
    closes = clock() + timedelta(hours=1)
    clock.forward(minutes=30)
    make.inbound(desk.pigeons)
    assert desk.way(desk.robins)["closes_at"] == iso(closes), "writing elsewhere does not prolong it"


def test_a_paused_channel_is_used_with_a_warning_and_a_removed_one_is_not_offered(desk: Desk) -> None:
    with desk.ctx.db.write() as session:
        session.execute(update(Channel).where(Channel.id == desk.pigeons).values(state=ChannelState.PAUSED))
        session.execute(update(Channel).where(Channel.id == desk.robins).values(state=ChannelState.REMOVED))
    (way,) = desk.ways()
    assert (way["usable"], way["reason"]) == (True, PAUSED)


def test_a_channel_without_its_adapter_says_so(desk: Desk) -> None:
    with desk.ctx.db.write() as session:
        session.execute(update(Channel).where(Channel.id == desk.robins).values(kind="dodo"))
    assert desk.way(desk.robins)["reason"] == NO_ADAPTER


def test_who_blocked_the_account_cannot_be_written_to_and_a_bounce_is_a_warning(
    desk: Desk, robin: Robin, pigeon: Pigeon
) -> None:
    desk.comes_to_the_window()

    def refuse(_message: Outgoing) -> Receipt:
        raise Rejected("She blocked us.", code="blocked")

    robin.answer = pigeon.answer = refuse
    desk.reply(desk.robins)
    desk.reply(desk.pigeons, "c2")
    deliver.drain(desk.ctx)
    assert {delivery.state for delivery in rows(desk.ctx, Delivery)} == {DeliveryState.FAILED}
    window, loft = desk.way(desk.robins), desk.way(desk.pigeons)
    assert (window["usable"], window["reason"]) == (False, "She blocked us.")
    assert (loft["usable"], loft["reason"]) == (True, "She blocked us.")
    desk.make.inbound(desk.robins, "Hello again", "anna-1")
    assert desk.way(desk.robins)["usable"]


def test_any_other_refusal_says_nothing_about_the_person(desk: Desk, pigeon: Pigeon) -> None:
    def refuse(_message: Outgoing) -> Receipt:
        raise Rejected("Too heavy.", code="413")

    pigeon.answer = refuse
    desk.reply(desk.pigeons)
    deliver.drain(desk.ctx)
    assert the(desk.ctx, Identity).unreachable is None


def test_each_of_several_addresses_is_a_way_the_last_seen_first(
    desk: Desk, make: Make, clock: ManualClock
) -> None:
    clock.forward(minutes=5)
    make.inbound(desk.pigeons, sender="anna-home")
    first, second = (row.id for row in rows(desk.ctx, Customer)[:2])
    desk.ctx.db.run(people.join, desk.ctx, first, second, "linked", clock())
    ways = [way for way in desk.ways() if way["channel_id"] == desk.pigeons]
    assert [way["to"] and way["to"]["address"] for way in ways] == ["anna-home", "anna"]
    anna = the(desk.ctx, Identity, Identity.address == "anna")
    desk.reply(desk.pigeons, to_identity_id=anna.id)
    assert the(desk.ctx, Delivery).request["to"]["address"] == "anna"


def test_where_only_answers_go_who_wrote_there_is_answered(
    desk: Desk, make: Make, clock: ManualClock
) -> None:
    """She has two windows' names; only one of them has been at this window."""
    desk.comes_to_the_window()
    other = make.channel("robin", "Other window", loft="Other")
    clock.forward(minutes=5)
    make.inbound(other, sender="anna-2")
    first = the(desk.ctx, Customer, Customer.merged_into_id.is_(None), Customer.name == "Anna Moretti")
    second = rows(desk.ctx, Customer)[-1]
    desk.ctx.db.run(people.join, desk.ctx, first.id, second.id, "linked", clock())
    to = {way["channel_id"]: way["to"] for way in desk.ways()}
    assert (to[desk.robins] or {}).get("address") == "anna-1"
    assert (to[other] or {}).get("address") == "anna-2"
    stranger = the(desk.ctx, Identity, Identity.address == "anna-2")
    with pytest.raises(Invalid):
        desk.reply(desk.robins, to_identity_id=stranger.id)


def test_a_text_too_long_is_taken_where_the_adapter_splits_it(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.learns(text_max=40)
    with pytest.raises(Invalid, match="longer than the 40 characters"):
        desk.reply(desk.pigeons, body="x" * 41)
    pigeon.learns(splits=True)
    desk.reply(desk.pigeons, body="x" * 41)


def test_too_many_files_are_refused_before_anything_is_written(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.learns(attachments_max=1)
    with pytest.raises(Invalid, match="at most 1 files"):
        desk.reply(desk.pigeons, attachment_ids=(1, 2))


# --- claims


def test_a_claim_is_offered_where_strangers_can_be_written_to_and_never_chosen_by_itself(desk: Desk) -> None:
    claim(desk, "nest", "owl")
    owls = desk.make.channel("owl", "Owls", loft="Tower")
    way = desk.way(owls)
    assert (way["to"] and way["to"]["claim_id"], way["to"] and way["to"]["level"]) == (
        the(desk.ctx, Claim).id,
        "claimed",
    )
    assert (way["usable"], way["reason"], way["default"]) == (True, NOT_PROVED, False)
    with pytest.raises(Invalid, match="no address"):
        desk.reply(owls)
    claim(desk, "bush", "robin")
    assert desk.way(desk.robins)["reason"] == NEVER_WROTE


def test_an_agent_writes_to_a_claimed_address_and_the_answer_proves_it(desk: Desk, pigeon: Pigeon) -> None:
    claim_id = claim(desk)
    written = desk.reply(desk.pigeons, to_claim_id=claim_id)
    message = the(desk.ctx, Message, Message.id == written.message_id)
    anna = the(desk.ctx, Identity)
    assert message.identity_id == anna.id, "who claimed it"
    assert the(desk.ctx, Claim).mailed_at == desk.ctx.clock()
    deliver.drain(desk.ctx)
    (sent,) = pigeon.sent
    assert sent.to.address == "nest"
    assert (sent.quoted, sent.in_reply_to, sent.references) == (None, "", ()), "nothing of what was written"

    desk.make.inbound(desk.pigeons, "Got it", "nest", reply_tokens=[sent.reply_token])
    assert {identity.customer_id for identity in rows(desk.ctx, Identity)} == {anna.customer_id}
    assert {m.thread_id for m in rows(desk.ctx, Message)} == {desk.thread_id}
    line = the(desk.ctx, Message, Message.kind == Kind.SYSTEM)
    assert line.system["code"] == "claim_proved"
    assert rows(desk.ctx, Suggestion) == []


def test_without_our_token_the_same_address_proves_nothing(desk: Desk) -> None:
    desk.reply(desk.pigeons, to_claim_id=claim(desk))
    deliver.drain(desk.ctx)
    desk.make.inbound(desk.pigeons, "What did Anna order?", "nest")
    assert len(rows(desk.ctx, Thread)) == 2
    evidence = the(desk.ctx, Suggestion).evidence
    assert [sign["code"] for sign in evidence] == ["claimed_address"]


def test_a_claim_that_nobody_wrote_to_is_proved_by_no_token(desk: Desk) -> None:
    claim(desk)
    token = desk.ctx.vault.token("reply", desk.thread_id)
    desk.make.inbound(desk.pigeons, "What did Anna order?", "nest", reply_tokens=[token])
    assert len(rows(desk.ctx, Thread)) == 2


def test_an_address_that_is_somebodys_already_is_only_suggested(desk: Desk, pigeon: Pigeon) -> None:
    desk.make.inbound(desk.pigeons, "I am Luca", "nest")
    desk.reply(desk.pigeons, to_claim_id=claim(desk))
    deliver.drain(desk.ctx)
    desk.make.inbound(desk.pigeons, "Got it", "nest", reply_tokens=[pigeon.sent[-1].reply_token])
    assert len({identity.customer_id for identity in rows(desk.ctx, Identity)}) == 2
    codes = {sign["code"] for sign in the(desk.ctx, Suggestion).evidence}
    assert "answered_claim" in codes


def test_a_claim_of_somebody_else_cannot_be_written_to_from_here(desk: Desk, make: Make) -> None:
    claim_id = claim(desk)
    make.inbound(desk.pigeons, "Hi", "mallory")
    theirs = the(desk.ctx, Thread, Thread.id != desk.thread_id)
    with pytest.raises(Invalid) as refused:
        reply(
            desk.ctx,
            desk.ben,
            theirs.id,
            ReplyRequest(desk.pigeons, "Hello", "c1", to_claim_id=claim_id),
        )
    assert refused.value.pointer == "/to_claim_id"


def test_a_bounce_from_a_claimed_address_says_nothing_about_who_claimed_it(desk: Desk) -> None:
    desk.reply(desk.pigeons, to_claim_id=claim(desk))
    deliver.drain(desk.ctx)
    token = desk.ctx.vault.token("bounce", the(desk.ctx, Delivery).id)
    report = {"state": "failed", "tokens": [token], "reason": "No such nest.", "recipient": "nest"}
    desk.make.keep(desk.pigeons, payload(report))
    receive.drain(desk.ctx)
    assert the(desk.ctx, Delivery).state is DeliveryState.FAILED
    assert the(desk.ctx, Identity).unreachable is None


def test_what_was_to_go_to_a_claim_goes_back_into_the_draft_as_such(desk: Desk) -> None:
    desk.ctx.settings.undo_seconds = 10
    claim_id = claim(desk)
    desk.reply(desk.pigeons, to_claim_id=claim_id)
    triage.edit(desk.ctx, desk.ben, the(desk.ctx, Delivery).id)
    with desk.ctx.db.read() as session:
        draft = session.get_one(Draft, (desk.ben.id, desk.thread_id, DraftMode.REPLY))
    kept = {name: draft.fields[name] for name in ("to_claim_id", "to_identity_id", "reply_to")}
    assert kept == {"to_claim_id": claim_id, "to_identity_id": None, "reply_to": None}


def test_what_senders_claim_is_kept_once_and_suggests(desk: Desk, make: Make) -> None:
    said = {"namespace": "pigeon", "address": "anna", "display": "Anna"}
    for _ in range(2):
        make.inbound(desk.robins, sender="visitor", claims=[said])
    kept = the(desk.ctx, Claim)
    visitor = the(desk.ctx, Identity, Identity.address == "visitor")
    assert (kept.address, kept.source, kept.identity_id) == ("anna", "Robin at the window", visitor.id)
    assert visitor.customer_id != the(desk.ctx, Identity, Identity.address == "anna").customer_id
    assert [sign["code"] for sign in the(desk.ctx, Suggestion).evidence] == ["claimed_address"]


@pytest.mark.parametrize(
    ("level", "evidence"), [("claimed", "other_thread_unproved"), ("channel", "other_thread")]
)
def test_who_answers_into_anothers_thread_is_suggested_to_be_that_person(
    desk: Desk, make: Make, level: str, evidence: str
) -> None:
    token = desk.ctx.vault.token("reply", desk.thread_id)
    make.inbound(desk.pigeons, "My other address", "anna-home", reply_tokens=[token], level=level)
    assert [sign["code"] for sign in the(desk.ctx, Suggestion).evidence] == [evidence]


# --- threads that were merged away


@pytest.fixture
def merged(desk: Desk) -> tuple[int, int]:
    """The numbers of a thread that was merged away, and of the one where its messages are now."""
    desk.make.inbound(desk.robins, "At the window", "anna-1")
    gone = the(desk.ctx, Thread, Thread.id != desk.thread_id).id
    keep, other = (row.id for row in rows(desk.ctx, Customer)[:2])
    desk.ctx.db.run(people.join, desk.ctx, keep, other, "linked", desk.ctx.clock())
    return gone, desk.thread_id


def test_an_old_link_shows_the_thread_that_lives_on(desk: Desk, merged: tuple[int, int]) -> None:
    gone, living = merged
    ctx = desk.ctx
    with ctx.db.read() as session:
        detail = picture.thread_detail(
            session,
            desk.ben,
            gone,
            registry=ctx.registry,
            undo_seconds=None,
            now=ctx.clock(),
        )
        page = picture.message_page(session, desk.ben, gone, limit=10)
        listed = picture.thread_page(session, desk.ben, "all", limit=10)
        found = picture.thread_page(session, desk.ben, "all", q="anna", limit=10)
    assert detail["id"] == living
    assert {"Where is my order?", "At the window"} <= {item["body_text"] for item in page["items"]}
    assert [item["id"] for item in listed["items"]] == [living]
    assert [item["id"] for item in found["items"]] == [living]


def test_what_is_written_under_an_old_number_goes_to_the_living_thread(
    desk: Desk, merged: tuple[int, int]
) -> None:
    gone, living = merged
    ctx, ben = desk.ctx, desk.ben
    asked = ReplyRequest(desk.pigeons, "It leaves tomorrow.", "c1")
    first = reply(ctx, ben, gone, asked)
    assert reply(ctx, ben, living, asked) == Written(first.message_id, replayed=True)
    note(ctx, ben, gone, NoteRequest("VIP", "n1"))
    triage.change(ctx, ben, gone, triage.Changes(assignee_id=ben.id))
    triage.save_draft(ctx, ben, gone, DraftMode.REPLY, triage.DraftFields(body="Also"))
    triage.mark_read(ctx, ben, gone, 1)
    assert {m.thread_id for m in rows(ctx, Message)} == {living}
    with ctx.db.read() as session:
        assert session.scalars(select(Draft.thread_id)).all() == [living]
    desk.make.inbound(desk.pigeons, "Never mind")
    with pytest.raises(NewerMessages):
        reply(ctx, ben, gone, ReplyRequest(desk.pigeons, "x", "c2", if_last_seq=1))


def test_the_same_key_in_another_thread_is_another_request(desk: Desk, make: Make) -> None:
    make.inbound(desk.pigeons, "Hi", "luca")
    other = the(desk.ctx, Thread, Thread.id != desk.thread_id)
    desk.reply(desk.pigeons)
    with pytest.raises(KeyReused):
        reply(desk.ctx, desk.ben, other.id, ReplyRequest(desk.pigeons, "It leaves tomorrow.", "c1"))


def test_an_old_number_shows_nothing_to_who_may_not_see_the_living_thread(
    desk: Desk, merged: tuple[int, int]
) -> None:
    from inbox.agents import actions as agents

    team = desk.ctx.db.run(agents.add_team, "Shipping", desk.ctx.clock())
    with desk.ctx.db.write() as session:
        session.execute(update(Thread).where(Thread.id == merged[1]).values(team_id=team))
    with pytest.raises(NotFound), desk.ctx.db.read() as session:
        picture.message_page(session, desk.ben, merged[0], limit=10)


# --- sending what a delivery asks for


def test_a_reply_carries_the_customers_language(desk: Desk, pigeon: Pigeon) -> None:
    with desk.ctx.db.write() as session:
        session.execute(update(Customer).values(locale="it"))
    desk.reply(desk.pigeons)
    deliver.drain(desk.ctx)
    assert pigeon.sent[-1].locale == "it"


def test_a_reply_at_the_window_is_watched_until_it_is_read(desk: Desk) -> None:
    desk.comes_to_the_window()
    desk.reply(desk.robins)
    desk.reply(desk.pigeons, "c2")
    deliver.drain(desk.ctx)
    at_the_window, by_pigeon = rows(desk.ctx, Delivery)
    assert timedelta(seconds=170) < at_the_window.unseen_at - at_the_window.sent_at < timedelta(seconds=190)
    assert by_pigeon.unseen_at is None
    report = {"state": "delivered", "external_ids": [at_the_window.external_id]}
    for state in ("delivered", "read"):
        assert rows(desk.ctx, Delivery)[0].unseen_at is not None
        desk.make.keep(desk.robins, payload({**report, "state": state}))
        receive.drain(desk.ctx)
    assert rows(desk.ctx, Delivery)[0].unseen_at is None


# --- a visitor's uploads


def test_a_visitors_uploads_become_files_of_his_message_and_nobody_elses(desk: Desk) -> None:
    ctx = desk.ctx
    stored = ctx.files.put_bytes(b"hello")

    def upload(session: Any, sender: str) -> int:
        from inbox.customers import actions as customers
        from tests.pigeon import party

        _token, session_id = visits.begin(session, desk.robins, ctx.clock())
        who = customers.identify(session, party(sender, "robin"), ctx.clock())
        visits.bind(session, session_id, who.identity_id)
        row = Attachment(
            visitor_id=session_id,
            name=f"{sender}.txt",
            media_type="text/plain",
            size=5,
            storage_key=stored.key,
            state=AttachmentState.STORED,
            created_at=ctx.clock(),
        )
        session.add(row)
        session.flush()
        return row.id

    own, other = ctx.db.run(upload, "visitor"), ctx.db.run(upload, "mallory")
    files = [{"name": "a.txt", "upload": number} for number in (own, other, 987654)]
    desk.make.keep(desk.robins, payload(letter(5, "visitor", "Here", files=files)))
    receive.drain(ctx)
    message = the(ctx, Message, Message.external_id == "in:5")
    bound = rows(ctx, Attachment, Attachment.message_id == message.id)
    assert [
        (a.position, a.id == own, a.state, a.problem) for a in sorted(bound, key=lambda a: a.position)
    ] == [
        (0, True, AttachmentState.STORED, ""),
        (1, False, AttachmentState.MISSING, GONE),
        (2, False, AttachmentState.MISSING, GONE),
    ]
    assert the(ctx, Attachment, Attachment.id == other).message_id is None


def test_an_owl_has_no_address_of_a_pigeons_customer(desk: Desk, owl: Owl) -> None:
    owls = desk.make.channel("owl", "Owls", loft="Tower")
    assert (desk.way(owls)["reason"], owl.manifest.can.can_start) == (NO_ADDRESS, True)
