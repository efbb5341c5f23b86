"""A picture of a product, through the server."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from inbox.commerce import pictures
from inbox.flows.context import Context
from tests.web.api.conftest import Api

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


class Host(BaseHTTPRequestHandler):
    """A shop's host of pictures."""

    asked: ClassVar[list[str]] = []
    held: ClassVar[dict[str, bytes]] = {
        "/bowl.png": PNG,
        "/page.png": b"<!doctype html><script>alert(1)</script>",
        "/drawn.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "/huge.png": PNG + b"\0" * (1 << 20),
    }

    def do_GET(self) -> None:
        self.asked.append(self.path)
        data = self.held.get(self.path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    Host.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No table is asked."""
    return sqlite_url


def where(ctx: Context, url: str) -> str:
    """Where the API says that a picture is."""
    return pictures.address(ctx.vault.derive(pictures.PURPOSE), 3, url).removeprefix("/api/v1")


def test_a_picture_that_a_shop_told_of_is_fetched_once_and_shown(api: Api, ctx: Context, host: str) -> None:
    for _twice in range(2):
        answer = api.call("GET", where(ctx, f"{host}/bowl.png"))
        assert (answer.status_code, answer.content_type, answer.data) == (200, "image/png", PNG)
        assert answer.headers["Cache-Control"] == "private, max-age=86400"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert Host.asked == ["/bowl.png"]


@pytest.mark.parametrize("name", ["gone.png", "page.png", "drawn.svg", "huge.png"])
def test_what_is_no_raster_picture_of_a_fair_size_is_not_shown(
    api: Api, ctx: Context, host: str, name: str
) -> None:
    assert api.call("GET", where(ctx, f"{host}/{name}")).status_code == 404


def test_nothing_else_is_fetched(api: Api, ctx: Context, host: str) -> None:
    proved = where(ctx, f"{host}/bowl.png")
    for path in (
        proved.replace("bowl", "other"),
        proved[:-1] + "~",
        proved.replace("/shops/3/", "/shops/4/"),
    ):
        assert api.call("GET", path).status_code == 404
    assert Host.asked == []
