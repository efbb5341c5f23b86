"""When the team is told, what it reads, and what its answers mean."""

from datetime import UTC, datetime, timedelta

import pytest

from inbox.contract.markup import to_html, to_text
from inbox.notify import rules, texts
from inbox.notify.rules import Meant, Share, Standing, Turn
from inbox.notify.texts import Said, Scene
from inbox.notify.words import News, Reason, Refusal, Result

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINK = "https://desk.example/inbox/open/7"


def scene(**more: object) -> Scene:
    values: dict[str, object] = {
        "customer": "Anna",
        "channel": "Support mailbox",
        "since": NOW - timedelta(minutes=7),
        "team": "",
        "assignee": "",
        "words": True,
        "said": (Said("Anna", "Where is my order?"),),
    }
    return Scene(**{**values, **more})  # type: ignore[arg-type]


class TestWhenToTell:
    def test_a_wait_is_looked_for_as_overdue_first_and_then_as_nobodys(self) -> None:
        overdue, unassigned = rules.looks(NOW, timedelta(minutes=5), timedelta(hours=1))
        assert (overdue.reason, overdue.before) == (Reason.OVERDUE, NOW - timedelta(hours=1))
        assert (unassigned.reason, unassigned.before) == (Reason.UNASSIGNED, NOW - timedelta(minutes=5))
        assert (overdue.unassigned, unassigned.unassigned) == (False, True)

    def test_who_heard_that_one_is_overdue_need_not_hear_that_nobody_has_it(self) -> None:
        overdue, unassigned = rules.looks(NOW, timedelta(minutes=5), timedelta(hours=1))
        assert Reason.OVERDUE in unassigned.unless
        assert Reason.UNASSIGNED not in overdue.unless

    @pytest.mark.parametrize(
        ("waiting", "told", "summed", "expected"),
        [
            (3, 0, 0, Share(3, 0)),
            (6, 0, 0, Share(6, 0)),
            (20, 0, 0, Share(6, 14)),
            (20, 4, 0, Share(2, 18)),
            (20, 6, 0, Share(0, 20)),
            (20, 6, 1, Share(0, 0)),
            (20, 9, 0, Share(0, 20)),
            (0, 0, 0, Share(0, 0)),
        ],
    )
    def test_so_many_in_a_minute_and_one_line_for_the_others(
        self, waiting: int, told: int, summed: int, expected: Share
    ) -> None:
        assert rules.share(waiting, told, summed, 6) == expected

    def test_what_one_team_alone_may_read_is_shown_in_no_other_place(self) -> None:
        assert rules.shows_words(None, None)
        assert rules.shows_words(4, None)
        assert rules.shows_words(4, 4)
        assert not rules.shows_words(None, 4)
        assert not rules.shows_words(5, 4)


class TestWhatBecameOfIt:
    @pytest.mark.parametrize(
        ("standing", "turn"),
        [
            (Standing(), Turn(None, True)),
            (Standing(assignee_id=3), Turn(News.TAKEN, True)),
            (Standing(assignee_id=3, told_id=3), Turn(None, True)),
            (Standing(assignee_id=4, told_id=3), Turn(News.TAKEN, True)),
            (Standing(assignee_id=3, answered=True), Turn(None, True)),
            (Standing(assignee_id=3, answered=True, delivered=Result.SENT), Turn(News.ANSWERED, False)),
            (Standing(answered=True, delivered=Result.UNCERTAIN), Turn(News.DOUBTFUL, False)),
            (Standing(answered=True, delivered=Result.FAILED), Turn(None, True)),
            (Standing(answered=True, answered_here=True), Turn(None, False)),
            (Standing(resolved=True), Turn(News.RESOLVED, False)),
            (Standing(ended=True), Turn(None, False)),
        ],
    )
    def test_each_turn(self, standing: Standing, turn: Turn) -> None:
        assert rules.news(standing) == turn

    @pytest.mark.parametrize(
        ("state", "result"),
        [
            ("queued", None),
            ("claimed", None),
            ("sending", None),
            ("sent", Result.SENT),
            ("delivered", Result.SENT),
            ("read", Result.SENT),
            ("failed", Result.FAILED),
            ("uncertain", Result.UNCERTAIN),
            ("cancelled", Result.CANCELLED),
            (None, Result.SENT),
        ],
    )
    def test_the_result_of_an_answer(self, state: str | None, result: Result | None) -> None:
        assert rules.result(state) is result


class TestAnswers:
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("It leaves tomorrow.", Meant("It leaves tomorrow.", False)),
            ("  It leaves.  ", Meant("It leaves.", False)),
            ("note: a regular", Meant("a regular", True)),
            ("Note:a regular", Meant("a regular", True)),
            ("NOTE:\na regular", Meant("a regular", True)),
            ("notes: two", Meant("notes: two", False)),
            ("A note: no", Meant("A note: no", False)),
            ("note:", Meant("", True)),
        ],
    )
    def test_a_note_is_told_from_a_reply(self, text: str, meant: Meant) -> None:
        assert rules.meant(text) == meant

    def test_the_same_answer_is_the_same_message(self) -> None:
        assert rules.client_id(1, "in:1") == rules.client_id(1, "in:1")
        assert len({rules.client_id(1, "in:1"), rules.client_id(2, "in:1"), rules.client_id(1, "in:2")}) == 3


class TestTexts:
    def test_a_line_says_who_waits_how_long_and_what_he_wrote(self) -> None:
        text = texts.waits(Reason.UNASSIGNED, scene(), NOW, LINK)
        assert to_text(text) == (
            "Anna has waited 7 minutes on Support mailbox. Nobody has taken it yet.\n\n"
            "> Anna:\n> Where is my order?\n\n"
            f"Open the thread ({LINK}) Answer below this message to write to the customer. "
            "Begin with “note:” to leave a note for colleagues."
        )

    def test_an_overdue_one_says_whose_it_is(self) -> None:
        text = to_text(texts.waits(Reason.OVERDUE, scene(assignee="Ben"), NOW, ""))
        assert text.startswith("Overdue. Anna has waited 7 minutes on Support mailbox. Ben has the thread.")
        assert "Open the thread" not in text

    def test_without_words_neither_name_nor_message_is_told(self) -> None:
        text = texts.waits(Reason.UNASSIGNED, scene(words=False, team="Billing"), NOW, LINK)
        assert text.startswith("A customer of Billing has waited 7 minutes")
        assert "Anna" not in text
        assert "order" not in text

    def test_nothing_a_customer_writes_is_markup(self) -> None:
        wild = "**bold** [bank](https://evil.example) `code`\n> quote\n# head <!channel> _x_"
        html = to_html(
            texts.waits(Reason.UNASSIGNED, scene(customer="*A* [x](y)", said=(Said("*A*", wild),)), NOW, LINK)
        )
        assert html.count("<a ") == 1 + 1  # our link, and the address as it stands
        assert 'href="https://evil.example)' not in html
        assert "<em>" not in html
        assert "<code>" not in html
        assert "<strong>" not in html
        assert "&lt;!channel&gt;" in html

    def test_long_messages_are_cut_and_files_are_counted(self) -> None:
        lines = texts.excerpt("word " * 1000)
        assert sum(len(line) for line in lines) <= texts.CHARACTERS_MAX
        assert lines[-1].endswith("…")
        assert len(texts.excerpt("\n".join("abcdefghijklmn"))) == texts.LINES_MAX + 1
        said = (Said("Anna", "", files=2),)
        assert "> (2 files)" in texts.waits(Reason.UNASSIGNED, scene(said=said, more=3), NOW, LINK)
        assert "(3 earlier)" in to_text(texts.waits(Reason.UNASSIGNED, scene(said=said, more=3), NOW, LINK))

    @pytest.mark.parametrize(
        ("waited", "words"),
        [
            (timedelta(seconds=59), "less than a minute"),
            (timedelta(minutes=1), "1 minute"),
            (timedelta(minutes=119), "1 hour"),
            (timedelta(hours=47), "1 day"),
            (timedelta(days=3), "3 days"),
        ],
    )
    def test_spans(self, waited: timedelta, words: str) -> None:
        assert texts.span(waited) == words

    def test_every_turn_has_a_sentence(self) -> None:
        told = [texts.news(what, name) for what in News for name in ("Ada", "")]
        told += [texts.result(what, "Ada", "Mailbox full.", LINK) for what in Result]
        told += [texts.refused(why, "Ada", "Too long.", scene(), LINK) for why in Refusal]
        assert all(to_text(text).strip().endswith((".", ")")) for text in told)
        assert len(set(told)) >= len(Result) + len(Refusal) + len(News)

    def test_a_refusal_for_news_shows_the_news(self) -> None:
        newer = scene(said=(Said("Anna", "It came!"), Said("Ben", "Lucky.", note=True)))
        text = to_text(texts.refused(Refusal.NEWER, "Ada", "", newer, LINK))
        assert "> It came!" in text
        assert "> Ben (note):" in text
        hidden = texts.refused(Refusal.NEWER, "Ada", "", scene(words=False), LINK)
        assert "order" not in hidden

    def test_many(self) -> None:
        assert texts.many(1, "") == "1 more customer waits for an answer."
        assert texts.many(14, LINK) == f"14 more customers wait for an answer. [Open the list]({LINK})"
