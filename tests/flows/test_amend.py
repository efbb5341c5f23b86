"""Changing a reply that has gone out, and taking it back from the customer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents.words import Role
from inbox.channels.models import Channel
from inbox.clock import utc_now
from inbox.contract import GONE, NeedsReauth, Receipt, Rejected, TryLater, Uncertain
from inbox.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from inbox.flows import amend, deliver, privacy, receive
from inbox.flows.context import Context
from inbox.flows.reply import NoteRequest, ReplyRequest, note, reply
from inbox.live import picture
from inbox.outbox import amending
from inbox.threads import history
from inbox.threads.words import Kind
from tests.factories import Make
from tests.pigeon import Pigeon, news, payload
from tests.reading import Customer, Delivery, Event, Message, Thread, rows, the


class Desk:
    """Anna has written, and Ben's answer has reached her."""

    def __init__(self, ctx: Context, make: Make, pigeon: Pigeon) -> None:
        self.ctx, self.make, self.pigeon = ctx, make, pigeon
        self.channel = make.channel()
        self.ben = make.agent("Ben")
        make.inbound(self.channel)
        self.thread_id = the(ctx, Thread).id
        self.message_id = self.writes("It leaves tody.")

    def writes(self, text: str, **more: Any) -> int:
        asked = ReplyRequest(self.channel, text, f"c{len(rows(self.ctx, Message))}", **more)
        written = reply(self.ctx, self.ben, self.thread_id, asked)
        self.goes_out()
        return written.message_id

    def goes_out(self) -> None:
        with self.ctx.db.write() as session:
            session.execute(update(Delivery).values(not_before=utc_now() - timedelta(seconds=1)))
        deliver.drain(self.ctx)

    def edits(self, text: str, **who: Any) -> None:
        amend.edit(self.ctx, who.get("agent", self.ben), self.message_id, text)

    def takes_back(self, **who: Any) -> None:
        amend.take_back(self.ctx, who.get("agent", self.ben), self.message_id)

    @property
    def shown(self) -> Any:
        with self.ctx.db.read() as session:
            return picture.message(session, self.message_id)

    @property
    def said(self) -> list[str]:
        """What the reply said before, the newest first."""
        with self.ctx.db.read() as session:
            return [each["body_text"] for each in history.versions(session, self.ben, self.message_id)]

    @property
    def lines(self) -> list[tuple[str, Any]]:
        found = rows(self.ctx, Message, Message.kind == Kind.SYSTEM)
        return [(line.system["code"], line.author_id) for line in found]


@pytest.fixture
def desk(ctx: Context, make: Make, pigeon: Pigeon) -> Desk:
    pigeon.learns(edit=True, delete=True)
    pigeon.answer = lambda message: Receipt(
        external_id=f"out:{message.idem_key}", aliases=(f"part:{message.idem_key}",)
    )
    return Desk(ctx, make, pigeon)


def test_a_reply_is_changed_with_the_customer_and_here(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    desk.edits("It leaves today.")
    [(posted, text)] = pigeon.amended
    key = the(ctx, Delivery).idem_key
    assert (posted.to.address, posted.external_ids) == ("anna", (f"out:{key}", f"part:{key}"))
    assert (posted.text, posted.files, text) == ("It leaves tody.", 0, "It leaves today.")
    shown = desk.shown
    assert (shown["body_text"], shown["versions"], shown["removed_at"]) == ("It leaves today.", 1, None)
    assert shown["edited_at"] is not None
    assert shown["delivery"]["amendment"] is None
    assert desk.said == ["It leaves tody."]
    assert desk.lines == [("reply_edited", desk.ben.id)]
    told = [
        (event.message_id == desk.message_id, event.actor_id, event.data["change"])
        for event in rows(ctx, Event, Event.kind == "message.changed")
    ]
    assert told == [
        (True, desk.ben.id, "amending"),
        (True, desk.ben.id, "edited"),
        (False, desk.ben.id, "reply_edited"),
    ]
    assert the(ctx, Thread).preview == "It leaves today."


def test_a_reply_is_taken_back_and_what_it_said_stays_for_the_shop(
    desk: Desk, ctx: Context, pigeon: Pigeon
) -> None:
    assert the(ctx, Thread).waiting_since is None
    desk.takes_back()
    assert [text for _posted, text in pigeon.amended] == [None]
    shown = desk.shown
    assert (shown["body_text"], shown["attachments"], shown["versions"]) == ("", [], 1)
    assert shown["removed_at"] is not None
    assert desk.said == ["It leaves tody."]
    assert desk.lines == [("reply_taken_back", desk.ben.id)]
    assert the(ctx, Thread).waiting_since is not None, "she waits as before"


def test_who_has_another_answer_does_not_wait_again(desk: Desk, ctx: Context) -> None:
    desk.writes("It leaves today.")
    desk.takes_back()
    assert the(ctx, Thread).waiting_since is None


def test_asking_twice_does_it_once(desk: Desk, pigeon: Pigeon) -> None:
    for _ in range(2):
        desk.edits("It leaves today.")
    for _ in range(2):
        desk.takes_back()
    assert [text for _posted, text in pigeon.amended] == ["It leaves today.", None]
    assert [code for code, _ in desk.lines] == ["reply_edited", "reply_taken_back"]
    with pytest.raises(Invalid, match="taken back"):
        desk.edits("It leaves today.")


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (Rejected("Too old."), Invalid),
        (TryLater("Fog."), Unavailable),
        (NeedsReauth("No ring."), Unavailable),
    ],
)
def test_what_the_network_certainly_did_not_do_changes_nothing(
    desk: Desk, ctx: Context, pigeon: Pigeon, trouble: Exception, raised: type[Exception]
) -> None:
    pigeon.trouble = trouble
    for story in (lambda: desk.edits("It leaves today."), desk.takes_back):
        with pytest.raises(raised, match=str(trouble)):
            story()
        with ctx.db.write() as session:
            session.execute(update(Channel).values(state="active"))
    shown = desk.shown
    assert (shown["body_text"], shown["edited_at"], shown["removed_at"]) == ("It leaves tody.", None, None)
    assert shown["delivery"]["amendment"] is None
    assert desk.lines == []


def test_lost_rights_are_told(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    pigeon.trouble = NeedsReauth("The ring was taken off.")
    with pytest.raises(Unavailable, match="ring"):
        desk.takes_back()
    assert the(ctx, Channel).state == "needs_reauth"


def test_where_nobody_knows_it_stays_to_be_seen_and_asked_again(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.trouble = Uncertain("The bird did not come back.")
    with pytest.raises(Unavailable, match="did not come back"):
        desk.edits("It leaves today.")
    shown = desk.shown
    assert shown["body_text"] == "It leaves tody."
    left = shown["delivery"]["amendment"]
    assert (left["change"], left["body"], left["agent_id"]) == ("edit", "It leaves today.", desk.ben.id)
    pigeon.trouble = None
    desk.edits("It leaves tody.")
    assert len(pigeon.amended) == 1, "even what we show has to be asked for: she may see the other one"
    assert desk.shown["delivery"]["amendment"] is None


def test_what_is_gone_at_the_second_try_was_taken_back_by_the_first(desk: Desk, pigeon: Pigeon) -> None:
    pigeon.trouble = Rejected("It is not there.", code=GONE)
    with pytest.raises(Invalid, match="not there"):
        desk.takes_back()
    assert desk.shown["removed_at"] is None
    pigeon.trouble = Uncertain("The bird did not come back.")
    with pytest.raises(Unavailable):
        desk.takes_back()
    pigeon.trouble = Rejected("It is not there.", code=GONE)
    desk.takes_back()
    assert desk.shown["removed_at"] is not None


@pytest.mark.parametrize("point", ["amendment_begun", "before_wire", "after_wire", "amendment_done"])
def test_a_crash_leaves_the_intention_and_the_next_try_ends_it(
    desk: Desk, ctx: Context, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.setattr(amending, "TAKES", timedelta(seconds=-1))

    class Killed(BaseException):
        """What no code of ours catches."""

    def kill(name: str) -> None:
        if name == point:
            raise Killed

    ctx.checkpoint = kill
    with pytest.raises(Killed):
        desk.edits("It leaves today.")
    ctx.checkpoint = lambda _name: None
    assert desk.shown["delivery"]["amendment"]["body"] == "It leaves today."
    desk.edits("It leaves today.")
    shown = desk.shown
    assert (shown["body_text"], shown["versions"]) == ("It leaves today.", 1)
    assert shown["delivery"]["amendment"] is None


def test_one_change_at_a_time(desk: Desk, pigeon: Pigeon) -> None:
    met: list[Exception] = []

    def meanwhile() -> None:
        pigeon.flight = lambda: None
        with pytest.raises(Conflict) as caught:
            desk.takes_back()
        met.append(caught.value)

    pigeon.flight = meanwhile
    desk.edits("It leaves today.")
    assert len(met) == 1
    assert (desk.shown["body_text"], desk.shown["removed_at"]) == ("It leaves today.", None)


def test_its_author_and_supervisors_may(desk: Desk, make: Make) -> None:
    mia, rosa = make.agent("Mia"), make.agent("Rosa", role=Role.SUPERVISOR)
    with pytest.raises(NotAllowed):
        desk.edits("Never.", agent=mia)
    with pytest.raises(NotAllowed):
        desk.takes_back(agent=mia)
    desk.edits("It leaves today.", agent=rosa)
    assert desk.lines == [("reply_edited", rosa.id)]


def test_who_may_not_see_the_thread_is_told_of_nothing(desk: Desk, ctx: Context) -> None:
    with ctx.db.write() as session:
        from inbox.agents import actions as agents

        team = agents.add_team(session, "Shipping", ctx.clock())
        session.execute(update(Thread).values(team_id=team, assignee_id=None))
    with pytest.raises(NotFound):
        desk.takes_back()


def test_only_what_the_customer_has_of_ours_can_be_changed(desk: Desk, ctx: Context, pigeon: Pigeon) -> None:
    theirs = rows(ctx, Message, Message.kind == Kind.INBOUND)[0].id
    noted = note(ctx, desk.ben, desk.thread_id, NoteRequest("VIP", "n1")).message_id
    waiting = reply(ctx, desk.ben, desk.thread_id, ReplyRequest(desk.channel, "Soon.", "w1")).message_id
    for message_id in (theirs, noted):
        with pytest.raises(Invalid, match="sent from here"):
            amend.edit(ctx, desk.ben, message_id, "x")
    with pytest.raises(Invalid, match="does not have"):
        amend.take_back(ctx, desk.ben, waiting)
    with pytest.raises(Invalid, match="empty"):
        desk.edits("  ")
    pigeon.learns(text_max=10)
    with pytest.raises(Invalid, match="longer than"):
        desk.edits("much too long for it")
    pigeon.learns(text_max=None, edit=False)
    with pytest.raises(Invalid, match="cannot be changed"):
        desk.edits("x")
    pigeon.learns(delete_within=48 * 3600)
    with ctx.db.write() as session:
        session.execute(update(Delivery).values(sent_at=utc_now() - timedelta(hours=49)))
    with pytest.raises(Invalid, match="too much time"):
        desk.takes_back()
    pigeon.learns(delete=False)
    with pytest.raises(Invalid, match="cannot be taken back"):
        desk.takes_back()
    assert pigeon.amended == []


def test_the_networks_own_news_of_it_takes_nothing_from_the_shop(desk: Desk, ctx: Context) -> None:
    key = the(ctx, Delivery).idem_key
    desk.make.keep(desk.channel, payload(news("removal", external_ids=(f"out:{key}",))))
    receive.drain(ctx)
    assert desk.shown["removed_at"] is not None
    assert desk.said == ["It leaves tody."]
    desk.takes_back()
    assert desk.lines == []


def test_of_an_erased_customer_nothing_is_changed(
    desk: Desk, ctx: Context, make: Make, pigeon: Pigeon
) -> None:
    assert privacy.erase(ctx, make.agent("Ada", Role.ADMIN), the(ctx, Customer).id)
    for story in (lambda: desk.edits("It leaves today."), desk.takes_back):
        with pytest.raises(Invalid, match="does not have"):
            story()
    assert pigeon.amended == []
