"""The page about Instagram knows every setting, limit and field."""

from pathlib import Path

from adapters.meta.instagram import ADAPTER
from adapters.meta.instagram.connect import FIELDS, PERMISSIONS
from inbox.channels import rules

PAGE = (Path(__file__).parents[3] / ADAPTER.manifest.docs).read_text("utf-8")


def test_every_setting_is_on_the_page() -> None:
    fields = rules.fields(ADAPTER.manifest.config)
    assert [field.name for field in fields if f"`{field.name}`" not in PAGE] == []


def test_everything_to_choose_at_meta_is_on_the_page() -> None:
    assert [name for name in (*FIELDS, *PERMISSIONS) if f"`{name}`" not in PAGE] == []


def test_the_limits_on_the_page_are_those_of_the_manifest() -> None:
    can = ADAPTER.manifest.can
    assert f"{can.text_max:,} {can.text_unit}" in PAGE
    assert can.attachment_max == 25_000_000
    assert "25 MB" in PAGE


def test_the_guide_gives_the_address_and_the_fields_to_copy() -> None:
    url = "https://desk.example/hooks/instagram/1"
    copied = [step.copy_text for step in ADAPTER.guide(None, url) if step.when == "after"]
    assert url in copied
    assert ", ".join(FIELDS) in copied
    assert any("ONETHREAD_PUBLIC_URL" in step.text for step in ADAPTER.guide(None, ""))
