"""W2: the first open is light and quick."""

import gzip

import pytest
from playwright.sync_api import Response, expect

from tests.browser.widget.conftest import NewVisitor
from tests.browser.widget.site import Site, tab

pytestmark = pytest.mark.browser

TOTAL_BYTES = 45_000
SCRIPT_BYTES = 32_000
FOCUS_MS = 400
# In the page and in the frame alike, on one clock.
MOMENTS = """{
  const now = () => performance.timeOrigin + performance.now()
  addEventListener('click', () => { window.clickedAt = now() }, true)
  addEventListener('focusin', event => { if (event.target.tagName === 'TEXTAREA') window.focusedAt ??= now() })
}"""


def test_w2_the_first_open_is_small(new_visitor: NewVisitor, site: Site) -> None:
    context = new_visitor()
    answers: list[Response] = []

    def answered(answer: Response) -> None:
        answers.append(answer)

    context.on("response", answered)
    visitor = tab(context, site.page())
    visitor.opens()
    visitor.page.wait_for_timeout(500)
    ours = [answer for answer in answers if answer.url.startswith(site.shop.url)]
    sizes = {
        answer.url.removeprefix(site.shop.url).partition("?")[0]: len(gzip.compress(answer.body(), 9))
        for answer in ours
        if answer.status == 200
    }
    for path, size in sizes.items():
        print(f"{size:6} {path}")  # noqa: T201  figures are what it is about
    print(f"{sum(sizes.values()):6} bytes gzip in all")  # noqa: T201  figures are what it is about
    assert sum(sizes.values()) <= TOTAL_BYTES, sizes
    assert sum(size for path, size in sizes.items() if path.endswith(".js")) <= SCRIPT_BYTES, sizes
    assert len(sizes) <= 6, sizes
    built = [answer for answer in ours if "/static/dist/" in answer.url]
    assert len(built) == 2
    assert all("immutable" in (answer.header_value("cache-control") or "") for answer in built)
    assert all(answer.header_value("set-cookie") is None for answer in ours)


def test_w2_one_can_write_at_once(new_visitor: NewVisitor, site: Site) -> None:
    waited = []
    for _ in range(5):  # the machine may be busy: the best of five is what the panel takes
        context = new_visitor()
        context.add_init_script(MOMENTS)
        visitor = tab(context, site.page())
        visitor.launcher.click()
        expect(visitor.field).to_be_focused()
        focused = visitor.panel.locator("html").evaluate("() => focusedAt")
        waited.append(focused - visitor.page.evaluate("clickedAt"))
    print(f"first open until the field has the focus: {min(waited):.0f} ms")  # noqa: T201  figures are what it is about
    assert min(waited) <= 3 * FOCUS_MS, "three times the goal, for busy machines"
