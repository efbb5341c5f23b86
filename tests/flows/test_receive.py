"""The way in: from a kept payload to the customer's one thread."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from inbox.agents.words import Role
from inbox.channels.parsing import ParserUnavailable
from inbox.contract import Level, NeedsReauth, TryLater
from inbox.db.time import utcnow
from inbox.db.work import Database
from inbox.errors import NotAllowed
from inbox.files import StoreFull
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.flows.triage import Changes, change
from inbox.outbox.words import DeliveryState
from inbox.sla.words import WaitOutcome
from inbox.threads.words import AttachmentState, Kind, Status
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon, news, note, payload
from tests.reading import Customer, Envelope, Episode, Event, Identity, Message, Thread, Wait, rows, the


def test_a_first_message_makes_a_customer_a_thread_an_episode_and_a_wait(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel, "Where is my order?", "Anna", name="Anna Moretti")

    customer, identity = the(ctx, Customer), the(ctx, Identity)
    assert (customer.name, identity.address, identity.level) == ("Anna Moretti", "anna", Level.CLAIMED)
    thread, episode, wait = the(ctx, Thread), the(ctx, Episode), the(ctx, Wait)
    assert (thread.customer_id, thread.status, thread.last_seq) == (customer.id, Status.OPEN, 1)
    assert thread.preview == "Where is my order?"
    assert (episode.number, episode.status) == (1, Status.OPEN)
    assert wait.is_first
    assert wait.closed_at is None
    assert thread.waiting_since == thread.due_at == wait.opened_at == ctx.clock()
    assert [event.kind for event in rows(ctx, Event, Event.thread_id == thread.id)] == [
        "episode.opened",
        "message.received",
    ]


def test_later_messages_join_and_the_wait_keeps_its_beginning(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    channel = make.channel()
    began = clock()
    for minute in range(3):
        clock.forward(minutes=minute)
        make.inbound(channel)
    thread = the(ctx, Thread)
    assert [message.seq for message in rows(ctx, Message)] == [1, 2, 3]
    assert thread.waiting_since == began
    assert len(rows(ctx, Episode)) == len(rows(ctx, Wait)) == 1


def test_the_same_payload_twice_is_one_message(ctx: Context, make: Make) -> None:
    channel = make.channel()
    for key in ("place:1", "place:1", "place:2"):
        make.keep(channel, payload(note(1)), key)
    receive.drain(ctx)
    assert len(rows(ctx, Message)) == 1
    assert [envelope.state for envelope in rows(ctx, Envelope)] == ["done", "ignored"]


def test_what_cannot_be_read_is_kept_and_its_neighbours_go_on(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.keep(channel, payload(note(1)))
    make.keep(channel, b"{ smudged")
    make.keep(channel, payload(note(2)))
    receive.drain(ctx)

    assert [envelope.state for envelope in rows(ctx, Envelope)] == ["done", "failed", "done"]
    failed = the(ctx, Envelope, Envelope.state == "failed")
    assert failed.body == b"{ smudged"
    assert failed.error == "The note is smudged."
    assert the(ctx, Event, Event.kind == "envelope.failed").data["envelope_id"] == failed.id


def test_a_part_that_cannot_be_read_leaves_its_neighbours_and_the_payload_for_a_person(
    ctx: Context, make: Make
) -> None:
    channel, eve = make.channel(), make.agent(role=Role.SUPERVISOR)
    parts = [note(1), news("broken", reason="Item 2 has no sender."), note(2, "carl")]
    parked = news("edit", external_id="in:9", sender="anna", text="Better.")
    make.keep(channel, payload(*parts, parked))
    receive.drain(ctx)
    assert len(rows(ctx, Message)) == 2
    assert (the(ctx, Envelope).state, the(ctx, Envelope).error) == (
        "new",
        "edit of a message that has not come: in:9",
    )

    make.keep(channel, payload(note(9)))
    receive.drain(ctx)
    with ctx.db.write() as session:
        session.execute(update(Envelope).values(not_before=utcnow()))
    receive.drain(ctx)
    failed = the(ctx, Envelope, Envelope.state == "failed")
    assert failed.error == "Item 2 has no sender."
    assert the(ctx, Event, Event.kind == "envelope.failed").data["envelope_id"] == failed.id
    before = [(message.body_text, message.seq) for message in rows(ctx, Message)]
    assert len(before) == 3
    assert before[-1][0] == "Better."

    receive.retry(ctx, eve, failed.id)
    receive.drain(ctx)
    assert [(message.body_text, message.seq) for message in rows(ctx, Message)] == before
    assert the(ctx, Envelope, Envelope.id == failed.id).state == "failed", "it is as broken as before"


def test_a_failed_payload_is_read_again_by_a_supervisor_only(
    ctx: Context, make: Make, pigeon: Pigeon
) -> None:
    channel = make.channel()
    make.keep(channel, b"{ smudged")
    receive.drain(ctx)
    failed = the(ctx, Envelope)
    with pytest.raises(NotAllowed):
        receive.retry(ctx, make.agent(), failed.id)
    receive.retry(ctx, make.agent(role=Role.SUPERVISOR), failed.id)
    pigeon.parse = lambda config, raw: ()  # type: ignore[method-assign]
    receive.drain(ctx)
    assert the(ctx, Envelope).state == "ignored"


def test_eight_parallel_first_messages_of_one_customer_make_one_thread(
    ctx: Context, make: Make, backend: str
) -> None:
    customers = 12 if backend == "postgres" else 4
    channel = make.channel()
    for customer in range(customers):
        for number in range(8):
            make.keep(channel, payload(note(f"{customer}.{number}", f"customer{customer}")))
    barrier = threading.Barrier(8)

    def worker(number: int) -> None:
        own = Context(**{**vars(ctx), "owner": f"worker{number}", "db": Database(ctx.db.url)})
        barrier.wait()
        while receive.drain(own, 1):
            pass
        own.db.dispose()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(worker, range(8)))

    assert len(rows(ctx, Customer)) == len(rows(ctx, Thread)) == len(rows(ctx, Identity)) == customers
    assert len(rows(ctx, Episode)) == len(rows(ctx, Wait)) == customers
    for thread in rows(ctx, Thread):
        messages = rows(ctx, Message, Message.thread_id == thread.id)
        assert sorted(message.seq for message in messages) == list(range(1, 9))
        assert thread.last_seq == 8


def test_a_message_soon_after_resolving_reopens_and_a_late_one_starts_anew(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    channel, ben = make.channel(), make.agent()
    make.inbound(channel)
    thread = the(ctx, Thread)
    change(ctx, ben, thread.id, Changes(status=Status.RESOLVED))
    clock.forward(hours=71)
    make.inbound(channel)
    episode = the(ctx, Episode)
    assert (episode.status, episode.reopened_count) == (Status.OPEN, 1)

    change(ctx, ben, thread.id, Changes(status=Status.RESOLVED))
    clock.forward(hours=73)
    make.inbound(channel)
    assert [(e.number, e.status) for e in rows(ctx, Episode)] == [(1, Status.RESOLVED), (2, Status.OPEN)]
    assert the(ctx, Thread).assignee_id is None


def test_an_automatic_answer_neither_reopens_nor_makes_anybody_wait(ctx: Context, make: Make) -> None:
    channel, ben = make.channel(), make.agent()
    make.inbound(channel)
    change(ctx, ben, the(ctx, Thread).id, Changes(status=Status.RESOLVED))
    make.inbound(channel, "I am out of office", automatic="auto-replied")
    thread = the(ctx, Thread)
    assert thread.status is Status.RESOLVED
    assert thread.waiting_since is None
    assert rows(ctx, Message)[-1].automatic == "auto-replied"


def test_a_stranger_with_a_valid_token_does_not_get_into_the_thread(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel, sender="anna")
    annas = the(ctx, Thread)
    token = ctx.vault.token("reply", annas.id)
    make.inbound(channel, "What did Anna order?", "mallory", reply_tokens=[token])

    assert the(ctx, Thread, Thread.id == annas.id).last_seq == 1
    strangers = the(ctx, Message, Message.thread_id != annas.id)
    assert strangers.notices[0]["code"] == "other_thread"
    assert strangers.notices[0]["thread_id"] == annas.id


@pytest.mark.parametrize("token", ["", "a" * 24, "7" * 24, "not base 32!"])
def test_a_guessed_token_means_nothing(ctx: Context, make: Make, token: str) -> None:
    channel = make.channel()
    make.inbound(channel, sender="anna")
    make.inbound(channel, sender="mallory", reply_tokens=[token])
    assert [message.notices for message in rows(ctx, Message)] == [[], []]


def test_somebody_who_was_copied_in_answers_into_the_thread(ctx: Context, make: Make) -> None:
    channel, ben = make.channel(), make.agent()
    make.inbound(channel, sender="anna")
    annas = the(ctx, Thread)
    reply(ctx, ben, annas.id, ReplyRequest(channel, "Luca, can you look?", "c1", cc=("luca",)))
    make.inbound(channel, "Two are left.", "luca", reply_tokens=[ctx.vault.token("reply", annas.id)])
    last = rows(ctx, Message, Message.thread_id == annas.id)[-1]
    assert (last.body_text, last.sender_name) == ("Two are left.", "luca")


def test_somebody_whom_an_agent_wrote_to_by_a_reply_to_answers_into_the_thread(
    ctx: Context, make: Make
) -> None:
    channel, ben = make.channel(), make.agent()
    boss = {"namespace": "pigeon", "address": "boss", "display": "boss"}
    asks = {"recipients": [{"role": "reply_to", "party": boss}]}
    make.inbound(channel, "Please answer my boss.", "anna", **asks)
    annas = the(ctx, Thread)
    token = ctx.vault.token("reply", annas.id)
    make.inbound(channel, "What did Anna write?", "boss", reply_tokens=[token])
    assert the(ctx, Thread, Thread.id == annas.id).last_seq == 1, "her naming him lets him not in"

    reply(ctx, ben, annas.id, ReplyRequest(channel, "Dear boss", "c1", reply_to="boss"))
    make.inbound(channel, "Thank you, Ben.", "boss", reply_tokens=[token])
    last = rows(ctx, Message, Message.thread_id == annas.id)[-1]
    assert (last.body_text, last.sender_name) == ("Thank you, Ben.", "boss")


def test_a_reference_joins_only_with_a_right_to_be_there(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.keep(channel, payload(note(1, "anna")))
    receive.drain(ctx)
    make.inbound(channel, "forwarded to me", "mallory", references=["wire:1"])
    assert len(rows(ctx, Thread)) == 2


def test_proof_raises_an_identity_and_a_claim_never_lowers_it(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel)
    make.inbound(channel, level="mail_auth")
    make.inbound(channel, "Send it to my new address!")
    assert the(ctx, Identity).level is Level.MAIL_AUTH
    assert [message.sender_level for message in rows(ctx, Message)] == ["claimed", "mail_auth", "claimed"]


def test_an_answer_written_elsewhere_appears_and_ends_the_wait(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel, sender="anna")
    anna = {"namespace": "pigeon", "address": "anna"}
    make.inbound(
        channel, "Sent from my phone", "shop", outgoing=True, recipients=[{"role": "to", "party": anna}]
    )
    answer = rows(ctx, Message)[-1]
    assert (answer.kind, answer.author_id, answer.body_text) == (Kind.REPLY, None, "Sent from my phone")
    assert the(ctx, Wait).outcome is WaitOutcome.ANSWERED
    assert the(ctx, Thread).waiting_since is None


def test_a_copy_of_our_own_reply_is_not_stored_again_and_settles_doubt(ctx: Context, make: Make) -> None:
    from inbox.flows import deliver
    from tests.reading import Delivery

    channel, ben = make.channel(), make.agent()
    make.inbound(channel, sender="anna")
    reply(ctx, ben, the(ctx, Thread).id, ReplyRequest(channel, "On its way.", "c1"))

    def crash(_message: object) -> None:
        from inbox.contract import Uncertain

        raise Uncertain("No answer after the last byte.")

    ctx.registry.get("pigeon").answer = crash  # type: ignore[attr-defined]
    deliver.drain(ctx)
    delivery = the(ctx, Delivery)
    assert delivery.state is DeliveryState.UNCERTAIN
    make.inbound(channel, "On its way.", "shop", outgoing=True, idem_key=delivery.idem_key)
    assert the(ctx, Delivery).state is DeliveryState.SENT
    assert len(rows(ctx, Message, Message.kind == Kind.REPLY)) == 1


def test_files_are_stored_before_the_message_and_too_large_ones_are_said_so(ctx: Context, make: Make) -> None:
    ctx.settings.attachment_max = 2048
    channel = make.channel()
    png = "\\u0089PNG"
    make.inbound(
        channel,
        files=[
            {"name": "../../photo\u202egnp.exe", "content": png, "media_type": "image/png", "size": 4},
            {"name": "film.mp4", "content": "x", "media_type": "video/mp4", "size": 4096},
            {"name": "lost.pdf", "problem": "The part is empty."},
        ],
    )
    from inbox.threads.models import Attachment

    photo, film, lost = rows(ctx, Attachment)
    assert (photo.name, photo.state) == ("photognp.exe", AttachmentState.STORED)
    assert photo.media_type == "application/octet-stream", "its bytes do not bear out the claim"
    assert ctx.files.read(photo.storage_key) == png.encode()
    assert (film.state, film.storage_key) == (AttachmentState.TOO_LARGE, None)
    assert (lost.state, lost.problem) == (AttachmentState.MISSING, "The part is empty.")


def test_a_full_disk_puts_the_payload_back_and_it_arrives_later(
    ctx: Context, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inbox.channels.models import Channel
    from inbox.files import FileStore, StoreFull

    channel = make.channel()
    with monkeypatch.context() as full:

        def refuse(self: FileStore, data: bytes) -> None:
            raise StoreFull("The file store cannot be written: No space left on device.")

        full.setattr(FileStore, "put_bytes", refuse)
        make.inbound(channel, files=[{"name": "a.txt", "content": "hello", "size": 5}])
        assert rows(ctx, Message) == []
        assert the(ctx, Envelope).state == "new"
        assert "No space left" in the(ctx, Channel).last_error

    from sqlalchemy import update

    from inbox.db.time import utcnow

    with ctx.db.write() as session:
        session.execute(update(Envelope).values(not_before=utcnow()))
    receive.drain(ctx)
    assert len(rows(ctx, Message)) == 1


def test_html_is_sanitised_when_it_is_stored(ctx: Context, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel, html='<p onclick="steal()">Hi<script>alert(1)</script></p>')
    assert the(ctx, Message).body_html == "<p>Hi</p>"


def test_text_that_postgresql_would_refuse_is_mended(ctx: Context, make: Make) -> None:
    make.inbound(make.channel(), "nul\0 and surrogate \ud800 inside", subject="sub\0ject")
    message = the(ctx, Message)
    assert message.body_text == "nul and surrogate \N{REPLACEMENT CHARACTER} inside"
    assert message.subject == "subject"


class Broken:
    """A parser that cannot work, whatever it is given."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def parse(self, *_anything: object) -> tuple[object, ...]:
        raise self.error


def try_often(ctx: Context, times: int) -> str:
    """Have what is kept tried so often; how it then stands."""
    for _ in range(times):
        ctx.db.run(_make_due)
        receive.drain(ctx, 1)
    return str(the(ctx, Envelope).state)


def _make_due(session: Session) -> None:
    session.execute(update(Envelope).values(not_before=datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    "error", [StoreFull("No space left on device."), ParserUnavailable("The spool cannot be written.")]
)
def test_no_outage_makes_a_payload_fail_before_a_week_has_passed(
    ctx: Context, make: Make, clock: ManualClock, error: Exception
) -> None:
    channel = make.channel()
    make.keep(channel, payload(note(1)))
    working, ctx.parser = ctx.parser, Broken(error)  # type: ignore[assignment]
    assert try_often(ctx, receive.ATTEMPTS_MAX + 5) == "new"
    envelope = the(ctx, Envelope)
    assert (envelope.attempts, envelope.error) == (0, str(error))
    clock.forward(days=6, hours=23)
    assert try_often(ctx, 1) == "new"
    ctx.parser = Broken(TryLater("Something else, once."))  # type: ignore[assignment]
    assert try_often(ctx, 1) == "new", "the outage took none of its tries"
    ctx.parser = working
    assert try_often(ctx, 1) == "done"


def test_what_lasts_for_more_than_a_week_is_shown_to_a_person(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    make.keep(make.channel(), payload(note(1)))
    clock.forward(days=7, hours=1)
    ctx.parser = Broken(ParserUnavailable("The adapter cannot be loaded."))  # type: ignore[assignment]
    assert try_often(ctx, 1) == "failed"
    assert the(ctx, Envelope).error == "The adapter cannot be loaded."


def test_trouble_that_may_be_a_payloads_own_ends_after_its_tries(ctx: Context, make: Make) -> None:
    make.keep(make.channel(), payload(note(1)))
    ctx.parser = Broken(TryLater("Its photo cannot be fetched."))  # type: ignore[assignment]
    assert try_often(ctx, receive.ATTEMPTS_MAX - 1) == "new"
    assert try_often(ctx, 1) == "failed"


def test_a_file_that_needs_lost_rights_waits_with_its_message_until_they_are_back(
    ctx: Context, make: Make, pigeon: Pigeon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes: nothing of it is lost, and the channel says what it lacks."""
    from inbox.channels import actions as channels
    from inbox.channels.models import Channel
    from inbox.threads.models import Attachment

    rights = [False]

    @contextlib.contextmanager
    def fetch(*_arguments: object) -> Iterator[Iterator[bytes]]:
        if not rights[0]:
            raise NeedsReauth("The ring was taken off.")
        yield iter([b"hel", b"lo"])

    def look_again(attempts: int) -> None:
        with ctx.db.write() as session:
            session.execute(update(Envelope).values(not_before=utcnow(), attempts=attempts))
        receive.drain(ctx)

    monkeypatch.setattr(pigeon, "fetch_media", fetch)
    make.inbound(make.channel(), files=[{"name": "a.txt", "ref": "feather-1"}])
    channel = the(ctx, Channel)
    assert (channel.state, channel.last_error) == ("needs_reauth", "The ring was taken off.")
    look_again(attempts=receive.ATTEMPTS_MAX + 5)
    assert (the(ctx, Envelope).state, rows(ctx, Message)) == ("new", [])

    rights[0] = True
    ctx.db.run(channels.resume, channel.id)
    look_again(attempts=receive.ATTEMPTS_MAX + 5)
    assert the(ctx, Message).seq == 1
    attachment = the(ctx, Attachment)
    assert (attachment.name, attachment.size, attachment.state) == ("a.txt", 5, AttachmentState.STORED)
