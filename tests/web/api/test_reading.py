"""Reading through the API."""

from inbox.flows.context import Context
from tests.factories import Make
from tests.web.api.conftest import Api


def test_a_customer_who_wrote_is_a_thread_with_a_message(api: Api, make: Make) -> None:
    channel = make.channel()
    make.inbound(channel, "Where is my order?", sender="Anna", subject="Order 7")
    page = api.get("/threads", view="unassigned")
    assert page["next"] is None
    [thread] = page["items"]
    assert thread["customer"]["name"] == "Anna"
    assert thread["status"] == "open"
    assert thread["preview"] == {
        "text": "Where is my order?",
        "kind": "inbound",
        "author": None,
        "author_id": None,
    }
    assert thread["channel"] == {"id": channel, "kind": "pigeon"}
    assert thread["waiting_since"].endswith("Z")
    assert (thread["read_seq"], thread["draft"]) == (0, False)

    detail = api.get(f"/threads/{thread['id']}")
    assert [identity["address"] for identity in detail["identities"]] == ["anna"]
    assert detail["episode"]["status"] == "open"
    [way] = detail["channels"]
    assert way["to"]["address"] == "Anna"
    assert (way["usable"], way["default"], way["reason"]) == (True, True, None)

    messages = api.get(f"/threads/{thread['id']}/messages")
    assert messages["next_before_seq"] is None
    [message] = messages["items"]
    assert message["author"]["type"] == "customer"
    assert message["subject"] == "Order 7"
    assert message["delivery"] is None


def test_a_reply_is_told_once_however_often_it_is_asked_for(api: Api, make: Make, ctx: Context) -> None:
    channel = make.channel()
    make.inbound(channel)
    [thread] = api.get("/threads", view="open")["items"]
    body = {"channel_id": channel, "body": "On its way.", "client_msg_id": "m1", "if_last_seq": 1}
    first = api.post(f"/threads/{thread['id']}/replies", body)
    again = api.post(f"/threads/{thread['id']}/replies", body, status=200)
    assert first["id"] == again["id"]
    assert first["delivery"]["state"] == "queued"
    other = {**body, "body": "Something else"}
    assert api.problem("POST", f"/threads/{thread['id']}/replies", other) == (409, "idempotency-mismatch")
