"""Single mails outside of any thread: counted, tried a little, and honest about what became of them."""

import time
from collections.abc import Callable

import pytest

from inbox.agents.limits import TooMany
from inbox.channels import actions as channels
from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.contract import NeedsReauth, Outgoing, Party, Receipt, Rejected, TryLater, Uncertain
from inbox.errors import Invalid
from inbox.flows import letters
from inbox.flows.context import Context
from inbox.flows.letters import NotPosted, post
from tests.factories import Make, ManualClock
from tests.flows.birds import Owl
from tests.reading import Delivery, Message, rows, the

ANNA = Party(namespace="owl", address="anna")
TEXT = ("Your code", "Your code is 123456.")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "PAUSES", (0.0, 0.0))


@pytest.fixture
def house(aviary: Context, make: Make) -> Context:
    """A shop with a mailbox, and a channel that cannot carry letters."""
    make.channel("pigeon")
    make.channel("owl", "Owls", loft="Owlery")
    return aviary


def fails(*errors: Exception) -> Callable[[Outgoing], Receipt]:
    """Raises one error at each send, then succeeds."""
    left = list(errors)

    def answer(message: Outgoing) -> Receipt:
        if left:
            raise left.pop(0)
        return Receipt(external_id=message.idem_key)

    return answer


def test_a_letter_goes_out_by_the_mailbox_and_belongs_to_no_thread(house: Context, owl: Owl) -> None:
    post(house, ANNA, *TEXT)
    (sent,) = owl.sent
    assert (sent.to.address, sent.subject, sent.text) == ("anna", *TEXT)
    assert sent.automatic, "so that no holiday answer comes back"
    assert (sent.reply_token, sent.bounce_token, sent.quoted) == ("", "", None)
    assert rows(house, Message) == rows(house, Delivery) == []


def test_without_a_mailbox_it_says_so(aviary: Context, make: Make) -> None:
    make.channel("pigeon")
    with pytest.raises(NotPosted, match="No mailbox"):
        post(aviary, ANNA, *TEXT)


def test_a_paused_mailbox_sends_no_letters(house: Context) -> None:
    owlery = the(house, Channel, Channel.kind == "owl")
    house.db.run(channels.pause, owlery.id)
    with pytest.raises(NotPosted, match="No mailbox"):
        post(house, ANNA, *TEXT)


def test_the_demo_has_its_own_mailbox(house: Context, owl: Owl) -> None:
    with pytest.raises(NotPosted, match="No mailbox"):
        post(house, ANNA, *TEXT, is_demo=True)
    assert owl.sent == []


def test_a_server_that_is_away_for_a_moment_is_asked_again(house: Context, owl: Owl) -> None:
    owl.answer = fails(TryLater("busy"), TryLater("busy"))
    post(house, ANNA, *TEXT)
    assert len(owl.sent) == 3
    assert len({sent.idem_key for sent in owl.sent}) == 1
    assert the(house, Channel, Channel.kind == "owl").last_error is None


def test_a_server_that_stays_away_is_told_of_and_shown_at_the_channel(house: Context, owl: Owl) -> None:
    owl.answer = fails(*[TryLater("SMTP: mail.example does not answer.")] * 9)
    with pytest.raises(NotPosted, match="Try again in a few minutes"):
        post(house, ANNA, *TEXT)
    assert len(owl.sent) == 3
    assert the(house, Channel, Channel.kind == "owl").last_error == "SMTP: mail.example does not answer."


def test_a_refused_address_is_told_without_the_servers_words(house: Context, owl: Owl) -> None:
    owl.answer = fails(Rejected("550 anna is on our secret list"))
    with pytest.raises(NotPosted, match=r"^The mail server did not take a mail for this address\.$"):
        post(house, ANNA, *TEXT)


def test_lost_credentials_stop_the_channel(house: Context, owl: Owl) -> None:
    owl.answer = fails(NeedsReauth("The password is wrong."))
    with pytest.raises(NotPosted, match="not connected"):
        post(house, ANNA, *TEXT)
    assert the(house, Channel, Channel.kind == "owl").state is ChannelState.NEEDS_REAUTH


def test_a_letter_that_may_have_arrived_is_not_sent_twice(house: Context, owl: Owl) -> None:
    owl.answer = fails(Uncertain("cut"))
    post(house, ANNA, *TEXT)
    assert len(owl.sent) == 1


def test_nobody_waits_for_ever_for_a_slow_server(
    house: Context, owl: Owl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(message: Outgoing) -> Receipt:
        time.sleep(0.3)
        return Receipt(external_id=message.idem_key)

    monkeypatch.setattr(letters, "PATIENCE", 0.05)
    owl.answer = slow
    with pytest.raises(NotPosted, match="may still arrive"):
        post(house, ANNA, *TEXT)
    time.sleep(0.5)  # it ends by itself, and gives its place back
    monkeypatch.setattr(letters, "PATIENCE", 5.0)
    owl.answer = fails()
    for _ in range(2):
        post(house, Party(namespace="owl", address="luca"), *TEXT)


def test_one_address_gets_few_letters_whoever_asks(house: Context, owl: Owl, clock: ManualClock) -> None:
    for number in range(3):
        post(house, ANNA, *TEXT, asker=f"identity:{number}")
    with pytest.raises(TooMany) as caught:
        post(house, ANNA, *TEXT, asker="identity:99")
    assert caught.value.seconds == 60
    assert len(owl.sent) == 3
    clock.forward(seconds=61)
    post(house, ANNA, *TEXT, asker="identity:99")
    with pytest.raises(TooMany):
        post(house, ANNA, *TEXT)


def test_one_asker_causes_few_letters_to_whatever_addresses(house: Context, owl: Owl) -> None:
    for number in range(5):
        post(house, Party(namespace="owl", address=f"victim{number}"), *TEXT, asker="identity:1")
    with pytest.raises(TooMany):
        post(house, Party(namespace="owl", address="victim6"), *TEXT, asker="identity:1")
    post(house, Party(namespace="owl", address="victim6"), *TEXT, asker="identity:2")
    assert len(owl.sent) == 6


def test_typed_addresses_become_parties(house: Context) -> None:
    assert letters.recipient(house, " Anna ") == Party(namespace="owl", address="anna", display="Anna")


@pytest.mark.parametrize("text", ["", "two\nlines"])
def test_what_is_no_address_is_told(house: Context, text: str) -> None:
    with pytest.raises(Invalid, match="no loft"):
        letters.recipient(house, text)


def test_we_write_no_letters_to_ourselves(aviary: Context, make: Make) -> None:
    make.channel("owl", "Owls", loft="owlery")
    with pytest.raises(Invalid, match="our own"):
        letters.recipient(aviary, "Owlery")
