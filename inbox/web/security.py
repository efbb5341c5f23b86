"""What protects every request and response: sizes, headers, client addresses, cross-site request forgery."""

import base64
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from inbox.flows.context import Context
from inbox.web.context import context

BODY_MAX = 512 * 1024
"""Bytes of a request; a view that takes more (uploads, webhooks) raises `request.max_content_length` itself."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
_HSTS = "max-age=31536000"
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SALT = 9


def register(app: Flask, ctx: Context) -> None:
    """Set size limits, trust the configured number of proxies, and add headers to all responses."""
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_MAX
    app.config["MAX_FORM_PARTS"] = 500
    if ctx.settings.trusted_proxies:
        # The host is left alone: no address is made from it, and not every proxy replaces a forged one.
        hops = ctx.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.after_request(_add_headers)


def client_address() -> str:
    """The client's IP address as far as the configured proxies vouch for it, or ""."""
    try:
        return str(ipaddress.ip_address((request.remote_addr or "").partition("%")[0]))
    except ValueError:
        return ""


def is_local() -> bool:
    """Whether the request surely comes from this machine: no proxy in between, no foreign name.

    A page elsewhere whose name was made to resolve to 127.0.0.1 still sends its own name as Host.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    host = urlsplit(f"//{request.host}").hostname or ""
    return _is_loopback(client_address()) and (host == "localhost" or _is_loopback(host))


def make_csrf_token(key: bytes, subject: str) -> str:
    """A token that proves the sender could read one of our pages as `subject`.

    It is salted, so that it differs on every page and cannot be guessed from the size of compressed pages.
    """
    salt = secrets.token_bytes(_SALT)
    return base64.urlsafe_b64encode(salt + _mac(key, salt, subject)).decode()


def csrf_token_fits(key: bytes, subject: str, token: str) -> bool:
    """Whether `token` was made for `subject`."""
    try:
        data = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(data[_SALT:], _mac(key, data[:_SALT], subject))


def is_same_origin() -> bool:
    """Whether the browser says that one of our own pages made the request, or says nothing.

    `Sec-Fetch-Site: none` is the user himself. Silence is left to the token.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin_allowed(origin)


def origin_allowed(origin: str) -> bool:
    """Whether an Origin is ours: the host that was asked, or the public address. Also for sockets."""
    settings = context().settings
    given = _origin(origin)
    if given is None or (settings.https and given[0] != "https"):
        return False
    if settings.public_url and given == _origin(settings.public_url):
        return True
    # Compared without the scheme, which a proxy that ends TLS hides from us.
    return given[1:] == _host_and_port(request.host, given[0])


def safe_next(target: str | None, fallback: str = "/") -> str:
    """Where to go after signing in: a path on this server, or `fallback`. Never another site."""
    if not target or len(target) > 2000 or not target.startswith("/") or target.startswith(("//", "/\\")):
        return fallback
    # Browsers drop tabs and line ends inside an address and read a backslash as a slash.
    if "\\" in target or any(ord(c) <= 0x20 or 0x7F <= ord(c) <= 0xA0 or c in "\u2028\u2029" for c in target):
        return fallback
    try:
        parts = urlsplit(target)
    except ValueError:
        return fallback
    path = parts.path
    if parts.scheme or parts.netloc or path.startswith("//") or _climbs(path.split("/")):
        return fallback
    return target


def _climbs(segments: Iterable[str]) -> bool:
    """Whether a path has ".." in any spelling: "/.//host" and "/a/..//host" may collapse into "//host"."""
    return any(segment.lower().replace("%2e", ".") in (".", "..") for segment in segments)


def _mac(key: bytes, salt: bytes, subject: str) -> bytes:
    return hmac.digest(key, salt + subject.encode(), "sha256")


def _origin(text: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme]


def _host_and_port(host: str, scheme: str) -> tuple[str, int] | None:
    found = _origin(f"{scheme}://{host}")
    return found[1:] if found else None


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = CSP
        response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cache-Control", "no-store")
    if context().settings.https:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    return response
