"""Erasing a person: nothing of him is left anywhere, and the figures stay."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.commerce import about, copies, orders
from inbox.commerce.models import ShopAct
from inbox.commerce.words import ActState, LinkState, OrderBy, Part
from inbox.contract import Party
from inbox.customers import actions as customers
from inbox.customers import claims, codes, fields, suggestions
from inbox.customers.likeness import sign
from inbox.customers.models import Customer, Erasure, Identity, Merge, MergeRow
from inbox.errors import Conflict, NotAllowed, NotFound
from inbox.events.record import record
from inbox.flows import commerce, deliver, privacy, profile, receive, reply, triage
from inbox.flows.context import Context
from inbox.insight import actions as ratings
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState
from inbox.threads import actions as threads
from inbox.threads import attachments, recent
from inbox.threads.models import Episode, Message, MessageVersion, Thread
from inbox.threads.words import DraftMode, Kind, Status
from inbox.visits import actions as visits
from tests import plant, shops
from tests.factories import Make
from tests.flows.canaries import canary, found
from tests.pigeon import Pigeon, note, payload
from tests.reading import Envelope, Event, Wait, rows, the

PLACES = (
    "name address text subject html quoted file file_name large claim note field tag consent page cart "
    "said reply reply_file refusal draft draft_file upload suggestion merge_before merge_row event version "
    "comment code typed system edit_payload failed_payload handle album viewed link buyer hit shop_order shop_cart "
    "act shop_event"
)
WORDS = {place: canary(place) for place in PLACES.split()}


@pytest.fixture
def ada(make: Make) -> AgentIdentity:
    """The admin."""
    return make.agent("Ada", Role.ADMIN)


@pytest.fixture
def channel(make: Make) -> int:
    """Where they write."""
    return make.channel()


def upload(ctx: Context, agent: AgentIdentity, place: str) -> int:
    """A file of an agent's, with a canary inside."""
    stored = ctx.files.put_bytes(WORDS[place].encode())
    view = ctx.db.run(
        lambda session: attachments.add_upload(
            session,
            agent.id,
            name=f"{place}.txt",
            claimed="text/plain",
            head=b"",
            stored=stored,
            now=ctx.clock(),
        )
    )
    return view["id"]


def write_everywhere(ctx: Context, make: Make, ada: AgentIdentity, pigeon: Pigeon, channel: int) -> int:
    """A customer with a canary in every place; the id of the thread."""
    w = WORDS
    sender = f"{w['address']}@loft"
    receive_item(ctx, make, channel, note(1, sender, f"I am {w['text']}.", name=f"Anna {w['name']}",
        subject=f"About {w['subject']}", html=f"<p>{w['html']}</p>", quoted_text=f"> {w['quoted']}",
        level="verified"))  # fmt: skip
    file = {"name": f"{w['file_name']}.txt", "content": w["file"]}
    receive_item(ctx, make, channel, note(2, sender, "With a file", files=[file]))
    receive_item(ctx, make, channel, note(3, sender, w["large"] + " and more" * 60_000))
    make.keep(
        channel, json.dumps([{"state": "read", "external_ids": [f"{sender} {w['edit_payload']}"]}]).encode()
    )
    make.keep(channel, f"{{broken {sender} {w['failed_payload']}".encode())
    drain_all(ctx)
    customer = the(ctx, Customer)
    identity = the(ctx, Identity)
    thread = the(ctx, Thread)
    profile.change(ctx, ada, customer.id, {"tags": [w["tag"]]})
    ctx.db.run(fields.add, key="level", label="Level", kind="text", options=())
    profile.change(ctx, ada, customer.id, {"fields": {"level": w["field"]}})
    profile.write_note(ctx, ada, customer.id, w["note"])
    profile.note_consent(ctx, ada, customer.id, namespace="pigeon", purpose="surveys", granted=True,
        source=w["consent"])  # fmt: skip
    pigeon.answer = refuse_copies
    reply.reply(ctx, ada, thread.id, reply.ReplyRequest(channel_id=channel, body=f"Dear {w['reply']}",
        client_msg_id="r1", cc=("carla@loft",), attachment_ids=(upload(ctx, ada, "reply_file"),)))  # fmt: skip
    deliver.drain(ctx, 10)
    reply.note(ctx, ada, thread.id, reply.NoteRequest(f"She is {w['typed']}", "n1"))
    triage.save_draft(ctx, ada, thread.id, DraftMode.REPLY, triage.DraftFields(body=w["draft"], channel_id=channel,
        attachment_ids=(upload(ctx, ada, "draft_file"),)))  # fmt: skip
    ctx.db.run(_in_tables, ctx, ada, channel, customer.id, identity.id, thread.id)
    in_shops(ctx, ada, customer.id, thread.id)
    triage.change(ctx, ada, thread.id, triage.Changes(status=Status.RESOLVED))
    return int(thread.id)


def in_shops(ctx: Context, ada: AgentIdentity, customer_id: int, thread_id: int) -> None:
    """What a shop told of the customer, and what was done there for him."""
    w, now = WORDS, ctx.clock()
    plant.shop(ctx)
    plant.link(ctx, customer_id, "buyer-1", value=w["link"])
    plant.link(ctx, customer_id, "buyer-2", state=LinkState.SUGGESTED)
    for buyer_id, name in (("buyer-1", w["buyer"]), ("buyer-2", w["hit"])):
        ctx.db.run(copies.put, 1, Part.BUYER, buyer_id, {"id": buyer_id, "name": name}, now)
    sold = shops.order(w["shop_order"], buyer_id="buyer-1")
    ctx.db.run(orders.put, 1, sold, now)
    with ctx.db.read() as session:
        episode_id = recent.open_of(session, customer_id).episode_id
    assert episode_id is not None
    ctx.db.run(about.link, episode_id, 1, sold, OrderBy.TEXT, now)
    plant.cart(ctx, customer_id, "c1", data={"id": w["shop_cart"]})
    plant.act(ctx, ada.id, thread_id, "k1", act={"to": w["act"]}, state=ActState.UNCERTAIN)
    plant.event(ctx, f"buyer-1 {w['shop_event']}".encode())


def _in_tables(
    session: Session,
    ctx: Context,
    ada: AgentIdentity,
    channel: int,
    customer_id: int,
    identity_id: int,
    thread_id: int,
) -> None:
    w, now = WORDS, ctx.clock()
    party = Party(namespace="email", address=f"{w['claim']}@example.org")
    claims.claim(session, customer_id, identity_id, party, "panel", now)
    codes.make(session, "email", identity_id, now, seconds=600, digits=6, data={"address": w["code"]})
    other = session.execute(
        insert(Customer)
        .values(name="Other", sort_name="other", created_at=now, fields={})
        .returning(Customer.id)
    ).scalar_one()
    suggestions.suggest(
        session, customer_id, other, [sign("same_phone", f"Both are {w['suggestion']}.", address="x")], now
    )
    merge = Merge(survivor_id=customer_id, other_id=other, at=now, undo_until=now + timedelta(days=30),
        before={"name": w["merge_before"]}, undone_at=now)  # fmt: skip
    session.add(merge)
    session.flush()
    session.add(MergeRow(merge_id=merge.id, place="identity", row_id=1, before={"name": w["merge_row"]}))
    record(
        session,
        "customer.changed",
        thread_id=thread_id,
        data={"name": w["event"], "customer_id": customer_id},
    )
    first = session.scalar(select(Message).where(Message.seq == 1))
    assert first is not None
    session.add(MessageVersion(message_id=first.id, body_text=w["version"], body_html=None, replaced_at=now))
    episode = session.scalar(select(Episode))
    assert episode is not None
    ratings.ask(session, episode.id, channel, identity_id, ada.id, now)
    ratings.rate(session, episode.id, identity_id, 4, w["comment"], now)
    session.execute(
        insert(Message).values(thread_id=thread_id, seq=900, episode_id=episode.id, kind=Kind.SYSTEM,
            body_text=w["system"], system={"code": "merged", "data": {"name": w["system"], "merge_id": 5}},
            created_at=now, recipients=[], notices=[])
    )  # fmt: skip
    _token, visit = visits.begin(session, channel, now)
    visits.bind(session, visit, identity_id)
    visits.note(session, visit, page_url=f"https://shop.example/{w['page']}", cart={"items": [w["cart"]]},
        said={"name": w["said"]}, pages=[{"url": w["viewed"], "title": "", "at": ""}])  # fmt: skip
    stored = ctx.files.put_bytes(w["upload"].encode())
    session.execute(
        insert(attachments.Attachment).values(visitor_id=visit, name="x.txt", media_type="text/plain", size=9,
            storage_key=stored.key, state="stored", created_at=now, position=0, content_id="", inline=False, problem="")
    )  # fmt: skip
    session.execute(update(Identity).where(Identity.id == identity_id).values(unreachable=w["handle"]))
    customers.shut(session, identity_id, channel, "", w["handle"], now)
    session.execute(update(Message).where(Message.seq == 2).values(external_id=f"in:{w['album']}"))


def refuse_copies(message: Any) -> Any:
    from inbox.contract import Receipt, Refusal

    return Receipt(
        external_id="out:1",
        refused=(Refusal(address="carla@loft", code="550", reason=f"No {WORDS['refusal']} here"),),
    )


def receive_item(ctx: Context, make: Make, channel: int, item: dict[str, Any]) -> None:
    make.keep(channel, payload(item))
    receive.drain(ctx)


def drain_all(ctx: Context) -> None:
    for _try in range(8):
        receive.drain(ctx)
        ctx.clock.forward(hours=1)  # type: ignore[attr-defined]


def test_nothing_is_left_of_an_erased_customer(
    ctx: Context, make: Make, ada: AgentIdentity, pigeon: Pigeon, channel: int
) -> None:
    thread_id = write_everywhere(ctx, make, ada, pigeon, channel)
    planted = {entry.partition(" in ")[0] for entry in found(ctx, WORDS)}
    assert planted == set(WORDS), f"not planted: {set(WORDS) - planted}"
    waits, episodes = len(rows(ctx, Wait)), len(rows(ctx, Episode))
    messages = len(rows(ctx, Message))

    assert privacy.erase(ctx, ada, the(ctx, Customer, Customer.name.startswith("Anna")).id)
    assert found(ctx, WORDS) == set()

    assert (len(rows(ctx, Wait)), len(rows(ctx, Episode)), len(rows(ctx, Message))) == (
        waits,
        episodes,
        messages,
    )
    thread = the(ctx, Thread, Thread.id == thread_id)
    assert (thread.preview, thread.subject, thread.status) == ("", None, Status.RESOLVED)
    customer = the(ctx, Customer, Customer.id == thread.customer_id)
    assert customer.name == "Erased customer"
    shown = commerce.panel(ctx, ada, customer.id)
    assert (shown["shops"], shown["empty"]) == ([], ""), "no shop is asked about nobody"
    assert the(ctx, Erasure).sought == []
    assert the(ctx, Erasure).done_at is not None
    told = rows(ctx, Event, Event.kind == "customer.erased")
    assert [(event.actor_id, event.data["customer_id"], event.data["done"]) for event in told] == [
        (ada.id, customer.id, False),
        (ada.id, customer.id, True),
    ]
    assert [(act.state, act.act) for act in rows(ctx, ShopAct)] == [("failed", {})], "that it was, stays"
    assert privacy.erase(ctx, ada, customer.id), "again does nothing"
    assert privacy.go_on(ctx) == 0


def test_while_something_is_done_in_a_shop_for_a_customer_he_is_not_erased(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int
) -> None:
    make.inbound(channel)
    plant.shop(ctx)
    plant.act(ctx, ada.id, the(ctx, Thread).id, "k1", state=ActState.SENDING)
    with pytest.raises(Conflict, match="shop"):
        privacy.erase(ctx, ada, the(ctx, Customer).id)


def test_who_writes_again_from_the_same_address_is_somebody_new(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int
) -> None:
    make.inbound(channel, "Forget me", sender="anna@loft")
    assert privacy.erase(ctx, ada, 1)
    make.inbound(channel, "Hello again", sender="anna@loft")
    new = the(ctx, Identity, Identity.address == "anna@loft")
    assert new.customer_id != 1
    assert [row.body_text for row in rows(ctx, Message)] == ["", "Hello again"]
    tombstone = the(ctx, Identity, Identity.customer_id == 1)
    assert (tombstone.namespace, tombstone.display, tombstone.name) == ("erased", "", "")
    with pytest.raises(Conflict):
        reply.note(ctx, ada, 1, reply.NoteRequest("She was nice", "n1"))
    with pytest.raises(Conflict):
        profile.change(ctx, ada, 1, {"name": "Anna"})


@pytest.mark.parametrize("backend", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_message_that_was_on_its_way_in_begins_anew(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was found to be the customer's, and waited for the thread's lock while the customer was erased."""
    make.inbound(channel, sender="anna@loft")
    real = threads.lock

    def late(session: Session, thread_id: int) -> Thread:
        monkeypatch.setattr(threads, "lock", real)
        assert privacy.erase(ctx, ada, 1)
        return real(session, thread_id)

    monkeypatch.setattr(threads, "lock", late)
    make.keep(channel, payload(note(7, "anna@loft", "On my way")))
    receive.drain(ctx)
    assert "On my way" not in {row.body_text for row in rows(ctx, Message)}
    with ctx.db.write() as session:
        session.execute(update(Envelope).values(not_before=ctx.clock()))
    receive.drain(ctx)
    thread_id = the(ctx, Message, Message.body_text == "On my way").thread_id
    assert thread_id != 1


def test_only_admins_erase(ctx: Context, make: Make, channel: int) -> None:
    make.inbound(channel)
    for role in (Role.AGENT, Role.SUPERVISOR):
        with pytest.raises(NotAllowed):
            privacy.erase(ctx, make.agent(role=role), 1)
    with pytest.raises(NotFound):
        privacy.erase(ctx, make.agent(role=Role.ADMIN), 99)
    assert the(ctx, Customer).erased_at is None


def test_what_waits_to_be_sent_is_not_sent_and_what_is_on_its_way_is_waited_for(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int, pigeon: Pigeon
) -> None:
    make.inbound(channel, sender="anna@loft")
    for number in (1, 2):
        asked = reply.ReplyRequest(channel_id=channel, body="Soon", client_msg_id=f"r{number}")
        reply.reply(ctx, ada, 1, asked)
    with ctx.db.write() as session:
        session.execute(update(Delivery).where(Delivery.id == 1).values(state=DeliveryState.SENDING))
    with pytest.raises(Conflict, match="being sent just now"):
        privacy.erase(ctx, ada, 1)
    assert the(ctx, Customer).erased_at is None
    assert the(ctx, Delivery, Delivery.id == 2).state is DeliveryState.QUEUED
    with ctx.db.write() as session:
        session.execute(update(Delivery).where(Delivery.id == 1).values(state=DeliveryState.SENT))
    assert privacy.erase(ctx, ada, 1)
    assert [row.state for row in rows(ctx, Delivery)] == [DeliveryState.SENT, DeliveryState.CANCELLED]
    deliver.drain(ctx, 10)
    assert pigeon.sent == []
    assert the(ctx, Thread).status is Status.RESOLVED
    assert the(ctx, Wait).closed_at is not None


def test_an_erasing_that_was_stopped_goes_on(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        make.inbound(channel, f"Message {number}", sender="anna@loft")
    monkeypatch.setattr(privacy, "MESSAGES", 2)
    monkeypatch.setattr(privacy, "AT_ONCE", -1.0)
    assert not privacy.erase(ctx, ada, 1)
    assert the(ctx, Customer).name == "Erased customer", "who it is goes at once"
    assert {row.body_text for row in rows(ctx, Message)} != {""}
    ctx.stop.set()
    assert privacy.go_on(ctx) == 1
    assert the(ctx, Erasure).done_at is None
    ctx.stop.clear()
    assert privacy.go_on(ctx) == 1
    assert {row.body_text for row in rows(ctx, Message)} == {""}
    assert {row.body for row in rows(ctx, Envelope)} == {b""}
    assert privacy.go_on(ctx) == 0


def test_others_keep_what_is_theirs(ctx: Context, make: Make, ada: AgentIdentity, channel: int) -> None:
    """Anna's address stands in Bruno's mail, which waits, and in the name of Joanna."""
    make.inbound(channel, "Mine", sender="anna@loft")
    make.inbound(channel, "Bruno's", sender="bruno@loft", recipients=[])
    waiting = payload(note("w", "bruno@loft", "Please copy anna@loft"))
    make.keep(channel, waiting)
    make.keep(channel, b"{broken joanna@loft")
    with ctx.db.write() as session:
        session.execute(update(Envelope).where(Envelope.id == 3).values(attempts=3))
        session.execute(update(Envelope).where(Envelope.id == 4).values(state="failed"))
    assert privacy.erase(ctx, ada, 1)
    bodies = {row.id: row.body for row in rows(ctx, Envelope)}
    assert bodies[1] == b""
    assert bodies[2] != b""
    assert (bodies[3], bodies[4]) == (waiting, b"{broken joanna@loft")
    assert [row.body_text for row in rows(ctx, Message)] == ["", "Bruno's"]
    receive.drain(ctx)
    assert the(ctx, Message, Message.body_text == "Please copy anna@loft").thread_id == 2


def test_what_she_wrote_into_the_thread_of_another_goes_too(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int
) -> None:
    make.inbound(channel, "Where is it?", sender="bruno@loft", subject="Bruno's order")
    make.inbound(channel, "My own", sender="anna@loft")
    anna = the(ctx, Identity, Identity.address == "anna@loft")
    with ctx.db.write() as session:
        session.execute(
            update(Message).where(Message.id == 2).values(thread_id=1, seq=2, subject="Anna says")
        )
        session.execute(
            update(Thread).where(Thread.id == 1).values(preview="My own", subject="Anna says", last_seq=2)
        )
    assert privacy.erase(ctx, ada, anna.customer_id)
    bruno = the(ctx, Thread, Thread.id == 1)
    assert (bruno.erased_at, bruno.subject) == (None, "Bruno's order")
    assert [row.body_text for row in rows(ctx, Message)] == ["Where is it?", ""]
    assert bruno.preview == ""


def test_a_file_that_a_draft_of_another_thread_shares_stays(
    ctx: Context, make: Make, ada: AgentIdentity, channel: int
) -> None:
    make.inbound(channel, sender="anna@loft", files=[{"name": "a.txt", "content": "shared"}])
    make.inbound(channel, sender="bruno@loft")
    with ctx.db.write() as session:
        key = session.scalar(select(attachments.Attachment.storage_key))
        assert key is not None
        session.add(
            attachments.Attachment(message_id=2, name="b.txt", media_type="text/plain", size=6, storage_key=key,
                state="stored", created_at=ctx.clock())
        )  # fmt: skip
    assert privacy.erase(ctx, ada, 1)
    assert ctx.files.read(key) == b"shared"
