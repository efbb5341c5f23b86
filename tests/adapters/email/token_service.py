"""An OAuth token service on loopback that answers as it is told."""

import http.server
import json
import threading
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs


@dataclass
class TokenService:
    """Answers POST with `status` and `answer`, and keeps the forms it was sent."""

    answer: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    forms: list[dict[str, str]] = field(default_factory=list)
    delay: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        service = self
        self.delay.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                service.forms.append({key: values[0] for key, values in form.items()})
                service.delay.wait(5)
                body = json.dumps(service.answer).encode()
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Be quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/token"
