"""How sure we may be of a From address, from the Authentication-Results of a server we trust (RFC 8601).

Anybody can write this field into a mail, so it counts only when all of these hold:
it bears the configured authserv-id; it stands where our own server writes it, above the first hop from outside;
no such field says dmarc=fail; and the pass it gives is for the domain in From, told in its own property.
"""

import ipaddress
import re
from dataclasses import dataclass, field

from adapters.email.charset import decode
from adapters.email.headers import ADDRESS_FIELD_MAX, Headers
from adapters.email.text import clean_line
from inbox.contract import Level
from inbox.contract.addresses import ascii_domain

_FIELDS_MAX = 10
# These write the field right below their own Received line, and take forged ones with their name out.
_STAMPS_BELOW = {"mx.google.com"}
_MICROSOFT_HOP = re.compile(
    r"\bby\s+[a-z0-9.-]+\.(?:protection\.outlook|prod\.outlook|office365)\.com\b", re.IGNORECASE
)
_MICROSOFT_BORDER = re.compile(r"\bby\s+[a-z0-9.-]+\.mail\.protection\.outlook\.com\b", re.IGNORECASE)
_ADDRESS_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9a-fA-F.:]{2,45})\]|\(([0-9]{1,3}(?:\.[0-9]{1,3}){3})\)")
# Not `is_private`, which also holds for ranges that are merely unassigned.
_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128",
                    "fc00::/7", "fe80::/10")
)  # fmt: skip
_LOCAL_HAND_OVER = re.compile(r"\bwith\s+(?:LMTPS?A?|local)\b", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[A-Za-z0-9._-]{1,253}")
_METHOD = re.compile(r"([a-z0-9-]{1,30})\s*=\s*([a-z]{1,30})", re.IGNORECASE)
_PROPERTY = re.compile(r"\b([a-z]{1,20}\.[a-z]{1,20})\s*=\s*(\S{1,300})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """One clause: "dkim=pass header.d=example.com"."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def level(headers: Headers, sender: str, authserv_id: str, *, microsoft: bool = False) -> tuple[Level, str]:
    """The level of the From address `sender` (look-up form) and a sentence that says why."""
    domain = sender.rpartition("@")[2]
    if len(headers.raw("from")) != 1:
        return Level.CLAIMED, "The mail has more than one From field, or none."
    if not authserv_id and not microsoft:
        return Level.CLAIMED, "No server is configured whose checks of the sender are trusted."
    found: list[Result] = []
    for value in _trusted_fields(headers, authserv_id.lower(), microsoft=microsoft):
        results = _microsoft_results(value) if _is_microsoft(value) else _results(value, authserv_id.lower())
        if results is None:
            return Level.CLAIMED, "The receiving server's check of the sender cannot be read."
        found += results
    if not found:
        return Level.CLAIMED, "The receiving server wrote down no check of the sender."
    return _judge(found, domain)


def _judge(results: list[Result], domain: str) -> tuple[Level, str]:
    if any(found.method == "dmarc" and found.result in ("fail", "permerror") for found in results):
        return Level.CLAIMED, f"The sender failed the check of {domain} (DMARC)."
    for found in results:
        if found.method == "dmarc" and found.result == "pass":
            checked = _domain(found.properties.get("header.from", ""))
            if checked and checked == domain:
                return Level.MAIL_AUTH, f"The receiving server found the sender genuine for {domain} (DMARC)."
    for found in results:
        if found.method == "dkim" and found.result == "pass":
            signer = _domain(found.properties.get("header.d", "") or found.properties.get("header.i", ""))
            if signer and (domain == signer or ("." in signer and domain.endswith("." + signer))):
                return Level.MAIL_AUTH, f"The receiving server found the mail signed by {signer} (DKIM)."
    return Level.CLAIMED, f"No check ties the sender to {domain}."


def _domain(text: str) -> str:
    return ascii_domain(text.rpartition("@")[2].strip(" <>\"';,"))


def _trusted_fields(headers: Headers, authserv_id: str, *, microsoft: bool) -> list[str]:
    """Values of the Authentication-Results that our own server wrote, judged by name and place."""
    found: list[str] = []
    below: list[str] = []
    border = False
    for name, raw in headers.fields:
        if len(found) + len(below) >= _FIELDS_MAX:
            break
        value = clean_line(decode(raw[:ADDRESS_FIELD_MAX]), ADDRESS_FIELD_MAX)
        if name == "received":
            if border:
                break
            if not _inside(value):
                border = True
                if authserv_id not in _STAMPS_BELOW or not re.search(
                    rf"\bby\s+{re.escape(authserv_id)}[\s;]", value + " ", re.IGNORECASE
                ):
                    break
        elif name == "authentication-results":
            if authserv_id and _names(value, authserv_id):
                (below if border else found).append(value)
        elif border and not name.startswith(("received-", "arc-", "x-google-", "return-path")):
            break
    if microsoft and not found and not below:
        return _microsoft_fields(headers)
    return found or below


def _microsoft_fields(headers: Headers) -> list[str]:
    """The field of Microsoft 365, which hands mail on between hosts with public addresses.

    It stands above the hop by which the mail came in; that one is by a host of mail.protection.outlook.com,
    and all above it are Microsoft's.
    """
    found: list[str] = []
    for name, raw in headers.fields:
        value = clean_line(decode(raw[:ADDRESS_FIELD_MAX]), ADDRESS_FIELD_MAX)
        if name == "received" and _MICROSOFT_BORDER.search(value):
            return found
        if name == "received" and not _MICROSOFT_HOP.search(value):
            return []
        if name == "authentication-results" and _is_microsoft(value) and len(found) < _FIELDS_MAX:
            found.append(value)
    return []


def _inside(received: str) -> bool:
    """Whether a Received line is a hand-over within our own host or network.

    What the other side calls itself is not believed; the address its connection came from is.
    """
    source, _by, rest = received.partition(" by ")
    addresses = [first or second for first, second in _ADDRESS_LITERAL.findall(source)]
    if not addresses:
        return bool(_LOCAL_HAND_OVER.search(rest)) or received.lower().startswith("by ")
    try:
        found = [ipaddress.ip_address(address) for address in addresses]
    except ValueError:
        return False
    return all(any(address in network for network in _INSIDE) for address in found)


def _names(value: str, authserv_id: str) -> bool:
    first = _FIRST_WORD.match(value.strip().strip('"'))
    return bool(first) and first[0].lower().rstrip(".") == authserv_id.rstrip(".") if first else False


def _is_microsoft(value: str) -> bool:
    """Microsoft 365 leaves the authserv-id out: the field begins with a result."""
    return bool(re.match(r"(?:spf|dkim|dmarc)\s*=", value.strip(), re.IGNORECASE))


def _microsoft_results(value: str) -> list[Result]:
    """Clauses of the form without authserv-id; comments are taken out, for they hold text from outside."""
    results = []
    for clause in _without_comments(value).split(";"):
        if match := _METHOD.match(clause.strip()):
            properties = {name.lower(): text for name, text in _PROPERTY.findall(clause)}
            results.append(Result(match[1].lower(), match[2].lower(), properties))
    return results


def _without_comments(value: str) -> str:
    out: list[str] = []
    depth = 0
    for char in value:
        depth += char == "("
        if not depth:
            out.append(char)
        depth = max(0, depth - (char == ")"))
    return "".join(out)


def _results(value: str, authserv_id: str) -> list[Result] | None:
    """The clauses of a field, or None when it is malformed or names another server after all."""
    import authres

    if value.count("(") > 50:
        return None
    try:
        parsed = authres.all_features().parse_value(value)
    except (authres.core.AuthResError, RecursionError, ValueError, AttributeError, TypeError):
        return None
    if (parsed.authserv_id or "").rstrip(".") != authserv_id.rstrip("."):
        return None
    return [
        Result(
            found.method,
            found.result,
            {f"{entry.type}.{entry.name}": str(entry.value or "") for entry in reversed(found.properties)},
        )
        for found in parsed.results
        if isinstance(found, authres.core.AuthenticationResult)
    ]
