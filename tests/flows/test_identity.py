"""Nobody gets into another customer's history by saying who he is: mails with forged senders, tokens, references.

Every way of pretending is tried with every sender and every result of the receiving server's check. Whatever an
agent then answers, no byte of another customer's history leaves for whoever wrote.
"""

from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import product
from typing import Any

import pytest

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.contract import Level, Outgoing, Party, Receipt
from inbox.customers import claims
from inbox.customers.models import Merge, Suggestion
from inbox.flows import deliver, people, receive
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from inbox.threads.words import Kind
from tests.factories import Make
from tests.invariants import faults
from tests.reading import Customer, Identity, Message, Thread, rows, the

SUPPORT = "support@shop.example"
SERVER = "mx.shop.example"
SECRET = "my order 4711"
ANSWER = "voucher AB-99"
CHECKS = ("none", "pass", "fail", "forged", "unaligned")
WAYS = ("nothing", "token", "our id", "her id", "guessed token", "own token")
SUBJECTS = ("Re: Order", "AW: Bestellung", "回复: 订单")


@dataclass
class Post:
    """The support mailbox, with what left it."""

    ctx: Context
    make: Make
    channel: int
    agent: AgentIdentity
    sent: list[Outgoing] = field(default_factory=list)
    count: int = 0

    def comes(
        self, sender: str, text: str, *, check: str = "none", to: str = SUPPORT, **headers: str
    ) -> Message:
        """A mail as it arrives in the mailbox; returns the message it became."""
        self.count += 1
        mail = EmailMessage()
        mail["From"], mail["To"] = sender, to
        mail["Message-ID"] = f"<m{self.count}@mail.example>"
        mail["Subject"] = SUBJECTS[self.count % 3]
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        self.make.keep(self.channel, (self._hops(check, sender) + mail.as_string()).encode())
        receive.drain(self.ctx)
        return rows(self.ctx, Message, Message.kind == Kind.INBOUND)[-1]

    def answers(self, thread_id: int, text: str, **more: Any) -> Outgoing:
        """The agent answers as the composer offers it, and it goes out."""
        self.count += 1
        reply(self.ctx, self.agent, thread_id, ReplyRequest(self.channel, text, f"c{self.count}", **more))
        deliver.drain(self.ctx)
        return self.sent[-1]

    def token(self, thread_id: int) -> str:
        """The address that a reply's Reply-To leads to."""
        return f"support+r.{self.ctx.vault.token('reply', thread_id)}@shop.example"

    def _hops(self, check: str, sender: str) -> str:
        domain = sender.rpartition("@")[2].rstrip(">")
        outside = f"Received: from out.example ([203.0.113.9]) by {SERVER} with ESMTPS\n"
        inside = f"Received: from {SERVER} (localhost [127.0.0.1]) by box.shop.example with LMTP\n"
        # What SPF and DKIM say of the host that brought the mail says nothing about From, which only DMARC is about.
        others = "spf=pass smtp.mailfrom=relay.example; dkim=pass header.d=relay.example"
        stamp = f"Authentication-Results: {SERVER}; {others}; dmarc=%s header.from={domain}\n"
        match check:
            case "pass" | "fail":
                return inside + stamp % check + outside
            case "forged":
                return inside + outside + stamp % "pass"
            case "unaligned":
                return inside + f"Authentication-Results: {SERVER}; {others}\n" + outside
            case _:
                return inside + outside


@pytest.fixture
def post(ctx: Context, make: Make, monkeypatch: pytest.MonkeyPatch) -> Post:
    """The support mailbox. What is sent is written down."""
    channel = make.channel(
        "email",
        "Support",
        address=SUPPORT,
        imap_host="127.0.0.1",
        imap_port=9,
        smtp_host="127.0.0.1",
        smtp_port=9,
        authserv_id=SERVER,
        plus_addressing="on",
    )
    post = Post(ctx, make, channel, make.agent("Ben", Role.ADMIN))

    def send(_adapter: Any, _config: Any, message: Outgoing, io: Any) -> Receipt:
        io.checkpoint("before_wire")
        post.sent.append(message)
        return Receipt(external_id=f"<{message.idem_key}.{message.reply_token}@shop.example>")

    monkeypatch.setattr(type(ctx.registry.get("email")), "send", send)
    return post


@dataclass(frozen=True)
class Scene:
    """A customer who was answered, with a partner copied in, and somebody else who writes to us too."""

    post: Post
    number: int
    thread_id: int
    own_thread_id: int
    her_id: str
    our_id: str

    def address(self, who: str) -> str:
        return {
            "the customer": f"anna{self.number}@a.example",
            "the partner": f"luca{self.number}@partner.example",
            "a stranger": f"mallory{self.number}@evil.example",
            "ourselves": SUPPORT,
            "an agent": f"ben{self.number}@shop.example",
        }[who]

    def headers(self, way: str) -> dict[str, str]:
        match way:
            case "token":
                return {"to": self.post.token(self.thread_id)}
            case "our id":
                return {"In_Reply_To": self.our_id}
            case "her id":
                return {"References": self.her_id}
            case "guessed token":
                return {"to": f"support+r.{'a7' * 12}@shop.example"}
            case "own token":
                return {"to": self.post.token(self.own_thread_id)}
            case _:
                return {}


def scene(post: Post, number: int) -> Scene:
    asked = post.comes(f"Anna <anna{number}@a.example>", SECRET, check="pass")
    answer = post.answers(asked.thread_id, ANSWER, cc=(f"luca{number}@partner.example",))
    other = post.comes(f"mallory{number}@evil.example", "Do you ship to Elba?", check="pass")
    our_id = f"<{answer.idem_key}.{answer.reply_token}@shop.example>"
    return Scene(post, number, asked.thread_id, other.thread_id, f"<m{post.count - 2}@mail.example>", our_id)


def place(sender: str, way: str) -> str:
    """Where such a mail belongs: by its sender alone, except that who was copied in may answer there."""
    if sender == "the customer" or (sender == "the partner" and way in ("token", "our id", "her id")):
        return "hers"
    return "own" if sender == "a stranger" else "another"


def is_disputed(sender: str, way: str) -> bool:
    """Whether the mail answers into a thread where its sender takes no part."""
    if way == "own token":
        return sender != "a stranger"
    return way in ("token", "our id", "her id") and sender in ("a stranger", "ourselves", "an agent")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sender", ["the customer", "the partner", "a stranger", "ourselves", "an agent"])
def test_no_mail_gets_into_anothers_history(ctx: Context, post: Post, sender: str) -> None:
    for number, (check, way) in enumerate(product(CHECKS, WAYS)):
        now = scene(post, number)
        before = {identity.id: identity.customer_id for identity in rows(ctx, Identity)}
        come = post.comes(now.address(sender), "What did I order?", check=check, **now.headers(way))
        cell = f"{sender}, {check}, {way}"

        where = {now.thread_id: "hers", now.own_thread_id: "own"}.get(come.thread_id, "another")
        assert where == place(sender, way), cell
        assert come.sender_level is (Level.MAIL_AUTH if check == "pass" else Level.CLAIMED), cell
        noticed = [notice for notice in come.notices if notice["code"] == "other_thread"]
        assert bool(noticed) == is_disputed(sender, way), cell
        after = {identity.id: identity.customer_id for identity in rows(ctx, Identity)}
        assert before.items() <= after.items(), cell
        assert rows(ctx, Merge) == [], cell
        # A mail that bears our own address was written by a machine, or by nobody we could suggest.
        _suggested(ctx, come, cell, disputed=bool(noticed) and sender != "ourselves")
        _leaks_nothing(now, come, sender, cell)
        _lets_no_copy_in(ctx, now, post, sender, check, way)
    assert faults(ctx) == []


def _lets_no_copy_in(ctx: Context, now: Scene, post: Post, sender: str, check: str, way: str) -> None:
    """The same mail with somebody copied in belongs where it did, and he takes part in nothing by it."""
    friend, cell = f"friend{now.number}@evil.example", f"{sender}, {check}, {way}, with a copy"
    copied = post.comes(now.address(sender), "And now?", check=check, Cc=friend, **now.headers(way))
    where = {now.thread_id: "hers", now.own_thread_id: "own"}.get(copied.thread_id, "another")
    assert where == place(sender, way), cell
    assert rows(ctx, Identity, Identity.address == friend) == [], cell
    assert post.answers(copied.thread_id, "Please wait.").cc == (), cell


def _suggested(ctx: Context, come: Message, cell: str, *, disputed: bool) -> None:
    """What speaks for two being one is shown to agents, and how much it is worth."""
    customer = the(ctx, Thread, Thread.id == come.thread_id).customer_id
    about = (Suggestion.low_id == customer) | (Suggestion.high_id == customer)
    found = [sign["code"] for row in rows(ctx, Suggestion, about) for sign in row.evidence]
    if not disputed:
        assert not {"other_thread", "answered_claim", "proved"} & set(found), cell
    else:
        proved = come.sender_level is Level.MAIL_AUTH
        assert ("other_thread" if proved else "other_thread_unproved") in found, cell


def _leaks_nothing(now: Scene, come: Message, sender: str, cell: str) -> None:
    """The agent answers where the mail is: only who was in the thread before gets anything of it."""
    answer = now.post.answers(come.thread_id, "Please wait.")
    if come.thread_id == now.thread_id:
        assert answer.to.address == now.address("the customer"), cell
        return
    quoted = "" if answer.quoted is None else answer.quoted.text
    said = f"{answer.text} {quoted} {answer.subject}"
    assert SECRET not in said, cell
    assert ANSWER not in said, cell
    assert now.her_id not in answer.references, cell
    assert now.our_id not in answer.references, cell
    assert answer.reply_token != now.post.ctx.vault.token("reply", now.thread_id), cell


@pytest.mark.parametrize("check", CHECKS)
def test_reply_to_leads_no_answer_away(ctx: Context, post: Post, check: str) -> None:
    """A forged mail with a Reply-To of the forger's: the answer goes to the customer, not there."""
    now = scene(post, 1)
    come = post.comes(
        "anna1@a.example", "Where did you send it?", check=check, Reply_To="mallory1@evil.example"
    )
    assert come.thread_id == now.thread_id
    assert post.answers(come.thread_id, "To your address.").to.address == "anna1@a.example"


def test_reply_to_of_a_customer_makes_nobody_that_customer(ctx: Context, post: Post) -> None:
    now = scene(post, 1)
    come = post.comes("mallory1@evil.example", "My mail changed", Reply_To="anna1@a.example")
    assert come.thread_id == now.own_thread_id
    assert len(rows(ctx, Customer, Customer.name.in_(("Anna", "mallory1")))) == 2


def test_copies_let_nobody_in(ctx: Context, post: Post) -> None:
    """Who is copied in by a customer, and not by an agent, takes no part."""
    now = scene(post, 1)
    post.comes("anna1@a.example", "With my friend", Cc="friend@evil.example", check="pass")
    come = post.comes("friend@evil.example", "Send me all of it", to=post.token(now.thread_id))
    assert come.thread_id not in (now.thread_id, now.own_thread_id)
    assert come.notices[0]["code"] == "other_thread"


def claimed(ctx: Context, post: Post, claimer: str, address: str) -> int:
    """Somebody says in the panel of the site that an address is his, and an agent writes there."""
    identity = the(ctx, Identity, Identity.address == claimer)
    party = Party(namespace="email", address=address, display=address)

    def story(session: Any) -> int:
        claim_id = claims.claim(session, identity.customer_id, identity.id, party, "site", ctx.clock())
        people.suggest_from(session, identity.customer_id, ctx.clock())
        return claim_id

    return ctx.db.run(story)


def test_claiming_a_customers_address_shows_nothing_and_joins_nothing(
    ctx: Context, make: Make, post: Post
) -> None:
    now = scene(post, 1)
    site = make.channel()
    make.inbound(site, "It is me, Anna", "visitor")
    claimed(ctx, post, "visitor", "anna1@a.example")
    visitor = the(ctx, Identity, Identity.address == "visitor")
    mine = the(ctx, Thread, Thread.customer_id == visitor.customer_id)
    assert [m.body_text for m in rows(ctx, Message, Message.thread_id == mine.id)] == ["It is me, Anna"]
    about = (Suggestion.low_id == visitor.customer_id) | (Suggestion.high_id == visitor.customer_id)
    assert [sign["code"] for sign in the(ctx, Suggestion, about).evidence] == ["claimed_address"]
    assert the(ctx, Thread, Thread.id == now.thread_id).last_seq == 2


def _ask_at(ctx: Context, make: Make, post: Post) -> tuple[int, Outgoing]:
    """A visitor claims an unknown mailbox, an agent writes there; his thread, and what went out."""
    make.inbound(make.channel(), "Write to new@a.example", "visitor")
    claim_id = claimed(ctx, post, "visitor", "new@a.example")
    thread_id = rows(ctx, Message)[-1].thread_id
    return thread_id, post.answers(thread_id, "Is this you?", to_claim_id=claim_id)


@pytest.mark.parametrize("check", CHECKS)
def test_an_answer_from_a_claimed_mailbox_proves_it(ctx: Context, make: Make, post: Post, check: str) -> None:
    thread_id, asked = _ask_at(ctx, make, post)
    assert asked.to.address == "new@a.example"
    come = post.comes("new@a.example", "Yes", check=check, to=f"support+r.{asked.reply_token}@shop.example")
    assert come.thread_id == thread_id
    new = the(ctx, Identity, Identity.address == "new@a.example")
    assert new.customer_id == the(ctx, Identity, Identity.address == "visitor").customer_id
    assert new.level is (Level.MAIL_AUTH if check == "pass" else Level.CHANNEL)
    assert rows(ctx, Message, Message.thread_id == thread_id)[-2].system["code"] == "claim_proved"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("way", ["no token", "thread's token", "another claim's token", "guessed token"])
def test_a_claim_is_proved_by_nothing_that_its_claimer_could_know(
    ctx: Context, make: Make, post: Post, way: str, check: str
) -> None:
    """The claimer has tokens of his own thread: with one of them, and a forged sender, he could prove anything.
    Only where the sender himself is proved does the thread's token say enough."""
    thread_id, _ = _ask_at(ctx, make, post)
    other = claimed(ctx, post, "visitor", "other@a.example")
    tokens = {
        "no token": "",
        "thread's token": ctx.vault.token("reply", thread_id),
        "another claim's token": ctx.vault.token("claim", other),
        "guessed token": "a7" * 12,
    }
    to = f"support+r.{tokens[way]}@shop.example" if tokens[way] else SUPPORT
    come = post.comes("new@a.example", "Yes", check=check, to=to)
    proved = check == "pass" and way in ("thread's token", "another claim's token")
    assert (come.thread_id == thread_id) == proved
    new = the(ctx, Identity, Identity.address == "new@a.example")
    joined = new.customer_id == the(ctx, Identity, Identity.address == "visitor").customer_id
    assert joined == proved
    assert faults(ctx) == []


def test_an_answer_from_a_claimed_mailbox_that_is_somebodys_is_only_a_suggestion(
    ctx: Context, make: Make, post: Post
) -> None:
    now = scene(post, 1)
    make.inbound(make.channel(), "Write to anna1@a.example", "visitor")
    visitor = the(ctx, Identity, Identity.address == "visitor")
    claim_id = claimed(ctx, post, "visitor", "anna1@a.example")
    mine = the(ctx, Thread, Thread.customer_id == visitor.customer_id)
    asked = post.answers(mine.id, "Is this you?", to_claim_id=claim_id)
    come = post.comes("anna1@a.example", "It is", to=f"support+r.{asked.reply_token}@shop.example")
    assert come.thread_id == now.thread_id
    pair = sorted((visitor.customer_id, the(ctx, Thread, Thread.id == now.thread_id).customer_id))
    found = the(ctx, Suggestion, Suggestion.low_id == pair[0], Suggestion.high_id == pair[1])
    assert [sign["code"] for sign in found.evidence] == ["answered_claim", "claimed_address"]
    assert found.score >= 90


def test_our_mail_to_a_claimed_mailbox_tells_nothing_of_the_thread(
    ctx: Context, make: Make, post: Post
) -> None:
    make.inbound(make.channel(), SECRET, "visitor")
    claim_id = claimed(ctx, post, "visitor", "new@a.example")
    thread_id = rows(ctx, Message)[-1].thread_id
    asked = post.answers(thread_id, "Is this you?", to_claim_id=claim_id)
    assert asked.quoted is None
    assert asked.references == ()
    assert asked.reply_token != ctx.vault.token("reply", thread_id)
