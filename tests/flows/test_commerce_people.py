"""Links and carts of shops, when customers are merged, split and parted again."""

import pytest
from sqlalchemy import func, select

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.commerce import copies
from inbox.commerce.models import CartRow, ShopCopy, ShopLink
from inbox.commerce.words import LinkBy, LinkState, Part
from inbox.contract.commerce import Buyer
from inbox.flows import people
from inbox.flows.context import Context
from tests import plant
from tests.factories import Make, ManualClock
from tests.pictures import differences, picture
from tests.reading import Identity, rows, the

KEPT = ("cart", "shop_link", "shop_act")


@pytest.fixture
def ada(make: Make) -> AgentIdentity:
    """The admin."""
    return make.agent("Ada", Role.ADMIN)


@pytest.fixture
def two(ctx: Context, make: Make, ada: AgentIdentity) -> tuple[int, int]:
    """Anna, and Bert."""
    channel = make.channel()
    for name in ("anna", "bert"):
        make.inbound(channel, sender=name, level="channel")
    plant.shop(ctx)
    anna, bert = (the(ctx, Identity, Identity.address == name).customer_id for name in ("anna", "bert"))
    return anna, bert


def test_of_two_links_to_one_buyer_the_better_founded_stays_and_undoing_gives_both_back(
    ctx: Context, ada: AgentIdentity, clock: ManualClock, two: tuple[int, int]
) -> None:
    anna, bert = two
    plant.link(ctx, anna, "same", state=LinkState.SUGGESTED, value="anna")
    plant.link(ctx, bert, "same", by=LinkBy.PINNED, agent_id=ada.id)
    plant.link(ctx, bert, "no", state=LinkState.REJECTED, agent_id=ada.id)
    plant.cart(ctx, bert, "c1")
    plant.act(ctx, ada.id, 2, "k1")
    before = picture(ctx, KEPT)
    merged = people.merge(ctx, ada, anna, bert)
    links = {link.buyer_id: link for link in rows(ctx, ShopLink, ShopLink.customer_id == anna)}
    assert (links["same"].by, links["same"].state, links["no"].state) == (
        LinkBy.PINNED,
        LinkState.LINKED,
        LinkState.REJECTED,
    )
    assert the(ctx, CartRow).customer_id == anna
    plant.link(ctx, anna, "later", value="bert")
    people.undo(ctx, ada, merged.merge_id)
    assert the(ctx, ShopLink, ShopLink.buyer_id == "later").customer_id == bert
    after = {
        name: [row for row in found if row.get("buyer_id") != "later"]
        for name, found in picture(ctx, KEPT).items()
    }
    assert differences(before, after) == []


def test_shops_are_asked_anew_after_a_merge_and_after_undoing_it(
    ctx: Context, ada: AgentIdentity, clock: ManualClock, two: tuple[int, int]
) -> None:
    anna, bert = two

    def search() -> None:
        for customer_id in two:
            ctx.db.run(copies.put, 1, Part.SEARCH, str(customer_id), {}, clock())

    def searches() -> int:
        found = select(func.count()).where(ShopCopy.part == Part.SEARCH)
        return ctx.db.run(lambda session: session.scalar(found) or 0)

    search()
    merged = people.merge(ctx, ada, anna, bert)
    assert searches() == 0
    search()
    people.undo(ctx, ada, merged.merge_id)
    assert searches() == 0


def test_evidence_follows_an_address_that_is_split_off_and_decisions_stay(
    ctx: Context, ada: AgentIdentity, clock: ManualClock, two: tuple[int, int]
) -> None:
    anna, bert = two
    people.merge(ctx, ada, anna, bert)
    plant.link(ctx, anna, "by-address", value="bert")
    plant.link(ctx, anna, "own", value="anna")
    plant.link(ctx, anna, "pinned", by=LinkBy.PINNED, value="bert", agent_id=ada.id)
    plant.link(ctx, anna, "by-number", by=LinkBy.ORDER_NUMBER, value="1001")
    data = Buyer(id="by-number", emails=("b@example.org",)).model_dump(mode="json")
    ctx.db.run(copies.put, 1, Part.BUYER, "by-number", data, clock())
    plant.cart(ctx, anna, "c1", buyer_id="by-address")
    plant.cart(ctx, anna, "c2")
    before = picture(ctx, KEPT)
    made = people.split(ctx, ada, the(ctx, Identity, Identity.address == "bert").id)
    whose = {link.buyer_id: link.customer_id for link in rows(ctx, ShopLink)}
    assert whose == {"by-address": made.customer_id, "own": anna, "pinned": anna, "by-number": anna}
    assert [cart.customer_id for cart in rows(ctx, CartRow)] == [made.customer_id, anna]
    people.undo(ctx, ada, made.merge_id)
    assert differences(before, picture(ctx, KEPT)) == []
