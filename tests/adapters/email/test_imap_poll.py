"""Reading a real mailbox: everything once, in order, whatever others do to it."""

from datetime import UTC, datetime, timedelta

import pytest
from imapclient import SEEN

from adapters.email import ADAPTER, EmailConfig
from adapters.email.poll import BATCH_MAILS
from inbox.contract import Inbound, NeedsReauth, Rejected, TryLater
from tests.adapters.email.mailbox import RecordingIo, configured, drain, mail, numbers
from tests.peers.dovecot import SUPPORT, Dovecot

pytestmark = pytest.mark.dovecot


def append(dovecot: Dovecot, number: int, at: datetime, folder: str = "INBOX") -> None:
    with dovecot.imap(folder=None) as client:
        client.append(folder, mail(number), msg_time=at)


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_the_first_poll_brings_the_window_and_the_next_ones_nothing(dovecot: Dovecot) -> None:
    append(dovecot, 1, days_ago(30))
    append(dovecot, 2, days_ago(5))
    append(dovecot, 3, days_ago(0))
    items, cursor = drain(configured(dovecot))
    assert numbers(items) == [2, 3]
    for _ in range(5):
        items, following = drain(configured(dovecot), cursor)
        assert (items, following) == ([], cursor)


def test_mail_from_before_the_window_stays_out_also_within_its_first_day(dovecot: Dovecot) -> None:
    append(dovecot, 1, days_ago(1.1))
    append(dovecot, 2, days_ago(0.9))
    append(dovecot, 3, days_ago(1.2))
    items, cursor = drain(configured(dovecot, backfill_days=1))
    assert numbers(items) == [2]
    dovecot.deliver(mail(4))
    items, _ = drain(configured(dovecot, backfill_days=1), cursor)
    assert numbers(items) == [4]


def test_without_backfill_reading_starts_now(dovecot: Dovecot) -> None:
    dovecot.deliver(mail(1))
    items, cursor = drain(configured(dovecot, backfill_days=0))
    assert items == []
    dovecot.deliver(mail(2))
    items, cursor = drain(configured(dovecot, backfill_days=0), cursor)
    assert numbers(items) == [2]


def test_an_item_bears_its_place_and_its_bytes(dovecot: Dovecot) -> None:
    dovecot.deliver(mail(1))
    (item,), _ = drain(configured(dovecot))
    validity = dovecot.uidvalidity()
    assert item.dedupe_key == f"INBOX/{validity}/1"
    assert item.raw.body == dovecot.mails(SUPPORT)[0]
    meta = item.raw.meta
    assert (meta["folder"], meta["role"], meta["uid"], meta["uidvalidity"]) == ("INBOX", "inbox", 1, validity)
    assert (meta["truncated"], meta["size"]) == (False, len(item.raw.body))
    assert abs(datetime.fromisoformat(meta["internaldate"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_read_mail_is_taken_and_taking_marks_nothing_read(dovecot: Dovecot) -> None:
    for number in (1, 2):
        dovecot.deliver(mail(number))
    with dovecot.imap() as client:
        client.add_flags([1], [SEEN])
    items, _ = drain(configured(dovecot))
    assert numbers(items) == [1, 2]
    with dovecot.imap() as client:
        flags = client.get_flags([1, 2])
    assert SEEN in flags[1]
    assert SEEN not in flags[2]


def test_mail_moved_back_from_junk_is_taken(dovecot: Dovecot) -> None:
    dovecot.deliver(mail(1))
    append(dovecot, 2, days_ago(3), "Junk")
    items, cursor = drain(configured(dovecot))
    assert numbers(items) == [1]
    with dovecot.imap(folder="Junk") as client:
        client.move([1], "INBOX")
    items, _ = drain(configured(dovecot), cursor)
    assert numbers(items) == [2]


def test_a_long_outage_loses_nothing(dovecot: Dovecot) -> None:
    dovecot.deliver(mail(0))
    _, cursor = drain(configured(dovecot))
    with dovecot.imap(folder=None) as client:
        for number in range(1, 301):
            client.append("INBOX", mail(number), msg_time=days_ago(10))
    poller = ADAPTER.poller(configured(dovecot), RecordingIo())
    first = poller.fetch(cursor)
    second = poller.fetch(first.cursor)
    third = poller.fetch(second.cursor)
    poller.close()
    assert [len(batch.items) for batch in (first, second, third)] == [BATCH_MAILS, 100, 0]
    assert [batch.more for batch in (first, second, third)] == [True, True, False]
    assert numbers(first.items + second.items) == list(range(1, 301))


def test_a_cursor_that_was_not_committed_brings_the_same_again(dovecot: Dovecot) -> None:
    for number in range(3):
        dovecot.deliver(mail(number))
    poller = ADAPTER.poller(configured(dovecot), RecordingIo())
    once, again = poller.fetch(None), poller.fetch(None)
    poller.close()
    assert numbers(once.items) == numbers(again.items) == [0, 1, 2]


def test_renumbered_mail_comes_again_and_new_mail_under_an_old_number_is_not_lost(dovecot: Dovecot) -> None:
    for number in (1, 2):
        dovecot.deliver(mail(number))
    taken, cursor = drain(configured(dovecot))
    with dovecot.imap() as client:
        client.delete_messages([1])
        client.expunge()
    dovecot.recreate_inbox()
    dovecot.deliver(mail(3))
    items, cursor = drain(configured(dovecot), cursor)
    # Number 3 now bears UID 2, which was number 2's before.
    assert numbers(items) == [2, 3]
    assert {item.dedupe_key for item in items}.isdisjoint(item.dedupe_key for item in taken)
    assert items[0].raw.body == taken[1].raw.body
    assert drain(configured(dovecot), cursor) == ([], cursor)


def test_renumbering_after_an_outage_reaches_back_to_the_last_success(dovecot: Dovecot) -> None:
    dovecot.deliver(mail(1))
    _, cursor = drain(configured(dovecot))
    cursor["alive"] = days_ago(40).date().isoformat()
    cursor["start"] = days_ago(100).isoformat()
    append(dovecot, 2, days_ago(39))
    append(dovecot, 3, days_ago(60))
    dovecot.recreate_inbox()
    items, _ = drain(configured(dovecot), cursor)
    assert numbers(items) == [1, 2]


def test_mail_that_becomes_visible_late_is_taken(dovecot: Dovecot) -> None:
    _, cursor = drain(configured(dovecot))
    for number in (1, 2, 3):
        dovecot.deliver(mail(number))
    _, cursor = drain(configured(dovecot), cursor)
    folder = cursor["folders"]["INBOX"]  # type: ignore[index, call-overload]
    assert folder["seen"] == "1:3"  # type: ignore[index, call-overload]
    # As if number 2 had not been there when the others were taken.
    folder["seen"] = "1,3"  # type: ignore[index, call-overload]
    items, cursor = drain(configured(dovecot), cursor)
    assert numbers(items) == [2]
    assert drain(configured(dovecot), cursor)[0] == []


def test_mail_deleted_while_it_is_fetched_is_passed_over(dovecot: Dovecot) -> None:
    for number in (1, 2, 3):
        dovecot.deliver(mail(number))
    poller = ADAPTER.poller(configured(dovecot), RecordingIo())
    measure = poller._measure  # type: ignore[attr-defined]

    def measure_then_delete(folder: str, uids: list[int]) -> object:
        found = measure(folder, uids)
        if folder == "INBOX" and uids:
            with dovecot.imap() as client:
                client.delete_messages([2])
                client.expunge()
        return found

    poller._measure = measure_then_delete  # type: ignore[attr-defined]
    batch = poller.fetch(None)
    assert numbers(batch.items) == [1, 3]
    assert poller.fetch(batch.cursor).items == ()
    poller.close()


def test_oversized_mail_is_taken_with_its_headers_and_blocks_nothing(dovecot: Dovecot) -> None:
    dovecot.deliver(mail(1))
    dovecot.deliver(mail(2, body="x" * 70 + "\r\n" + ("y" * 76 + "\r\n") * 20_000))
    dovecot.deliver(mail(3))
    items, cursor = drain(configured(dovecot, max_message_mb=1))
    assert numbers(items) == [1, 2, 3]
    size = items[1].raw.meta["size"]
    cut = {"size": size, "reason": "too_large"}
    assert [item.raw.meta["truncated"] for item in items] == [False, cut, False]
    (message,) = ADAPTER.parse(configured(), items[1].raw)
    assert isinstance(message, Inbound)
    assert [notice.code for notice in message.notices] == ["too_large"]
    assert "(2 MB)" in message.notices[0].text
    assert items[1].raw.body.endswith(b"Message-ID: <number-2@example.org>\r\n\r\n")
    assert items[1].raw.meta["size"] > 1_000_000
    assert drain(configured(dovecot), cursor)[0] == []


def test_a_batch_is_bounded_in_bytes(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.email.poll.BATCH_BYTES", 100_000)
    for number in range(6):
        dovecot.deliver(mail(number, body=("z" * 76 + "\r\n") * 500))
    poller = ADAPTER.poller(configured(dovecot), RecordingIo())
    cursor, sizes, found = None, [], []
    while True:
        batch = poller.fetch(cursor)
        cursor = batch.cursor
        if not batch.more:
            break
        sizes.append(len(batch.items))
        found += numbers(batch.items)
    poller.close()
    assert sizes == [2, 2, 2]
    assert found == list(range(6))


class TestSentFolder:
    """Answers written elsewhere stand in the folder of sent mail."""

    def test_questions_and_answers_come_in_the_order_of_their_arrival(self, dovecot: Dovecot) -> None:
        append(dovecot, 1, days_ago(4))
        append(dovecot, 3, days_ago(2))
        append(dovecot, 2, days_ago(3), "Sent")
        append(dovecot, 4, days_ago(1), "Sent")
        items, cursor = drain(configured(dovecot))
        assert numbers(items) == [1, 2, 3, 4]
        assert [item.raw.meta["role"] for item in items] == ["inbox", "sent", "inbox", "sent"]
        assert drain(configured(dovecot), cursor) == ([], cursor)

    def test_it_is_found_by_its_mark_or_by_name_or_left_out(self, dovecot: Dovecot) -> None:
        append(dovecot, 1, days_ago(1), "Archive")
        append(dovecot, 2, days_ago(1), "Sent")
        assert numbers(drain(configured(dovecot))[0]) == [2]
        assert numbers(drain(configured(dovecot, sent_folder="Archive"))[0]) == [1]
        assert drain(configured(dovecot, sent_folder=""))[0] == []

    def test_a_missing_one_does_not_stop_the_inbox(self, dovecot: Dovecot) -> None:
        dovecot.deliver(mail(1))
        assert numbers(drain(configured(dovecot, sent_folder="Nowhere"))[0]) == [1]

    def test_an_open_poller_sees_what_is_put_there(self, dovecot: Dovecot) -> None:
        poller = ADAPTER.poller(configured(dovecot), RecordingIo())
        batch = poller.fetch(None)
        append(dovecot, 1, days_ago(0), "Sent")
        poller.wait(0.1)
        batch = poller.fetch(batch.cursor)
        assert numbers(batch.items) == [1]
        while batch.more:
            batch = poller.fetch(batch.cursor)
        poller.wait(0.1)
        dovecot.deliver(mail(2))
        found = []
        while not found:
            batch = poller.fetch(batch.cursor)
            found = numbers(batch.items)
            poller.wait(0.1)
        assert found == [2]
        poller.close()


class TestRefusals:
    """What is wrong, told apart, in words that help."""

    def test_a_wrong_password(self, dovecot: Dovecot) -> None:
        with pytest.raises(NeedsReauth, match="refused the password for support@example") as caught:
            ADAPTER.poller(configured(dovecot, imap_password="wr0ng"), RecordingIo())
        assert "wr0ng" not in caught.value.reason

    def test_a_missing_password(self, dovecot: Dovecot) -> None:
        with pytest.raises(NeedsReauth, match="is missing"):
            ADAPTER.poller(configured(dovecot, imap_password=""), RecordingIo())

    def test_a_password_beyond_ascii_reaches_the_server(self, dovecot: Dovecot) -> None:
        with pytest.raises(NeedsReauth, match="refused the password"):
            ADAPTER.poller(configured(dovecot, imap_password="pässwörd"), RecordingIo())

    def test_a_server_that_is_down(self) -> None:
        with pytest.raises(TryLater, match="refused the connection on port 9"):
            ADAPTER.poller(configured(), RecordingIo())

    def test_a_folder_that_does_not_exist(self, dovecot: Dovecot) -> None:
        poller = ADAPTER.poller(configured(dovecot, imap_folder="Nowhere"), RecordingIo())
        with pytest.raises(Rejected, match='has no folder "Nowhere"'):
            poller.fetch(None)
        poller.close()

    @pytest.mark.parametrize("folder", ['In "quotes"', "Grüße & more", "back\\slash", "INBOX) (x"])
    def test_a_folder_name_is_a_name_and_no_syntax(self, dovecot: Dovecot, folder: str) -> None:
        with dovecot.imap(folder=None) as client:
            client.create_folder(folder)
            client.append(folder, mail(1))
        assert numbers(drain(configured(dovecot, imap_folder=folder))[0]) == [1]


class TestEncryption:
    """TLS is checked: authority and name."""

    def secured(self, dovecot: Dovecot, **changes: object) -> EmailConfig:
        values = {"imap_host": "localhost", "tls_ca": str(dovecot.ca)}
        return configured(dovecot, **values | changes)

    @pytest.mark.parametrize("mode", ["ssl", "starttls"])
    def test_both_kinds_work_with_a_known_authority(self, dovecot: Dovecot, mode: str) -> None:
        dovecot.deliver(mail(1))
        port = dovecot.tls_port if mode == "ssl" else dovecot.port
        config = self.secured(dovecot, imap_security=mode, imap_port=port)
        assert numbers(drain(config)[0]) == [1]
        given_as_text = config.model_copy(update={"tls_ca": dovecot.ca.read_text()})
        assert numbers(drain(given_as_text)[0]) == [1]

    @pytest.mark.parametrize("mode", ["ssl", "starttls"])
    def test_an_unknown_authority_is_refused_unless_checks_are_off(self, dovecot: Dovecot, mode: str) -> None:
        port = dovecot.tls_port if mode == "ssl" else dovecot.port
        config = self.secured(dovecot, imap_security=mode, imap_port=port, tls_ca="")
        with pytest.raises(TryLater, match="authority that is not known here"):
            ADAPTER.poller(config, RecordingIo())
        ADAPTER.poller(config.model_copy(update={"tls_verify": False}), RecordingIo()).close()

    def test_a_certificate_for_another_name_is_refused(self, dovecot: Dovecot) -> None:
        config = self.secured(
            dovecot, imap_security="ssl", imap_port=dovecot.tls_port, imap_host="other.localhost"
        )
        io = RecordingIo()
        io.connect = lambda host, port, timeout: RecordingIo().connect(  # type: ignore[method-assign]
            "127.0.0.1", port, timeout=timeout
        )
        with pytest.raises(TryLater, match="made out to another name"):
            ADAPTER.poller(config, io)

    def test_tls_on_a_plain_port_is_explained(self, dovecot: Dovecot) -> None:
        with pytest.raises(TryLater, match="does not speak TLS on this port"):
            ADAPTER.poller(self.secured(dovecot, imap_security="ssl"), RecordingIo())

    def test_an_unreadable_authority_is_explained(self, dovecot: Dovecot) -> None:
        config = self.secured(dovecot, imap_security="starttls", tls_ca="/nonexistent.pem")
        with pytest.raises(Rejected, match="cannot be read as PEM"):
            ADAPTER.poller(config, RecordingIo())
