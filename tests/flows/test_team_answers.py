"""What colleagues write below a told customer: it is sent, once, in the name of the agent who wrote it, or refused."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents import actions as agents
from inbox.agents.models import Agent
from inbox.agents.words import Role
from inbox.channels import actions as channels
from inbox.channels.words import EnvelopeState
from inbox.contract import NeedsReauth, Outgoing, Receipt, Rejected, TryLater
from inbox.customers import actions as customers
from inbox.flows import deliver, notices, people, privacy, receive, team_answers
from inbox.flows.context import Context
from inbox.flows.reply import NoteRequest, ReplyRequest, note, reply
from inbox.flows.triage import Changes, change
from inbox.notify import answers, rules
from inbox.notify.words import AnswerState
from inbox.threads.models import Attachment
from inbox.threads.words import Kind, Status
from tests.factories import Make
from tests.flows.canaries import canary, found
from tests.flows.team import TOWER, Shop, thread
from tests.pigeon import note as brought
from tests.pigeon import payload
from tests.reading import Customer, Envelope, Identity, Message, TeamAnswer, Thread, rows, the

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what no database can do differently: decisions and words."""


@pytest.fixture
def told(shop: Shop) -> Shop:
    """The shop, whose team has been told of Anna."""
    shop.waits()
    shop.looks()
    return shop


def fails_for_customers(message: Outgoing) -> Receipt:
    if message.to.address != TOWER:
        raise Rejected("Nobody lives there.")
    return Receipt(external_id=f"out:{message.idem_key}")


class TestAnswering:
    def test_an_answer_goes_to_the_customer_in_the_agents_name(self, told: Shop, ctx: Context) -> None:
        told.says("It leaves tomorrow.")
        told.goes_on()
        message = the(ctx, Message, Message.kind == Kind.REPLY)
        assert (message.author_id, message.body_text) == (told.ben.id, "It leaves tomorrow.")
        assert told.letters == ["It leaves tomorrow."]
        assert told.lines[1:] == ["Sent to the customer as Ben’s answer."]
        assert (thread(ctx).assignee_id, thread(ctx).waiting_since) == (told.ben.id, None)
        answer = the(ctx, TeamAnswer)
        assert (answer.state, answer.text, answer.sender) == (AnswerState.SETTLED, "", {})

    @one_database
    def test_a_note_stays_among_colleagues(self, told: Shop, ctx: Context) -> None:
        told.says("Note: a regular")
        told.goes_on()
        message = the(ctx, Message, Message.kind == Kind.NOTE)
        assert (message.author_id, message.body_text) == (told.ben.id, "a regular")
        assert told.letters == []
        assert told.lines[1:] == ["Kept as a note. The customer does not see it."]
        assert thread(ctx).waiting_since is not None

    @one_database
    def test_it_goes_the_way_by_which_the_customer_wrote_last(
        self, told: Shop, ctx: Context, make: Make
    ) -> None:
        other = make.channel(name="Doves", loft="Loft Two")
        make.inbound(other, "Me again")
        told.looks()
        told.says("It leaves tomorrow.")
        told.looks()
        assert rows(ctx, Message, Message.kind == Kind.REPLY) == [], "it answers what was not shown"
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert the(ctx, Message, Message.kind == Kind.REPLY).channel_id == other

    def test_files_go_along(self, told: Shop, ctx: Context) -> None:
        told.says("The label.", files=[{"name": "label.txt", "content": "PARCEL"}])
        told.goes_on()
        [sent] = [sent for sent in told.pigeon.sent if sent.to.address != TOWER]
        [file] = sent.files
        with closing(file.open()) as stream:
            assert (file.name, stream.read()) == ("label.txt", b"PARCEL")
        assert the(ctx, TeamAnswer).files == []

    @one_database
    def test_an_answer_below_a_later_line_is_one_to_its_root(self, told: Shop, ctx: Context) -> None:
        change(ctx, told.ben, thread(ctx).id, Changes(assignee_id=told.ben.id))
        told.looks()
        below = [sent for sent in told.pigeon.sent if sent.to.address == TOWER][-1]
        told.says("It leaves tomorrow.", below=f"out:{below.idem_key}")
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]

    @one_database
    def test_several_answers_keep_their_order(self, told: Shop) -> None:
        told.says("One.")
        told.says("Two.")
        told.goes_on()
        told.goes_on()
        assert told.letters == ["One.", "Two."]

    @one_database
    def test_one_that_cannot_be_sent_is_told(self, told: Shop) -> None:
        told.pigeon.answer = fails_for_customers
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.lines[1].startswith("Ben’s answer could not be sent: Nobody lives there.")


class TestOnce:
    def test_the_same_answer_under_other_payloads_is_one(self, told: Shop, ctx: Context) -> None:
        told.says("It leaves tomorrow.", number=9)
        told.says("It leaves tomorrow.", number=9)
        told.goes_on()
        told.says("It leaves tomorrow.", number=9)
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]
        assert len(told.lines) == 2
        assert len(rows(ctx, TeamAnswer)) == 1

    def test_a_refusal_is_told_once(self, told: Shop) -> None:
        for _ in range(3):
            told.says("Let me in", "mallory", number=9)
            told.looks()
        assert len(told.lines) == 2

    def test_two_loops_at_once_write_it_once(self, told: Shop) -> None:
        told.says("It leaves tomorrow.")
        barrier = threading.Barrier(4)

        def run(_number: int) -> None:
            barrier.wait()
            team_answers.work(told.ctx)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(run, range(4)))
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]

    @pytest.mark.parametrize("point", ["answer_claimed", "answer_written"])
    def test_a_crash_neither_loses_nor_doubles_it(self, told: Shop, ctx: Context, point: str) -> None:
        told.says("The label.", files=[{"name": "label.txt", "content": "PARCEL"}])
        told.dies_at(point, told.looks)
        if point == "answer_written":  # what happens meanwhile does not undo what was written
            change(ctx, told.ben, thread(ctx).id, Changes(status=Status.RESOLVED))
        told.goes_on()
        assert told.letters == ["The label."]
        assert told.lines[1:] == ["Sent to the customer as Ben’s answer."]
        assert len(rows(ctx, Attachment)) == 1

    def test_a_crash_between_files_and_message_keeps_the_files(self, told: Shop, ctx: Context) -> None:
        told.says("The label.", files=[{"name": "label.txt", "content": "PARCEL"}])
        answer = the(ctx, TeamAnswer)
        assert ctx.db.run(answers.claim, ctx.owner) == answer.id
        assert team_answers._uploads(ctx, answer, told.ben) == (the(ctx, Attachment).id,)
        ctx.owner = "successor"
        notices.recover(ctx)
        told.goes_on()
        assert told.letters == ["The label."]
        assert len(rows(ctx, Attachment)) == 1

    def test_an_answer_that_is_quicker_than_our_own_receipt_is_not_lost(
        self, shop: Shop, ctx: Context
    ) -> None:
        """It comes while the line it answers is still being sent."""
        shop.waits()

        def answer(message: Outgoing) -> Receipt:
            external_id = f"out:{message.idem_key}"
            if message.to.address == TOWER and not rows(ctx, TeamAnswer) and not message.in_reply_to:
                shop.says("It leaves tomorrow.", below=external_id)
            return Receipt(external_id=external_id)

        shop.pigeon.answer = answer
        shop.looks()
        assert rows(ctx, TeamAnswer) == []
        shop.due()
        receive.drain(ctx)
        shop.goes_on()
        assert shop.letters == ["It leaves tomorrow."]


class TestWhoMayAnswer:
    def refused(self, shop: Shop, who: str = "ben", text: str = "It leaves tomorrow.") -> str:
        """The refusal of an answer."""
        shop.says(text, who)
        shop.goes_on()
        assert shop.letters == []
        answer = rows(shop.ctx, TeamAnswer)[-1]
        assert (answer.state, answer.text, answer.sender) == (AnswerState.REFUSED, "", {})
        return shop.lines[-1]

    def test_a_stranger_in_a_shared_channel_cannot(self, told: Shop) -> None:
        assert "Only agents can answer from here" in self.refused(told, "mallory")

    @one_database
    def test_nor_a_colleague_who_is_no_agent(self, told: Shop) -> None:
        told.pigeon.colleagues["carl"] = "carl@shop.example"
        assert "Only agents can answer from here" in self.refused(told, "carl")

    @one_database
    def test_nor_an_agent_who_left(self, told: Shop, ctx: Context) -> None:
        with ctx.db.write() as session:
            session.execute(update(Agent).where(Agent.id == told.ben.id).values(is_active=False))
        assert "Only agents can answer from here" in self.refused(told)

    @one_database
    def test_nor_anybody_with_an_agents_name_only(self, told: Shop) -> None:
        """What people call themselves counts for nothing."""
        told.says("It leaves.", "mallory", name="Ben")
        told.goes_on()
        assert told.letters == []

    def test_nor_an_agent_who_may_not_see_the_thread(self, told: Shop, ctx: Context, make: Make) -> None:
        ada = make.agent("Ada", Role.ADMIN)
        billing = ctx.db.run(agents.add_team, "Billing", ctx.clock())
        change(ctx, ada, thread(ctx).id, Changes(team_id=billing))
        change(ctx, ada, thread(ctx).id, Changes(assignee_id=None))
        assert "Ben: this was not sent. You may not see this thread." in self.refused(told)
        assert "You may not see this thread." in self.refused(told, text="note: hm")
        assert rows(ctx, Message, Message.kind == Kind.NOTE) == []

    @one_database
    def test_the_spelling_of_an_address_does_not_matter(self, told: Shop) -> None:
        told.pigeon.colleagues["ben"] = told.ben.email.upper()
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]

    @one_database
    def test_a_network_that_cannot_be_asked_now_is_asked_later(self, told: Shop, ctx: Context) -> None:
        told.pigeon.trouble = TryLater("Busy.")
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert (told.letters, the(ctx, TeamAnswer).state) == ([], AnswerState.QUEUED)
        told.pigeon.trouble = None
        told.due()
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]

    @one_database
    def test_and_not_for_ever(self, told: Shop) -> None:
        told.pigeon.trouble = TryLater("Busy.")
        told.says("It leaves tomorrow.")
        for _ in range(rules.CHECKS_MAX):
            told.looks()
            told.due()
        told.looks()
        assert "could not be found out who you are" in told.lines[-1]

    @one_database
    def test_without_rights_the_answer_waits_for_them(self, told: Shop, ctx: Context) -> None:
        told.pigeon.trouble = NeedsReauth("Revoked.")
        told.says("It leaves tomorrow.")
        told.looks()
        told.pigeon.trouble = None
        ctx.db.run(channels.resume, told.channel)
        told.due()
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]


class TestWhatHasChanged:
    def test_what_was_written_since_is_shown_first(self, told: Shop, ctx: Context, make: Make) -> None:
        make.inbound(told.channel, "Never mind, it came.")
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == []
        assert "Ben: this was not sent. Something was written" in told.lines[-1]
        assert "> Never mind, it came." in told.lines[-1]
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."], "now he knows"

    @one_database
    def test_what_was_not_shown_yet_holds_back_a_second_try_too(
        self, told: Shop, ctx: Context, make: Make
    ) -> None:
        make.inbound(told.channel, "Never mind, it came.")
        told.says("It leaves tomorrow.")
        team_answers.work(ctx)
        told.says("It leaves tomorrow.")
        team_answers.work(ctx)
        assert [answer.state for answer in rows(ctx, TeamAnswer)] == [AnswerState.REFUSED] * 2

    @one_database
    def test_a_colleagues_answer_is_news_as_well(self, told: Shop, ctx: Context) -> None:
        ada = told.known("Ada")
        reply(ctx, ada, thread(ctx).id, ReplyRequest(told.channel, "It left yesterday.", "c1"))
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == ["It left yesterday."]
        assert any("> Ada:\n> It left yesterday." in line for line in told.lines)

    @one_database
    def test_ones_own_note_is_no_news(self, told: Shop, ctx: Context) -> None:
        note(ctx, told.ben, thread(ctx).id, NoteRequest("A regular", "n1"))
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == ["It leaves tomorrow."]

    @one_database
    def test_a_resolved_request_takes_notes_only(self, told: Shop, ctx: Context) -> None:
        change(ctx, told.ben, thread(ctx).id, Changes(status=Status.RESOLVED))
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == []
        assert "The request was resolved meanwhile." in told.lines[-2] + told.lines[-1]
        assert thread(ctx).status is Status.RESOLVED
        told.says("note: closed by me")
        told.goes_on()
        assert the(ctx, Message, Message.kind == Kind.NOTE).body_text == "closed by me"

    def test_a_merged_customer_is_answered_where_he_is_now(
        self, told: Shop, ctx: Context, make: Make
    ) -> None:
        ada = make.agent("Ada", Role.ADMIN)
        make.inbound(told.channel, "I am Anna too", "anna2")
        anna, other = (row.customer_id for row in rows(ctx, Identity))
        people.merge(ctx, ada, other, anna)
        told.says("It leaves tomorrow.")
        told.looks()
        assert "> I am Anna too" in told.lines[-1], "what her other half wrote was not shown"
        told.says("It leaves tomorrow.")
        told.goes_on()
        living = the(ctx, Thread, Thread.merged_into_id.is_(None))
        assert the(ctx, Message, Message.kind == Kind.REPLY).thread_id == living.id
        assert told.letters == ["It leaves tomorrow."]

    def test_after_a_split_the_one_who_waits_is_answered(self, shop: Shop, ctx: Context, make: Make) -> None:
        """The told line was about a message that turned out to be somebody else's."""
        ada = make.agent("Ada", Role.ADMIN)
        make.inbound(shop.channel, "Thanks!", "anna")
        reply(ctx, ada, thread(ctx).id, ReplyRequest(shop.channel, "You are welcome.", "c1"))
        deliver.drain(ctx)
        make.inbound(shop.channel, "Where is my order?", "bert")
        change(ctx, ada, rows(ctx, Thread)[0].id, Changes(assignee_id=None))
        anna, bert = (row.customer_id for row in rows(ctx, Identity))
        people.merge(ctx, ada, anna, bert)
        shop.clock.forward(minutes=6)
        shop.looks()
        identity = the(ctx, Identity, Identity.address == "bert")
        people.split(ctx, ada, identity.id)
        shop.says("It leaves tomorrow.")
        shop.goes_on()
        sent = [sent for sent in shop.pigeon.sent if sent.text == "It leaves tomorrow."]
        assert [message.to.address for message in sent] == ["bert"]

    def test_when_a_wait_is_taken_back_its_line_still_leads_to_the_thread(
        self, told: Shop, ctx: Context
    ) -> None:
        """An answer fails after the customer had written again: his first wait goes on, the second never was."""
        told.pigeon.answer = fails_for_customers
        reply(ctx, told.ben, thread(ctx).id, ReplyRequest(told.channel, "Tomorrow.", "c1"))
        told.waits("And now?", minutes=61)
        told.looks()
        deliver.drain(ctx)
        assert [root.wait_id is None for root in told.roots] == [False, True]
        told.looks()
        told.pigeon.answer = lambda message: Receipt(external_id=f"out:{message.idem_key}")
        told.says("It leaves tomorrow.", below=told.roots[1].external_id)
        told.goes_on()
        assert told.letters[-1] == "It leaves tomorrow."

    @one_database
    def test_a_customer_who_blocked_us_is_not_answered(self, told: Shop, ctx: Context) -> None:
        told.pigeon.learns(can_start=False)
        ctx.db.run(customers.unreachable, the(ctx, Identity).id, "He blocked this account.")
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert told.letters == []
        assert "He blocked this account." in told.lines[-1]

    @one_database
    def test_what_the_network_does_not_take_is_refused(self, told: Shop) -> None:
        told.pigeon.learns(text_max=5)
        told.says("It leaves tomorrow.")
        told.goes_on()
        assert "The text is longer than the 5 characters this channel takes." in told.lines[-1]

    @one_database
    def test_nor_is_a_file_that_could_not_be_kept(self, told: Shop) -> None:
        told.says("The label.", files=[{"name": "label.txt", "problem": "It is gone."}])
        told.goes_on()
        assert told.letters == []
        assert "The file “label.txt” could not be taken: It is gone." in told.lines[-1]

    @one_database
    def test_an_empty_answer_is_none(self, told: Shop) -> None:
        told.says("note:  ")
        told.goes_on()
        assert "There is nothing in it to send." in told.lines[-1]


@one_database
class TestTalk:
    @pytest.mark.parametrize("references", [(), ("out:of somebody else",)])
    def test_talk_among_colleagues_is_nobodys_message(
        self, told: Shop, ctx: Context, references: tuple[str, ...]
    ) -> None:
        line: dict[str, Any] = {"place": "team", "references": references}
        file = {"name": "lunch.txt", "content": "soup"}
        told.make.keep(told.channel, payload(brought(99, "ben", "Lunch?", files=[file], **line)))
        receive.drain(ctx)
        told.goes_on()
        assert rows(ctx, TeamAnswer) == []
        assert len(rows(ctx, Customer)) == 1
        assert len(told.lines) == 1
        assert rows(ctx, Envelope)[-1].state is EnvelopeState.IGNORED
        assert list(ctx.files.keys(older_than=-10)) == [], "its files are not even fetched"

    def test_what_goes_out_there_is_nobodys_either(self, told: Shop, ctx: Context) -> None:
        told.says("Hello", outgoing=True)
        assert rows(ctx, TeamAnswer) == []

    def test_neighbours_in_the_payload_are_stored(self, told: Shop, ctx: Context) -> None:
        team = brought(98, "ben", "Lunch?", place="team")
        told.make.keep(told.channel, payload(team, brought(99, "carla", "Hello?")))
        receive.drain(ctx)
        assert {row.address for row in rows(ctx, Identity)} == {"anna", "carla"}


def test_erasing_a_customer_forgets_what_was_answered_about_him(told: Shop, ctx: Context, make: Make) -> None:
    ada = make.agent("Ada", Role.ADMIN)
    words = {place: canary(place) for place in ("sent", "refused", "waiting", "file")}
    told.says(f"Dear {words['sent']}")
    told.goes_on()
    told.says(f"Dear {words['refused']}", "mallory")
    told.goes_on()
    file = {"name": "a.txt", "content": words["file"]}
    told.says(f"Dear {words['waiting']}", files=[file])
    privacy.erase(ctx, ada, the(ctx, Customer).id)
    told.pigeon.sent.clear()
    told.goes_on()
    assert found(ctx, words) == set()
    assert [row.state for row in rows(ctx, TeamAnswer)] == [
        AnswerState.SETTLED,
        AnswerState.REFUSED,
        AnswerState.REFUSED,
    ]
    told.says("Are you there?")
    told.goes_on()
    assert told.letters == []
    assert told.lines[-1] == "Ben: this was not sent. The thread is not there any more."
