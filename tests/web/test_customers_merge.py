"""Merging, undoing, splitting and rejecting on pages, step by step and without a script."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from inbox.agents import actions as agents
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.customers.likeness import sign
from inbox.customers.models import Merge, Suggestion
from inbox.flows import people, profile, triage
from inbox.flows.context import Context
from tests.factories import Make
from tests.reading import Customer, Identity, Message, rows, the
from tests.web.conftest import Browser
from tests.web.test_customers import words

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
def two(make: Make, ctx: Context, ada: AgentIdentity) -> int:
    """Two customers with three messages, the first with a language; the channel."""
    channel = make.channel()
    make.inbound(channel, "First", sender="anna", name="Anna M.")
    make.inbound(channel, "Second", sender="anna@loft", name="Anna Moretti")
    make.inbound(channel, "Third", sender="anna")
    profile.change(ctx, ada, 1, {"locale": "it"})
    return channel


def suggest(ctx: Context) -> int:
    """A suggestion about them."""
    evidence = [sign("same_phone", "Both have the number +1.", address="+393471234118")]
    ctx.db.run(people.suggest, 1, 2, evidence, ctx.clock())
    return int(the(ctx, Suggestion).id)


def prove_both(ctx: Context) -> None:
    """Each has proved an id of the shop's, and they are different ones."""
    with ctx.db.write() as session:
        for number in (1, 2):
            seen = {"first_seen_at": ctx.clock(), "last_seen_at": ctx.clock()}
            name = {"namespace": "user", "account": "shop", "address": f"u{number}", "display": f"u{number}"}
            session.add(Identity(customer_id=number, level="verified", **name, **seen))


def test_a_merge_takes_three_steps_and_each_is_an_address(browser: Browser, ctx: Context, two: int) -> None:
    page = browser.text("/customers/1/merge?q=moretti")
    [candidate] = re.findall(r'href="([^"]+)" data-testid="choose"', page)
    page = browser.text(unescape(candidate))
    assert re.findall(r'name="survivor" value="(\d)"', page) == ["1", "2"]
    assert 'name="survivor" value="1" checked' in page, "the older one stays, when neither has proved more"
    page = browser.text("/customers/1/merge?other=2&step=fields&survivor=2")
    assert re.findall(r'data-testid="field-row" data-key="([\w.]+)"', page) == ["name", "locale"]
    assert 'name="take.locale" value="other" checked' in page, "a value is kept rather than none"
    page = words(browser.text("/customers/1/merge?other=2&step=preview&survivor=2&take.name=other"))
    assert "2 threads become 1, 3 messages." in page
    assert "Name Anna M." in page

    form = {"survivor": "2", "other": "1", "take.name": "other"}
    answer = browser.submit("/customers/1/merge?other=2&step=preview", "/customers/1/merge", **form)
    assert (answer.status_code, answer.location) == (303, "/customers/2?merged=1")
    page = browser.text("/customers/2?merged=1")
    assert 'data-testid="undo-merge"' in page
    assert "Merged with Anna M." in words(page)
    survivor = the(ctx, Customer, Customer.id == 2)
    assert (survivor.name, survivor.locale) == ("Anna M.", "it")
    assert [row.body_text for row in sorted(rows(ctx, Message), key=lambda row: row.seq)][:3] == [
        "First",
        "Second",
        "Third",
    ]


def test_the_old_address_leads_to_the_survivor(
    browser: Browser, ctx: Context, ada: AgentIdentity, two: int
) -> None:
    people.merge(ctx, ada, 1, 2)
    answer = browser.get("/customers/2")
    assert (answer.status_code, answer.location) == (302, "/customers/1")
    assert [name for name in ("Anna M.", "Anna Moretti") if name in words(browser.text("/customers"))] == [
        "Anna M."
    ]
    found = browser.text("/customers?q=moretti")
    assert re.findall(r'data-testid="customer" data-customer="(\d)"', found) == ["1"], (
        "the former name still finds"
    )
    assert browser.submit("/customers/1", "/customers/2/tags", tag="vip").location == "/customers/1#tags"


def test_a_merge_is_undone_from_the_page(
    browser: Browser, ctx: Context, ada: AgentIdentity, two: int
) -> None:
    people.merge(ctx, ada, 1, 2)
    page = browser.text("/customers/1")
    assert 'data-testid="undo"' in page
    assert browser.submit("/customers/1", "/customers/1/merges/1/undo").status_code == 303
    assert browser.get("/customers/2").status_code == 200
    page = browser.text("/customers/1")
    assert 'data-testid="undo"' not in page
    assert "undone" in words(page)
    assert browser.submit("/customers/1", "/customers/1/merges/1/undo").status_code == 409


def test_a_suggestion_is_shown_with_its_evidence_and_rejected_for_good(
    browser: Browser, ctx: Context, two: int
) -> None:
    number = suggest(ctx)
    text = words(page := browser.text("/customers/1"))
    assert "Maybe the same person" in text
    assert "Both have the number +393471234118." in text
    assert "likely" in text
    assert "/customers/1/merge?other=2" in page
    assert "Maybe the same person" in words(browser.text("/customers/2"))
    answer = browser.submit("/customers/1", f"/customers/1/suggestions/{number}/reject")
    assert answer.status_code == 303
    suggest(ctx)
    for customer in (1, 2):
        assert "Maybe the same person" not in words(browser.text(f"/customers/{customer}"))


def test_different_proved_ids_are_merged_by_a_supervisor_who_types_the_name(
    browser: Browser, signed_in: SignIn, make: Make, ctx: Context, two: int
) -> None:
    prove_both(ctx)
    address = "/customers/1/merge?other=2&step=preview&survivor=1"
    text = words(page := browser.text(address))
    assert "probably two people" in text
    assert 'data-testid="merge"' not in page, "an agent can only suggest it"
    form = {"survivor": "1", "other": "2", "typed": "Anna Moretti"}
    assert browser.submit(address, "/customers/1/merge", **form).status_code == 403
    assert browser.submit(address, "/customers/1/merge/suggest", other="2").status_code == 303

    boss = signed_in(make.agent("Boss", Role.SUPERVISOR))
    page = boss.text("/customers/2")
    assert "Ada thinks so." in words(page)
    assert "hardly one person" in words(page)
    for typed in ("", "Anna"):
        answer = boss.submit(address, "/customers/1/merge", **{**form, "typed": typed})
        assert (answer.status_code, "Type the name as it is shown." in answer.text) == (422, True)
    assert the(ctx, Customer, Customer.id == 2).merged_into_id is None
    assert (
        boss.submit(address, "/customers/1/merge", **{**form, "typed": " anna  MORETTI"}).status_code == 303
    )
    assert the(ctx, Customer, Customer.id == 2).merged_into_id == 1


def test_an_address_moves_to_a_customer_of_its_own(
    browser: Browser, ctx: Context, ada: AgentIdentity, two: int
) -> None:
    people.merge(ctx, ada, 1, 2)
    moved = the(ctx, Identity, Identity.address == "anna@loft")
    page = browser.text("/customers/1")
    assert f"/customers/1/identities/{moved.id}/split" in page
    address = f"/customers/1/identities/{moved.id}/split"
    assert "1 message goes with it" in words(browser.text(address))
    answer = browser.submit(address)
    new = the(ctx, Identity, Identity.id == moved.id).customer_id
    assert (answer.status_code, answer.location) == (303, f"/customers/{new}?merged=2")
    assert new not in (1, 2)
    text = words(browser.text(f"/customers/{new}?merged=2"))
    assert "customer of its own" in text
    assert "Made from an address of" in text
    assert "An address moved to a customer of its own" in words(browser.text("/customers/1"))
    assert browser.submit(f"/customers/{new}", f"/customers/{new}/merges/2/undo").status_code == 303
    assert the(ctx, Identity, Identity.id == moved.id).customer_id == 1
    assert browser.get("/customers/1/identities/999/split").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["other=x", "other=0", "other=99", "other=2&step=nonsense", "other=2&survivor=9", f"other={1 << 70}"],
)
def test_strange_addresses_are_not_found(browser: Browser, two: int, address: str) -> None:
    assert browser.get(f"/customers/1/merge?{address}").status_code == 404


def test_strange_forms_are_refused(browser: Browser, ctx: Context, two: int) -> None:
    for form in (
        {"survivor": "1"},
        {"survivor": "1", "other": "2", "take.name": "both"},
        {"survivor": "2", "other": "3"},
        {"survivor": "1", "other": "1"},
    ):
        answer = browser.submit("/customers/1", "/customers/1/merge", **form)
        assert answer.status_code in (404, 422), form
    assert rows(ctx, Merge) == []
    assert browser.get("/customers/1/merge?other=1").status_code == 422


def test_nobody_merges_with_a_customer_he_does_not_see(
    signed_in: SignIn, make: Make, ctx: Context, ada: AgentIdentity, two: int
) -> None:
    suggest(ctx)
    team = ctx.db.run(agents.add_team, "Returns", ctx.clock())
    triage.change(ctx, ada, 2, triage.Changes(team_id=team))
    outsider = signed_in(make.agent("Outsider"))
    assert "Maybe the same person" not in words(outsider.text("/customers/1"))
    assert "Anna Moretti" not in words(outsider.text("/customers/1/merge?q=anna"))
    assert outsider.get("/customers/1/merge?other=2").status_code == 404
    form = {"survivor": "1", "other": "2"}
    assert outsider.submit("/customers/1", "/customers/1/merge", **form).status_code == 404
    assert outsider.submit("/customers/1", "/customers/1/merge/suggest", other="2").status_code == 404
    assert outsider.submit("/customers/1", "/customers/1/suggestions/1/reject").status_code == 404
    assert rows(ctx, Merge) == []
