"""Who answers has a face: an agent's picture goes from his profile to the inbox and to the shop's visitors."""

import re
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop
from tests.browser.widget.conftest import Visit
from tests.browser.widget.site import Site, delivered

pytestmark = pytest.mark.browser

WEIGHT = 3_500
"""Bytes of a picture: three of them fit beside the rest of a first open."""


def noise(path: Path, width: int, height: int) -> Path:
    """A picture that is hard to make small."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    row = bytes((x * x // 7 + x * 31) % 251 for x in range(3 * width))
    rows = b"".join(b"\0" + row[y % 97 :] + row[: y % 97] for y in range(height))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )
    return path


def test_a_picture_is_made_small_in_the_browser_and_shown_to_colleagues_and_visitors(
    mia: Page, shop: Shop, site: Site, visit: Visit, tmp_path: Path
) -> None:
    mia.goto(f"{shop.url}/settings/profile")
    mia.get_by_test_id("photo-file").set_input_files(noise(tmp_path / "me.png", 1600, 1200))
    mia.get_by_test_id("photo-file").evaluate(
        "async field => { while (!field.validity.valid) await new Promise(done => setTimeout(done, 20)) }"
    )
    mia.get_by_test_id("save-photo").click()
    expect(mia.get_by_test_id("photo")).to_have_js_property("naturalWidth", 96)
    address = mia.get_by_test_id("photo").get_attribute("src") or ""
    assert len(mia.request.get(f"{shop.url}{address}").body()) <= WEIGHT

    visitor = visit().opens()
    delivered(visitor.says("Who are you?"))
    thread = site.thread_of("Who are you?")
    site.reply(thread, "I am Mia.")
    for place in (visitor.part("header"), visitor.bubble("I am Mia.")):
        face = place.locator(f'img.face[src="{address}"]')
        expect(face).to_have_js_property("naturalWidth", 96)
    expect(visitor.part("header").locator(".face").filter(has_text="A")).to_be_visible()

    shop.change(thread, assignee_id=_id(shop, "Mia"))
    shop.open(mia, f"/inbox/open/{thread}")
    expect(mia.locator(f'header img.avatar[src="{address}"]').first).to_have_js_property("naturalWidth", 96)
    mia.goto(f"{shop.url}/settings/profile")
    mia.get_by_test_id("remove-photo").click()
    expect(mia.get_by_test_id("photo")).to_have_count(0)
    visitor.page.reload()
    visitor.is_ready()
    expect(visitor.bubble("I am Mia.").locator(".face")).to_have_text(re.compile("^M$"))


def _id(shop: Shop, name: str) -> int:
    return next(int(each["id"]) for each in shop.api("/agents")["items"] if each["name"] == name)
