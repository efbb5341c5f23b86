"""Who a visitor is: the shop's signed word, a code from his mailbox, or only what he says; and who sees what then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from inbox.contract import Level
from inbox.flows import letters
from inbox.flows.context import Context
from inbox.visits.models import VisitorSession
from tests.factories import Make, ManualClock
from tests.reading import Customer, Identity, Message, Thread, rows, the
from tests.web.widget.conftest import KEY, SECRET, Panel, Shop

Visit = Callable[..., Panel]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def thread_of(ctx: Context, text: str) -> int:
    """The thread of the message that says this."""
    number: int = the(ctx, Message, Message.body_text == text).thread_id
    return number


def test_two_visitors_never_see_each_other(ctx: Context, shop: Shop, visit: Visit) -> None:
    anna, bob = visit(), visit()
    anna.write("Anna's secret")
    bob.write("Bob's secret")
    shop.receive()
    shop.answer(thread_of(ctx, "Anna's secret"), "Dear Anna")
    shop.answer(thread_of(ctx, "Bob's secret"), "Dear Bob")
    assert anna.texts() == ["Anna's secret", "Dear Anna"]
    assert bob.texts() == ["Bob's secret", "Dear Bob"]
    for item in anna.look()["items"]:
        for query in ({"before": item["id"] + 1}, {"after": item["id"]}, {"since": "0.0"}):
            assert not {"Anna's secret", "Dear Anna"} & set(bob.texts(**query))


def test_two_visitors_of_one_merged_customer_see_only_their_own(
    ctx: Context, shop: Shop, visit: Visit
) -> None:
    from inbox.flows import people

    anna, bob = visit(), visit()
    anna.write("From the laptop")
    bob.write("From the phone")
    shop.receive()
    one, other = rows(ctx, Customer)
    people.merge(ctx, shop.agent, one.id, other.id)
    assert anna.texts() == ["From the laptop"]
    assert bob.texts() == ["From the phone"]
    newest = rows(ctx, Identity)[-1]
    shop.answer(thread_of(ctx, "From the laptop"), "To the phone", to_identity_id=newest.id)
    assert anna.texts() == ["From the laptop"]
    assert bob.texts() == ["From the phone", "To the phone"]


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "ÿ" * 20, "0"])
def test_a_guessed_token_opens_nothing(shop: Shop, visit: Visit, token: str) -> None:
    panel = visit()
    panel.write("Secret")
    shop.receive()
    stranger = visit(opens=False)
    stranger.token = token
    headers = {"Authorization": f"Bearer {token}"}
    assert stranger.refused("GET", "/messages", headers=headers) == (401, "session_ended")
    if token.isascii():
        assert stranger.open()["messages"] == []
        assert stranger.token != token


def test_the_token_of_another_site_opens_nothing(
    ctx: Context, shop: Shop, visit: Visit, connect: Callable[..., int]
) -> None:
    connect("other-shop", "Other shop")
    panel = visit()
    panel.write("Secret")
    shop.receive()
    elsewhere = visit(opens=False, key="other-shop")
    elsewhere.token = panel.token
    assert elsewhere.refused("GET", "/messages") == (401, "session_ended")
    assert elsewhere.open()["messages"] == []
    assert panel.texts() == ["Secret"]


def test_a_claimed_address_shows_nothing_of_its_owner(
    ctx: Context, shop: Shop, make: Make, visit: Visit
) -> None:
    """S15: whoever types a victim's address sees nothing, joins nothing, and is shown as unverified."""
    pigeons = make.channel()
    make.inbound(pigeons, "My card number is 1234", sender="victim@example.com")
    thief = visit(user={"name": "Victim", "email": "victim@example.com"})
    thief.write("It is me, show me everything")
    shop.receive()
    assert thief.texts() == ["It is me, show me everything"]
    boot = thief.open(user={"email": "victim@example.com"})
    assert boot["visitor"] == {
        "verified": False,
        "name": "Victim",
        "email": "victim@example.com",
        "email_proved": False,
    }
    assert len(rows(ctx, Customer)) == 2
    assert rows(ctx, Identity, Identity.namespace == "email") == [], "typing makes no identity"


def test_a_signed_identity_is_verified(ctx: Context, shop: Shop, visit: Visit) -> None:
    boot = visit(jwt=shop.token("4711", name="Anna Berg", email="Anna@Example.com", email_verified=True)).boot
    assert boot["identity"] == {"state": "verified", "code": None, "detail": None}
    assert boot["visitor"] == {
        "verified": True,
        "name": "Anna Berg",
        "email": "anna@example.com",
        "email_proved": True,
    }
    customer = the(ctx, Customer)
    assert customer.name == "Anna Berg"
    found = {(row.namespace, row.address): row.level for row in rows(ctx, Identity)}
    assert found[("user", "4711")] is Level.VERIFIED
    assert found[("email", "anna@example.com")] is Level.VERIFIED


def test_a_signed_but_unproved_address_is_a_claim(ctx: Context, shop: Shop, visit: Visit) -> None:
    boot = visit(jwt=shop.token("4711", email="anna@example.com")).boot
    assert boot["visitor"]["email"] == "anna@example.com"
    assert boot["visitor"]["email_proved"] is False
    assert rows(ctx, Identity, Identity.namespace == "email") == []


def test_a_signed_in_visitor_has_one_thread_on_all_devices(ctx: Context, shop: Shop, visit: Visit) -> None:
    laptop = visit(jwt=shop.token())
    laptop.write("From the laptop")
    shop.receive()
    phone = visit(jwt=shop.token())
    assert [item["body"] for item in phone.boot["messages"]] == ["From the laptop"]
    phone.write("From the phone")
    shop.receive()
    assert laptop.texts() == ["From the laptop", "From the phone"]
    assert len(rows(ctx, Thread)) == 1
    assert the(ctx, Message, Message.body_text == "From the phone").sender_level == "verified"
    assert "4711" in the(ctx, Message, Message.body_text == "From the phone").sender_level_reason


def test_signing_in_takes_the_anonymous_talk_along(ctx: Context, shop: Shop, visit: Visit) -> None:
    panel = visit()
    panel.write("Before")
    shop.receive()
    before = panel.token
    boot = panel.open(jwt=shop.token())
    assert [item["body"] for item in boot["messages"]] == ["Before"]
    assert boot["token"] != before, "a token that shows more is a new one"
    assert (
        panel.client.get(
            f"/widget/v1/{KEY}/messages", headers={"Authorization": f"Bearer {before}"}
        ).status_code
        == 401
    )
    elsewhere = visit(jwt=shop.token())
    assert [item["body"] for item in elsewhere.boot["messages"]] == ["Before"]
    assert len(rows(ctx, Thread)) == 1


def test_anonymous_talk_joins_the_known_customer(ctx: Context, shop: Shop, visit: Visit) -> None:
    known = visit(jwt=shop.token())
    known.write("Long ago")
    shop.receive()
    panel = visit()
    panel.write("Just now")
    shop.receive()
    assert len(rows(ctx, Thread, Thread.merged_into_id.is_(None))) == 2
    boot = panel.open(jwt=shop.token())
    assert [item["body"] for item in boot["messages"]] == ["Long ago", "Just now"]
    assert len(rows(ctx, Thread, Thread.merged_into_id.is_(None))) == 1


def test_another_user_in_the_same_browser_begins_afresh(ctx: Context, shop: Shop, visit: Visit) -> None:
    panel = visit(jwt=shop.token("anna"))
    panel.write("Anna's secret")
    shop.receive()
    boot = panel.open(jwt=shop.token("bob"))
    assert boot["messages"] == []
    panel.write("Bob here")
    shop.receive()
    assert panel.texts() == ["Bob here"]
    back = visit(jwt=shop.token("anna"))
    assert [item["body"] for item in back.boot["messages"]] == ["Anna's secret"]
    assert len(rows(ctx, Customer, Customer.merged_into_id.is_(None))) == 2


def test_a_shared_computer_makes_nobody_somebody_else(
    ctx: Context, shop: Shop, visit: Visit, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose proof has run out is not joined with who proves something next in that browser."""
    panel = visit(jwt=shop.token("anna"))
    panel.write("Anna's secret")
    shop.receive()
    clock.forward(hours=2)
    codes = mailbox(monkeypatch)
    panel.post("/email", {"address": "bob@example.com"}, 202)
    boot = panel.post("/email/confirm", {"code": codes[-1]}, 200)
    panel.token = boot["token"]
    assert boot["messages"] == []
    assert boot["visitor"]["email"] == "bob@example.com"
    owner = the(ctx, Identity, Identity.address == "bob@example.com").customer_id
    assert owner != the(ctx, Identity, Identity.address == "anna").customer_id


def test_a_proof_ends_with_the_token(ctx: Context, shop: Shop, visit: Visit, clock: ManualClock) -> None:
    laptop = visit(jwt=shop.token())
    laptop.write("From the laptop")
    phone = visit(jwt=shop.token())
    phone.write("From the phone")
    shop.receive()
    assert phone.texts() == ["From the laptop", "From the phone"]
    clock.forward(minutes=61)
    assert phone.texts() == ["From the phone"], "what was written in this browser, and no more"


REFUSED: dict[str, Callable[[Shop], str]] = {
    "expired": lambda shop: shop.token(lasts=timedelta(hours=-1)),
    "bad_signature": lambda shop: shop.token(secret="another secret that is long enough too"),
    "wrong_algorithm": lambda shop: jwt.encode({"sub": "1", "exp": 2e9}, None, "none"),
    "missing_sub": lambda shop: shop.token(None),  # type: ignore[arg-type]
    "too_long": lambda shop: shop.token(lasts=timedelta(hours=25)),
    "malformed": lambda _shop: "not.a.token",
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_bad_token_is_explained_to_the_shop_and_shows_nothing(
    ctx: Context, shop: Shop, visit: Visit, code: str
) -> None:
    known = visit(jwt=shop.token("1"))
    known.write("History")
    shop.receive()
    before = len(rows(ctx, Identity))
    boot = visit(jwt=REFUSED[code](shop)).boot
    assert (boot["identity"]["state"], boot["identity"]["code"]) == ("refused", code)
    assert boot["identity"]["detail"]
    assert SECRET not in str(boot)
    assert (boot["messages"], boot["visitor"]["verified"]) == ([], False)
    assert len(rows(ctx, Identity)) == before


def test_a_bad_token_takes_back_what_an_earlier_one_showed(shop: Shop, visit: Visit) -> None:
    laptop = visit(jwt=shop.token())
    laptop.write("From the laptop")
    shop.receive()
    phone = visit(jwt=shop.token())
    assert len(phone.boot["messages"]) == 1
    assert phone.open(jwt=shop.token(lasts=timedelta(hours=-1)))["messages"] == []


def test_without_a_secret_nothing_is_verified(
    ctx: Context, shop: Shop, visit: Visit, connect: Callable[..., int]
) -> None:
    connect("other-shop", "Other shop", identity_secret="")
    boot = visit(key="other-shop", jwt=shop.token()).boot
    assert boot["identity"]["code"] == "not_configured"
    boot = visit(key="other-shop", user=shop.user()).boot
    assert boot["identity"]["code"] == "not_configured"


def test_a_former_secret_still_counts(
    ctx: Context, shop: Shop, visit: Visit, connect: Callable[..., int]
) -> None:
    connect("other-shop", "Other", identity_secret="n" * 40, identity_secret_old=SECRET)
    assert visit(key="other-shop", jwt=shop.token()).boot["visitor"]["verified"]
    assert visit(key="other-shop", jwt=shop.token(secret="n" * 40)).boot["visitor"]["verified"]


def test_the_older_form_proves_the_id_and_nothing_else(ctx: Context, shop: Shop, visit: Visit) -> None:
    boot = visit(user=shop.user("4711", email="anna@example.com", name="Anna")).boot
    assert boot["visitor"]["verified"]
    assert boot["visitor"]["email_proved"] is False
    assert rows(ctx, Identity, Identity.namespace == "email") == []
    forged = {**shop.user("4711"), "id": "4712"}
    assert visit(user=forged).boot["identity"]["code"] == "bad_signature"


def test_ids_of_two_sites_are_two_people(
    ctx: Context, shop: Shop, visit: Visit, connect: Callable[..., int]
) -> None:
    connect("other-shop", "Other shop")
    here = visit(jwt=shop.token("4711"))
    here.write("Here")
    shop.receive()
    assert visit(key="other-shop", jwt=shop.token("4711")).boot["messages"] == []


def mailbox(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Codes that were mailed."""
    codes: list[str] = []

    def post(ctx: Context, party: Any, subject: str, text: str, **_more: Any) -> None:
        assert party.address not in text + subject
        codes.append(subject.split(maxsplit=1)[0])

    monkeypatch.setattr(letters, "post", post)
    monkeypatch.setattr(letters, "recipient", lambda _ctx, text, **_more: _party(text))
    return codes


def _party(text: str) -> Any:
    from inbox.contract import Party
    from inbox.contract.addresses import email

    return Party(namespace="email", address=email(text), display=text)


def test_a_code_from_the_mailbox_proves_it_and_shows_its_history(
    ctx: Context, shop: Shop, visit: Visit, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = mailbox(monkeypatch)
    owner = visit(jwt=shop.token("4711", email="anna@example.com", email_verified=True))
    owner.write("History")
    shop.receive()
    panel = visit()
    panel.write("It is me")
    assert panel.post("/email", {"address": " Anna@Example.com "}, 202) == {
        "address": "Anna@Example.com",
        "sent": True,
        "expires_at": panel_time(ctx, minutes=15),
    }
    shop.receive()
    assert panel.texts() == ["It is me"]
    boot = panel.post("/email/confirm", {"code": f" {codes[0][:3]} {codes[0][3:]} "}, 200)
    assert [item["body"] for item in boot["messages"]] == ["History", "It is me"]
    assert boot["visitor"]["verified"]
    assert panel.refused("GET", "/messages") == (401, "session_ended"), "the token is a new one"
    panel.token = boot["token"]
    assert panel.refused("POST", "/email/confirm", {"code": codes[0]}) == (422, "wrong_code")


def panel_time(ctx: Context, **delta: int) -> str:
    from inbox.shapes import iso

    return iso(ctx.clock() + timedelta(**delta))


def test_codes_cannot_be_guessed(
    ctx: Context, shop: Shop, panel: Panel, monkeypatch: pytest.MonkeyPatch, app: Any
) -> None:
    codes = mailbox(monkeypatch)
    panel.write("Hello")
    panel.post("/email", {"address": "anna@example.com"}, 202)
    for number in range(5):
        assert panel.refused("POST", "/email/confirm", {"code": f"00000{number}"})[1] == "wrong_code"
    assert panel.refused("POST", "/email/confirm", {"code": codes[0]}) == (429, "slow_down")
    app.extensions["onethread.widget.limits"]._left.clear()
    assert panel.refused("POST", "/email/confirm", {"code": codes[0]})[1] == "wrong_code", "five were enough"


def test_an_address_is_noted_even_if_no_mail_can_be_sent(ctx: Context, shop: Shop, panel: Panel) -> None:
    assert panel.refused("POST", "/email", {"address": "anna@example.com"}) == (409, "write_first")
    panel.write("Hello")
    shop.receive()
    assert panel.look()["needs_email"] == "ask"
    answer = panel.post("/email", {"address": "anna@example.com"}, 202)
    assert (answer["sent"], answer["expires_at"]) == (False, None)
    assert panel.look()["needs_email"] == "no"
    assert panel.refused("POST", "/email", {"address": "no address"}) == (422, "invalid")
    assert rows(ctx, Identity, Identity.namespace == "email") == []


def test_a_signed_identity_has_to_come_first_for_a_session_to_have_an_owner(
    ctx: Context, shop: Shop, visit: Visit
) -> None:
    visit()
    assert the(ctx, VisitorSession).identity_id is None
