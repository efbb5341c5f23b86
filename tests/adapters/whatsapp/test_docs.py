"""The page about WhatsApp knows every setting, limit and field."""

from pathlib import Path

from adapters.meta.whatsapp import ADAPTER
from adapters.meta.whatsapp.account import KEPT
from adapters.meta.whatsapp.connect import FIELDS, RIGHTS
from inbox.channels import rules

PAGE = (Path(__file__).parents[3] / ADAPTER.manifest.docs).read_text("utf-8")


def test_every_setting_is_on_the_page() -> None:
    fields = rules.fields(ADAPTER.manifest.config)
    assert [field.name for field in fields if f"`{field.name}`" not in PAGE] == []


def test_the_limits_on_the_page_are_those_of_the_manifest() -> None:
    can = ADAPTER.manifest.can
    assert f"{can.text_max:,} characters" in PAGE
    assert can.attachment_max == 100_000_000
    assert "up to 100 MB each" in PAGE
    assert can.reply_window == 24 * 3600
    assert f"| {can.rate:.0f} from one number |" in PAGE


def test_every_field_and_permission_is_on_the_page() -> None:
    assert [name for name in (*FIELDS, *RIGHTS) if f"`{name}`" not in PAGE] == []
    assert set(KEPT) < set(FIELDS)


def test_the_guide_gives_the_address_the_fields_and_the_permissions_to_copy() -> None:
    url = "https://desk.example/hooks/whatsapp/1"
    copied = [step.copy_text for step in ADAPTER.guide(None, url)]
    assert {url, ", ".join(FIELDS), ", ".join(RIGHTS)} <= set(copied)
    assert any("ONETHREAD_PUBLIC_URL" in step.text for step in ADAPTER.guide(None, ""))
