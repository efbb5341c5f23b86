"""HTTP through the guard: redirects checked, sizes and times bounded, and no credential in any error."""

import http.server
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inbox.contract import AdapterError, Rejected, TryLater, Uncertain
from inbox.net import REDIRECTS_MAX, Guard, NetIo
from tests.peers.tls import make_certificates

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]
IO = NetIo(Guard(allow_private=True))


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Be quiet."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that break off are part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def raw_server(data: bytes, pause: float = 0.0, read: bool = True) -> Iterator[int]:
    """Sends these bytes, byte by byte if there is a pause, and hangs up."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while read and (line := self.rfile.readline()) and line != b"\r\n":
                pass
            try:
                for part in [data] if not pause else [data[i : i + 1] for i in range(len(data))]:
                    self.wfile.write(part)
                    time.sleep(pause)
            except ConnectionError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def say(request: http.server.BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


class TestExchange:
    """A request and its answer."""

    def test_everything_arrives(self) -> None:
        seen: dict[str, Any] = {}

        def answer(request: http.server.BaseHTTPRequestHandler) -> None:
            seen.update(
                method=request.command,
                path=request.path,
                headers=dict(request.headers),
                body=request.rfile.read(int(request.headers["Content-Length"])),
            )
            say(request, 201, b'{"ok": true}', X_Thing="yes")

        with serving(answer) as port:
            got = IO.http(
                "post",
                f"http://127.0.0.1:{port}/a b/ü?q=1&r=ä#x",
                headers={"Authorization": "T"},
                body=b"data",
            )
        assert (got.status, got.json(), got.headers["x-thing"]) == (201, {"ok": True}, "yes")
        assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/a%20b/%C3%BC?q=1&r=%C3%A4", b"data")
        assert seen["headers"]["Authorization"] == "T"
        assert seen["headers"]["Host"] == f"127.0.0.1:{port}"
        assert seen["headers"]["User-Agent"] == "Onethread"

    @pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
    def test_refusals_are_answers(self, status: int) -> None:
        with serving(lambda request: say(request, status, b"no", Retry_After="7")) as port:
            got = IO.http("GET", f"http://127.0.0.1:{port}/")
        assert (got.status, got.body, got.headers["retry-after"]) == (status, b"no", "7")

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "http://",
            "//127.0.0.1/",
            "http://user:pw@127.0.0.1/",
            "127.0.0.1",
            "",
        ],
    )
    def test_other_addresses_are_refused(self, url: str) -> None:
        with pytest.raises(Rejected, match="no web address"):
            IO.http("GET", url)

    def test_unusual_ports_outside_are_refused(self) -> None:
        with pytest.raises(Rejected, match=r"Port 22 of example\.com may not be asked"):
            NetIo(Guard()).http("GET", "http://example.com:22/")

    @pytest.mark.parametrize("header", [{"A": "b\r\nC: d"}, {"A\r\nC": "d"}, {"A:": "b"}])
    def test_headers_cannot_be_smuggled_in(self, header: dict[str, str]) -> None:
        with (
            serving(lambda request: say(request, 200)) as port,
            pytest.raises(Rejected, match="cannot be put into HTTP"),
        ):
            IO.http("GET", f"http://127.0.0.1:{port}/", headers=header)

    def test_a_path_cannot_smuggle_a_request_in(self) -> None:
        paths: list[str] = []

        def answer(request: http.server.BaseHTTPRequestHandler) -> None:
            paths.append(request.path)
            say(request, 200)

        with serving(answer) as port:
            IO.http("GET", f"http://127.0.0.1:{port}/a HTTP/1.1\r\nX: y\r\n\r\nGET /evil")
        assert len(paths) == 1
        assert " " not in paths[0]


class TestRedirects:
    """Each hop is checked like the first address."""

    def test_the_way_may_have_three_steps_and_no_more(self) -> None:
        def answer(request: http.server.BaseHTTPRequestHandler) -> None:
            step = int(request.path[1:])
            say(request, 302, Location=f"/{step - 1}") if step else say(request, 200, b"there")

        with serving(answer) as port:
            assert IO.http("GET", f"http://127.0.0.1:{port}/{REDIRECTS_MAX}").body == b"there"
            with pytest.raises(Rejected, match="too many redirects"):
                IO.http("GET", f"http://127.0.0.1:{port}/{REDIRECTS_MAX + 1}")

    def test_credentials_stay_with_their_host(self) -> None:
        seen: list[dict[str, str]] = []

        def target(request: http.server.BaseHTTPRequestHandler) -> None:
            seen.append({name.lower(): value for name, value in request.headers.items()})
            say(request, 200)

        secret = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Api-Key": "k", "Accept": "text/plain"}
        with serving(target) as other:
            with serving(lambda request: say(request, 307, Location=f"http://127.0.0.1:{other}/")) as port:
                IO.http("GET", f"http://127.0.0.1:{port}/", headers=secret)
            with serving(
                lambda request: target(request) if request.path == "/b" else say(request, 302, Location="/b")
            ) as port:
                IO.http("GET", f"http://127.0.0.1:{port}/a", headers=secret)
        assert not {"authorization", "cookie", "x-api-key"} & set(seen[0])
        assert seen[0]["accept"] == "text/plain"
        assert {"authorization", "cookie", "x-api-key"} <= set(seen[1])

    @pytest.mark.parametrize(
        "location", ["http://127.0.0.1/x", "http://[::1]/x", "http://169.254.169.254/", "file:///x"]
    )
    def test_a_redirect_to_the_inside_is_refused(
        self, location: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(lambda request: say(request, 302, Location=location)) as port:
            inner = socket.create_connection

            def resolve(host: str, _port: int, **_named: object) -> list[tuple[Any, ...]]:
                address = "8.8.8.8" if host == "outside.example" else host
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

            def dial(address: tuple[str, int], timeout: float) -> socket.socket:
                assert address == ("8.8.8.8", 80), "the guard let an inside address through"
                return inner(("127.0.0.1", port), timeout)

            monkeypatch.setattr(socket, "create_connection", dial)
            with pytest.raises(Rejected):
                NetIo(Guard(resolve=resolve)).http("GET", "http://outside.example/")

    def test_what_was_posted_is_not_posted_elsewhere(self) -> None:
        with serving(lambda request: say(request, 307, Location="/b")) as port:
            assert IO.http("POST", f"http://127.0.0.1:{port}/", body=b"x").status == 307


class TestFailures:
    """Certainly not sent, or nobody knows."""

    def test_nobody_listens(self) -> None:
        with pytest.raises(TryLater):
            IO.http("POST", "http://127.0.0.1:9/", body=b"x")

    def test_the_name_is_unknown(self) -> None:
        with pytest.raises(TryLater):
            IO.http("POST", "http://no-such-host.invalid/", body=b"x")

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            b"garbage\r\n\r\n",
            b"HTTP/1.1 999999 X\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        ],
    )
    def test_a_broken_answer_is_uncertain(self, data: bytes) -> None:
        with raw_server(data) as port, pytest.raises(Uncertain):
            IO.http("POST", f"http://127.0.0.1:{port}/", body=b"x", timeout=2)

    def test_silence_is_uncertain_and_bounded(self) -> None:
        with raw_server(b"x", pause=5) as port:
            begun = time.monotonic()
            with pytest.raises(Uncertain, match="in time"):
                IO.http("POST", f"http://127.0.0.1:{port}/", body=b"x", timeout=0.5)
            assert time.monotonic() - begun < 4

    def test_bytes_that_drip_are_bounded_as_a_whole(self) -> None:
        data = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
        with raw_server(data, pause=0.02) as port:
            begun = time.monotonic()
            with pytest.raises(Uncertain, match="in time"):
                IO.http("GET", f"http://127.0.0.1:{port}/", timeout=0.6)
            assert time.monotonic() - begun < 4

    @pytest.mark.parametrize(("method", "error"), [("GET", Rejected), ("POST", Uncertain)])
    def test_an_answer_beyond_the_cap_is_not_swallowed(self, method: str, error: type[AdapterError]) -> None:
        with serving(lambda request: say(request, 200, b"x" * 100_000)) as port:
            assert len(IO.http("GET", f"http://127.0.0.1:{port}/", max_bytes=100_000).body) == 100_000
            with pytest.raises(error, match="larger than 99999 bytes"):
                IO.http(method, f"http://127.0.0.1:{port}/", max_bytes=99_999)

    def test_a_compressed_bomb_is_not_unpacked(self) -> None:
        import gzip

        bomb = gzip.compress(b"\0" * 50_000_000)
        with (
            serving(lambda request: say(request, 200, bomb, Content_Encoding="gzip")) as port,
            pytest.raises(Rejected, match="larger than"),
        ):
            IO.http("GET", f"http://127.0.0.1:{port}/", max_bytes=1_000_000)

    @pytest.mark.parametrize("port", [9, 0])
    def test_errors_show_no_credential(self, port: int) -> None:
        with raw_server(b"") as broken:
            with pytest.raises(AdapterError) as caught:
                IO.http(
                    "POST",
                    f"http://127.0.0.1:{port or broken}/bot123:canary/send?key=canary",
                    headers={"Authorization": "canary"},
                    body=b"canary",
                )
            assert "canary" not in f"{caught.value.reason} {caught.value!r} {caught.value.__cause__!r}"


class TestTls:
    """Certificates are checked against the name that was asked for."""

    @pytest.fixture
    def certificates(self, tmp_path: Path) -> Path:
        return make_certificates(tmp_path / "tls").parent

    @pytest.fixture
    def port(self, certificates: Path) -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
        with serving(lambda request: say(request, 200, b"sealed"), context) as port:
            yield port

    def trust(self, monkeypatch: pytest.MonkeyPatch, certificates: Path) -> None:
        context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
        monkeypatch.setattr("inbox.net.exchange._tls", lambda: context)

    def test_a_trusted_certificate_of_the_right_name(
        self, port: int, certificates: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.trust(monkeypatch, certificates)
        assert IO.http("GET", f"https://localhost:{port}/").body == b"sealed"

    def test_another_name_is_refused_before_anything_is_sent(
        self, port: int, certificates: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.trust(monkeypatch, certificates)
        io = NetIo(Guard(True, resolve=lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", port))]))
        with pytest.raises(TryLater, match=r"certificate of 127\.0\.0\.2 is not valid"):
            io.http("POST", f"https://127.0.0.2:{port}/", body=b"x")

    def test_an_unknown_authority_is_refused(self, port: int) -> None:
        with pytest.raises(TryLater, match="certificate of localhost is not valid"):
            IO.http("POST", f"https://localhost:{port}/", body=b"x")

    def test_a_redirect_out_of_encryption_is_refused(
        self, certificates: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.trust(monkeypatch, certificates)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
        with (
            serving(lambda request: say(request, 302, Location="http://localhost:9/"), context) as port,
            pytest.raises(Rejected, match="from an encrypted to a plain connection"),
        ):
            IO.http("GET", f"https://localhost:{port}/")


def test_the_rest_of_the_contract_is_passed_on() -> None:
    secrets: list[dict[str, str]] = []
    points: list[str] = []
    io = NetIo(
        Guard(),
        facts={"a": 1},
        on_secrets=lambda updates: secrets.append(dict(updates)),
        checkpoint=points.append,
        stopping=lambda: True,
    )
    io.keep_secrets({"token": "t"})
    io.checkpoint("before_wire")
    assert (secrets, points, io.facts, io.stopping()) == ([{"token": "t"}], ["before_wire"], {"a": 1}, True)
    assert io.now().utcoffset() is not None
