"""Marks of channels: what an adapter gives is what pages and inbox show."""

import re

from inbox.channels.marks import OTHER, marks
from inbox.channels.registry import Registry
from inbox.contract import Mark
from tests.architecture import ROOT
from tests.pigeon import Pigeon


def test_a_mark_serves_the_channel_and_the_addresses_of_its_customers() -> None:
    pigeon = Pigeon()
    wing = Mark(draw="M3 12h18", light="#123456", dark="#fedcba")
    pigeon.manifest = pigeon.manifest.model_copy(update={"namespace": "loft", "mark": wing})
    found = marks(Registry({"pigeon": pigeon}))
    assert found["pigeon"] == found["loft"] == wing
    assert found["phone"].icon == "phone", "an address that no channel has"
    assert OTHER.icon == "message"


def test_every_mark_by_name_is_an_icon_that_is_shipped() -> None:
    shipped = set(re.findall(r"'?([a-z-]+)'?: '", (ROOT / "inbox/web/assets/icons.mjs").read_text()))
    named = {mark.icon for mark in [*marks(Registry()).values(), OTHER] if not mark.draw}
    assert named <= shipped
