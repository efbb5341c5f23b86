"""Files of customers: fetched with the bot's token, which goes to Slack's own hosts only."""

from collections.abc import Mapping
from typing import Any

import pytest

from adapters.slack import ADAPTER
from inbox.contract import HttpResponse, Rejected, TryLater
from inbox.contract.conformance import DeadIo
from tests.adapters.slack.peer import config_of, net_io
from tests.peers.slack import BOT_TOKEN, Slack

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100_000)


def fetched(slack: Slack, ref: str, **more: Any) -> bytes:
    with ADAPTER.fetch_media(config_of(slack, **more), ref, net_io()) as chunks:
        return b"".join(chunks)


class Recording(DeadIo):
    """Answers every request, and notes where it went with which headers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def http(self, method: str, url: str, **options: Any) -> HttpResponse:
        self.asked.append((url, options.get("headers") or {}))
        return HttpResponse(status=200, headers={}, body=b"x")


def test_a_file_is_fetched_by_its_address(slack: Slack) -> None:
    assert fetched(slack, slack.file(PNG)["url_private"]) == PNG


def test_a_file_of_which_only_the_id_is_known_is_asked_for(slack: Slack) -> None:
    assert fetched(slack, slack.file(PNG)["id"]) == PNG
    assert [call.method for call in slack.calls] == ["files.info"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/files-pri/a.png",
        "https://files.slack.com.evil.example/a.png",
        "https://files.slack.com@evil.example/a.png",
        "http://files.slack.com/a.png",
        "https://files.slack.com:8443/a.png",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https:///a.png",
    ],
)
def test_the_token_goes_nowhere_else(slack: Slack, url: str) -> None:
    io = Recording()
    with pytest.raises(Rejected, match="does not lie at Slack"):
        with ADAPTER.fetch_media(config_of(slack), url, io):
            pass
    assert io.asked == []


def test_the_token_goes_to_slacks_files(slack: Slack) -> None:
    io = Recording()
    url = "https://files.slack.com/files-pri/T1-F1/a.png"
    with ADAPTER.fetch_media(config_of(slack), url, io) as chunks:
        assert b"".join(chunks) == b"x"
    assert io.asked == [(url, {"Authorization": f"Bearer {BOT_TOKEN}"})]


def test_a_login_page_is_no_file_and_a_page_that_somebody_sent_is_one(slack: Slack) -> None:
    page = b"<html>mine</html>"
    assert fetched(slack, slack.file(page, "page.html", "text/html")["url_private"]) == page
    assert fetched(slack, slack.file(page, "page", "text/html")["id"]) == page
    ref = slack.file(PNG)["url_private"]
    slack.scopes = slack.scopes.replace("files:read,", "")
    with pytest.raises(Rejected, match="files:read"):
        fetched(slack, ref)


def test_a_file_that_is_gone_costs_the_file(slack: Slack) -> None:
    url = slack.file(PNG)["url_private"]
    slack.contents.clear()
    with pytest.raises(Rejected, match="any more"):
        fetched(slack, url)
    slack.files.clear()
    with pytest.raises(Rejected, match="does not have this file"):
        fetched(slack, "F0GONE")


def test_a_server_that_is_away_is_asked_again_later(slack: Slack) -> None:
    url = slack.file(PNG)["url_private"]
    with pytest.raises(TryLater):
        with ADAPTER.fetch_media(config_of(slack), url, DeadIo()):
            pass
