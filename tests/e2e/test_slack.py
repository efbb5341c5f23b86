"""A Slack app with real processes: `onethread serve` on one side, a Slack of our own on the other, both ways."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Product
from tests.e2e.test_whole_story import eventually
from tests.peers.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Fault, Slack


@dataclass
class Shop:
    """The product, its app, and Anna, who writes to it."""

    product: Product
    slack: Slack
    channel_id: int
    anna: str

    def messages(self) -> list[Any]:
        """The messages of the only thread, oldest first."""
        [thread] = eventually(lambda: self.product.api("/threads?view=open")["items"])
        found: list[Any] = self.product.api(f"/threads/{thread['id']}/messages")["items"]
        return sorted(found, key=lambda message: message["seq"])

    def said(self, text: str) -> Any:
        """The message with that text, as soon as it is there."""
        return eventually(lambda: next((m for m in self.messages() if m["body_text"] == text), None))

    def reply(self, body: str) -> int:
        """The agent answers; the message's id."""
        [thread] = self.product.api("/threads?view=open")["items"]
        asked = {"channel_id": self.channel_id, "body": body, "client_msg_id": f"e2e-{time.time_ns()}"}
        return int(self.product.api(f"/threads/{thread['id']}/replies", asked)["id"])

    def sent(self, message_id: int) -> Any:
        """The reply, once it counts as sent."""

        def found() -> Any:
            message = next(m for m in self.messages() if m["id"] == message_id)
            return message if message["delivery"]["state"] == "sent" else None

        return eventually(found, 30)


@pytest.fixture(params=["events", "socket"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop whose app was connected on the command line, as the documentation shows it."""
    product = Product(tmp_path)
    product.settings["ONETHREAD_PUBLIC_URL"] = product.url
    with Slack() as slack:
        slack.socket_mode = request.param == "socket"
        product.set_up()
        secret = f"app_token={APP_TOKEN}" if slack.socket_mode else f"signing_secret={SIGNING_SECRET}"
        pairs = (f"bot_token={BOT_TOKEN}", secret, f"api_base={slack.url}")
        words = [word for pair in pairs for word in ("--set", pair)]
        channel_id = int(product.say("channel", "add", "slack", "--name", "Slack", *words))
        assert "@shop" in product.say("channel", "list")
        product.serve()
        slack.hook_url = "" if slack.socket_mode else f"{product.url}/hooks/slack/{channel_id}"
        yield Shop(product, slack, channel_id, slack.person("Anna Moretti"))
        product.close()


def test_customers_and_agents_talk(shop: Shop) -> None:
    slack, anna = shop.slack, shop.anna
    chat = slack.chat(anna)
    slack.copies = 3
    first = slack.say(anna, chat, "Where is my oder?")
    assert shop.said("Where is my oder?")["author"]["name"] == "Anna Moretti"
    slack.edit(chat, first["ts"], "Where is my order?")
    assert shop.said("Where is my order?")["edited_at"] is not None
    photo = slack.file(b"\x89PNG\r\n\x1a\n" + bytes(60))
    slack.say(anna, chat, "It came broken", subtype="file_share", files=[photo])
    assert shop.said("It came broken")["attachments"][0]["name"] == "photo.png"

    shop.sent(shop.reply("We send a **new** one."))
    ours = slack.conversations[chat].messages[-1]
    assert ours["text"] == "We send a *new* one."
    slack.react(anna, chat, ours["ts"], "tada")
    eventually(lambda: shop.said("We send a **new** one.")["reactions"])

    slack.fail("chat.postMessage", Fault("cut_after"))
    shop.sent(shop.reply("It leaves today."))
    assert len([m for m in slack.conversations[chat].messages if m["text"] == "It leaves today."]) == 1
    assert len(shop.messages()) == 4
    if slack.socket_mode:
        eventually(lambda: not slack.envelopes.waiting)
