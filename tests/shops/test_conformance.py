"""Every shop keeps the contract. A folder below `adapters/shops/` is found by itself; there is nothing to opt into.

The checks on the shop itself need `tests/shops/KIND/world.py`, whose `open_world()` gives a `World`.
"""

import importlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.contract import Raw
from inbox.contract.commerce import Shop
from inbox.contract.commerce.conformance import (
    SHOP_CHECKS,
    WORLD_CHECKS,
    ShopCase,
    World,
    check_event_parse_survives,
    load_shop_case,
)
from inbox.contract.conformance import mutations
from tests.services import SERVICES

ROOT = Path(__file__).parents[2]
FOLDERS = {
    path.name: path
    for path in sorted((ROOT / "adapters" / "shops").iterdir())
    if (path / "__init__.py").is_file()
}
REAL = [kind for kind in FOLDERS if kind in SERVICES]


def load(kind: str) -> ShopCase:
    return load_shop_case(kind, FOLDERS[kind], importlib.import_module(f"adapters.shops.{kind}").SHOP)


@pytest.fixture(scope="module", params=sorted(FOLDERS))
def case(request: pytest.FixtureRequest) -> ShopCase:
    return load(request.param)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(kind, marks=getattr(pytest.mark, kind) if kind in REAL else ())
        for kind in sorted(FOLDERS)
    ],
)
def shop(request: pytest.FixtureRequest, worlds: Callable[[str], World]) -> tuple[ShopCase, World]:
    return load(request.param), worlds(request.param)


@pytest.mark.parametrize("check", SHOP_CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_holds(case: ShopCase, check: Callable[[ShopCase], None]) -> None:
    check(case)


def test_a_folder_without_samples_fails(case: ShopCase, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="is missing"):
        load_shop_case(case.kind, tmp_path, case.shop)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "config.json").write_text("{}")
    with pytest.raises(AssertionError, match="without samples"):
        load_shop_case(case.kind, tmp_path, case.shop)


def test_damaged_events_are_read_or_refused(case: ShopCase) -> None:
    for number, sample in enumerate(case.samples):
        for damaged in itertools.islice(mutations(sample.raw.body, seed=number), 25):
            check_event_parse_survives(case, sample.raw.model_copy(update={"body": damaged}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=2000),
    headers=st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=3),
)
def test_any_bytes_are_read_or_refused(case: ShopCase, body: bytes, headers: dict[str, str]) -> None:
    check_event_parse_survives(case, Raw(body=body, headers=headers))


@pytest.mark.parametrize("check", WORLD_CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_holds_in_the_world(shop: tuple[ShopCase, World], check: Callable[[ShopCase, World], None]) -> None:
    check(*shop)


def test_events_are_told_by_whoever_proves_them(case: ShopCase) -> None:
    tells = type(case.shop).verify is not Shop.verify
    assert tells == bool([sample for sample in case.samples if sample.events])
