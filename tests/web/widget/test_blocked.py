"""A visitor whom an agent blocked: he reads what was said, does nothing else, and learns nothing of it."""

from collections.abc import Callable

import pytest

from inbox.errors import Invalid
from inbox.flows import blocking
from inbox.flows.context import Context
from inbox.threads.words import Kind
from tests.factories import Make
from tests.reading import Identity, Message, Thread, rows, the
from tests.web.widget.conftest import Panel, Shop
from tests.web.widget.test_standing import the_visit

Visit = Callable[..., Panel]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

REFUSED = (
    ("/messages", {"client_msg_id": "12345678", "body": "Let me in"}),
    ("/typing", {}),
    ("/page", {"url": "https://shop.example/secret-page"}),
    ("/cart", {"items": ["boots"]}),
    ("/attributes", {"plan": "gold"}),
    ("/rating", {"episode_id": 1, "score": 1}),
    ("/email", {"address": "eve@example.com"}),
    ("/email/confirm", {"code": "123456"}),
    ("/link", {"channel_id": 1}),
)


def block(ctx: Context, shop: Shop, identity: Identity, *, on: bool = True) -> None:
    blocking.block(ctx, shop.agent, identity.customer_id, identity.id, on=on)


def test_who_is_blocked_reads_what_was_said_and_does_nothing_else(
    ctx: Context, shop: Shop, panel: Panel
) -> None:
    panel.write("You are all idiots")
    shop.receive()
    shop.answer(the(ctx, Thread).id, "Please stop.", resolve=True)
    assert (panel.look()["blocked"], panel.look()["rating"] is None) == (False, False)
    block(ctx, shop, the(ctx, Identity))

    for path, body in REFUSED:
        assert panel.refused("POST", path, body) == (403, "blocked"), path
    answer = panel.call("POST", "/files?name=a.txt", None, data=b"x", content_type="text/plain")
    assert (answer.status_code, answer.get_json()["detail"]) == (403, "This chat is closed.")
    boot = panel.open(page={"url": "https://shop.example/other"}, attributes={"plan": "gold"})
    part = panel.look()
    for found in (boot, part):
        assert found["blocked"] is True
        assert (found["needs_email"], found["links"], found["rating"], found["typing"]) == (
            "no",
            [],
            None,
            None,
        )
    assert panel.texts() == ["You are all idiots", "Please stop."]
    assert "Ben" not in str(panel.refused("POST", "/typing", {}))
    assert (the_visit(ctx).page_url, the_visit(ctx).attributes) == ("", {})
    panel.post("/read", {"message_id": part["items"][-1]["id"]})

    block(ctx, shop, the(ctx, Identity), on=False)
    assert panel.look()["blocked"] is False
    panel.write("I am sorry")
    codes = [line.system["code"] for line in rows(ctx, Message, Message.kind == Kind.SYSTEM) if line.system]
    assert codes[-2:] == ["blocked", "unblocked"]


def test_another_browser_of_the_same_signed_in_customer_is_blocked_too_and_nobody_elses(
    ctx: Context, shop: Shop, visit: Visit
) -> None:
    first = visit(jwt=shop.token("eve"))
    first.write("Rude")
    shop.receive()
    second, other = visit(), visit()
    other.write("Polite")
    shop.receive()
    block(ctx, shop, the(ctx, Identity, Identity.namespace == "user"))
    assert first.look()["blocked"] is True
    assert second.look()["blocked"] is False
    assert second.open(jwt=shop.token("eve"))["blocked"] is True
    assert other.look()["blocked"] is False


def test_what_was_only_put_together_by_an_agent_does_not_block(
    ctx: Context, shop: Shop, visit: Visit, make: Make
) -> None:
    from inbox.flows import people

    rude, calm = visit(), visit()
    rude.write("Rude")
    calm.write("Calm")
    shop.receive()
    one, two = rows(ctx, Identity)
    people.merge(ctx, shop.agent, one.customer_id, two.customer_id)
    block(ctx, shop, rows(ctx, Identity)[0])
    assert (rude.look()["blocked"], calm.look()["blocked"]) == (True, False)


def test_only_addresses_of_sites_can_be_blocked(ctx: Context, shop: Shop, make: Make) -> None:
    make.inbound(make.channel(), "By pigeon", "eve")
    with pytest.raises(Invalid):
        block(ctx, shop, the(ctx, Identity))
