"""A bot with real processes: `onethread serve` on one side, a Bot API over HTTP on the other, polled and called."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Product
from tests.e2e.test_whole_story import eventually
from tests.peers.telegram import Telegram

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@dataclass
class Shop:
    """The product, its bot, and Anna, who writes to it."""

    product: Product
    telegram: Telegram
    channel_id: int
    anna: dict[str, Any]

    def thread(self) -> Any:
        """The only thread, as soon as it is there."""
        found = eventually(lambda: self.product.api("/threads?view=open")["items"])
        assert len(found) == 1
        return found[0]

    def messages(self) -> list[Any]:
        """The messages of that thread, oldest first."""
        found: list[Any] = self.product.api(f"/threads/{self.thread()['id']}/messages")["items"]
        return sorted(found, key=lambda message: message["seq"])

    def said(self, text: str) -> Any:
        """The customer's or agent's message with that text, as soon as it is there."""
        return eventually(lambda: next((m for m in self.messages() if m["body_text"] == text), None))

    def upload(self, name: str, content: bytes) -> int:
        """A file of the agent's; its id."""
        request = urllib.request.Request(
            f"{self.product.url}/api/v1/attachments?name={name}",
            data=content,
            headers={
                "Authorization": f"Bearer {self.product.token}",
                "Content-Type": "application/octet-stream",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(json.loads(answer.read())["id"])

    def reply(self, body: str, *files: int) -> int:
        """The agent answers; the message's id."""
        asked = {"channel_id": self.channel_id, "body": body, "client_msg_id": f"e2e-{time.time_ns()}",
                 "attachment_ids": list(files)}  # fmt: skip
        thread = self.thread()["id"]
        return int(self.product.api(f"/threads/{thread}/replies", asked)["id"])

    def delivery(self, message_id: int, state: str) -> Any:
        """The reply's delivery, once it is in that state."""

        def found() -> Any:
            message = next(m for m in self.messages() if m["id"] == message_id)
            return message["delivery"] if message["delivery"]["state"] == state else None

        return eventually(found, 20)


@pytest.fixture(params=["poll", "webhook"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop whose bot was connected on the command line, as the documentation shows it."""
    product = Product(tmp_path)
    product.settings["ONETHREAD_PUBLIC_URL"] = product.url
    with Telegram() as telegram:
        product.set_up()
        pairs = (f"token={telegram.token}", f"api_base={telegram.url}", f"mode={request.param}")
        words = [word for pair in pairs for word in ("--set", pair)]
        channel_id = int(product.say("channel", "add", "telegram", "--name", "Shop bot", *words))
        assert bool(telegram.webhook["url"]) is (request.param == "webhook")
        assert "@shop_bot" in product.say("channel", "list")
        product.serve()
        anna = telegram.person(5_000_000_001, "Anna", last_name="Moretti", username="anna")
        yield Shop(product, telegram, channel_id, anna)
        product.close()


def test_customers_and_agents_talk(shop: Shop) -> None:
    telegram, anna = shop.telegram, shop.anna

    first = telegram.write(anna, "Where is my oder?")
    shop.said("Where is my oder?")
    thread = shop.thread()
    assert thread["customer"]["name"] == "Anna Moretti"
    eventually(lambda: not telegram.pending)

    telegram.push("edited_message", {**first, "text": "Where is my order?", "edit_date": first["date"] + 5})
    assert shop.said("Where is my order?")["edited_at"] is not None

    photos = []
    for number in range(3):
        file_id = telegram.file(PNG + bytes([number]), f"photos/{number}.png")
        sizes = [{"file_id": file_id, "file_unique_id": f"u{number}", "width": 9, "height": 9}]
        caption = {"caption": "It came broken"} if number == 0 else {}
        photos.append(telegram.write(anna, media_group_id="777", photo=sizes, **caption))
    eventually(lambda: len(shop.said("It came broken")["attachments"]) == 3)

    text = " ".join(f"word{n}" for n in range(800))
    sent = shop.reply(text)
    assert shop.delivery(sent, "sent")["error"] is None
    calls = telegram.made("sendMessage")
    assert len(calls) == 2
    assert " ".join(call.params["text"] for call in calls) == text
    assert calls[0].json("reply_parameters")["allow_sending_without_reply"] is True

    report = shop.reply(
        "**See** here", shop.upload("broken.png", PNG), shop.upload("report.pdf", b"%PDF-1.7 x")
    )
    shop.delivery(report, "sent")
    [photo], [document] = telegram.made("sendPhoto"), telegram.made("sendDocument")
    assert (photo.files["photo"], photo.params["caption"]) == (PNG, "See here")
    assert photo.json("caption_entities") == [{"type": "bold", "offset": 0, "length": 3}]
    assert document.names["document"] == "report.pdf"

    number = 1 + max(message["message_id"] for message in photos)  # of the first that the bot wrote
    change = {"chat": first["chat"], "message_id": number, "user": anna, "date": first["date"] + 9,
              "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "👍"}]}  # fmt: skip
    telegram.push("message_reaction", change)
    eventually(lambda: shop.said(text)["reactions"])
    assert len(shop.product.api("/threads?view=open")["items"]) == 1


def test_what_goes_wrong_is_seen_and_what_passes_is_sent(shop: Shop) -> None:
    telegram, anna = shop.telegram, shop.anna
    telegram.write(anna, "Hello")
    shop.said("Hello")

    telegram.refuse("sendMessage", 429, "Too Many Requests: retry after 2", retry_after=2)
    began = time.monotonic()
    shop.delivery(shop.reply("Good morning"), "sent")
    assert time.monotonic() - began >= 2
    assert len(telegram.made("sendMessage")) == 2

    telegram.blocked.add(anna["id"])
    delivery = shop.delivery(shop.reply("Are you there?"), "failed")
    assert delivery["error"] == "The customer has blocked the bot."
    thread = shop.product.api(f"/threads/{shop.thread()['id']}")
    assert any("blocked" in json.dumps(way) for way in thread["channels"]), "the composer tells, too"

    telegram.blocked.clear()
    telegram.write(anna, "I am back")
    shop.said("I am back")
    shop.delivery(shop.reply("Welcome back"), "sent")


def test_no_secret_is_in_the_log_or_in_an_answer(shop: Shop) -> None:
    telegram = shop.telegram
    secret = telegram.token.partition(":")[2]
    telegram.write(telegram.person(9), "Hello")
    shop.said("Hello")
    telegram.token = "7000000001:" + "n" * 35  # revoked at Telegram's
    held = shop.reply("Hi")
    eventually(lambda: shop.product.api("/channels")["items"][0]["state"] == "needs_reauth", 20)
    assert shop.delivery(held, "queued")
    channels = json.dumps(shop.product.api("/channels"))
    log = shop.product.processes[0].output
    for text in (channels, log, shop.product.say("channel", "list")):
        assert secret not in text
        assert str(telegram.webhook.get("secret_token") or "no secret") not in text


def test_an_update_during_an_outage_is_there_afterwards(shop: Shop) -> None:
    telegram = shop.telegram
    telegram.write(shop.anna, "First")
    shop.said("First")
    shop.product.processes[0].kill()
    for number in range(5):
        telegram.write(shop.anna, f"While you were away {number}")
    shop.product.serve()
    shop.said("While you were away 4")
    texts = [message["body_text"] for message in shop.messages()]
    assert texts == ["First", *(f"While you were away {number}" for number in range(5))]


def test_it_stops_within_a_few_seconds_while_a_long_poll_is_open(shop: Shop) -> None:
    shop.telegram.write(shop.anna, "Hello")
    shop.said("Hello")
    time.sleep(1)
    assert shop.product.processes[0].stop() < 5
