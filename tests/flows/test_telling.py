"""The team hears of customers who wait: once, in time, and what became of them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event

from inbox.agents import actions as agents
from inbox.agents.words import Role
from inbox.channels import actions as channels
from inbox.contract import NeedsReauth, Outgoing, Receipt, Rejected, TryLater, Uncertain
from inbox.flows import deliver, notices, telling
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.flows.triage import Changes, change
from inbox.notify import actions, queries
from inbox.notify.words import NoticeState, Reason, What
from inbox.threads.words import Status
from tests.factories import Make
from tests.flows.team import PUBLIC, TOWER, Shop, thread
from tests.reading import Notice, rows, the

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what no database can do differently: decisions and words."""


def refuse(error: Exception) -> Callable[[Outgoing], Receipt]:
    def answer(message: Outgoing) -> Receipt:
        if message.to.address == TOWER:
            raise error
        return Receipt(external_id=f"out:{message.idem_key}")

    return answer


class TestTelling:
    def test_a_customer_whom_nobody_has_is_told_after_some_minutes(self, shop: Shop, ctx: Context) -> None:
        shop.waits(minutes=4)
        shop.looks()
        assert shop.lines == []
        shop.clock.forward(minutes=2)
        shop.looks()
        [line] = shop.lines
        assert line.startswith("anna has waited 6 minutes on Pigeons. Nobody has taken it yet.")
        assert "> Where is my order?" in line
        assert f"[Open the thread]({PUBLIC}/inbox/open/{thread(ctx).id})" in line
        [sent] = shop.pigeon.sent
        assert (sent.to.address, sent.to.account, sent.automatic) == (TOWER, "Loft One", True)

    def test_it_is_told_once_however_often_one_looks(self, shop: Shop) -> None:
        shop.waits()
        for _ in range(4):
            shop.looks()
            shop.clock.forward(minutes=2)
        assert len(shop.lines) == 1

    def test_two_loops_at_once_tell_it_once(self, shop: Shop) -> None:
        for name in ("anna", "bert"):
            shop.waits(sender=name)
        barrier = threading.Barrier(4)

        def run(_number: int) -> None:
            barrier.wait()
            shop.looks()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(run, range(4)))
        shop.looks()
        assert sorted(line.partition(" ")[0] for line in shop.lines) == ["anna", "bert"]

    @one_database
    def test_one_that_somebody_has_is_told_when_it_is_overdue(self, shop: Shop, ctx: Context) -> None:
        shop.waits(minutes=1)
        change(ctx, shop.ben, thread(ctx).id, Changes(assignee_id=shop.ben.id))
        shop.clock.forward(minutes=30)
        shop.looks()
        assert shop.lines == []
        shop.clock.forward(minutes=30)
        shop.looks()
        [line] = shop.lines
        assert line.startswith("Overdue. anna has waited 1 hour on Pigeons. Ben has the thread.")

    @one_database
    def test_one_that_stays_nobodys_is_told_for_both_reasons(self, shop: Shop) -> None:
        shop.waits()
        shop.looks()
        shop.clock.forward(minutes=60)
        shop.looks()
        assert [root.reason for root in shop.roots] == [Reason.UNASSIGNED, Reason.OVERDUE]
        assert len(shop.lines) == 2

    @one_database
    def test_one_that_is_overdue_at_the_first_look_is_told_as_that_alone(self, shop: Shop) -> None:
        shop.waits(minutes=90)
        shop.looks()
        shop.looks()
        assert [root.reason for root in shop.roots] == [Reason.OVERDUE]

    @one_database
    def test_the_next_wait_is_told_again(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        shop.looks()
        change(ctx, shop.ben, thread(ctx).id, Changes(status=Status.RESOLVED))
        shop.waits("And now?")
        change(ctx, shop.ben, thread(ctx).id, Changes(assignee_id=None))
        shop.looks()
        [line] = [line for line in shop.lines if "> And now?" in line]
        assert "Where is my order?" not in line
        assert len(shop.roots) == 2

    @one_database
    def test_all_that_is_unanswered_is_shown_the_newest_three_in_words(self, shop: Shop) -> None:
        for text in ("One", "Two", "Three", "Four"):
            shop.waits(text, minutes=2)
        shop.looks()
        [line] = shop.lines
        assert "(1 earlier)" in line
        assert [word for word in ("One", "Two", "Three", "Four") if f"> {word}" in line] == [
            "Two",
            "Three",
            "Four",
        ]

    def test_many_at_once_are_summed_up_and_not_told_again(self, shop: Shop) -> None:
        for number in range(8):
            shop.waits(sender=f"customer{number}", minutes=0)
        shop.clock.forward(minutes=6)
        shop.looks()
        shop.looks()
        assert len(shop.lines) == 4
        assert (
            shop.lines[-1] == f"5 more customers wait for an answer. [Open the list]({PUBLIC}/inbox/waiting)"
        )
        shop.clock.forward(minutes=2)
        shop.looks()
        assert len(shop.lines) == 4

    @one_database
    def test_more_within_the_same_minute_wait_for_the_next(self, shop: Shop) -> None:
        for number in range(5):
            shop.waits(sender=f"customer{number}", minutes=0)
        shop.clock.forward(minutes=6)
        shop.looks()
        shop.make.inbound(shop.channel, sender="late")
        shop.ctx.settings = shop.ctx.settings.model_copy(update={"team_after_minutes": 0})
        shop.looks()
        assert len(shop.lines) == 4
        shop.clock.forward(minutes=1.1)
        shop.looks()
        assert shop.lines[-1].startswith("late has waited 1 minute")

    @one_database
    def test_a_channel_without_a_place_tells_nobody(self, shop: Shop, ctx: Context) -> None:
        ctx.db.run(
            channels.reconfigure, ctx.registry, ctx.vault, shop.channel, "Pigeons", {"loft": "Loft One"}, {}
        )
        shop.waits()
        shop.looks()
        assert shop.pigeon.sent == []
        assert rows(ctx, Notice) == []

    @one_database
    def test_a_network_that_does_not_reach_teams_tells_nobody(self, shop: Shop, ctx: Context) -> None:
        shop.pigeon.learns(team=False)
        shop.waits()
        shop.looks()
        assert rows(ctx, Notice) == []

    @one_database
    def test_a_paused_channel_tells_when_it_goes_on(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        telling.look(ctx)
        ctx.db.run(channels.pause, shop.channel)
        shop.looks()
        assert shop.lines == []
        ctx.db.run(channels.resume, shop.channel)
        shop.looks()
        assert len(shop.lines) == 1

    @one_database
    def test_customers_of_the_demo_are_told_in_no_real_place(
        self, shop: Shop, ctx: Context, make: Make
    ) -> None:
        values = {"loft": "Demo"}
        demo = ctx.db.run(channels.connect, ctx.registry, ctx.vault, "pigeon", "Demo", values, is_demo=True)
        make.inbound(demo.id, sender="played")
        shop.clock.forward(minutes=90)
        shop.looks()
        assert rows(ctx, Notice) == []


class TestWhoMayRead:
    def team(self, shop: Shop, name: str) -> int:
        return shop.ctx.db.run(agents.add_team, name, shop.clock())

    def test_a_teams_own_place_is_told_in_full_and_that_of_another_team_nothing(
        self, shop: Shop, ctx: Context, make: Make
    ) -> None:
        billing, sales = self.team(shop, "Billing"), self.team(shop, "Sales")
        ada = make.agent("Ada", Role.ADMIN)
        for name, team_id in (("Billing", billing), ("Sales", sales)):
            values = {"loft": name, "tower": f"tower of {name}"}
            connect = (ctx.registry, ctx.vault, "pigeon", name, values)
            ctx.db.run(channels.connect, *connect, team_id=team_id)
        shop.waits("My card was charged twice")
        change(ctx, ada, thread(ctx).id, Changes(team_id=billing))
        change(ctx, ada, thread(ctx).id, Changes(assignee_id=None))
        shop.looks()
        told = {sent.to.address: sent.text for sent in shop.pigeon.sent}
        assert set(told) == {TOWER, "tower of Billing"}
        assert "charged twice" in told["tower of Billing"]
        assert told[TOWER].startswith("A customer of Billing has waited 6 minutes")
        assert "charged twice" not in told[TOWER]
        assert "anna" not in told[TOWER]


class TestWhatBecameOfIt:
    @one_database
    def test_one_who_was_answered_before_the_line_went_out_is_not_told(
        self, shop: Shop, ctx: Context
    ) -> None:
        shop.waits()
        telling.look(ctx)
        reply(ctx, shop.ben, thread(ctx).id, ReplyRequest(shop.channel, "Tomorrow.", "c1"))
        shop.looks()
        assert shop.lines == []
        assert the(ctx, Notice).state is NoticeState.CANCELLED

    @one_database
    def test_one_who_was_taken_before_the_line_went_out_is_not_told(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        telling.look(ctx)
        change(ctx, shop.ben, thread(ctx).id, Changes(assignee_id=shop.ben.id))
        shop.looks()
        assert shop.lines == []

    def test_who_takes_it_and_who_answers_is_told_below_the_line(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        shop.looks()
        ada = shop.known("Ada")
        change(ctx, ada, thread(ctx).id, Changes(assignee_id=shop.ben.id))
        shop.looks()
        shop.looks()
        reply(ctx, ada, thread(ctx).id, ReplyRequest(shop.channel, "Tomorrow.", "c1"))
        shop.looks()
        assert shop.lines[1:] == ["Ben has taken it."], "the answer has not left the house yet"
        deliver.drain(ctx)
        shop.looks()
        shop.looks()
        assert shop.lines[1:] == ["Ben has taken it.", "Ada has answered."]
        below = [sent for sent in shop.pigeon.sent if sent.to.address == TOWER][1:]
        assert {(sent.in_reply_to, sent.references) for sent in below} == {(shop.root(), (shop.root(),))}

    @one_database
    def test_one_that_is_resolved_without_an_answer(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        shop.looks()
        change(ctx, shop.ben, thread(ctx).id, Changes(status=Status.RESOLVED))
        shop.looks()
        shop.looks()
        assert shop.lines[1:] == ["It was resolved without an answer."]

    @one_database
    def test_an_answer_that_fails_is_no_answer(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        shop.looks()

        def answer(message: Outgoing) -> Receipt:
            if message.to.address != TOWER:
                raise Rejected("Nobody lives there.")
            return Receipt(external_id=f"out:{message.idem_key}")

        shop.pigeon.answer = answer
        reply(ctx, shop.ben, thread(ctx).id, ReplyRequest(shop.channel, "Tomorrow.", "c1"))
        shop.goes_on()
        assert shop.lines[1:] == ["Ben has taken it."]
        shop.clock.forward(minutes=60)
        shop.looks()
        assert shop.lines[-1].startswith("Overdue. anna has waited")


class TestTrouble:
    @pytest.mark.parametrize(
        ("point", "state", "sent"),
        [
            ("notice_claimed", NoticeState.SENT, 1),
            ("mid_body", NoticeState.UNCERTAIN, 1),
            ("notice_sent", NoticeState.UNCERTAIN, 1),
        ],
    )
    def test_a_crash_tells_nothing_twice(
        self, shop: Shop, ctx: Context, monkeypatch: pytest.MonkeyPatch, point: str, state: str, sent: int
    ) -> None:
        """What surely was not sent is sent by the successor; of the rest only the network can tell."""
        shop.waits()
        shop.dies_at(point, shop.looks)
        shop.looks()
        shop.looks()
        assert the(ctx, Notice).state is state
        assert len(shop.lines) == sent

    def test_a_network_that_can_tell_settles_what_is_uncertain(self, shop: Shop, ctx: Context) -> None:
        shop.pigeon.learns(settles=True)
        shop.pigeon.answer = refuse(Uncertain("The line broke."))
        shop.waits()
        shop.looks()
        assert the(ctx, Notice).state is NoticeState.UNCERTAIN
        shop.looks()
        shop.pigeon.arrived[the(ctx, Notice).idem_key] = Receipt(external_id="out:found", aliases=("alias",))
        shop.looks()
        assert the(ctx, Notice).state is NoticeState.UNCERTAIN, "it is not asked without pause"
        shop.due()
        shop.looks()
        assert the(ctx, Notice).state is NoticeState.SENT
        shop.says("It leaves tomorrow.", below="alias")
        shop.goes_on()
        assert shop.letters == ["It leaves tomorrow."]

    def test_what_could_not_be_sent_is_sent_later_in_order(self, shop: Shop) -> None:
        shop.waits()
        shop.waits(sender="bert")
        shop.pigeon.answer = refuse(TryLater("Too many."))
        shop.looks()
        shop.pigeon.sent.clear()
        shop.pigeon.answer = lambda message: Receipt(external_id=f"out:{message.idem_key}")
        shop.looks()
        assert shop.lines == [], "the first one is not due yet, and the second one does not overtake it"
        shop.due()
        shop.looks()
        assert [line.partition(" ")[0] for line in shop.lines] == ["anna", "bert"]

    @one_database
    def test_what_is_refused_is_shown_and_not_repeated(self, shop: Shop, ctx: Context) -> None:
        shop.pigeon.answer = refuse(Rejected("The bot is not in this channel."))
        shop.waits()
        shop.looks()
        shop.looks()
        assert len(shop.lines) == 1
        with ctx.db.read() as session:
            summary = queries.summary(session, shop.channel)
        assert (summary.problem, summary.last_at, summary.waiting) == (
            "The bot is not in this channel.",
            None,
            0,
        )
        shop.pigeon.sent.clear()
        shop.pigeon.answer = lambda message: Receipt(external_id=f"out:{message.idem_key}")
        ctx.db.run(actions.again, shop.channel)
        shop.looks()
        assert len(shop.lines) == 1, "somebody mended it and pressed “Test now”"
        with ctx.db.read() as session:
            assert queries.summary(session, shop.channel).problem is None

    @one_database
    def test_a_line_waits_until_the_account_is_connected_again(self, shop: Shop, ctx: Context) -> None:
        shop.pigeon.answer = refuse(NeedsReauth("The token was revoked."))
        shop.waits()
        shop.looks()
        assert the(ctx, Notice).state is NoticeState.QUEUED
        shop.pigeon.sent.clear()
        shop.pigeon.answer = lambda message: Receipt(external_id=f"out:{message.idem_key}")
        shop.looks()
        assert shop.lines == []
        ctx.db.run(channels.resume, shop.channel)
        shop.looks()
        assert len(shop.lines) == 1

    @one_database
    def test_news_that_come_too_late_are_dropped(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        shop.looks()
        change(ctx, shop.ben, thread(ctx).id, Changes(assignee_id=shop.ben.id))
        telling.look(ctx)
        shop.clock.forward(hours=2)
        notices.send(ctx)
        assert len(shop.lines) == 1
        assert the(ctx, Notice, Notice.what == What.NEWS).state is NoticeState.CANCELLED

    @one_database
    def test_a_place_that_is_taken_away_drops_what_waits(self, shop: Shop, ctx: Context) -> None:
        shop.waits()
        telling.look(ctx)
        ctx.db.run(
            channels.reconfigure, ctx.registry, ctx.vault, shop.channel, "Pigeons", {"loft": "Loft One"}, {}
        )
        notices.send(ctx)
        assert shop.lines == []
        assert the(ctx, Notice).state is NoticeState.CANCELLED


@one_database
def test_a_look_reads_open_waits_only(shop: Shop, ctx: Context) -> None:
    """It is repeated every few seconds: it must not read every thread there ever was, nor every line."""
    seen: list[tuple[str, Any]] = []
    event.listen(
        ctx.db.engine,
        "before_cursor_execute",
        lambda _c, _k, statement, values, _x, _m: seen.append((statement, values)),
    )
    telling.look(ctx)
    looks = [pair for pair in seen if "FROM wait" in pair[0] and "EXISTS" in pair[0]]
    assert len(looks) == 2
    for statement, values in looks:
        with ctx.db.engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)]
        assert not [step for step in plan if step.startswith("SCAN")], plan
        assert "ix_notice_wait" in " ".join(plan)
