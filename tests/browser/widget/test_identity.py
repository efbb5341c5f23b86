"""Who it is: W7 signed identities, W8 logout; one visitor never sees another's messages."""

import json
import time
from collections.abc import Callable

import jwt
import pytest
from playwright.sync_api import expect

from tests.browser.widget.conftest import NewVisitor, Visit
from tests.browser.widget.pages import HEARD
from tests.browser.widget.site import SECRET, Site, Visitor, delivered, tab
from tests.peers.browser import Watch
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser


def identify(visitor: Visitor, token: str) -> None:
    """The shop's page says who is there."""
    visitor.page.evaluate("token => Onethread('identify', { token })", token)


def token_of(site: Site, visitor: Visitor) -> str:
    """The visitor's token, as this browser keeps it."""
    return str(json.loads(visitor.stored()[f"onethread:{site.key}"])["token"])


def hears(visitor: Visitor, name: str) -> None:
    """The shop's page is told."""
    wait_until(lambda: visitor.heard(name) != [], 10, f"event {name}")


def test_w7_a_customer_finds_his_conversation_on_every_device(site: Site, visit: Visit) -> None:
    token = site.token("4711", name="Anna Moretti", email="anna@signed.example", email_verified=True)
    phone = visit(calls=HEARD).opens()
    identify(phone, token)
    hears(phone, "identified")
    assert phone.heard("identified")[0] == {"name": "Anna Moretti", "email": "anna@signed.example"}
    delivered(phone.says("From my telephone"))

    desk = visit(calls=HEARD)
    identify(desk, site.token("4711", name="Anna Moretti"))
    desk.opens()
    expect(desk.bubble("From my telephone")).to_be_visible()
    delivered(desk.says("From my desk"))
    expect(phone.bubble("From my desk")).to_be_visible()
    assert site.thread_of("From my desk") == site.thread_of("From my telephone")


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("expired", lambda site: site.token("4712", seconds=-120)),
        ("bad_signature", lambda site: site.token("4712", secret="b" * 40)),
        ("malformed", lambda site: "not a token"),
        (
            "wrong_algorithm",
            lambda site: jwt.encode({"sub": "4712", "exp": time.time() + 60}, SECRET * 2, "HS512"),
        ),
        ("missing_exp", lambda site: jwt.encode({"sub": "4712"}, SECRET, "HS256")),
    ],
)
def test_w7_a_token_that_is_no_proof_shows_nothing_and_tells_the_shop(
    site: Site, visit: Visit, code: str, make: Callable[[Site], str]
) -> None:
    owner = visit()
    identify(owner, site.token("4712"))
    owner.opens()
    delivered(owner.says(f"Secret of 4712 ({code})"))

    stranger = visit(calls=HEARD)
    identify(stranger, make(site))
    stranger.opens()
    hears(stranger, "error")
    assert stranger.heard("error")[0]["code"] == code
    assert stranger.heard("identified") == []
    expect(stranger.part("message")).to_have_count(0)
    delivered(stranger.says(f"I am somebody else ({code})"))
    assert site.thread_of(f"I am somebody else ({code})") != site.thread_of(f"Secret of 4712 ({code})")


def test_w8_logout_forgets(site: Site, new_visitor: NewVisitor, watch: Watch) -> None:
    watch.allow("401")  # the other tab may ask once more before it hears of it
    context = new_visitor()
    visitor = tab(context, site.page())
    other = tab(context, site.page(name="other"))
    visitor.opens()
    delivered(visitor.says("Mine alone"))
    other.opens()
    expect(other.bubble("Mine alone")).to_be_visible()
    before = token_of(site, visitor)
    visitor.field.fill("Unsent and mine, too")
    visitor.page.wait_for_timeout(500)
    visitor.page.evaluate("Onethread('logout')")
    for each in (visitor, other):
        expect(each.part("message")).to_have_count(0)
        expect(each.field).to_have_value("")
    assert before not in str(visitor.stored())
    assert "Unsent" not in str(visitor.stored())
    visitor.page.reload()
    visitor.is_ready()
    expect(visitor.part("message")).to_have_count(0)
    delivered(visitor.says("The next one at this computer"))
    assert site.thread_of("The next one at this computer") != site.thread_of("Mine alone")


def test_another_customer_at_the_same_computer_sees_nothing_of_the_first(site: Site, visit: Visit) -> None:
    visitor = visit(calls=HEARD).opens()
    identify(visitor, site.token("100"))
    hears(visitor, "identified")
    delivered(visitor.says("Customer one hundred"))
    identify(visitor, site.token("200"))
    expect(visitor.part("message")).to_have_count(0)
    delivered(visitor.says("Customer two hundred"))
    assert visitor.texts() == ["Customer two hundred"]
    assert site.thread_of("Customer two hundred") != site.thread_of("Customer one hundred")


def test_who_signs_in_brings_what_he_wrote_before(site: Site, visit: Visit) -> None:
    visitor = visit(calls=HEARD).opens()
    delivered(visitor.says("Before I signed in"))
    identify(visitor, site.token("300", name="Carla"))
    hears(visitor, "identified")
    expect(visitor.bubble("Before I signed in")).to_be_visible()
    delivered(visitor.says("After I signed in"))
    assert site.thread_of("Before I signed in") == site.thread_of("After I signed in")


def test_the_token_is_in_no_address_and_no_cookie(site: Site, new_visitor: NewVisitor) -> None:
    context = new_visitor()
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    visitor = tab(context, site.page())
    visitor.opens()
    delivered(visitor.says("Look at my addresses"))
    token = token_of(site, visitor)
    assert len(token) > 20
    assert not [address for address in addresses if token in address]
    assert context.cookies() == []
