"""Files: chosen, pasted and dropped, with progress, cancel and retry; what comes back."""

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.shop import Shop
from tests.browser.test_writing import PASTE, PIXEL
from tests.browser.widget.conftest import Visit
from tests.browser.widget.site import Site, Visitor, delivered
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser

PICTURE: FilePayload = {"name": "boots.png", "mimeType": "image/png", "buffer": PIXEL}
PAPER: FilePayload = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 invoice"}
DROP = """(panel, data) => {
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0))
  const dataTransfer = new DataTransfer()
  dataTransfer.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }))
  for (const type of ['dragenter', 'dragover', 'drop'])
    panel.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
}"""


def chosen_is(visitor: Visitor, state: str) -> None:
    """How far the chosen file is."""
    expect(visitor.part("chosen")).to_have_attribute("data-state", state)


def test_files_go_with_the_message_and_can_be_had_again(site: Site, visit: Visit, shop: Shop) -> None:
    visitor = visit().opens()
    visitor.part("file-input").set_input_files([PICTURE, PAPER])
    expect(visitor.panel.locator("[data-testid=panel-chosen][data-state=ready]")).to_have_count(2)
    bubble = visitor.says("See for yourselves")
    delivered(bubble)
    expect(bubble.locator("img")).to_be_visible()
    assert bubble.locator("img").evaluate("image => image.naturalWidth") == 1
    with visitor.page.expect_download() as download:
        bubble.get_by_test_id("panel-file").click()
    assert download.value.suggested_filename == "invoice.pdf"
    assert download.value.path().read_bytes() == PAPER["buffer"]
    bubble.get_by_test_id("panel-picture").click()
    expect(visitor.part("lightbox")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.part("lightbox")).to_have_count(0)
    expect(visitor.field).to_be_visible()  # Escape closed the picture, not the panel
    stored = shop.api(f"/threads/{site.thread_of('See for yourselves')}/messages")["items"][0]["attachments"]
    assert sorted(each["name"] for each in stored) == ["boots.png", "invoice.pdf"]


def test_a_picture_is_pasted(visit: Visit) -> None:
    visitor = visit().opens()
    visitor.field.evaluate(PASTE, base64.b64encode(PIXEL).decode())
    chosen_is(visitor, "ready")
    expect(visitor.part("chosen")).to_contain_text("screenshot.png")
    visitor.part("send").click()
    expect(visitor.part("picture")).to_be_visible()


def test_a_file_is_dropped(visit: Visit) -> None:
    visitor = visit().opens()
    visitor.panel.get_by_test_id("panel").evaluate(DROP, base64.b64encode(PIXEL).decode())
    chosen_is(visitor, "ready")
    visitor.part("chosen-remove").click()
    expect(visitor.part("chosen")).to_have_count(0)


def test_an_upload_is_cancelled_and_one_that_failed_tried_again(visit: Visit, watch: Watch) -> None:
    watch.allow("ERR_")
    visitor = visit().opens()
    visitor.page.context.route(re.compile(r"/files\?"), lambda _route: None)  # no answer ever comes
    visitor.part("file-input").set_input_files(PICTURE)
    chosen_is(visitor, "uploading")
    expect(visitor.part("send")).to_have_attribute("aria-disabled", "true")
    expect(visitor.part("why")).to_have_text("Wait for the upload")
    visitor.part("chosen-remove").click()
    expect(visitor.part("chosen")).to_have_count(0)
    visitor.page.context.unroute_all()
    visitor.page.context.route(re.compile(r"/files\?"), lambda route: route.abort(), times=1)
    visitor.part("file-input").set_input_files(PICTURE)
    chosen_is(visitor, "failed")
    visitor.part("chosen-retry").click()
    chosen_is(visitor, "ready")


def test_what_is_too_large_is_told_before_it_is_sent(visit: Visit, connect_site: Callable[..., Site]) -> None:
    visitor = visit(at=connect_site(attachment_mb=1)).opens()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    large: FilePayload = {
        "name": "film.bin",
        "mimeType": "application/octet-stream",
        "buffer": b"x" * 1_100_000,
    }
    visitor.part("file-input").set_input_files(large)
    chosen_is(visitor, "failed")
    expect(visitor.part("chosen").get_by_role("alert")).to_have_text(re.compile("Larger than"))
    assert not [address for address in asked if "/files?" in address]
