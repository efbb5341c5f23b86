"""A shop with its folder and its samples, as the checks take it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from inbox.contract.commerce.model import ShopEvent
from inbox.contract.commerce.port import AnyShop, ShopConfig
from inbox.contract.conformance.case import CANARY, is_secret
from inbox.contract.messages import Raw

_SETTINGS = {"config", "secrets"}
_LONG_ENOUGH = 40


@dataclass(frozen=True)
class EventSample:
    """An event of the shop's and what it must say."""

    name: str
    raw: Raw
    events: list[dict[str, Any]]


@dataclass(frozen=True)
class ShopCase:
    """A shop with its folder and samples. `forms` gives secrets that must have a form a text with CANARY in it."""

    kind: str
    folder: Path
    shop: AnyShop
    config: dict[str, Any]
    samples: tuple[EventSample, ...]
    forms: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> list[str]:
        """Names of the configuration's secret fields."""
        return [
            name
            for name, info in self.shop.manifest.config.model_fields.items()
            if is_secret(info.annotation)
        ]

    def canary_config(self, **changes: Any) -> ShopConfig:
        """The configuration with a recognisable word in every secret field."""
        words = {name: CANARY + name for name in self.secrets}
        filled = {
            name: self.forms.get(name, "CANARY").replace("CANARY", word).ljust(_LONG_ENOUGH, "-")
            for name, word in words.items()
        }
        return self.shop.manifest.config.model_validate({**self.config, **filled, **changes})

    def bare_config(self) -> ShopConfig:
        """The configuration as `parse` gets it: with empty secrets."""
        return self.canary_config().model_copy(update={name: SecretStr("") for name in self.secrets})


def load_shop_case(kind: str, folder: Path, shop: AnyShop) -> ShopCase:
    """Read a shop's samples. Raises AssertionError for a folder without any."""
    samples = folder / "samples"
    assert (samples / "config.json").is_file(), f"{kind}: samples/config.json is missing"
    config = json.loads((samples / "config.json").read_text("utf-8"))
    secrets = samples / "secrets.json"
    forms = json.loads(secrets.read_text("utf-8")) if secrets.is_file() else {}
    assert all("CANARY" in text for text in forms.values()), f"{kind}: every form of a secret holds CANARY"
    found = []
    for expected in sorted(samples.glob("*.json")):
        if expected.stem in _SETTINGS:
            continue
        body = expected.with_suffix(".body")
        assert body.is_file(), f"{kind}: sample {expected.stem} needs its payload, {body.name}"
        data = json.loads(expected.read_text("utf-8"))
        found.append(
            EventSample(
                expected.stem, Raw(body=body.read_bytes(), headers=data.get("headers", {})), data["events"]
            )
        )
    assert found, f"{kind}: a folder without samples is no shop"
    orphans = {path.stem for path in samples.glob("*.body")} - {sample.name for sample in found}
    assert not orphans, f"{kind}: payloads without expected events: {sorted(orphans)}"
    return ShopCase(kind, folder, shop, config, tuple(found), forms)


def describe_events(events: Iterable[ShopEvent]) -> list[dict[str, Any]]:
    """Events as plain data for comparison: defaults left out."""
    return [event.model_dump(mode="json", exclude_defaults=True) for event in events]
