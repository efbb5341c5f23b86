"""Templates through the API: the list of a channel, and what a reply with one comes to."""

from typing import Any

import pytest

from inbox.contract import Rejected, Template, TemplateField, TryLater
from inbox.flows.context import Context
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon
from tests.web.api.conftest import Api

SHIPPED = Template(
    name="shipped",
    language="en",
    text="Order {{1}} left.",
    fields=(TemplateField(name="1", example="10412"),),
)


@pytest.fixture
def channel(make: Make, pigeon: Pigeon, clock: ManualClock) -> int:
    """A channel whose window for Anna, of thread 1, has closed."""
    pigeon.learns(reply_window=3600, templates=True)
    pigeon.approved = (SHIPPED,)
    channel_id = make.channel()
    make.inbound(channel_id, sender="Anna")
    clock.forward(hours=2)
    return channel_id


def test_the_templates_of_a_channel_are_listed(api: Api, channel: int, make: Make, pigeon: Pigeon) -> None:
    assert api.get(f"/channels/{channel}/templates") == {
        "items": [
            {
                "name": "shipped",
                "language": "en",
                "text": "Order {{1}} left.",
                "fields": [{"name": "1", "example": "10412"}],
                "kind": "",
                "problem": None,
            }
        ]
    }
    assert api.problem("GET", "/channels/999/templates") == (404, "not-found")


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(TryLater("The provider sleeps."), 503), (Rejected("You may not read them."), 422)],
)
def test_a_providers_trouble_is_told_in_its_own_words(
    api: Api, channel: int, pigeon: Pigeon, trouble: Exception, status: int
) -> None:
    pigeon.outage = trouble
    answer = api.call("GET", f"/channels/{channel}/templates")
    assert (answer.status_code, answer.json["detail"]) == (status, str(trouble))


def test_a_reply_takes_a_template_and_says_what_is_wrong_with_it(
    api: Api, channel: int, ctx: Context
) -> None:
    def reply(key: str, **more: Any) -> dict[str, Any]:
        return {"channel_id": channel, "client_msg_id": key, **more}

    chosen = {"name": "shipped", "language": "en", "values": {"1": "7"}}
    assert api.problem("POST", "/threads/1/replies", reply("a", body="Hello")) == (422, "template-needed")
    lost = {**chosen, "name": "lost"}
    assert api.problem("POST", "/threads/1/replies", reply("b", template=lost)) == (422, "template-unknown")
    empty = {**chosen, "values": {}}
    answer = api.call("POST", "/threads/1/replies", reply("c", template=empty))
    assert (answer.json["type"], answer.json["errors"][0]["pointer"]) == (
        "/problems/template-incomplete",
        "/template/values/1",
    )
    sent = api.post("/threads/1/replies", reply("d", template=chosen))
    assert (sent["body_text"], sent["delivery"]["state"]) == ("Order 7 left.", "queued")
    assert api.post("/threads/1/replies", reply("d", template=chosen), status=200)["id"] == sent["id"]
    other = {**chosen, "values": {"1": "8"}}
    assert api.problem("POST", "/threads/1/replies", reply("d", template=other)) == (
        409,
        "idempotency-mismatch",
    )
