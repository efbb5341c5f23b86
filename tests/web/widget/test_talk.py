"""A visitor and an agent talk: nothing before the first message, then one thread, and nothing twice."""

from collections.abc import Callable
from typing import Any

from inbox.agents import actions as agents
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import amend, deliver
from inbox.flows.context import Context
from inbox.flows.reply import NoteRequest, note
from inbox.threads import marks
from inbox.visits.models import VisitorSession
from tests.factories import ManualClock
from tests.reading import Customer, Delivery, Envelope, Identity, Message, Thread, rows, the
from tests.web.widget.conftest import Panel, Shop

Visit = Callable[..., Panel]


def test_who_opens_and_writes_nothing_is_no_customer(ctx: Context, panel: Panel) -> None:
    panel.look()
    panel.post("/page", {"url": "https://shop.example/boots", "title": "Boots"})
    panel.post("/typing")
    assert rows(ctx, Customer) == []
    assert rows(ctx, Identity) == []
    assert the(ctx, VisitorSession).identity_id is None


def test_only_the_hash_of_a_token_is_kept(ctx: Context, panel: Panel) -> None:
    kept = the(ctx, VisitorSession)
    assert panel.token not in str(vars(kept))
    assert len(kept.hash) == 32
    assert len(panel.token) >= 43


def test_the_first_message_makes_a_customer_and_a_thread(ctx: Context, shop: Shop, panel: Panel) -> None:
    sent = panel.write("Do you ship to Norway?")
    assert [item["client_msg_id"] for item in panel.look()["pending"]] == [sent]
    shop.receive()
    part = panel.look()
    (item,) = part["items"]
    assert (item["body"], item["mine"], item["client_msg_id"]) == ("Do you ship to Norway?", True, sent)
    assert part["pending"] == []
    message = the(ctx, Message)
    assert (message.channel_id, message.sender_level) == (shop.channel_id, "channel")
    identity = the(ctx, Identity)
    assert (identity.namespace, identity.account, identity.level) == ("visitor", "example-shop", "channel")
    assert the(ctx, Customer).name.startswith("Visitor ")


def test_an_answer_is_shown_once_it_went_out(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    thread = the(ctx, Thread)
    message_id = shop.answer(thread.id, "**Hi!** See https://shop.example/ship", send=False)
    assert panel.texts() == ["Hello?"], "it may still be taken back"
    deliver.drain(ctx)
    item = panel.look()["items"][-1]
    assert (item["id"], item["mine"], item["author"]) == (message_id, False, {"name": "Ben", "photo": None})
    assert item["body"] == "Hi! See https://shop.example/ship"
    assert item["html"].startswith("<p><strong>Hi!</strong> See <a href=")
    assert the(ctx, Delivery).external_id == f"site:{the(ctx, Delivery).idem_key}"


def test_the_picture_of_who_answers_is_in_the_header_beside_his_words_and_where_he_is_rated(
    ctx: Context, shop: Shop, panel: Panel
) -> None:
    key = ctx.files.put_bytes(b"a picture").key
    ctx.db.run(agents.set_photo, shop.agent.id, key)
    ben = {"name": "Ben", "photo": f"/photos/{key}"}
    panel.write("Hello?")
    shop.receive()
    shop.answer(the(ctx, Thread).id, "Hi!", resolve=True)
    boot = panel.open()
    assert boot["team"]["agents"] == [ben]
    assert [item["author"] for item in boot["messages"]] == [None, ben]
    assert boot["rating"]["agent"] == ben


def test_html_of_an_agent_is_text(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    shop.answer(the(ctx, Thread).id, "<img src=x onerror=alert(1)>")
    html = panel.look()["items"][-1]["html"]
    assert "<img" not in html
    assert "&lt;img" in html


def test_a_message_sent_again_is_one_message(ctx: Context, shop: Shop, panel: Panel) -> None:
    for _ in range(3):
        panel.write("Once", client_msg_id="the-same-id")
    shop.receive()
    panel.write("Once", client_msg_id="the-same-id")
    shop.receive()
    assert panel.texts() == ["Once"]
    assert len(rows(ctx, Envelope)) == 1


def test_another_message_under_the_same_id_is_refused(panel: Panel) -> None:
    panel.write("Once", client_msg_id="the-same-id")
    body = {"client_msg_id": "the-same-id", "body": "Twice"}
    assert panel.refused("POST", "/messages", body) == (409, "key_reused")


def test_two_visitors_may_use_the_same_id(ctx: Context, shop: Shop, visit: Visit) -> None:
    for panel in (visit(), visit()):
        panel.write("Mine", client_msg_id="the-same-id")
    shop.receive()
    assert len(rows(ctx, Message)) == 2
    assert len(rows(ctx, Customer)) == 2


def test_reading_is_told_to_the_agent_and_counted(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    first = shop.answer(the(ctx, Thread).id, "One")
    second = shop.answer(the(ctx, Thread).id, "Two")
    assert panel.look()["unread"] == 2
    assert {delivery.state for delivery in rows(ctx, Delivery)} == {"delivered"}, "the panel was given them"
    panel.post("/read", {"message_id": first})
    assert [delivery.state for delivery in rows(ctx, Delivery)] == ["read", "delivered"]
    assert panel.look()["unread"] == 1
    panel.post("/read", {"message_id": second})
    assert panel.look()["unread"] == 0


def test_the_visitor_sees_how_far_an_agent_has_read(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("One")
    panel.write("Two")
    shop.receive()
    assert panel.look()["seen"] == 0
    thread = the(ctx, Thread)
    ctx.db.run(marks.read_up_to, shop.agent.id, thread.id, 1, ctx.clock())
    part = panel.look()
    assert [item["state"] for item in part["items"]] == ["read", "delivered"]
    assert part["seen"] == part["items"][0]["id"]


def test_notes_and_system_lines_are_never_shown(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    note(ctx, shop.agent, the(ctx, Thread).id, NoteRequest("He is a bore.", "note-1"))
    shop.answer(the(ctx, Thread).id, "Done.", resolve=True)
    assert panel.texts() == ["Hello?", "Done."]
    shop.settle()
    assert panel.texts(since="0.0") == ["Hello?", "Done."]


def test_older_messages_come_in_pages(ctx: Context, shop: Shop, panel: Panel) -> None:
    for number in range(7):
        panel.write(str(number))
    shop.receive()
    newest = panel.look(limit=3)
    assert ([item["body"] for item in newest["items"]], newest["more"]) == (["4", "5", "6"], True)
    older = panel.look(before=newest["items"][0]["id"], limit=10)
    assert ([item["body"] for item in older["items"]], older["more"]) == (["0", "1", "2", "3"], False)
    newer = panel.look(after=older["items"][0]["id"], limit=2)
    assert ([item["body"] for item in newer["items"]], newer["more"]) == (["1", "2"], True)


def test_a_visitor_goes_on_on_another_page_with_his_token(shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    token = panel.token
    boot = panel.open(page={"url": "https://shop.example/cart"})
    assert boot["token"] == token
    assert [item["body"] for item in boot["messages"]] == ["Hello?"]


def test_logout_forgets_the_visitor(shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    panel.post("/logout")
    assert panel.refused("GET", "/messages") == (401, "session_ended")
    old = panel.token
    boot = panel.open()
    assert boot["token"] != old
    assert boot["messages"] == []


def test_a_session_ends_after_half_a_year(shop: Shop, panel: Panel, clock: ManualClock) -> None:
    panel.write("Hello?")
    shop.receive()
    clock.forward(days=181)
    assert panel.refused("GET", "/messages") == (401, "session_ended")


def test_what_a_visitor_took_back_or_changed_is_shown_as_it_is_now(
    ctx: Context, shop: Shop, panel: Panel
) -> None:
    panel.write("Hello?")
    shop.receive()
    shop.settle()
    cursor = panel.look()["cursor"]
    message = the(ctx, Message)

    def change(session: Any) -> None:
        row = session.get(Message, message.id)
        row.body_text, row.removed_at = "", ctx.clock()
        record(session, EventKind.MESSAGE_CHANGED, thread_id=message.thread_id, message_id=message.id)

    ctx.db.run(change)
    shop.settle()
    (item,) = panel.look(since=cursor)["items"]
    assert (item["removed"], item["body"], item["files"]) == (True, "", [])


def test_what_an_agent_changed_or_took_back_is_seen_at_once(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Hello?")
    shop.receive()
    message_id = shop.answer(the(ctx, Thread).id, "Hi there")
    shop.settle()
    cursor = panel.look()["cursor"]
    amend.edit(ctx, shop.agent, message_id, "Hi **Anna**")
    shop.settle()
    part = panel.look(since=cursor)
    (item,) = part["items"]
    assert (item["body"], item["html"], item["edited"]) == (
        "Hi Anna",
        "<p>Hi <strong>Anna</strong></p>",
        True,
    )
    amend.take_back(ctx, shop.agent, message_id)
    shop.settle()
    (item,) = panel.look(since=part["cursor"])["items"]
    assert (item["body"], item["html"], item["removed"]) == ("", None, True)
    assert "versions" not in item


def test_a_reply_shows_which_message_it_answers(ctx: Context, shop: Shop, panel: Panel) -> None:
    panel.write("Do you ship to Norway?")
    panel.write("And in blue?")
    shop.receive()
    asked = rows(ctx, Message)[0]
    shop.answer(asked.thread_id, "Yes, to Norway.", in_reply_to_message_id=asked.id)
    shop.answer(asked.thread_id, "And in blue.")
    answers = [item["answers"] for item in panel.look()["items"]]
    assert answers == [None, None, {"id": asked.id, "body": "Do you ship to Norway?"}, None]
