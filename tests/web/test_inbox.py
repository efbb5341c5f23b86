"""The inbox page and the frames in which mail is shown."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents import actions as agents
from inbox.agents.words import Role
from inbox.flows import triage
from inbox.flows.context import Context
from inbox.threads.models import Message
from tests.factories import Make
from tests.web.conftest import Browser

SignIn = Callable[..., Browser]


@pytest.fixture
def agent_browser(make: Make, signed_in: SignIn) -> Browser:
    """The browser of an agent."""
    return signed_in(make.agent("Ada"))


def snapshot_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="snapshot">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_start_leads_to_my_threads_or_to_the_queue(make: Make, ctx: Context, signed_in: SignIn) -> None:
    agent = make.agent("Ada")
    browser = signed_in(agent)
    assert browser.get("/").headers["Location"] == "/inbox/unassigned"
    make.inbound(make.channel())
    triage.change(ctx, agent, 1, triage.Changes(assignee_id=agent.id))
    assert browser.get("/").headers["Location"] == "/inbox/mine"


def test_the_first_picture_is_in_the_page(agent_browser: Browser, make: Make) -> None:
    make.inbound(make.channel(), "Where is my order?", sender="Anna")
    snapshot = snapshot_of(agent_browser.text("/inbox/unassigned/1"))
    assert snapshot["me"]["name"] == "Ada"
    assert snapshot["csrf"]
    assert [thread["customer"]["name"] for thread in snapshot["threads"]["items"]] == ["Anna"]
    assert snapshot["thread"]["channels"][0]["usable"]
    assert [message["body_text"] for message in snapshot["messages"]["items"]] == ["Where is my order?"]
    assert {view["key"] for view in snapshot["views"]} >= {"mine", "unassigned", "waiting"}
    assert re.fullmatch(r"\d+\.\d+", snapshot["cursor"])
    assert snapshot["view"] == "unassigned"


def test_nothing_a_customer_writes_ends_the_snapshot(agent_browser: Browser, make: Make) -> None:
    evil = "</script><script>alert(1)</script><!--<script>"
    make.inbound(make.channel(), evil, sender="Eve", subject=evil, name=evil)
    page = agent_browser.text("/inbox/unassigned/1")
    assert "alert(1)</script>" not in page
    assert snapshot_of(page)["messages"]["items"][0]["body_text"] == evil


def test_an_unknown_view_is_not_found_and_a_hidden_thread_is_not_shown(
    make: Make, ctx: Context, signed_in: SignIn
) -> None:
    make.inbound(make.channel(), "secret", sender="Anna")
    boss = make.agent("Boss", Role.ADMIN)
    team = ctx.db.run(agents.add_team, "Returns", ctx.clock())
    triage.change(ctx, boss, 1, triage.Changes(team_id=team))
    browser = signed_in(make.agent("Outsider"))
    assert browser.get("/inbox/nosuch").status_code == 404
    page = browser.text("/inbox/open/1")
    assert snapshot_of(page)["thread"] is None
    assert "secret" not in page
    assert browser.get("/messages/1/body").status_code == 404


def test_no_page_without_signing_in(browser: Browser, make: Make) -> None:
    make.agent()
    for path in ("/", "/inbox/mine", "/messages/1/body"):
        answer = browser.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login")


MAIL = (
    '<p onclick="x()">Hello</p><img src="https://track.example/1.gif"><img src="http://track.example/2.gif">'
    '<img src="cid:logo"><a href="https://shop.example/">shop</a><script>alert(1)</script>'
)


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_mail_is_shown_in_a_frame_of_its_own(agent_browser: Browser, make: Make) -> None:
    make.inbound(make.channel(), "Hello", html=MAIL)
    answer = agent_browser.get("/messages/1/body")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src 'self' data:;" in policy
    assert "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert "allow-scripts" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in answer.headers
    tags = Tags(answer.text)
    assert ("html", {"data-blocked-images": "2"}) in tags.found
    assert ("base", {"target": "_blank"}) in tags.found
    assert not [tag for tag, _ in tags.found if tag == "script"]
    assert not any("onclick" in attributes for _, attributes in tags.found)
    assert "track.example" not in answer.text

    asked = agent_browser.get("/messages/1/body?images=1")
    assert "img-src 'self' data: https: http:" in asked.headers["Content-Security-Policy"]
    assert asked.text.count("track.example") == 2
    assert ("html", {"data-blocked-images": "0"}) in Tags(asked.text).found


def test_a_quoted_tail_is_folded_and_counted(agent_browser: Browser, make: Make, ctx: Context) -> None:
    make.inbound(make.channel(), "Hello", html="<p>New</p>")
    tail = '<blockquote>Old <img src="https://track.example/3.gif"></blockquote>'
    with ctx.db.write() as session:
        session.execute(update(Message).values(quoted_html=tail))
    page = agent_browser.text("/messages/1/body")
    assert re.search(r"<details>.*<blockquote>Old", page, re.DOTALL)
    assert ("html", {"data-blocked-images": "1"}) in Tags(page).found


def test_a_message_without_html_has_no_frame(agent_browser: Browser, make: Make) -> None:
    make.inbound(make.channel(), "Plain")
    assert agent_browser.get("/messages/1/body").status_code == 404
