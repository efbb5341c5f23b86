"""Export and erase on the customer page: who may, and what is asked before."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.contract import Party
from inbox.customers import claims, fields
from inbox.flows import deliver, people, profile, reply
from inbox.flows.context import Context
from tests.factories import Make
from tests.reading import Customer, Event, the
from tests.web.conftest import Browser
from tests.web.test_customers import words

SignIn = Callable[..., Browser]


@pytest.fixture
def ada(make: Make) -> AgentIdentity:
    """An admin."""
    return make.agent("Ada", Role.ADMIN)


@pytest.fixture
def anna(make: Make, ctx: Context, ada: AgentIdentity) -> int:
    """A customer of whom much is known; the channel."""
    channel = make.channel()
    files = [{"name": "../../evil.txt", "content": "the file"}]
    make.inbound(channel, "Hello", sender="anna@loft", name="Anna Moretti", subject="Order 7", files=files)
    make.inbound(channel, "Me too", sender="anna2@loft", name="Anna")
    people.merge(ctx, ada, 1, 2)
    ctx.db.run(fields.add, key="", label="Level", kind="text", options=())
    profile.change(ctx, ada, 1, {"fields": {"level": "Gold"}, "tags": ["vip"], "locale": "it"})
    profile.write_note(ctx, ada, 1, "Likes blue")
    profile.note_consent(ctx, ada, 1, namespace="pigeon", purpose="surveys", granted=True, source="asked")
    ctx.db.run(claims.claim, 1, 1, Party(namespace="phone", address="+391"), "panel", ctx.clock())
    reply.reply(ctx, ada, 1, reply.ReplyRequest(channel_id=channel, body="Dear Anna", client_msg_id="r1"))
    deliver.drain(ctx, 5)
    return channel


def test_an_archive_has_everything_about_the_person(
    signed_in: SignIn, ada: AgentIdentity, ctx: Context, anna: int
) -> None:
    answer = signed_in(ada).submit("/customers/1", "/customers/1/export")
    assert answer.status_code == 200
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="customer-1.zip"')
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    [document, file] = archive.namelist()
    assert archive.read(file) == b"the file"
    assert file == "files/1-evil.txt"
    told = json.loads(archive.read(document))
    assert told["format"] == "onethread-customer-1"
    assert told["exported_by"] == "Ada"
    assert told["customer"]["name"] == "Anna Moretti"
    assert told["customer"]["fields"] == [{"key": "level", "label": "Level", "value": "Gold"}]
    assert told["customer"]["tags"] == ["vip"]
    assert {each["address"] for each in told["identities"]} == {"anna@loft", "anna2@loft"}
    assert [each["address"] for each in told["claims"]] == ["+391"]
    assert [each["body"] for each in told["notes"]] == ["Likes blue"]
    assert [(each["purpose"], each["granted"]) for each in told["consents"]] == [("surveys", True)]
    assert [each["kind"] for each in told["merges"]] == ["merge"]
    assert [each["body_text"] for each in told["messages"] if each["kind"] != "system"] == [
        "Hello",
        "Me too",
        "Dear Anna",
    ]
    assert told["messages"][0]["attachments"][0]["path"] == file
    assert told["messages"][-1]["delivery"]["state"] == "sent"
    assert len(told["episodes"]) == 2
    noted = the(ctx, Event, Event.kind == "customer.exported")
    assert (noted.actor_id, noted.thread_id, noted.data) == (ada.id, 1, {"customer_id": 1})


def test_a_file_that_is_gone_does_not_spoil_the_archive(
    signed_in: SignIn, ada: AgentIdentity, ctx: Context, anna: int
) -> None:
    for key in ctx.files.keys(older_than=-60):
        ctx.files.remove(key)
    answer = signed_in(ada).submit("/customers/1", "/customers/1/export")
    assert zipfile.ZipFile(io.BytesIO(answer.data)).namelist() == ["customer.json"]


def test_agents_neither_export_nor_erase_and_supervisors_only_export(
    signed_in: SignIn, make: Make, ctx: Context, anna: int
) -> None:
    agent, boss = signed_in(Role.AGENT), signed_in(Role.SUPERVISOR)
    assert "Export" not in words(agent.text("/customers/1"))
    assert agent.submit("/customers/1", "/customers/1/export").status_code == 403
    assert boss.submit("/customers/1", "/customers/1/export").status_code == 200
    assert "Erase this person" not in words(boss.text("/customers/1"))
    for browser in (agent, boss):
        assert browser.get("/customers/1/erase").status_code == 403
        assert browser.submit("/customers/1", "/customers/1/erase", typed="Anna Moretti").status_code == 403
    assert the(ctx, Customer, Customer.id == 1).erased_at is None


def test_erasing_asks_for_the_name_first(
    signed_in: SignIn, ada: AgentIdentity, ctx: Context, anna: int
) -> None:
    browser = signed_in(ada)
    for typed in ("", "Anna", "Erase"):
        answer = browser.submit("/customers/1/erase", typed=typed)
        assert (answer.status_code, "Type the name as it is shown." in answer.text) == (422, True)
    assert the(ctx, Customer, Customer.id == 1).erased_at is None
    answer = browser.submit("/customers/1/erase", typed="anna moretti")
    assert (answer.status_code, answer.location) == (303, "/customers")
    listed = words(browser.text("/customers"))
    assert "Nothing of this person is left here" in listed
    assert "Anna" not in listed
    assert browser.get("/customers/2").location == "/customers/1", (
        "whoever was merged into her is gone with her"
    )
    page = words(browser.text("/customers/1"))
    assert "This customer was erased" in page
    assert "Request 1" in page
    for gone in ("Anna", "anna", "Order 7", "Hello", "Likes blue", "vip"):
        assert gone not in page, gone
    assert browser.submit("/settings/profile", "/customers/1/tags", tag="x").status_code == 409
