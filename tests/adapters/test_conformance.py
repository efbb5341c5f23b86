"""Every adapter keeps the contract. A folder below `adapters/` is found by itself; there is nothing to opt into."""

import importlib
import itertools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.channels.registry import APART, available, folders, load
from inbox.contract import Capabilities, HookRequest, Raw
from inbox.contract.conformance import (
    CHECKS,
    Case,
    check_cursor_replay,
    check_forgeries,
    check_normalise,
    check_parse_survives,
    forgeries,
    load_case,
    mutations,
)

ROOT = Path(__file__).parents[2]
FOLDERS = {kind: ROOT / package.replace(".", "/") for kind, package in folders().items()}


@pytest.fixture(scope="module", params=sorted(FOLDERS))
def case(request: pytest.FixtureRequest) -> Case:
    return load_case(request.param, FOLDERS[request.param], load(request.param))


def test_every_folder_is_an_adapter_that_can_be_connected() -> None:
    there = {
        path
        for path in (ROOT / "adapters").iterdir()
        if (path / "__init__.py").is_file() and path.name not in APART
    }
    families = there - {*FOLDERS.values()}
    members = {path for family in families for path in family.iterdir() if (path / "__init__.py").is_file()}
    assert (there - families) | members == {*FOLDERS.values()}
    assert set(FOLDERS) <= set(available())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_holds(case: Case, check: Callable[[Case], None]) -> None:
    check(case)


def test_a_folder_without_samples_fails(case: Case, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="is missing"):
        load_case(case.kind, tmp_path, case.adapter)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "config.json").write_text("{}")
    with pytest.raises(AssertionError, match="without samples"):
        load_case(case.kind, tmp_path, case.adapter)


def test_damaged_payloads_are_read_or_refused(case: Case) -> None:
    for number, sample in enumerate(case.samples):
        for damaged in itertools.islice(mutations(sample.raw.body, seed=number), 12):
            check_parse_survives(case, sample.raw.model_copy(update={"body": damaged}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=2000),
    headers=st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=3),
)
def test_any_bytes_are_read_or_refused(case: Case, body: bytes, headers: dict[str, str]) -> None:
    check_parse_survives(case, Raw(body=body, headers=headers))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=80), st.emails(), st.from_regex(r"\A.{0,20}@[^@]{0,30}\Z")))
def test_typed_text_becomes_an_address_or_is_refused(case: Case, text: str) -> None:
    check_normalise(case, text)


@pytest.mark.dovecot
def test_a_poll_can_be_repeated(request: pytest.FixtureRequest) -> None:
    """A polled adapter ships `tests/adapters/KIND/peer.py` with `open_peer(request)`, which gives a `Peer`."""
    for case in _cases(lambda can: can.poll):
        check_cursor_replay(case, _peer_module(case.kind).open_peer(request))


def test_forged_webhooks_are_refused() -> None:
    """An adapter that takes webhooks ships there `signed_request()`, which gives a configuration and a request.

    SIGNS_BODY there is False for a provider that proves who sends and not what.
    """
    for case in _cases(lambda can: can.webhook):
        peer = _peer_module(case.kind)
        signs_body = getattr(peer, "SIGNS_BODY", True)
        check_forgeries(case, *peer.signed_request(), signs_body=signs_body)


def test_at_least_25_forms_of_a_webhook_are_forged() -> None:
    genuine = HookRequest(
        method="POST", body=b'{"a": 1}', headers={"x-hub-signature-256": "sha256=0a1b"}, args={}
    )
    forged = dict(forgeries(genuine))
    assert len(forged) >= 25
    assert genuine not in forged.values()


def _cases(wanted: Callable[[Capabilities], bool]) -> list[Case]:
    return [
        load_case(kind, folder, load(kind))
        for kind, folder in sorted(FOLDERS.items())
        if wanted(load(kind).manifest.can)
    ]


def _peer_module(kind: str) -> ModuleType:
    return importlib.import_module(f"tests.adapters.{kind}.peer")
