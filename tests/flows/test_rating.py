"""Ratings: asked once per episode where the customer wrote, given once, shown in the thread."""

from typing import Any

import pytest
from sqlalchemy import update

from inbox.channels.models import Channel
from inbox.errors import Conflict, Invalid, NotFound
from inbox.events.catalog import EventKind
from inbox.flows.context import Context
from inbox.flows.rating import rate
from inbox.flows.reply import ReplyRequest, reply
from inbox.flows.triage import Changes, change
from inbox.insight import queries as ratings
from inbox.insight.models import Rating
from inbox.threads.words import Kind, Status
from tests.factories import Make, ManualClock
from tests.reading import Episode, Event, Identity, Message, Thread, rows, the


class Window:
    """A shop whose customers write on its site."""

    def __init__(self, ctx: Context, make: Make) -> None:
        self.ctx, self.make = ctx, make
        self.channel = make.channel("robin", "Site")
        self.ben = make.agent("Ben")
        make.inbound(self.channel, "Is it warm?", name="Anna")
        self.thread_id = the(ctx, Thread).id
        self.anna: int = the(ctx, Identity).id

    def answer(self, key: str = "a1", *, resolve: bool = False, by: Any = None) -> None:
        asked = ReplyRequest(self.channel, "Very.", key, resolve=resolve)
        reply(self.ctx, by or self.ben, self.thread_id, asked)

    def resolve(self) -> None:
        change(self.ctx, self.ben, self.thread_id, Changes(status=Status.RESOLVED))

    def question(self, identity_id: int | None = None) -> ratings.Question | None:
        with self.ctx.db.read() as session:
            return ratings.question(session, identity_id or self.anna, self.ctx.clock())


@pytest.fixture
def window(aviary: Context, make: Make) -> Window:
    return Window(aviary, make)


def lines(ctx: Context, code: str) -> list[Message]:
    return [line for line in rows(ctx, Message, Message.kind == Kind.SYSTEM) if line.system["code"] == code]


def test_a_customer_is_asked_when_his_episode_ends(window: Window) -> None:
    assert window.question() is None
    window.answer()
    assert window.question() is None
    window.resolve()
    asked = window.question()
    assert asked is not None
    assert asked.episode_id == the(window.ctx, Episode).id
    assert asked.agent_id == window.ben.id


def test_a_reply_that_resolves_asks_too(window: Window) -> None:
    window.answer(resolve=True)
    assert window.question() is not None


def test_who_answered_last_is_rated_and_not_who_resolved(window: Window) -> None:
    mia = window.make.agent("Mia")
    window.answer("a1")
    window.answer("a2", by=mia)
    window.resolve()
    asked = window.question()
    assert asked is not None
    assert asked.agent_id == mia.id


def test_nobody_rates_silence(window: Window) -> None:
    window.resolve()
    assert rows(window.ctx, Rating) == []


def test_a_shop_may_do_without_ratings(window: Window) -> None:
    def switch_off(session: Any) -> None:
        session.execute(update(Channel).values(config={"ask_rating": False}))

    window.ctx.db.run(switch_off)
    window.answer(resolve=True)
    assert rows(window.ctx, Rating) == []


def test_who_wrote_last_on_a_channel_without_a_panel_is_not_asked(window: Window) -> None:
    pigeons = window.make.channel("pigeon")
    window.make.inbound(pigeons, sender="luca")
    (luca,) = rows(window.ctx, Thread, Thread.id != window.thread_id)
    reply(window.ctx, window.ben, luca.id, ReplyRequest(pigeons, "Yes.", "l1", resolve=True))
    assert rows(window.ctx, Rating) == []


def test_an_episode_that_is_opened_by_hand_and_ends_again_is_not_asked_about_again(
    window: Window, clock: ManualClock
) -> None:
    window.answer(resolve=True)
    rate(window.ctx, window.anna, the(window.ctx, Episode).id, 5)
    clock.forward(days=30)
    change(window.ctx, window.ben, window.thread_id, Changes(status=Status.OPEN))
    window.answer("a2", resolve=True)
    assert len(rows(window.ctx, Rating)) == 1


def test_a_rating_is_shown_in_the_thread_and_told_to_browsers(window: Window) -> None:
    window.answer(resolve=True)
    episode = the(window.ctx, Episode)
    rate(window.ctx, window.anna, episode.id, 5, "  thanks ")
    kept = the(window.ctx, Rating)
    assert (kept.score, kept.comment, kept.rated_at) == (5, "thanks", window.ctx.clock())
    (line,) = lines(window.ctx, "rated")
    assert line.body_text == "Anna rated this 5 of 5: thanks"
    assert line.system["data"] == {"name": "Anna", "score": 5, "comment": "thanks"}
    assert line.episode_id == episode.id
    told = the(window.ctx, Event, Event.kind == EventKind.EPISODE_RATED)
    assert (told.thread_id, told.message_id) == (window.thread_id, line.id)
    assert told.data == {"episode_id": episode.id, "score": 5}
    assert window.question() is None


def test_a_rating_opens_nothing_and_starts_no_wait(window: Window) -> None:
    window.answer(resolve=True)
    before = the(window.ctx, Thread)
    rate(window.ctx, window.anna, the(window.ctx, Episode).id, 1, "Too slow")
    after = the(window.ctx, Thread)
    assert after.status is Status.RESOLVED
    assert after.waiting_since is None
    assert (after.preview, after.last_message_at) == (before.preview, before.last_message_at)


def test_the_words_may_follow_the_number(window: Window) -> None:
    window.answer(resolve=True)
    episode_id = the(window.ctx, Episode).id
    rate(window.ctx, window.anna, episode_id, 4)
    rate(window.ctx, window.anna, episode_id, 4, "Ben was kind")
    assert the(window.ctx, Rating).comment == "Ben was kind"
    assert len(lines(window.ctx, "rated")) == 1
    (line,) = lines(window.ctx, "rating_comment")
    assert line.body_text == "Anna about the rating: Ben was kind"


def test_saying_the_same_again_changes_nothing(window: Window) -> None:
    window.answer(resolve=True)
    episode_id = the(window.ctx, Episode).id
    for _ in range(3):
        rate(window.ctx, window.anna, episode_id, 4, "fine")
    rate(window.ctx, window.anna, episode_id, 4)
    assert len(lines(window.ctx, "rated")) == 1
    assert lines(window.ctx, "rating_comment") == []


@pytest.mark.parametrize(("score", "comment"), [(3, ""), (3, "fine"), (4, "no, awful")])
def test_a_rating_is_given_once(window: Window, score: int, comment: str) -> None:
    window.answer(resolve=True)
    episode_id = the(window.ctx, Episode).id
    rate(window.ctx, window.anna, episode_id, 4, "fine")
    with pytest.raises(Conflict):
        rate(window.ctx, window.anna, episode_id, score, comment)
    assert the(window.ctx, Rating).score == 4


@pytest.mark.parametrize(("score", "comment"), [(0, ""), (6, ""), (-1, ""), (5, "x" * 2001)])
def test_what_is_no_rating_is_refused(window: Window, score: int, comment: str) -> None:
    window.answer(resolve=True)
    with pytest.raises(Invalid):
        rate(window.ctx, window.anna, the(window.ctx, Episode).id, score, comment)
    assert the(window.ctx, Rating).score is None


def test_nobody_else_rates_and_nobody_learns_what_there_is(window: Window) -> None:
    window.make.inbound(window.channel, sender="luca")
    (luca,) = rows(window.ctx, Identity, Identity.address == "luca")
    window.answer(resolve=True)
    (episode,) = rows(window.ctx, Episode, Episode.thread_id == window.thread_id)
    for episode_id in (episode.id, episode.id + 999):
        with pytest.raises(NotFound, match="nothing to rate"):
            rate(window.ctx, luca.id, episode_id, 5)
    assert window.question(luca.id) is None


def test_a_reopened_episode_is_not_asked_about_twice(window: Window, clock: ManualClock) -> None:
    window.answer(resolve=True)
    clock.forward(hours=1)
    window.make.inbound(window.channel, "One more thing", name="Anna")
    assert window.question() is None, "it is open again, so it cannot be judged yet"
    window.answer("a2", resolve=True)
    assert window.question() is not None
    rate(window.ctx, window.anna, the(window.ctx, Episode).id, 5)
    window.make.inbound(window.channel, "And thanks", name="Anna")
    window.answer("a3", resolve=True)
    assert window.question() is None
    assert len(rows(window.ctx, Rating)) == 1


def test_a_later_episode_is_asked_about_again(window: Window, clock: ManualClock) -> None:
    window.answer(resolve=True)
    clock.forward(days=6)
    window.make.inbound(window.channel, "Something else", name="Anna")
    window.answer("a2", resolve=True)
    newest = rows(window.ctx, Episode)[-1]
    asked = window.question()
    assert asked is not None
    assert asked.episode_id == newest.id
    assert len(rows(window.ctx, Rating)) == 2


def test_after_a_week_it_is_not_asked_any_more(window: Window, clock: ManualClock) -> None:
    window.answer(resolve=True)
    clock.forward(days=7, minutes=1)
    assert window.question() is None
