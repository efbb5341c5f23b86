"""What every adapter must hold, as checks that anybody can run on any adapter's folder.

A check takes a `Case` and raises AssertionError with a sentence. `tests/adapters/test_conformance.py` runs all of
them on every folder below `adapters/`; another distribution runs them on its own the same way:

    case = load_case("carrier_pigeon", Path("src/onethread_carrier_pigeon"))
    for check in CHECKS:
        check(case)

A folder's `samples/` holds `config.json`, the channel configuration without secrets, `secrets.json` if some of them
must have a form ({"token": "1:CANARY"}, where the word is replaced), and for every sample a payload
(`NAME.eml`, `NAME.body`, …) and `NAME.json`: {"meta": {…}, "headers": {…}, "config": {…}, "items": […]}, where all
but "items" may be missing, and the items are written as `describe` gives them.
"""

from collections.abc import Callable

from inbox.contract.conformance.case import CANARY, Case, Sample, describe, load_case, secret_fields
from inbox.contract.conformance.items import check_error, check_item, check_party
from inbox.contract.conformance.manifest import (
    check_config,
    check_docs,
    check_face,
    check_manifest,
    check_parts,
)
from inbox.contract.conformance.network import (
    DeadIo,
    Peer,
    check_amending_at_dead_host,
    check_calls_to_dead_host,
    check_cursor_replay,
    check_health_of_dead_host,
    check_poll_of_dead_host,
    check_send_to_dead_host,
)
from inbox.contract.conformance.parsing import check_normalise, check_parse_survives, check_samples, mutations
from inbox.contract.conformance.webhooks import check_forgeries, check_no_webhook, forgeries

CHECKS: tuple[Callable[[Case], None], ...] = (
    check_manifest,
    check_docs,
    check_face,
    check_config,
    check_parts,
    check_samples,
    check_no_webhook,
    check_health_of_dead_host,
    check_send_to_dead_host,
    check_calls_to_dead_host,
    check_amending_at_dead_host,
    check_poll_of_dead_host,
)
"""Checks that need nothing but the folder."""

__all__ = [
    "CANARY",
    "CHECKS",
    "Case",
    "DeadIo",
    "Peer",
    "Sample",
    "check_amending_at_dead_host",
    "check_calls_to_dead_host",
    "check_config",
    "check_cursor_replay",
    "check_docs",
    "check_error",
    "check_face",
    "check_forgeries",
    "check_health_of_dead_host",
    "check_item",
    "check_manifest",
    "check_no_webhook",
    "check_normalise",
    "check_parse_survives",
    "check_parts",
    "check_party",
    "check_poll_of_dead_host",
    "check_samples",
    "check_send_to_dead_host",
    "describe",
    "forgeries",
    "load_case",
    "mutations",
    "secret_fields",
]
