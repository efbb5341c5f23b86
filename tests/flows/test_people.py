"""What people claim, what speaks for two being one, and what joins them without an agent."""

from collections.abc import Callable
from typing import Any

import pytest

from inbox.agents.words import Role
from inbox.contract import Level, Link, Party
from inbox.customers import actions as customers
from inbox.customers import claims, codes
from inbox.customers.models import Claim, Merge, Suggestion
from inbox.errors import Conflict, NotFound
from inbox.flows import people
from inbox.flows.context import Context
from tests.factories import Make
from tests.invariants import faults
from tests.reading import Event, Identity, Message, Thread, rows, the

Run = Callable[..., Any]


@pytest.fixture
def run(ctx: Context) -> Run:
    """Runs something in one transaction."""
    return ctx.db.run


def party(address: str, **more: Any) -> Party:
    return Party(namespace=more.pop("namespace", "pigeon"), address=address, display=address, **more)


def known(run: Run, ctx: Context, who: Party) -> Identity:
    """An identity of somebody who has not written yet."""
    run(customers.identify, who, ctx.clock())
    return the(ctx, Identity, Identity.address == who.address, Identity.namespace == who.namespace)


def says(run: Run, ctx: Context, who: Identity, claimed: Party) -> int:
    """Somebody says that an address is his; returns the claim's id."""

    def story(session: Any) -> int:
        claim_id = claims.claim(session, who.customer_id, who.id, claimed, "typed", ctx.clock())
        people.suggest_from(session, who.customer_id, ctx.clock())
        return claim_id

    claim_id: int = run(story)
    return claim_id


def test_a_claim_makes_no_identity_and_is_kept_once(ctx: Context, run: Run) -> None:
    anna = known(run, ctx, party("anna"))
    first = says(run, ctx, anna, party("anna@shop.example", namespace="email"))
    assert says(run, ctx, anna, party("anna@shop.example", namespace="email")) == first
    assert len(rows(ctx, Identity)) == len(rows(ctx, Claim)) == 1


def test_of_many_claims_the_newest_are_kept_and_those_we_wrote_to(ctx: Context, run: Run) -> None:
    anna = known(run, ctx, party("anna"))
    first = says(run, ctx, anna, party("a0@shop.example", namespace="email"))
    run(claims.mailed, first, ctx.clock())
    for number in range(1, claims.CLAIMS_MAX + 5):
        says(run, ctx, anna, party(f"a{number}@shop.example", namespace="email"))
    kept = [claim.address for claim in rows(ctx, Claim)]
    assert len(kept) == claims.CLAIMS_MAX + 1
    assert kept[0] == "a0@shop.example"
    assert "a1@shop.example" not in kept


def test_a_proved_claim_is_shown_no_more(ctx: Context, run: Run) -> None:
    anna = known(run, ctx, party("anna"))
    says(run, ctx, anna, party("anna2"))
    run(customers.identify, party("anna2"), ctx.clock(), joins=anna.customer_id)
    assert run(claims.claims_of, [anna.customer_id]) == {}


def test_claiming_anothers_address_suggests_and_joins_nothing(ctx: Context, make: Make, run: Run) -> None:
    make.inbound(make.channel(), sender="anna")
    annas = the(ctx, Identity)
    visitor = known(run, ctx, party("v1", namespace="visitor"))
    says(run, ctx, visitor, party("anna"))

    suggestion = the(ctx, Suggestion)
    assert {suggestion.low_id, suggestion.high_id} == {annas.customer_id, visitor.customer_id}
    assert [sign["code"] for sign in suggestion.evidence] == ["claimed_address"]
    assert suggestion.score == 60
    assert the(ctx, Identity, Identity.id == annas.id).customer_id == annas.customer_id
    assert rows(ctx, Event)[-1].data["change"] == "duplicates"


def test_an_address_that_many_claim_says_nothing(ctx: Context, run: Run) -> None:
    for number in range(12):
        visitor = known(run, ctx, party(f"v{number}", namespace="visitor"))
        says(run, ctx, visitor, party("info@shop.example", namespace="email"))
    last = the(ctx, Identity, Identity.address == "v11")
    concerned = (Suggestion.low_id == last.customer_id) | (Suggestion.high_id == last.customer_id)
    assert rows(ctx, Suggestion, concerned) == []


def test_the_same_number_on_two_networks_suggests(ctx: Context, run: Run) -> None:
    known(run, ctx, party("+4930123456", namespace="sms"))
    on_net = known(run, ctx, party("+4930123456", namespace="whatsnet"))
    run(people.suggest_from, on_net.customer_id, ctx.clock())
    suggestion = the(ctx, Suggestion)
    assert [sign["code"] for sign in suggestion.evidence] == ["same_phone"]


def test_the_same_name_alone_suggests_nothing(ctx: Context, run: Run) -> None:
    known(run, ctx, party("a1", name="Anna Moretti"))
    second = known(run, ctx, party("a2", name="Anna Moretti"))
    run(people.suggest_from, second.customer_id, ctx.clock())
    assert rows(ctx, Suggestion) == []
    third = known(run, ctx, party("anna.moretti@a.example", namespace="email", name="Anna Moretti"))
    known(run, ctx, party("annamoretti", namespace="net", name="Anna Moretti"))
    run(people.suggest_from, third.customer_id, ctx.clock())
    assert [sign["code"] for sign in the(ctx, Suggestion).evidence] == ["same_name", "same_handle"]


def test_a_rejected_suggestion_never_comes_back_and_joins_nothing(ctx: Context, make: Make, run: Run) -> None:
    supervisor = make.agent(role=Role.ADMIN)
    one, other = known(run, ctx, party("one")), known(run, ctx, party("other"))
    says(run, ctx, one, party("other"))
    people.reject(ctx, supervisor, the(ctx, Suggestion).id)
    says(run, ctx, other, party("one"))
    run(people.suggest_from, one.customer_id, ctx.clock())
    suggestion = the(ctx, Suggestion)
    assert (suggestion.state, suggestion.decided_by_id) == ("rejected", supervisor.id)
    assert not run(people.join, ctx, one.customer_id, other.customer_id, "linked", ctx.clock())
    with pytest.raises(Conflict):
        people.propose(ctx, supervisor, one.customer_id, other.customer_id)


def test_what_was_decided_about_one_holds_for_whom_he_becomes(ctx: Context, make: Make, run: Run) -> None:
    admin = make.agent(role=Role.ADMIN)
    one, other, third = (known(run, ctx, party(name)) for name in ("one", "other", "third"))
    says(run, ctx, other, party("third"))
    people.reject(ctx, admin, the(ctx, Suggestion).id)
    merged = people.merge(ctx, admin, one.customer_id, other.customer_id)
    says(run, ctx, one, party("third"))
    pair = sorted((one.customer_id, third.customer_id))
    carried = the(ctx, Suggestion, Suggestion.low_id == pair[0], Suggestion.high_id == pair[1])
    assert carried.state == "rejected"
    people.undo(ctx, admin, merged.merge_id)
    assert not rows(ctx, Suggestion, Suggestion.id == carried.id)


def test_different_proved_ids_of_one_kind_never_join_by_themselves(ctx: Context, run: Run) -> None:
    one = known(run, ctx, party("u1", namespace="user", level=Level.VERIFIED))
    other = known(run, ctx, party("u2", namespace="user", level=Level.VERIFIED))
    assert not run(people.join, ctx, one.customer_id, other.customer_id, "signed_in", ctx.clock())
    suggestion = the(ctx, Suggestion)
    assert [sign["code"] for sign in suggestion.evidence] == ["proved", "conflict"]
    assert suggestion.score == 40
    assert rows(ctx, Merge) == []


def test_a_conflict_needs_a_supervisor_who_confirms(ctx: Context, make: Make, run: Run) -> None:
    from inbox.errors import NotAllowed

    channel = make.channel()
    make.inbound(channel, sender="u1", level="verified")
    make.inbound(channel, sender="u2", level="verified")
    one, other = (identity.customer_id for identity in rows(ctx, Identity))
    ben, lead = make.agent(), make.agent("Lea", Role.SUPERVISOR)
    found = people.preview(ctx, ben, one, other)
    assert found["conflicts"] == [{"namespace": "pigeon", "survivor": ["u1"], "other": ["u2"]}]
    assert not found["allowed"]
    with pytest.raises(NotAllowed):
        people.merge(ctx, ben, one, other, confirmed=True)
    people.propose(ctx, ben, one, other)
    assert [sign["code"] for sign in the(ctx, Suggestion).evidence] == ["agent", "conflict"]
    with pytest.raises(Conflict):
        people.merge(ctx, lead, one, other)
    people.merge(ctx, lead, one, other, confirmed=True)
    assert the(ctx, Suggestion).state == "merged"


def test_a_code_brought_to_another_channel_links_both(ctx: Context, make: Make, run: Run) -> None:
    from inbox.channels.models import Channel

    channel_id = make.channel()
    make.inbound(channel_id, "Hello from the site", "visitor")
    visitor = the(ctx, Identity)
    code = run(codes.make, codes.LINK, visitor.id, ctx.clock(), seconds=900)
    channel = the(ctx, Channel, Channel.id == channel_id)
    item = Link(code=code, party=party("tg7", namespace="net", level=Level.CHANNEL, name="Anna"))

    assert run(people.link, ctx, channel, item) is None
    assert {identity.customer_id for identity in rows(ctx, Identity)} == {visitor.customer_id}
    line = rows(ctx, Message)[-1]
    assert (line.system["code"], line.system["data"]["reason"]) == ("merged", "linked")
    assert run(people.link, ctx, channel, item) == "a code that is spent, out of date, or none of ours"
    assert faults(ctx) == []


def test_an_undone_join_is_not_done_again_by_itself(ctx: Context, make: Make, run: Run) -> None:
    channel = make.channel()
    make.inbound(channel, sender="one")
    make.inbound(channel, sender="other")
    one, other = (identity.customer_id for identity in rows(ctx, Identity))
    assert run(people.join, ctx, one, other, "signed_in", ctx.clock())
    people.undo(ctx, make.agent(), the(ctx, Merge).id)
    assert not run(people.join, ctx, one, other, "signed_in", ctx.clock())
    people.merge(ctx, make.agent(), one, other)
    assert run(people.join, ctx, one, other, "signed_in", ctx.clock()), "they are one already"


def test_only_who_sees_both_may_decide(ctx: Context, make: Make, run: Run) -> None:
    from sqlalchemy import update

    from inbox.agents import actions as agents

    channel = make.channel()
    make.inbound(channel, sender="one")
    make.inbound(channel, sender="other")
    one, other = (identity.customer_id for identity in rows(ctx, Identity))
    team = run(agents.add_team, "VIP", ctx.clock())
    with ctx.db.write() as session:
        session.execute(update(Thread).where(Thread.customer_id == other).values(team_id=team))
    ben = make.agent()
    says(run, ctx, rows(ctx, Identity)[0], party("other"))
    for forbidden in (
        lambda: people.merge(ctx, ben, one, other),
        lambda: people.preview(ctx, ben, one, other),
        lambda: people.reject(ctx, ben, the(ctx, Suggestion).id),
        lambda: people.propose(ctx, ben, one, other),
        lambda: people.split(ctx, ben, rows(ctx, Identity)[1].id),
    ):
        with pytest.raises(NotFound):
            forbidden()
    assert the(ctx, Suggestion).state == "open"
