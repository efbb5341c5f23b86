"""Checks of `verify`, and forged requests to try it on."""

import re
from collections.abc import Iterator

from inbox.contract.adapter import ChannelConfig, HookRequest
from inbox.contract.conformance.case import Case
from inbox.contract.conformance.items import check_error
from inbox.contract.errors import NotAuthentic


def check_no_webhook(case: Case) -> None:
    """A channel that takes no webhooks proves none of them."""
    if case.adapter.manifest.can.webhook:
        return
    for body in (b"", b"{}", b"\xff\x00"):
        request = HookRequest(
            method="POST", body=body, headers={"x-signature": "a"}, args={"hub.mode": "subscribe"}
        )
        _check_refused(case, case.canary_config(), "any", request)


def check_forgeries(
    case: Case, config: ChannelConfig, genuine: HookRequest, *, signs_body: bool = True
) -> None:
    """The genuine request is accepted and the forged ones are not. For adapters that take webhooks.

    `signs_body` is False for a provider that proves with a secret who sends, and nothing about what: then a changed
    body is accepted, as only the encrypted connection protects it, and must be read or refused by `parse`.
    """
    case.adapter.verify(config, genuine)
    for name, request in forgeries(genuine):
        if request.headers == genuine.headers and not signs_body:
            case.adapter.verify(config, request)
        else:
            _check_refused(case, config, name, request)


def _check_refused(case: Case, config: ChannelConfig, name: str, request: HookRequest) -> None:
    try:
        case.adapter.verify(config, request)
    except NotAuthentic as error:
        check_error(error)
    else:
        raise AssertionError(f"the forged request “{name}” was taken for genuine")


def forgeries(genuine: HookRequest) -> Iterator[tuple[str, HookRequest]]:
    """Forged forms of a genuine request: 8 of its body and the rest of the headers that prove it.

    Which headers do is found by the adapter's own verdict, so every header that is not about transport is tried.
    """
    body = genuine.body
    for name, changed in (
        ("empty body", b""),
        ("one byte more", body + b" "),
        ("one byte less", body[:-1]),
        ("first byte changed", bytes([body[0] ^ 1]) + body[1:] if body else b"x"),
        ("last byte changed", body[:-1] + bytes([body[-1] ^ 1]) if body else b"y"),
        ("body twice", body * 2 or b"z"),
        ("not UTF-8", b"\xff" + body),
        ("NUL", body + b"\x00"),
    ):
        yield name, genuine.model_copy(update={"body": changed})
    proofs = [name for name in genuine.headers if re.search(r"signature|secret|token|hmac|digest", name)]
    yield "no headers", genuine.model_copy(update={"headers": {}, "args": {}})
    for name in proofs:
        value = genuine.headers[name]
        rest = {key: other for key, other in genuine.headers.items() if key != name}
        yield f"{name} missing", genuine.model_copy(update={"headers": rest})
        for what, forged in (
            ("empty", ""),
            ("blank", " "),
            ("of another length", value + "0"),
            ("cut", value[:-1]),
            ("first half", value[: len(value) // 2]),
            ("last letter changed", value[:-1] + ("0" if value[-1:] != "0" else "1")),
            ("not ASCII", "ä" * len(value)),
            ("surrogate", "\udcff"),
            ("NUL", "\x00" + value[1:]),
            ("twice", f"{value},{value}"),
            ("reversed", value[::-1]),
            ("no prefix", value.rpartition("=")[2] if "=" in value[:10] else value + "="),
            ("only prefix", value.partition("=")[0] + "="),
            ("None", "None"),
            ("null", "null"),
            ("very long", "a" * 100_000),
        ):
            if forged != value:
                yield f"{name} {what}", genuine.model_copy(update={"headers": {**rest, name: forged}})
