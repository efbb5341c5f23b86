"""Files that a message only referred to: from Meta's own hosts, and no larger than they may be."""

import pytest

from adapters.meta import media
from adapters.meta.messenger import ADAPTER
from inbox.contract import HttpResponse, Rejected, TryLater
from inbox.contract.conformance import DeadIo
from tests.adapters.messenger.peer import SETTINGS, config_of, net_io
from tests.peers.graph_page import Account
from tests.peers.process import free_port

CONFIG = ADAPTER.manifest.config.model_validate(SETTINGS)


def fetch(page: Account, url: str) -> bytes:
    with ADAPTER.fetch_media(config_of(page), url, net_io()) as chunks:
        return b"".join(chunks)


def test_a_file_comes_whole(page: Account) -> None:
    content = bytes(range(256)) * 1000
    assert fetch(page, page.file(content)) == content


def test_an_address_that_has_expired_is_told(page: Account) -> None:
    with pytest.raises(Rejected, match="address has expired"):
        fetch(page, f"{page.url}/cdn/gone.jpg")


def test_a_file_that_is_too_large_is_told(page: Account) -> None:
    url = page.file(b"x" * 2000)
    with pytest.raises(Rejected, match="larger than"):
        list(media.fetch(config_of(page), url, net_io(), max_bytes=1000))


def test_nobody_there_is_tried_later(page: Account) -> None:
    base = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TryLater), ADAPTER.fetch_media(config_of(page, api_base=base), f"{base}/x", net_io()):
        pass


def test_files_are_fetched_without_our_token() -> None:
    asked: list[object] = []

    class Noting(DeadIo):
        def http(self, method: str, url: str, **named: object) -> HttpResponse:  # type: ignore[override]
            asked.append(named["headers"])
            return HttpResponse(status=200, headers={}, body=b"x")

    with ADAPTER.fetch_media(CONFIG, "https://cdn.fbsbx.com/a", Noting()) as chunks:
        assert b"".join(chunks) == b"x"
    assert asked == [None]


@pytest.mark.parametrize(
    "url",
    [
        "https://scontent.xx.fbcdn.net/v/1.jpg?oe=1",
        "https://cdn.fbsbx.com/a",
        "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1",
        "https://scontent.cdninstagram.com/1.jpg",
    ],
)
def test_these_hosts_are_metas(url: str) -> None:
    assert media.is_allowed(CONFIG, url)


@pytest.mark.parametrize(
    "url",
    [
        "http://scontent.xx.fbcdn.net/1.jpg",
        "https://fbcdn.net.evil.example/1.jpg",
        "https://evilfbcdn.net/1.jpg",
        "https://user@cdn.fbsbx.com/1.jpg",
        "https://cdn.fbsbx.com:8443/1.jpg",
        "https://cdn.fbsbx.com:port/1.jpg",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "a-file",
        "",
    ],
)
def test_anything_else_is_not_asked(url: str) -> None:
    assert not media.is_allowed(CONFIG, url)
    with (
        pytest.raises(Rejected, match="not Meta's"),
        ADAPTER.fetch_media(CONFIG, url, DeadIo()),
    ):
        pass
