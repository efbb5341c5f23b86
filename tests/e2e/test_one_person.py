"""One person by mail, on the shop's site and in Telegram: one row, one thread, and nothing said in vain.

Real processes, a real MTA and mailbox, a Bot API over HTTP, and a shop with a strict policy on another origin.
"""

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from inbox.cli.server import listen
from inbox.clock import utc_now
from inbox.demo.arrivals import Arrivals
from inbox.demo.shop.ledger import Ledger
from inbox.demo.shop.server import Member, Shop, ShopServer
from tests.browser.widget.site import OPEN_ROOTS, Visitor, delivered, tab
from tests.e2e.conftest import Product
from tests.e2e.test_whole_story import CUSTOMER, SUPPORT, eventually, mail, sign_in
from tests.peers.browser import Watch
from tests.peers.dovecot import Dovecot
from tests.peers.exim import Exim
from tests.peers.telegram import Telegram

pytestmark = [pytest.mark.dovecot, pytest.mark.exim, pytest.mark.browser, pytest.mark.timeout(300)]

KEY = "alpine-shop"
UNSEEN_SECONDS = 3


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    """Telegram, with the shop's bot and Anna."""
    with Telegram() as server:
        yield server


@pytest.fixture
def site(product: Product) -> Iterator[str]:
    """The address of the shop's page with the widget in it."""
    listener = listen("127.0.0.1", 0)
    member = Member("anna", "Anna Moretti", CUSTOMER)
    address = f"http://localhost:{listener.getsockname()[1]}"
    books = Ledger(address, utc_now)
    shop = Shop(product.url, KEY, "s" * 40, member, Arrivals(), utc_now, books)
    server = ShopServer(shop, listener)
    server.start()
    yield f"{address}/"
    server.shutdown()
    server.server_close()


def connect(product: Product, exim: Exim, dovecot: Dovecot, telegram: Telegram) -> dict[str, int]:
    """The three channels, as an operator connects them."""
    product.settings["ONETHREAD_UNSEEN_SECONDS"] = str(UNSEEN_SECONDS)
    product.set_up()
    bot = ("--set", f"token={telegram.token}", "--set", f"api_base={telegram.url}", "--set", "mode=poll")
    widget = ("--set", "domains=localhost", "--set", f"site_id={KEY}", "--set", "title=Alpine Outfitters")
    return {
        "mail": product.add_mailbox(exim.port, dovecot.port),
        "chat": int(product.say("channel", "add", "chat_widget", "--name", "Shop chat", *widget)),
        "telegram": int(product.say("channel", "add", "telegram", "--name", "Shop bot", *bot)),
    }


def letters(dovecot: Dovecot, subject: str) -> list[EmailMessage]:
    """Mails that reached the customer under a subject."""
    found = [email.message_from_bytes(raw, policy=email.policy.default) for raw in dovecot.mails(CUSTOMER)]
    return [each for each in found if isinstance(each, EmailMessage) and subject in str(each["Subject"])]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def thread_of(product: Product, text: str) -> Any:
    """The thread whose newest message is that, once it is there."""

    def found() -> Any:
        items = product.api("/threads?view=open")["items"]
        return next((thread for thread in items if text in thread["preview"]["text"]), None)

    return eventually(found, 20)


def texts(product: Product, thread_id: int) -> list[str]:
    return [each["body_text"] for each in product.api(f"/threads/{thread_id}/messages?limit=50")["items"]]


def test_one_person_is_one_row_and_one_thread_and_hears_back_wherever_he_is(
    product: Product,
    dovecot: Dovecot,
    exim: Exim,
    telegram: Telegram,
    site: str,
    page: Page,
    new_context: Callable[..., BrowserContext],
    watch: Watch,
) -> None:
    watch.allow(r"t\.me")
    channels = connect(product, exim, dovecot, telegram)
    product.start_all()

    # By mail, from an address that nothing proves.
    exim.send(mail("Order 10412", "My parcel did not come."), SUPPORT, CUSTOMER)
    by_mail = thread_of(product, "My parcel did not come")

    # On the site, where she types the code that came into her mailbox.
    context = new_context(viewport={"width": 1200, "height": 800})
    context.add_init_script(OPEN_ROOTS)
    context.route("https://t.me/**", lambda route: route.fulfill(body="Telegram would open here."))
    visitor: Visitor = tab(context, site).opens()
    delivered(visitor.says("It is me, on your site."))
    assert thread_of(product, "It is me, on your site")["id"] != by_mail["id"], "nobody has proved anything"
    visitor.part("email-input").fill(CUSTOMER)
    visitor.part("email-save").click()
    (letter,) = eventually(lambda: letters(dovecot, "code") or letters(dovecot, "Code"), 20)
    assert "It is me" not in letter.as_string(), "a letter carries nothing that a visitor typed"
    assert letter["Auto-Submitted"] == "auto-replied"
    code = re.search(r"\b\d{6}\b", text_of(letter))
    assert code
    visitor.part("code-input").press_sequentially(code.group())
    expect(visitor.part("code")).to_have_count(0)
    expect(visitor.bubble("My parcel did not come")).to_be_visible()

    # In Telegram, with the one-time code of the button.
    with context.expect_page() as opened:
        visitor.part("continue").click()
    opened.value.wait_for_url("https://t.me/**")
    link = opened.value.url.partition("start=")[2]
    opened.value.close()
    anna = telegram.person(5012345678, "Anna", username="anna_m")
    start = [{"type": "bot_command", "offset": 0, "length": 6}]
    telegram.write(anna, f"/start {link}", entities=start)
    expect(visitor.part("continued")).to_be_visible(timeout=20_000)
    telegram.write(anna, "And now on the road.")
    thread = thread_of(product, "And now on the road")

    # One row with three glyphs, one thread, and the old address leads to it.
    (only,) = product.api("/threads?view=open")["items"]
    assert [channel["id"] for channel in only["wrote_on"]] == [
        channels["telegram"],
        channels["chat"],
        channels["mail"],
    ]
    assert product.api(f"/threads/{by_mail['id']}")["id"] == thread["id"]
    sign_in(page, product)
    row = page.get_by_test_id("row")
    expect(row).to_have_count(1)
    expect(row.get_by_test_id("row-channel")).to_have_count(3)
    row.click()
    for text in ("My parcel did not come.", "It is me, on your site.", "And now on the road."):
        expect(page.get_by_test_id("message").filter(has_text=text)).to_be_visible()

    # Answered on the site after she has left: it goes on by mail, once, with who wrote it.
    context.close()
    for number, text in enumerate(("It leaves **today**.", "By the way, it is blue.")):
        wanted = {"channel_id": channels["chat"], "body": text, "client_msg_id": f"away-{number}"}
        product.api(f"/threads/{thread['id']}/replies", wanted)
    (carried,) = eventually(lambda: letters(dovecot, "New messages from Alpine Outfitters"), 30)
    said = text_of(carried)
    assert said.index("Ada") < said.index("It leaves today.") < said.index("By the way, it is blue.")
    assert carried["Auto-Submitted"] is None, "a person wrote it"
    line = page.get_by_test_id("system-line").filter(has_text=CUSTOMER)
    expect(line).to_be_visible(timeout=10_000)

    # Her answer to that mail is in the same thread.
    answer = mail("Re: New messages", "Blue is fine.", In_Reply_To=carried["Message-ID"])
    exim.send(answer, SUPPORT, CUSTOMER)
    expect(page.get_by_test_id("message").filter(has_text="Blue is fine.")).to_be_visible(timeout=20_000)
    (only,) = product.api("/threads?view=open")["items"]
    assert only["id"] == thread["id"]
    assert "Blue is fine." in texts(product, thread["id"])
    assert len(letters(dovecot, "New messages from Alpine Outfitters")) == 1, "seen by answering"
