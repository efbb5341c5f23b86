"""The page about Slack knows every setting, right and event."""

import json
import re
from pathlib import Path

from adapters.slack import ADAPTER
from adapters.slack.guide import APP_SCOPES, EVENTS, SCOPES, app_manifest
from adapters.slack.media import FETCH_MAX
from inbox.channels import rules

PAGE = (Path(__file__).parents[3] / ADAPTER.manifest.docs).read_text("utf-8")


def test_every_setting_right_and_event_is_on_the_page() -> None:
    settings = [field.name for field in rules.fields(ADAPTER.manifest.config) if field.name != "account_id"]
    for name in (*settings, *SCOPES, *APP_SCOPES, *EVENTS):
        assert f"`{name}`" in PAGE, name


def test_the_manifest_on_the_page_is_the_one_that_is_given_out() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    manifest = json.loads(found[1])
    address = manifest["settings"]["event_subscriptions"]["request_url"]
    assert manifest == json.loads(app_manifest(address))


def test_the_limits_on_the_page_are_those_of_the_manifest() -> None:
    can = ADAPTER.manifest.can
    assert f"up to {can.text_max:,} characters" in PAGE
    assert f"Up to {can.attachments_max} files" in PAGE
    assert "100 MB" in PAGE
    assert can.attachment_max == FETCH_MAX == 100_000_000
