"""Reading through faults: lines that break, servers that lie or fall silent. Nothing is lost, nothing hangs."""

import random
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from adapters.email import ADAPTER
from adapters.email.poll import HEADERS_AFTER
from inbox.contract import AdapterError, Inbound, NeedsReauth, Rejected, TryLater, Unreadable
from inbox.contract.adapter import Cursor, Poller
from tests.adapters.email.fake_imap import FakeImap, Session
from tests.adapters.email.mailbox import RecordingIo, configured, drain, mail, number_of, numbers
from tests.peers.dovecot import Dovecot
from tests.peers.proxy import FaultProxy

MakeProxy = Callable[[int], FaultProxy]


def fake_config(fake: FakeImap, **changes: object):  # type: ignore[no-untyped-def]
    return configured(imap_port=fake.port, **changes)


def poll_through_failures(config, cursor: Cursor | None = None, connections: int = 100):  # type: ignore[no-untyped-def]
    """Poll as a poller process does: reconnect after TryLater, commit each cursor. Items, cursor, failures."""
    items, failures = [], 0
    for _ in range(connections):
        try:
            poller = ADAPTER.poller(config, RecordingIo())
        except TryLater:
            failures += 1
            continue
        try:
            idle = 0
            while idle < 2:
                batch = poller.fetch(cursor)
                items += batch.items
                cursor = batch.cursor
                idle = 0 if batch.more else idle + 1
            if not cursor["folders"]["INBOX"].get("trouble"):  # type: ignore[index, call-overload, union-attr]
                return items, cursor, failures
        except TryLater:
            failures += 1
        finally:
            poller.close()
    raise AssertionError("no end of failures")


def woken(poller: Poller, seconds: float) -> float:
    """How long a wait took."""
    begun = time.monotonic()
    poller.wait(seconds)
    return time.monotonic() - begun


@pytest.mark.dovecot
class TestIdle:
    """Waiting for news on a real server."""

    def waiting(self, dovecot: Dovecot, **changes: object) -> tuple[Poller, Cursor]:
        poller = ADAPTER.poller(configured(dovecot, sent_folder="", **changes), RecordingIo())
        return poller, poller.fetch(None).cursor

    def test_new_mail_ends_the_wait_at_once(self, dovecot: Dovecot) -> None:
        poller, cursor = self.waiting(dovecot)
        threading.Timer(0.3, dovecot.deliver, (mail(1),)).start()
        assert 0.2 < woken(poller, 20) < 2.3
        assert numbers(poller.fetch(cursor).items) == [1]
        poller.close()

    def test_mail_that_comes_between_looking_and_waiting_is_not_slept_through(self, dovecot: Dovecot) -> None:
        poller, cursor = self.waiting(dovecot)
        dovecot.deliver(mail(1))
        assert woken(poller, 20) < 2
        assert numbers(poller.fetch(cursor).items) == [1]
        poller.close()

    def test_a_server_process_that_dies_is_noticed_at_once_and_mail_comes_over_a_new_connection(
        self, dovecot: Dovecot
    ) -> None:
        poller, cursor = self.waiting(dovecot)
        threading.Timer(0.5, dovecot.kill_imap_children).start()
        assert woken(poller, 20) < 2
        threading.Timer(0.1, dovecot.deliver, (mail(1),)).start()
        begun, cpu = time.monotonic(), psutil.Process().cpu_times().user
        assert woken(poller, 20) < 0.1
        with pytest.raises(TryLater):
            poller.fetch(cursor)
        poller.close()
        poller = ADAPTER.poller(configured(dovecot, sent_folder=""), RecordingIo())
        found: list[int] = []
        while not found:
            batch = poller.fetch(cursor)
            found, cursor = numbers(batch.items), batch.cursor
            if not found:
                poller.wait(5)
        assert found == [1]
        assert time.monotonic() - begun < 5
        assert psutil.Process().cpu_times().user - cpu < 0.5
        poller.close()

    def test_waiting_costs_nothing(self, dovecot: Dovecot) -> None:
        poller, _ = self.waiting(dovecot)
        process = psutil.Process()
        before = process.cpu_times()
        assert 1.9 < woken(poller, 2) < 3
        after = process.cpu_times()
        assert after.user + after.system - before.user - before.system < 0.2
        poller.close()

    def test_a_process_that_ends_is_not_kept_waiting(self, dovecot: Dovecot) -> None:
        io = RecordingIo()
        poller = ADAPTER.poller(configured(dovecot), io)
        poller.fetch(None)
        threading.Timer(0.2, lambda: setattr(io, "stop", True)).start()
        assert woken(poller, 30) < 2
        poller.close()

    def test_a_silent_line_is_found_out_when_idling_ends(
        self, dovecot: Dovecot, fault_proxy: MakeProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("adapters.email.wire.SILENCE_SECONDS", 1.0)
        proxy = fault_proxy(dovecot.port)
        config = configured(dovecot, imap_port=proxy.port, sent_folder="")
        poller = ADAPTER.poller(config, RecordingIo())
        cursor = poller.fetch(None).cursor
        proxy.blackhole = True
        assert woken(poller, 1) < 4
        with pytest.raises(TryLater):
            poller.fetch(cursor)
        poller.close()

    def test_a_restart_of_the_server_heals_by_itself(self, dovecot: Dovecot) -> None:
        poller, cursor = self.waiting(dovecot)
        dovecot.stop()
        assert woken(poller, 20) < 2
        dovecot.start()
        dovecot.deliver(mail(1))
        poller.close()
        assert numbers(drain(configured(dovecot), cursor)[0]) == [1]


@pytest.mark.dovecot
class TestBrokenLines:
    """A connection cut after any number of bytes: the next one goes on at the same mail."""

    @pytest.mark.parametrize("first", [0, 1, 2, 3])
    def test_cut_after_every_so_many_bytes(
        self, dovecot: Dovecot, fault_proxy: MakeProxy, first: int
    ) -> None:
        for number in range(4):
            dovecot.deliver(mail(number, body=("q" * 76 + "\r\n") * 30))
        proxy = fault_proxy(dovecot.port)
        config = configured(dovecot, imap_port=proxy.port, sent_folder="")
        drain(config)
        whole = proxy.passed["down"]
        assert whole > 10_000
        for cut in range(600 + first * 101, whole, 404):
            proxy.reset_after(cut, "down")
            cursor: Cursor | None = None
            items = []
            for _ in range(3):
                try:
                    poller = ADAPTER.poller(config, RecordingIo())
                except TryLater:
                    proxy.heal()
                    continue
                try:
                    more = True
                    while more:
                        batch = poller.fetch(cursor)
                        items += batch.items
                        cursor, more = batch.cursor, batch.more
                    break
                except TryLater:
                    proxy.heal()
                finally:
                    poller.close()
            assert sorted(number_of(item) for item in items) == [0, 1, 2, 3], cut
            assert not any(item.raw.meta["truncated"] for item in items)
            proxy.heal()

    def test_a_line_that_breaks_every_time_makes_progress(
        self, dovecot: Dovecot, fault_proxy: MakeProxy
    ) -> None:
        for number in range(30):
            dovecot.deliver(mail(number, body=("q" * 76 + "\r\n") * 100))
        proxy = fault_proxy(dovecot.port)
        proxy.reset_after(60_000, "down")
        config = configured(dovecot, imap_port=proxy.port, sent_folder="")
        items, _, failures = poll_through_failures(config)
        assert numbers(items) == list(range(30))
        assert not any(item.raw.meta["truncated"] for item in items)
        assert 0 < failures < 20


class TestMisbehaviour:
    """Servers that do what none should."""

    def test_a_size_that_is_a_lie_stops_neither_the_mail_nor_its_neighbours(self) -> None:
        def lie(session: Session, tag: str, command: str) -> bool:
            if command.startswith("UID FETCH") and "BODY[]" in command.replace(".PEEK", ""):
                for uid in fake.uids(command.split()[2]):
                    if uid == 2:
                        session.say(b"* 2 FETCH (UID 2 BODY[] {99999999999}\r\nshort")
                        session.hang_up()
                    session.fetch(uid, "BODY[]")
                session.say(f"{tag} OK done")
                return True
            return False

        with FakeImap({uid: mail(uid) for uid in range(1, 6)}, hook=lie) as fake:
            items, cursor, failures = poll_through_failures(fake_config(fake))
            assert numbers(items) == [1, 2, 3, 4, 5]
            assert [bool(item.raw.meta["truncated"]) for item in items] == [False, True, False, False, False]
            (message,) = ADAPTER.parse(configured(), items[1].raw)
            assert isinstance(message, Inbound)
            assert [notice.code for notice in message.notices] == ["unfetchable"]
            # The first failure tells of a group of mails, the others of the one.
            assert failures == HEADERS_AFTER + 1
            assert items[1].raw.body.endswith(b"\r\n\r\n")
            assert drain(fake_config(fake), cursor)[0] == []

    def test_a_mail_that_cannot_be_had_at_all_is_given_up_and_shown_empty(self) -> None:
        def refuse(session: Session, tag: str, command: str) -> bool:
            if command.startswith("UID FETCH") and "BODY" in command and 2 in fake.uids(command.split()[2]):
                session.hang_up()
            return False

        with FakeImap({uid: mail(uid) for uid in range(1, 4)}, hook=refuse) as fake:
            items, _, failures = poll_through_failures(fake_config(fake))
            assert [item.raw.meta["uid"] for item in items] == [1, 2, 3]
            assert (items[1].raw.body, bool(items[1].raw.meta["truncated"])) == (b"", True)
            with pytest.raises(Unreadable):
                ADAPTER.parse(configured(), items[1].raw)
            assert failures <= 2 * HEADERS_AFTER + 1

    def test_a_mail_that_is_refused_for_a_while_is_waited_for_and_comes_whole(self) -> None:
        refusals = 2

        def refuse(session: Session, tag: str, command: str) -> bool:
            nonlocal refusals
            wanted = (
                command.startswith("UID FETCH") and "BODY" in command and 2 in fake.uids(command.split()[2])
            )
            if wanted and refusals:
                refusals -= "," not in command.split()[2]
                session.say(f"{tag} NO [UNAVAILABLE] busy")
                return True
            return False

        with FakeImap({uid: mail(uid) for uid in range(1, 4)}, hook=refuse) as fake:
            poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            cursor: Cursor | None = None
            seen, looks = [], 0
            while len(seen) < 3:
                batch = poller.fetch(cursor)
                cursor = batch.cursor
                seen += batch.items
                looks += 1
                assert looks < 10
            assert numbers(seen) == [1, 2, 3]
            assert not any(item.raw.meta["truncated"] for item in seen)
            poller.close()

    def test_bytes_that_drip_end_in_try_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def drip(session: Session, tag: str, command: str) -> bool:
            if command.startswith("UID SEARCH"):
                session.drip(b"* SEARCH" + b" 1" * 1000, 0.05)
            return False

        clock = time.monotonic
        with FakeImap({1: mail(1)}, hook=drip) as fake:
            poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            begun = clock()
            # The minute's grace, sped up.
            monkeypatch.setattr("adapters.email.wire.time.monotonic", lambda: begun + (clock() - begun) * 60)
            with pytest.raises(TryLater, match="did not answer in time"):
                poller.fetch(None)
            assert clock() - begun < 5
            poller.close()

    def test_a_line_without_end_is_not_swallowed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("adapters.email.wire._LINE_MAX", 100_000)

        def flood(session: Session, tag: str, command: str) -> bool:
            if command.startswith("UID SEARCH"):
                session.say(b"* SEARCH" + b" 1" * 200_000)
            return False

        with FakeImap({1: mail(1)}, hook=flood) as fake:
            poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            with pytest.raises(TryLater, match="beyond the limit"):
                poller.fetch(None)
            poller.close()

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"* GARBAGE\r\n",
            b"* SEARCH one two\r\n",
            b"* SEARCH\r\n* 1 FETCH (((((\r\n",
            b"* BYE out of order\r\n",
            b"\x00\xff\xfe\r\n",
            b"* OK [UIDVALIDITY x]\r\n",
            b"T99 OK done\r\n",
        ],
    )
    @pytest.mark.parametrize("at", ["CAPABILITY", "LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
    def test_garbage_anywhere_is_try_later_or_no_harm(self, at: str, line: bytes) -> None:
        def garble(session: Session, tag: str, command: str) -> bool:
            if command.upper().startswith(at):
                session.say(line or b"")
                session.say(f"{tag} OK done")
                return at != "CAPABILITY"
            return False

        with FakeImap({1: mail(1)}, hook=garble) as fake:
            try:
                poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            except TryLater:
                return
            try:
                poller.fetch(None)
            except (TryLater, Rejected):
                return
            finally:
                poller.close()

    def test_garbled_answers_end_in_an_error_of_the_contract_or_do_no_harm(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("adapters.email.wire.SILENCE_SECONDS", 0.1)
        chance = random.Random(5)
        pieces = [
            b"(",
            b")",
            b'"',
            b"{5}",
            b"{9}",
            b"NIL",
            b"\\",
            b"* ",
            b"\r\n",
            b"[",
            b"-1",
            b"9" * 20,
            b"\xff",
            b"+ ",
        ]
        say = Session.say

        def garbled(session: Session, data: bytes | str) -> None:
            line = bytearray(data.encode() + b"\r\n" if isinstance(data, str) else data)
            if chance.random() < 0.06:
                at = chance.randrange(len(line))
                line[at : at + chance.randrange(4)] = chance.choice(pieces)
            say(session, bytes(line))

        monkeypatch.setattr(Session, "say", garbled)
        outcomes = set()
        with FakeImap({uid: mail(uid) for uid in (1, 2, 3)}) as fake:
            for _ in range(150):
                try:
                    poller = ADAPTER.poller(fake_config(fake), RecordingIo())
                    try:
                        outcomes.add(len(poller.fetch(None).items))
                    finally:
                        poller.close()
                except AdapterError as error:
                    outcomes.add(type(error))
        assert {3, TryLater} <= outcomes <= {0, 1, 2, 3, TryLater, Rejected, NeedsReauth}

    def test_a_deep_answer_is_try_later(self) -> None:
        def nest(session: Session, tag: str, command: str) -> bool:
            if command.startswith("UID FETCH"):
                session.say(b"* 1 FETCH " + b"(" * 100_000 + b"\r\n")
            return False

        with FakeImap({1: mail(1)}, hook=nest) as fake:
            poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            with pytest.raises(TryLater):
                poller.fetch(None)
            poller.close()

    def test_news_before_the_consent_to_idle_is_not_lost(self) -> None:
        def eager(session: Session, tag: str, command: str) -> bool:
            if command == "IDLE":
                session.say("* 1 EXISTS")
            return False

        with FakeImap(hook=eager) as fake:
            poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            poller.fetch(None)
            assert woken(poller, 20) < 1
            poller.close()

    def test_news_told_in_passing_is_not_slept_through(self) -> None:
        def passing(session: Session, tag: str, command: str) -> bool:
            if command.startswith("UID SEARCH") and not fake.mails:
                session.answer(tag, command.replace("UID SEARCH", "NOOP"))
                return True
            return False

        with FakeImap(hook=passing) as fake:
            poller = ADAPTER.poller(fake_config(fake), RecordingIo())
            cursor = poller.fetch(None).cursor

            def tell(session: Session, tag: str, command: str) -> bool:
                if command.startswith("UID SEARCH"):
                    session.say("* SEARCH")
                    session.say("* 1 EXISTS")
                    session.say(f"{tag} OK done")
                    fake.hook = lambda *_: False
                    return True
                return False

            fake.hook = tell
            assert poller.fetch(cursor).items == ()
            fake.mails[1] = mail(1)
            assert woken(poller, 20) < 0.5
            assert numbers(poller.fetch(cursor).items) == [1]
            poller.close()

    def test_without_idle_the_pause_is_slept(self) -> None:
        with FakeImap({1: mail(1)}, capabilities="IMAP4rev1") as fake:
            poller = ADAPTER.poller(fake_config(fake, poll_seconds=5), RecordingIo())
            poller.fetch(None)
            assert 0.9 < woken(poller, 1) < 2
            poller.close()

    def test_a_server_that_refuses_plain_passwords_gets_none(self) -> None:
        with FakeImap(capabilities="IMAP4rev1 LOGINDISABLED STARTTLS") as fake:
            with pytest.raises(Rejected, match="takes no password without encryption"):
                ADAPTER.poller(fake_config(fake), RecordingIo())
            assert not any(command.startswith("LOGIN ") for command in fake.commands)

    def test_missing_starttls_is_not_gone_without(self) -> None:
        with FakeImap() as fake:
            with pytest.raises(Rejected, match="offers no STARTTLS"):
                ADAPTER.poller(fake_config(fake, imap_security="starttls"), RecordingIo())
            assert not any(command.startswith("LOGIN") for command in fake.commands)

    def test_a_session_that_begins_logged_in_cannot_skip_starttls(self) -> None:
        with FakeImap(greeting=b"* PREAUTH welcome\r\n", capabilities="IMAP4rev1 STARTTLS") as fake:
            with pytest.raises(TryLater):
                ADAPTER.poller(fake_config(fake, imap_security="starttls"), RecordingIo())

    def test_words_put_in_before_tls_are_not_believed(self) -> None:
        def inject(session: Session, tag: str, command: str) -> bool:
            if command == "STARTTLS":
                session.say(f"{tag} OK go ahead\r\n* CAPABILITY IMAP4rev1 AUTH=EVIL")
                return True
            return False

        with FakeImap(capabilities="IMAP4rev1 STARTTLS", hook=inject) as fake:
            with pytest.raises(TryLater, match="plain text after STARTTLS"):
                ADAPTER.poller(fake_config(fake, imap_security="starttls"), RecordingIo())

    @pytest.mark.parametrize(
        "answer",
        [
            "NO [UNAVAILABLE] temporary authentication failure",
            "NO Too many simultaneous connections",
            "BAD [LIMIT] x",
        ],
    )
    def test_a_login_that_fails_for_now_does_not_ask_for_a_new_password(self, answer: str) -> None:
        def refuse(session: Session, tag: str, command: str) -> bool:
            if command.startswith("LOGIN"):
                session.say(f"{tag} {answer}")
                return True
            return False

        with FakeImap(hook=refuse) as fake, pytest.raises(TryLater):
            ADAPTER.poller(fake_config(fake), RecordingIo())

    def test_a_server_that_hangs_up_at_login_does_not_ask_for_a_new_password(self) -> None:
        def hang_up(session: Session, tag: str, command: str) -> bool:
            if command.startswith("LOGIN"):
                session.hang_up()
            return False

        with FakeImap(hook=hang_up) as fake, pytest.raises(TryLater):
            ADAPTER.poller(fake_config(fake), RecordingIo())
