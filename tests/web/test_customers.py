"""The pages about customers: finding them, and what is known of each. None needs a script."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from inbox.agents import actions as agents
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.contract import Party
from inbox.customers import claims, fields
from inbox.flows import profile, triage
from inbox.flows.context import Context
from inbox.threads.words import Status
from tests.factories import Make, ManualClock
from tests.reading import Customer, Identity, rows, the
from tests.web.conftest import Browser

SignIn = Callable[..., Browser]


@pytest.fixture
def ada(make: Make) -> AgentIdentity:
    """An agent."""
    return make.agent("Ada")


@pytest.fixture
def browser(signed_in: SignIn, ada: AgentIdentity) -> Browser:
    """Her browser."""
    return signed_in(ada)


@pytest.fixture
def channel(make: Make) -> int:
    """Where customers write."""
    return make.channel()


def words(page: str) -> str:
    """What a person reads on a page."""
    page = re.sub(r"<(script|style|select|datalist)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_customers_are_listed_by_name_and_found_by_name_address_and_tag(
    browser: Browser, make: Make, ctx: Context, ada: AgentIdentity, channel: int
) -> None:
    for sender, name in (("bruno@loft", "Bruno Costa"), ("anna@loft", "Anna Moretti"), ("c@loft", "Carla")):
        make.inbound(channel, sender=sender, name=name)
    profile.tag(ctx, ada, 3, "vip", on=True)
    page = browser.text("/customers")
    assert re.findall(r'data-testid="customer" data-customer="(\d)"', page) == ["2", "1", "3"]
    for query, number in (("q=moretti", "2"), ("q=bruno%40", "1"), ("q=vi", "3"), ("tag=vip", "3")):
        found = browser.text(f"/customers?{query}")
        assert re.findall(r'data-testid="customer" data-customer="(\d)"', found) == [number], query
    assert "Nobody found" in browser.text("/customers?q=zzz")


def test_a_long_list_has_pages(
    browser: Browser, make: Make, channel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.web.pages.customers.SHOWN", 2)
    for name in ("Anna", "Bruno", "Carla"):
        make.inbound(channel, sender=name)
    page = browser.text("/customers")
    [following] = re.findall(r'href="([^"]+)" data-testid="next"', page)
    page = browser.text(unescape(following))
    assert re.findall(r'data-testid="customer" data-customer="(\d)"', page) == ["3"]
    assert browser.get("/customers?cursor=nonsense").status_code == 422


def test_a_customer_has_one_page_for_everything(
    signed_in: SignIn, make: Make, ctx: Context, ada: AgentIdentity, clock: ManualClock
) -> None:
    first, second = make.channel(), make.channel(name="Hill", loft="Hill")
    make.inbound(first, "Where is it?", sender="Anna", subject="Order 7", level="verified")
    triage.change(ctx, ada, 1, triage.Changes(status=Status.RESOLVED, assignee_id=ada.id))
    clock.forward(days=20)
    make.inbound(second, "Another thing", sender="Anna")
    profile.change(ctx, ada, 1, {"time_zone": "Asia/Tokyo", "locale": "it", "tags": ["vip"]})
    profile.write_note(ctx, ada, 1, "Likes <b>blue</b>")
    party = Party(namespace="phone", address="+393471234118", display="+39 347 123 4118")
    ctx.db.run(claims.claim, 1, 1, party, "panel", clock())
    text = words(page := signed_in(ada).text("/customers/1"))
    of_the_person = (
        "Anna",
        "verified",
        "6:00",
        "there",
        "Italian",
        "vip",
        "+39 347 123 4118",
        "not verified",
    )
    written = ("Request 2", "Request 1", "Order 7", "Where is it?", "Likes <b>blue</b>")
    for expected in (*of_the_person, *written):
        assert expected in text, expected
    assert "<b>blue</b>" not in page
    assert re.findall(r'href="(/inbox/open/1#seq-\d+)"', page) == [
        "/inbox/open/1#seq-4",
        "/inbox/open/1#seq-1",
    ]
    assert "Personal data" not in text, "agents neither export nor erase"


def test_what_is_known_is_changed_on_the_page(
    browser: Browser, make: Make, ctx: Context, channel: int
) -> None:
    make.inbound(channel, sender="Anna")
    wanted = (
        ("Level", "choice", ("Gold", "Silver")),
        ("Wholesale", "check", ()),
        ("Visits", "number", ()),
    )
    for label, kind, options in wanted:
        ctx.db.run(fields.add, key="", label=label, kind=kind, options=options)
    form = {"name": "Anna Moretti", "locale": "it", "time_zone": "Europe/Rome", "field.level": "Gold",
            "field.wholesale": "1", "field.visits": "2,5"}  # fmt: skip
    assert browser.submit("/customers/1", **form).status_code == 303
    customer = the(ctx, Customer)
    assert (customer.name, customer.locale, customer.time_zone) == ("Anna Moretti", "it", "Europe/Rome")
    assert customer.fields == {"level": "Gold", "wholesale": True, "visits": 2.5}

    del form["field.wholesale"]
    assert browser.submit("/customers/1", **{**form, "field.visits": "", "locale": ""}).status_code == 303
    customer = the(ctx, Customer)
    assert (customer.locale, customer.fields) == (None, {"level": "Gold"})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": " "}, "Enter a name"),
        ({"locale": "elvish please"}, "Enter a language tag"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone"),
        ({"field.level": "Iron"}, "Choose one of the offered values"),
        ({"field.visits": "many"}, "Enter a number"),
    ],
)
def test_mistakes_come_back_with_what_was_typed(
    browser: Browser, make: Make, ctx: Context, channel: int, change: dict[str, str], complaint: str
) -> None:
    make.inbound(channel, sender="Anna")
    ctx.db.run(fields.add, key="", label="Level", kind="choice", options=("Gold",))
    ctx.db.run(fields.add, key="", label="Visits", kind="number", options=())
    form = {
        "name": "Typed Name",
        "locale": "it",
        "time_zone": "",
        "field.level": "",
        "field.visits": "",
        **change,
    }
    answer = browser.submit("/customers/1", **form)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'value="Typed Name"' in answer.text or "name" in change
    assert the(ctx, Customer).name == "Anna"


@pytest.mark.parametrize("field", ["erased_at", "merged_into_id", "field.nothing", "fields", "id", "is_demo"])
def test_no_other_column_can_be_set(
    browser: Browser, make: Make, ctx: Context, channel: int, field: str
) -> None:
    make.inbound(channel, sender="Anna")
    answer = browser.submit("/customers/1", name="Eve", locale="", time_zone="", **{field: "1"})
    assert answer.status_code == 422
    assert the(ctx, Customer).name == "Anna"


def test_a_choice_that_is_no_longer_offered_stays_until_it_is_changed(
    browser: Browser, make: Make, ctx: Context, ada: AgentIdentity, channel: int
) -> None:
    make.inbound(channel, sender="Anna")
    ctx.db.run(fields.add, key="", label="Level", kind="choice", options=("Gold",))
    profile.change(ctx, ada, 1, {"fields": {"level": "Gold"}})
    ctx.db.run(lambda session: fields.change(session, 1, label="Level", options=("Silver",)))
    form = {"name": "Anna", "locale": "", "time_zone": "", "field.level": "Gold"}
    assert browser.submit("/customers/1", **form).status_code == 303
    assert the(ctx, Customer).fields == {"level": "Gold"}


def test_tags_are_put_on_and_taken_off(browser: Browser, make: Make, channel: int) -> None:
    make.inbound(channel, sender="Anna")
    make.inbound(channel, sender="Bruno")
    assert browser.submit("/customers/2", "/customers/2/tags", tag="Wholesale").status_code == 303
    page = browser.text("/customers/1")
    assert '<option value="wholesale">' in page, "tags in use are suggested"
    answer = browser.submit("/customers/1", "/customers/1/tags", tag="x" * 51)
    assert answer.status_code == 422
    assert "at most" in answer.text or "1 to 50" in answer.text
    browser.submit("/customers/1", "/customers/1/tags", tag="VIP")
    assert 'data-testid="tag"' in browser.text("/customers/1")
    browser.submit("/customers/1", "/customers/1/tags/remove", tag="vip")
    assert 'data-testid="tag"' not in browser.text("/customers/1")


def test_notes_belong_to_their_authors(browser: Browser, signed_in: SignIn, make: Make, channel: int) -> None:
    make.inbound(channel, sender="Anna")
    browser.submit("/customers/1", "/customers/1/notes", body="Likes blue.")
    other = signed_in(make.agent("Ben"))
    assert "Likes blue." in other.text("/customers/1")
    assert 'data-testid="save-note"' not in other.text("/customers/1")
    assert other.submit("/customers/1", "/customers/1/notes/1", body="No.").status_code == 403
    assert other.submit("/customers/1", "/customers/1/notes/1/remove").status_code == 403
    assert browser.submit("/customers/1", "/customers/1/notes/1", body="Likes green.").status_code == 303
    answer = browser.submit("/customers/1", "/customers/1/notes/1", body=" ")
    assert (answer.status_code, "1 to 10,000" in answer.text) == (422, True)
    boss = signed_in(make.agent("Boss", Role.SUPERVISOR))
    assert "Likes green." in boss.text("/customers/1")
    assert boss.submit("/customers/1", "/customers/1/notes/1/remove").status_code == 303
    assert "Likes green." not in boss.text("/customers/1")


def test_consents_are_noted_and_their_history_is_shown(browser: Browser, make: Make, channel: int) -> None:
    make.inbound(channel, sender="Anna")
    form = {"namespace": "pigeon", "purpose": "marketing", "granted": "yes", "source": "asked by phone"}
    to = "/customers/1/consents"
    assert browser.submit("/customers/1", to, **form).status_code == 303
    browser.submit("/customers/1", to, **{**form, "granted": "no", "source": "wrote it"})
    page = browser.text("/customers/1")
    assert re.findall(r'data-testid="consent" data-granted="(\w+)"', page) == ["no"]
    assert "asked by phone" in page
    assert "noted by" in words(page)
    for wrong in ({"granted": "maybe"}, {"purpose": "spam"}, {"namespace": "fax"}, {"source": ""}):
        answer = browser.submit("/customers/1", to, **{**form, **wrong})
        assert answer.status_code == 422, wrong


def test_who_may_not_see_the_thread_does_not_see_the_customer(
    signed_in: SignIn, make: Make, ctx: Context, ada: AgentIdentity, channel: int
) -> None:
    make.inbound(channel, sender="Anna")
    team = ctx.db.run(agents.add_team, "Returns", ctx.clock())
    triage.change(ctx, ada, 1, triage.Changes(team_id=team))
    outsider = signed_in(make.agent("Outsider"))
    assert "Anna" not in outsider.text("/customers")
    assert outsider.get("/customers/1").status_code == 404
    for path in ("", "/tags", "/tags/remove", "/notes", "/consents"):
        sent = {"tag": "x"} if "tags" in path else {"body": "x"} if "notes" in path else {}
        form = {"name": "Eve", "locale": "", "time_zone": ""} if not path else sent
        assert outsider.submit("/settings/profile", f"/customers/1{path}", **form).status_code in (
            404,
            422,
        ), path
    assert the(ctx, Customer).name == "Anna"
    assert outsider.get("/customers/1/merge").status_code == 404


def test_old_requests_and_notes_are_on_further_pages(
    signed_in: SignIn, make: Make, ctx: Context, ada: AgentIdentity, channel: int, monkeypatch: pytest.MonkeyPatch,
    clock: ManualClock,
) -> None:  # fmt: skip
    monkeypatch.setattr("inbox.web.dossier.EPISODES", 2)
    monkeypatch.setattr("inbox.web.dossier.NOTES", 1)
    for number in range(3):
        make.inbound(channel, f"Number {number}", sender="Anna")
        triage.change(ctx, ada, 1, triage.Changes(status=Status.RESOLVED))
        clock.forward(days=10)
        profile.write_note(ctx, ada, 1, f"Note {number}")
    browser = signed_in(ada)
    page = browser.text("/customers/1")
    assert re.findall(r'data-testid="episode" data-number="(\d)"', page) == ["3", "2"]
    older = {
        name: unescape(found) for found, name in re.findall(r'href="([^"]+)" data-testid="older-(\w+)"', page)
    }
    assert re.findall(r'data-testid="episode" data-number="(\d)"', browser.text(older["requests"])) == ["1"]
    assert "Note 1" in browser.text(older["notes"])
    assert browser.get("/customers/1?notes=x").status_code == 422


def test_a_customer_without_a_thread_has_a_page(
    signed_in: SignIn, make: Make, ctx: Context, channel: int
) -> None:
    make.inbound(channel, sender="Anna")
    ctx.db.run(
        lambda session: session.add(Customer(name="Nobody", sort_name="nobody", created_at=ctx.clock()))
    )
    assert signed_in(Role.ADMIN).get("/customers/2").status_code == 200
    assert len(rows(ctx, Identity)) == 1


def test_an_admin_adds_changes_moves_and_removes_fields(
    admin: Browser, make: Make, ctx: Context, channel: int
) -> None:
    make.inbound(channel, sender="Anna")
    form = {"label": "Customer number", "key": "", "type": "text", "options": ""}
    assert admin.submit("/settings/fields", **form).status_code == 303
    choice = {"label": "Level", "key": "tier", "type": "choice", "options": "Gold\r\nSilver\r\n\r\nGold"}
    assert admin.submit("/settings/fields", **choice).status_code == 303
    with ctx.db.read() as session:
        assert [(f.key, f.options) for f in fields.fields(session)] == [
            ("customer_number", ()),
            ("tier", ("Gold", "Silver")),
        ]
    assert admin.submit("/settings/fields", "/settings/fields/2/move", up="1").status_code == 303
    assert (
        admin.submit("/settings/fields", "/settings/fields/2", label="Tier", options="Gold\nIron").status_code
        == 303
    )
    page = words(admin.text("/customers/1"))
    assert page.index("Tier") < page.index("Customer number")
    assert admin.submit("/settings/fields", "/settings/fields/1/remove").status_code == 303
    assert "Customer number" not in words(admin.text("/customers/1"))


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"label": ""}, "1 to 60"),
        ({"label": "Tier"}, "There is a field with this key"),
        ({"label": "Цвет"}, "A key has"),
        ({"key": "No Spaces"}, "A key has"),
        ({"type": "picture"}, "Choose a type"),
        ({"type": "choice", "options": " \n "}, "1 to 100 choices"),
    ],
)
def test_a_field_has_to_make_sense(
    admin: Browser, ctx: Context, form: dict[str, str], complaint: str
) -> None:
    ctx.db.run(fields.add, key="", label="Tier", kind="text", options=())
    answer = admin.submit(
        "/settings/fields", **{"label": "Colour", "key": "", "type": "text", "options": "", **form}
    )
    assert answer.status_code == 422
    assert complaint in answer.text
    with ctx.db.read() as session:
        assert len(fields.fields(session)) == 1
