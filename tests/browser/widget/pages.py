"""A shop's pages, on an origin of their own: what a shop's engineer may do to the widget, and it must bear."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

SNIPPET = """<script>
(function (w, d, url) {
  w.Onethread = w.Onethread || function () { (w.Onethread.q = w.Onethread.q || []).push(arguments); };
  var s = d.createElement('script'); s.async = true; s.src = url; d.head.appendChild(s);
})(window, document, '%s');
%s
</script>"""
"""As in docs/widget-api.md, with the script's address and the shop's own calls."""

HEARD = """window.heard = [];
for (const name of ['ready', 'open', 'close', 'message', 'unread', 'identified', 'csat', 'error'])
  Onethread('on', name, data => heard.push([name, data]));
"""
"""Calls that write all events down in `window.heard`."""

_STYLES = {
    "plain": "body { font: 16px sans-serif; margin: 40px; background: #fff }",
    "hostile": "* { all: unset !important } div, button, dialog, iframe { display: none !important; opacity: 0 }",
}


class Pages:
    """`http://localhost:<port>/<kind>`: plain, hostile, strict (CSP), rtl, spa, swap; `?calls=` is the shop's script.

    The desk is on 127.0.0.1, which to a browser is another site.
    """

    def __init__(self, desk: str) -> None:
        self.desk = desk
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages._answer(self)

            def log_message(self, *_anything: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def start(self) -> Self:
        """Serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The shop's origin."""
        return f"http://localhost:{self._server.server_address[1]}"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        kind, _, name = parts.path.strip("/").partition("/")
        values = {key: found[0] for key, found in parse_qs(parts.query).items()}
        if kind == "favicon.ico":
            self._send(request, "", "image/x-icon")
        else:
            self._send(request, self._page(kind, name, values), "text/html", self._policy(kind))

    def _page(self, kind: str, name: str, values: dict[str, str]) -> str:
        script = f"{values.get('desk', self.desk)}/widget/{values.get('key', '')}.js"
        calls = values.get("calls", "Onethread('boot')")
        snippet = SNIPPET % (script, calls)
        if kind == "strict":  # no inline script there: the tag, and the shop's calls in a file of its own
            snippet = f'<script async src="{script}"></script>'
        direction = "rtl" if kind == "rtl" else "ltr"
        style = "" if kind == "strict" else f"<style>{_STYLES.get(kind, _STYLES['plain'])}</style>"
        return (
            f'<!doctype html><html lang="en" dir="{direction}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name or kind}</title>'
            f'{style}</head><body><main><h1>Boots</h1><p id="text">Trail boots, 219.</p>'
            f'<a id="other" href="/plain/other?{urlencode(values)}">other</a></main>{snippet}</body></html>'
        )

    def _policy(self, kind: str) -> str:
        return (
            f"default-src 'none'; script-src {self.desk}; frame-src {self.desk}" if kind == "strict" else ""
        )

    def _send(self, request: BaseHTTPRequestHandler, text: str, kind: str, policy: str = "") -> None:
        body = text.encode()
        request.send_response(200)
        request.send_header("Content-Type", f"{kind}; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        if policy:
            request.send_header("Content-Security-Policy", policy)
        request.end_headers()
        request.wfile.write(body)
