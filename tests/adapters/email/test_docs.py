"""The page about mailboxes knows every setting and every provider."""

from pathlib import Path

from adapters.email import ADAPTER, EmailConfig
from adapters.email.presets import PRESETS

PAGE = (Path(__file__).parents[3] / ADAPTER.manifest.docs).read_text("utf-8")


def test_every_setting_is_on_the_page() -> None:
    assert [name for name in EmailConfig.model_fields if f"`{name}`" not in PAGE] == []


def test_every_provider_is_on_the_page() -> None:
    assert [preset.key for preset in PRESETS if f"`{preset.key}`" not in PAGE] == []
