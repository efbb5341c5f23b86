"""An adapter with its folder and its samples, as the checks take it."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr

from inbox.contract.adapter import Adapter, ChannelConfig
from inbox.contract.messages import File, Inbound, Item, Raw

CANARY = "canary-7c1f-"
"""Stands in the secrets of `Case.canary_config`; it may turn up nowhere."""
_SETTINGS = {"config", "secrets"}

_LONG_ENOUGH = 40
"""Characters of those secrets: some must not be short."""


@dataclass(frozen=True)
class Sample:
    """A payload of the provider's and the items it must give."""

    name: str
    raw: Raw
    config: dict[str, Any]
    items: list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """An adapter with its folder and samples."""

    kind: str
    folder: Path
    adapter: Adapter[Any]
    config: dict[str, Any]
    samples: tuple[Sample, ...]
    forms: dict[str, str] = field(default_factory=dict)
    """For secrets that must have a form: a text with CANARY in it, by field name (`samples/secrets.json`)."""

    def parse_config(self, data: dict[str, Any] | None = None) -> ChannelConfig:
        """The configuration as `parse` gets it: with empty secrets."""
        model = self.adapter.manifest.config
        valid = model.model_validate({**self.config, **self._secrets(), **(data or {})})
        return valid.model_copy(update={name: SecretStr("") for name in secret_fields(model)})

    def canary_config(self) -> ChannelConfig:
        """The configuration with a recognisable word in every secret field."""
        return self.adapter.manifest.config.model_validate({**self.config, **self._secrets()})

    def _secrets(self) -> dict[str, str]:
        words = {name: CANARY + name for name in secret_fields(self.adapter.manifest.config)}
        return {
            name: self.forms.get(name, "CANARY").replace("CANARY", word).ljust(_LONG_ENOUGH, "-")
            for name, word in words.items()
        }


def load_case(kind: str, folder: Path, adapter: Adapter[Any]) -> Case:
    """Read an adapter's samples. Raises AssertionError for a folder without any."""
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
        bodies = [path for path in samples.glob(f"{expected.stem}.*") if path.suffix != ".json"]
        assert len(bodies) == 1, (
            f"{kind}: sample {expected.stem} needs exactly one payload beside {expected.name}"
        )
        data = json.loads(expected.read_text("utf-8"))
        raw = Raw(body=bodies[0].read_bytes(), headers=data.get("headers", {}), meta=data.get("meta", {}))
        found.append(Sample(expected.stem, raw, data.get("config", {}), data["items"]))
    assert found, f"{kind}: a folder without samples is no adapter"
    orphans = (
        {path.stem for path in samples.iterdir() if not path.name.startswith(".")}
        - {sample.name for sample in found}
        - _SETTINGS
    )
    assert not orphans, f"{kind}: payloads without expected items: {sorted(orphans)}"
    return Case(kind, folder, adapter, config, tuple(found), forms)


def secret_fields(model: type[ChannelConfig]) -> list[str]:
    """Names of the configuration's secret fields."""
    return [name for name, info in model.model_fields.items() if is_secret(info.annotation)]


def is_secret(annotation: object) -> bool:
    """Whether a field of this type is a secret."""
    return annotation is SecretStr or any(is_secret(inner) for inner in get_args(annotation))


def describe(items: tuple[Item, ...]) -> list[dict[str, Any]]:
    """Items as plain data for comparison: defaults left out, file contents as size and digest."""
    return [{"type": type(item).__name__, **_described(item)} for item in items]


def _described(item: Item) -> dict[str, Any]:
    data: dict[str, Any] = item.model_dump(mode="json", exclude_defaults=True, exclude={"files"})
    if isinstance(item, Inbound) and item.files:
        data["files"] = [_described_file(file) for file in item.files]
    return data


def _described_file(file: File) -> dict[str, Any]:
    data: dict[str, Any] = file.model_dump(mode="json", exclude_defaults=True, exclude={"content"})
    if file.content is not None:
        data["sha256"] = hashlib.sha256(file.content).hexdigest()[:16]
    return data
