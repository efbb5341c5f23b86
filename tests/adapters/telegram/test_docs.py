"""The page about bots knows every setting."""

from pathlib import Path

from adapters.telegram import ADAPTER
from inbox.channels import rules

PAGE = (Path(__file__).parents[3] / ADAPTER.manifest.docs).read_text("utf-8")


def test_every_setting_is_on_the_page() -> None:
    fields = rules.fields(ADAPTER.manifest.config)
    assert [field.name for field in fields if f"`{field.name}`" not in PAGE] == []


def test_the_limits_on_the_page_are_those_of_the_manifest() -> None:
    can = ADAPTER.manifest.can
    assert f"{can.text_max:,} units" in PAGE
    assert "up to 50 MB each" in PAGE
    assert can.attachment_max == 50_000_000
