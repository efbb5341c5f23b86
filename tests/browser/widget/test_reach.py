"""How visitors are reached: W9 by mail when they have left, W10 in Telegram, W11 outside of hours; the address and its
code."""

import itertools
import json
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.contract import Raw, RawItem
from inbox.flows import away, receive
from tests.browser.shop import Customer, Shop, words
from tests.browser.widget.conftest import Visit
from tests.browser.widget.site import Site, delivered, has_state
from tests.peers.browser import Watch
from tests.peers.process import wait_until
from tests.reading import Delivery, Identity, Message, rows, the

pytestmark = pytest.mark.browser

_updates = itertools.count(1000)


def mails_to(shop: Shop, address: str) -> list[str]:
    """Texts of the mails that reached an address."""
    return [words(mail) for mail in shop.mails_to(Customer(shop, "", address))]


def test_the_address_is_asked_after_the_first_message_and_proved_by_a_code(
    site: Site, visit: Visit, shop: Shop, watch: Watch
) -> None:
    watch.allow("422")
    visitor = visit().opens()
    expect(visitor.part("email")).to_have_count(0)
    delivered(visitor.says("Please write to me"))
    visitor.part("email-input").fill("not an address")
    visitor.part("email-save").click()
    expect(visitor.panel.get_by_role("alert")).to_contain_text("whole e-mail address")
    visitor.part("email-input").fill("vera@visitors.example")
    visitor.part("email-save").click()
    expect(visitor.part("code")).to_contain_text("vera@visitors.example")
    wait_until(lambda: bool(mails_to(shop, "vera@visitors.example")), 10, "the code")
    found = re.search(r"\b\d{6}\b", mails_to(shop, "vera@visitors.example")[0])
    assert found
    wrong = "000000" if found.group() != "000000" else "111111"
    visitor.part("code-input").fill(wrong)
    expect(visitor.part("code").get_by_role("alert")).to_be_visible()
    visitor.part("code-input").press_sequentially(f"{found.group()[:3]} {found.group()[3:]}")
    expect(visitor.part("code")).to_have_count(0)
    expect(visitor.part("address")).to_contain_text("vera@visitors.example")
    expect(visitor.bubble("Please write to me")).to_be_visible()
    identity = the(shop.ctx, Identity, Identity.address == "vera@visitors.example")
    assert str(identity.level) == "verified"


def test_the_question_can_be_put_off(site: Site, visit: Visit) -> None:
    visitor = visit().opens()
    delivered(visitor.says("No mail, please"))
    visitor.part("email-skip").click()
    expect(visitor.part("email")).to_have_count(0)
    visitor.page.reload()
    expect(visitor.bubble("No mail, please")).to_be_visible()
    expect(visitor.part("email")).to_have_count(0)
    visitor.part("email-show").click()
    expect(visitor.part("email")).to_be_visible()


def test_w9_unseen_answers_go_on_by_one_mail_and_its_answer_comes_back(
    site: Site, visit: Visit, shop: Shop
) -> None:
    visitor = visit()
    token = site.token("w9", name="Nina", email="nina@visitors.example", email_verified=True)
    visitor.page.evaluate("token => Onethread('identify', { token })", token)
    visitor.opens()
    delivered(visitor.says("I have to go now"))
    thread = site.thread_of("I have to go now")
    page = visitor.page.url.partition("?")[0]
    visitor.page.close()
    site.reply(thread, "The first answer")
    site.reply(thread, "The second answer")
    wait_until(lambda: len(_unseen(shop, thread)) == 2, 10, "two replies that wait to be seen")
    assert mails_to(shop, "nina@visitors.example") == []
    _let_pass(shop, thread, timedelta(minutes=3))
    away.sweep(shop.ctx)
    wait_until(lambda: bool(mails_to(shop, "nina@visitors.example")), 15, "the mail")
    away.sweep(shop.ctx)
    text = mails_to(shop, "nina@visitors.example")
    assert len(text) == 1
    assert "The first answer" in text[0]
    assert "The second answer" in text[0]
    assert f"The chat is here: {page}" in text[0]

    _answers(shop, "nina@visitors.example", "Thank you, by mail")
    assert site.thread_of("Thank you, by mail") == thread
    back = visit()
    back.page.evaluate("token => Onethread('identify', { token })", token)
    back.opens()
    expect(back.bubble("Thank you, by mail")).to_be_visible()


def _answers(shop: Shop, address: str, text: str) -> None:
    """The customer answers the last mail that we sent him, as his mail program does."""
    mail = shop.mails_to(Customer(shop, "", address))[-1]
    answer = EmailMessage()
    answer["From"] = f"Nina <{address}>"
    answer["To"] = str(mail["Reply-To"] or mail["From"])
    answer["Subject"] = f"Re: {mail['Subject']}"
    answer["Message-ID"] = f"<answer-{next(_updates)}@visitors.example>"
    answer["In-Reply-To"] = str(mail["Message-ID"])
    answer.set_content(text)
    raw = Raw(body=answer.as_bytes(), meta={"role": "inbox"})
    _receive(shop, shop.mailbox, RawItem(dedupe_key=str(answer["Message-ID"]), raw=raw))


def _receive(shop: Shop, channel_id: int, item: RawItem) -> None:
    """A payload comes in."""

    def story(session: Session) -> None:
        envelopes.keep(session, shop.ctx.files, channel_id, [item], shop.ctx.clock())

    shop.ctx.db.run(story)
    receive.drain(shop.ctx)


def _unseen(shop: Shop, thread_id: int) -> list[Delivery]:
    mine = select(Message.id).where(Message.thread_id == thread_id)
    return rows(shop.ctx, Delivery, Delivery.message_id.in_(mine), Delivery.unseen_at.is_not(None))


def _let_pass(shop: Shop, thread_id: int, time: timedelta) -> None:
    """Nobody waits three minutes for a test: the moment is moved instead."""

    def story(session: Session) -> None:
        for delivery in session.scalars(
            select(Delivery)
            .join(Message, Message.id == Delivery.message_id)
            .where(Message.thread_id == thread_id)
        ):
            if delivery.unseen_at is not None:
                session.execute(
                    update(Delivery)
                    .where(Delivery.id == delivery.id)
                    .values(unseen_at=delivery.unseen_at - time)
                )

    shop.ctx.db.run(story)


def test_w10_the_code_for_telegram_works_once(
    connect_site: Callable[..., Site], visit: Visit, shop: Shop, watch: Watch
) -> None:
    watch.allow(r"t\.me|ERR_NAME_NOT_RESOLVED")
    bot = _connect_bot(shop)
    site = connect_site()
    visitor = visit(at=site).opens()
    delivered(visitor.says("I go on in Telegram"))
    context = visitor.page.context
    with context.expect_event("request", lambda request: "t.me" in request.url) as asked:
        visitor.part("continue").click()
    code = asked.value.url.partition("?start=")[2]
    assert asked.value.url.startswith("https://t.me/example_shop_bot?start=")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code)
    context.pages[-1].close()

    _writes_to_bot(shop, bot, 501, f"/start {code}", "Tina")
    expect(visitor.part("continued")).to_contain_text("Continued in Telegram")
    _writes_to_bot(shop, bot, 501, "It is me, from the site", "Tina")
    thread = site.thread_of("It is me, from the site")
    assert thread == site.thread_of("I go on in Telegram")

    _writes_to_bot(shop, bot, 502, f"/start {code}", "A thief")
    _writes_to_bot(shop, bot, 502, "And what have we here?", "A thief")
    assert site.thread_of("And what have we here?") != thread


def _connect_bot(shop: Shop) -> int:
    values = {"token": "123456789:AAFakeTokenOfATestThatIsLongEnough", "mode": "poll"}

    def story(session: Session) -> int:
        registry, vault = shop.ctx.registry, shop.ctx.vault
        channel = channels.connect(session, registry, vault, "telegram", "Shop bot", values)
        channel.facts = {**channel.facts, "username": "example_shop_bot"}
        return channel.id

    return shop.ctx.db.run(story)


def _writes_to_bot(shop: Shop, bot: int, user: int, text: str, name: str) -> None:
    """An update as Telegram sends it."""
    number = next(_updates)
    person = {"id": user, "is_bot": False, "first_name": name}
    entities = [{"type": "bot_command", "offset": 0, "length": 6}] if text.startswith("/start") else []
    message = {
        "message_id": number,
        "date": 1_790_000_000 + number,
        "from": person,
        "text": text,
        "entities": entities,
        "chat": {"id": user, "type": "private", "first_name": name},
    }
    body = json.dumps({"update_id": number, "message": message}).encode()
    _receive(shop, bot, RawItem(dedupe_key=f"test/{number}", raw=Raw(body=body)))


def test_w11_outside_of_hours_it_says_when_and_wants_an_address(
    connect_site: Callable[..., Site], visit: Visit, shop: Shop
) -> None:
    opening = shop.ctx.clock() + timedelta(days=3)
    day = opening.strftime("%a").lower()
    site = connect_site(hours=f"{day} 09:00-10:00", time_zone="UTC")
    visitor = visit(at=site).opens()
    expect(visitor.part("expects")).to_have_attribute("data-open", "false")
    expect(visitor.part("expects")).to_have_text(re.compile(f"Back {opening:%A} 0?9:00"))
    visitor.field.fill("Is anybody there at night?")
    visitor.field.press("Enter")
    # Not without an address: the focus is where it is missing.
    expect(visitor.part("offline-email")).to_be_focused()
    expect(visitor.part("message")).to_have_count(0)
    visitor.part("offline-email").fill("owl@visitors.example")
    visitor.part("offline-email").press("Enter")
    delivered(visitor.bubble("Is anybody there at night?"))
    expect(visitor.part("offline")).to_have_count(0)
    expect(visitor.part("address")).to_contain_text("owl@visitors.example")
    wait_until(lambda: bool(mails_to(shop, "owl@visitors.example")), 10, "the code")
    has_state(visitor.bubble("Is anybody there at night?"), "delivered")
